/** A library while the window is open: watched, indexed in the background, paused, closed and opened again. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IndexingProgress } from '../../electron/ipc/contract.ts';
import { LiveLibrary } from '../../electron/services/library/live.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { many, diskFull, scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';

let tiny: TinyLibrary;
let live: LiveLibrary;
let remove: () => void;
let indexing: IndexingProgress[];
let finished: number[];
/** how often the window was told that the photos changed */
let changes: number;

function open(): LiveLibrary {
  finished = [];
  return new LiveLibrary(
    tiny.descry,
    {
      onAssets: () => undefined,
      onIndexed: (photos) => finished.push(photos),
    },
    silentLog,
  );
}
beforeEach(async () => {
  indexing = [];
  const base = scratch('live');
  remove = base.remove;
  tiny = await tinyLibrary(base.folder, {
    emit: (name, payload) => {
      if (name === 'library.changed' && (payload as { photosChanged: boolean }).photosChanged) changes++;
      if (name === 'indexing.progress') {
        indexing.push(payload as IndexingProgress);
        expect(tiny.descry.indexing.progress).toEqual(payload);
      }
    },
  });
  tiny.descry.settings.set({ effort: 'high' });
  live = open();
});
afterEach(async () => {
  await live.close();
  await tiny.descry.close();
  remove();
});

const overview = () => tiny.descry.library.overview(tiny.descry.models.inUse());
/** Waits long enough for a machine that is busy with other tests. */
const eventually = <T>(value: () => T) => expect.poll(value, { timeout: 20_000 });
const indexed = (count: number) => eventually(() => overview().indexed).toBe(count);
const found = async () => (await tiny.descry.search.query('a dog', { limit: 1000 })).ids.length;

describe('a live library', () => {
  it('indexes a folder that is added, and every photo that comes later', async () => {
    tiny.write(many(20));
    const [folder] = await live.addFolders([tiny.photos]);
    expect(folder).toMatchObject({ path: tiny.photos });
    await indexed(20);
    await eventually(() => tiny.descry.library.states.get(folder!.id)).toBe('watching');
    expect(await found()).toBe(20);
    writeFileSync(path.join(tiny.photos, 'new.jpg'), 'new');
    await indexed(21);
    expect(await found()).toBe(21);
    await eventually(() => finished.reduce((sum, count) => sum + count, 0)).toBe(21);
  });

  it('takes the folder of a file that is dropped, and says what is wrong when nothing could be added', async () => {
    tiny.write({ 'sub/a.jpg': 'a' });
    const [folder] = await live.addFolders([path.join(tiny.photos, 'sub/a.jpg'), path.join(tiny.photos, 'missing')]);
    expect(folder!.path).toBe(path.join(tiny.photos, 'sub'));
    await expect(live.addFolders([tiny.photos])).rejects.toMatchObject({ code: 'nested-folder' });
    await expect(live.addFolders([path.join(tiny.photos, 'missing')])).rejects.toMatchObject({ code: 'not-found' });
  });

  it('compares the photos after indexing, and says when there are new near-duplicates', async () => {
    const scene = (bytes: Buffer) => bytes.subarray(0, 5);
    const { feature, picture } = tiny.vision;
    tiny.vision.feature = (bytes) => feature(scene(bytes));
    tiny.vision.picture = (bytes, side) => picture(scene(bytes), side);
    tiny.write({ 'a1.jpg': 'alps 1', 'b1.jpg': 'beach 1' });
    await live.addFolders([tiny.photos]);
    await eventually(() => tiny.descry.nearDuplicates.report().complete).toBe(true);
    const [folder] = tiny.descry.library.folders();
    await eventually(() => tiny.descry.library.states.get(folder!.id)).toBe('watching');
    changes = 0;
    writeFileSync(path.join(tiny.photos, 'a2.jpg'), 'alps 2');
    await eventually(() => tiny.descry.nearDuplicates.report().groups.map(({ kind }) => kind)).toEqual(['near']);
    expect(changes).toBeGreaterThan(0);
  });

  it('stays paused over a restart until it is resumed', async () => {
    tiny.write(many(100));
    let requests = 0;
    tiny.vision.before = () => {
      if (++requests === 2) live.pause();
    };
    await live.addFolders([tiny.photos]);
    await eventually(() => tiny.descry.indexer.paused).toBe(true);
    await live.close();
    const { indexed: kept } = overview();
    expect(kept).toBeLessThan(100);
    tiny = await tiny.reopen();
    live = open();
    live.start();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(overview().indexed).toBe(kept);
    expect(tiny.descry.indexer.progress.state).toBe('paused');
    live.resume();
    await indexed(100);
    expect(tiny.vision.described).toHaveLength(100);
  });

  it('finds at its start what changed while it was closed', async () => {
    tiny.write(many(10));
    await live.addFolders([tiny.photos]);
    await indexed(10);
    await live.close();
    tiny = await tiny.reopen();
    tiny.write({ 'new.jpg': 'new', '3.jpg': 'changed' });
    live = open();
    live.start();
    await indexed(11);
    await eventually(() => tiny.vision.described.length).toBe(12);
  });

  it('shows why it stopped, and continues with the next event', async () => {
    tiny.vision.trouble = diskFull();
    tiny.write(many(5));
    await live.addFolders([tiny.photos]);
    await eventually(() => indexing.at(-1)?.state).toBe('failed');
    expect(indexing.at(-1)!.error?.message).toContain('full');
    tiny.vision.trouble = undefined;
    live.resume();
    await indexed(5);
  });

  it('removes a folder while it is scanned and indexed', async () => {
    tiny.write(many(300));
    mkdirSync(path.join(tiny.photos, 'x'));
    tiny.vision.delayMs = 10;
    const [folder] = await live.addFolders([tiny.photos]);
    await eventually(() => tiny.vision.described.length).toBeGreaterThan(0);
    await live.removeFolder(folder!.id);
    expect(overview()).toMatchObject({ folders: [], photos: 0 });
    await eventually(() => tiny.descry.indexer.progress.state).toBe('idle');
    expect(await found()).toBe(0);
    expect(indexing.some(({ state }) => state === 'failed')).toBe(false);
  });

  it('leaves out what is excluded from now on, and takes it back', async () => {
    tiny.write({ ...many(5), 'Private/a.jpg': 'a' });
    const [folder] = await live.addFolders([tiny.photos]);
    await indexed(6);
    live.setExcludes(folder!.id, ['Private']);
    await eventually(() => overview().photos).toBe(5);
    expect(await found()).toBe(5);
    live.setExcludes(folder!.id, []);
    await indexed(6);
    expect(tiny.vision.described).toHaveLength(6);
  });

  it('tries failures again when it is asked to', async () => {
    tiny.write({ 'bad.jpg': 'broken' });
    await live.addFolders([tiny.photos]);
    await eventually(() => overview().failures).toBe(1);
    tiny.vision.described.length = 0;
    live.retryFailures();
    await eventually(() => tiny.vision.described.length).toBe(1);
    await eventually(() => overview().failures).toBe(1);
  });
});
