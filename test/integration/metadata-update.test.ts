/** An upgraded library learns the dates, cameras and places of its photos, without computing a feature again. */
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MetadataUpdate } from '../../electron/services/library/metadata-update.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { indexFiles, many, scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';

const taken = Date.UTC(2014, 4, 12, 10, 15);
const zurich = { latitude: 47.3769, longitude: 8.5417 };

let place: ReturnType<typeof scratch>;
let tiny: TinyLibrary;
beforeEach(async () => {
  place = scratch('metadata-update');
  tiny = await tinyLibrary(place.folder);
});
afterEach(async () => {
  await tiny.descry.close();
  place.remove();
});

/** Indexes `files`; then the library is as an earlier version left it, which read no metadata. */
async function earlierLibrary(files: Record<string, string>): Promise<void> {
  await indexFiles(tiny, files);
  tiny.vision.metadata = () => ({ taken, camera: 'Canon EOS 30D', ...zurich });
  outdate();
}

function outdate(): void {
  const database = new Sqlite(tiny.descry.store.file);
  database.exec('UPDATE contents SET metadata = 0');
  database.close();
}

const columns = () =>
  tiny.descry.store.photos
    .columnsReader()(1000)
    .sort((a, b) => a.path.localeCompare(b.path));
const names = (files: readonly string[]) => files.map((file) => path.basename(file)).sort();

describe('metadata of an earlier version', () => {
  it('is read again once, with places, and no feature is computed', async () => {
    await earlierLibrary({ 'a.jpg': 'a', 'b.jpg': 'b', 'copy of b.jpg': 'b' });
    const described = tiny.vision.described.length;
    expect(await tiny.descry.metadata.run()).toBe(2);
    expect(columns()).toMatchObject(Array(3).fill({ taken, camera: 'Canon EOS 30D', country: 'CH' }));
    const { place } = columns()[0]!;
    expect(tiny.descry.gazetteer.place(place!)?.name).toBe('Zurich');
    expect(tiny.vision.inspected).toHaveLength(2);
    expect(await tiny.descry.metadata.run()).toBe(0);
    expect(tiny.vision.inspected).toHaveLength(2);
    await tiny.descry.indexer.run();
    expect(tiny.vision.described).toHaveLength(described);
  });

  it('tells the window which photos have changed', async () => {
    await earlierLibrary(many(3));
    const told: number[][] = [];
    const update = new MetadataUpdate({
      store: tiny.descry.store,
      vision: tiny.vision,
      locate: () => tiny.descry.places.locate(),
      pace: tiny.descry.indexer,
      onChanged: (photos) => told.push([...photos]),
      log: silentLog,
    });
    await update.run();
    await update.run();
    expect(told.map((photos) => photos.sort())).toEqual([
      columns()
        .map(({ id }) => id)
        .sort(),
    ]);
  });

  it('of a copy is enough where the first file is gone; a changed file is left to the indexer', async () => {
    await earlierLibrary({ 'a.jpg': 'a', 'b.jpg': 'a', 'changed.jpg': 'c' });
    renameSync(path.join(tiny.photos, 'a.jpg'), path.join(place.folder, 'a.jpg'));
    writeFileSync(path.join(tiny.photos, 'changed.jpg'), 'another photo');
    expect(await tiny.descry.metadata.run()).toBe(1);
    expect(names(tiny.vision.inspected)).toEqual(['b.jpg']);
    expect(columns().map((row) => row.taken)).toEqual([taken, taken, null]);
    // No further attempt in this session.
    expect(await tiny.descry.metadata.run()).toBe(0);
    expect(tiny.vision.inspected).toHaveLength(1);
  });

  it('of a disconnected disk is read when it is back', async () => {
    await earlierLibrary(many(3));
    renameSync(tiny.photos, `${tiny.photos} away`);
    expect(await tiny.descry.metadata.run()).toBe(0);
    expect(columns().map((row) => row.taken)).toEqual([null, null, null]);
    renameSync(`${tiny.photos} away`, tiny.photos);
    expect(await tiny.descry.metadata.run()).toBe(3);
    expect(columns().map((row) => row.taken)).toEqual([taken, taken, taken]);
  });

  it('is continued after an interruption, also in the midst', async () => {
    await earlierLibrary(many(100));
    const controller = new AbortController();
    const run = tiny.descry.metadata.run({
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('stop')),
    });
    await expect(run).rejects.toThrow('stop');
    const read = tiny.vision.inspected.length;
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(100);
    tiny = await tiny.reopen();
    expect(await tiny.descry.metadata.run()).toBe(100 - read);
    expect(columns().every((row) => row.taken === taken)).toBe(true);
  });

  it('waits while the user has paused indexing', async () => {
    await earlierLibrary(many(3));
    tiny.descry.indexer.pause();
    const run = tiny.descry.metadata.run();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(tiny.vision.inspected).toEqual([]);
    tiny.descry.indexer.resume();
    expect(await run).toBe(3);
  });

  it('that cannot be read any more stays as it was, and is not tried again', async () => {
    await earlierLibrary({ 'a.jpg': 'a' });
    const inspect = tiny.vision.inspect.bind(tiny.vision);
    tiny.vision.inspect = async (paths) => {
      await inspect(paths);
      return paths.map(() => ({ failure: { code: 'photo-crashed', reason: 'It crashed.' } }));
    };
    await tiny.descry.metadata.run();
    tiny = await tiny.reopen();
    await tiny.descry.metadata.run();
    expect(tiny.vision.inspected).toHaveLength(1);
    expect(columns()[0]).toMatchObject({ taken: null, width: 4 });
  });
});

describe('the place of a photo', () => {
  it('is stored with its first indexing, and looked up again with another position only', async () => {
    tiny.vision.metadata = () => zurich;
    await indexFiles(tiny, { 'a.jpg': 'a' });
    expect(columns()).toMatchObject([{ country: 'CH', ...zurich }]);
    const { place: before } = columns()[0]!;
    expect(before).not.toBeNull();
    tiny.vision.metadata = () => ({ latitude: 0, longitude: -30 }); // on the ocean
    outdate();
    await tiny.descry.metadata.run();
    expect(columns()).toMatchObject([{ place: null, latitude: 0 }]);
    expect(tiny.descry.store.contents.toLocate(5)).toEqual([]);
  });
});
