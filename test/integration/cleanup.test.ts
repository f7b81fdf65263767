/** Data of photos that no longer exist is deleted, and pictures always show the right photo. */
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cleanup, keptUnusedMs } from '../../electron/services/library/cleanup.ts';
import { LiveLibrary } from '../../electron/services/library/live.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { migrations } from '../../electron/store/migrations.ts';
import { Store } from '../../electron/store/store.ts';
import { keptThumbnails } from '../fixtures/kept-thumbnails.ts';
import { indexFiles, many, scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';
import { storedTimeline } from '../fixtures/stored-timeline.ts';

let tiny: TinyLibrary;
let base: string;
let remove: () => void;
beforeEach(async () => {
  ({ folder: base, remove } = scratch('cleanup'));
  tiny = await tinyLibrary(base);
});
afterEach(async () => {
  await tiny.descry.close();
  remove();
});

/** Rows of the tables, read by a connection of its own. */
function rows() {
  const database = new Sqlite(path.join(tiny.home, 'library.db'), { readonly: true });
  const count = (table: string) => database.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  const counts = { contents: count('contents'), features: count('features'), embeddings: count('embeddings') };
  database.close();
  return counts;
}
const all = (count: number) => ({ contents: count, features: count, embeddings: count });
const cleanupAt = (ms: number) =>
  new Cleanup({ store: tiny.descry.store, thumbnails: tiny.descry.thumbnails, log: silentLog, now: () => ms }).run();
const day = keptUnusedMs;
const thumbnails = () => keptThumbnails(tiny.descry.thumbnails.folder);
const photoOf = (name: string) => tiny.descry.store.photos.byPath(path.join(tiny.photos, name))!;
const shown = async (content: number) => {
  const picture = await tiny.descry.pictures.thumbnail(content);
  return picture?.kind === 'bytes' ? Buffer.from(picture.bytes).toString() : picture;
};

describe('a captioned photo that a model was trained on', () => {
  it('is forgotten a month after its file was found to be missing, and only then its feature is', async () => {
    await indexFiles(tiny, { 'a.jpg': 'a', 'b.jpg': 'b' });
    const { store } = tiny.descry;
    const file = (name: string) => ({ path: path.join(base, 'dataset', name), bytes: 1, modified: 1 });
    mkdirSync(path.join(base, 'dataset'));
    writeFileSync(file('there.jpg').path, 'a');
    writeFileSync(file('gone.jpg').path, 'b');
    store.datasets.set(file('there.jpg'), photoOf('a.jpg').content!);
    store.datasets.set(file('gone.jpg'), photoOf('b.jpg').content!);
    tiny.descry.library.remove(tiny.descry.library.folders()[0]!.id);
    rmSync(file('gone.jpg').path);
    const known = () => ['there.jpg', 'gone.jpg'].map((name) => store.datasets.content(file(name)) !== undefined);
    await cleanupAt(1);
    expect([rows(), known()]).toEqual([all(2), [true, true]]);
    await cleanupAt(29 * day);
    expect([rows(), known()]).toEqual([all(2), [true, true]]);
    // It was there for a while: the month begins anew.
    writeFileSync(file('gone.jpg').path, 'b');
    await cleanupAt(30 * day);
    rmSync(file('gone.jpg').path);
    await cleanupAt(31 * day + 1);
    await cleanupAt(60 * day + 2);
    expect(known()).toEqual([true, true]);
    await cleanupAt(62 * day);
    expect(known()).toEqual([true, false]);
    await cleanupAt(64 * day);
    expect(rows()).toEqual(all(1));
  });
});

describe('a folder that is removed', () => {
  it('has features, embeddings and thumbnails of its photos deleted at once, except those that others use', async () => {
    tiny.write({ 'one/a.jpg': 'a', 'one/copy.jpg': 'shared', 'one/in a dataset.jpg': 'd', 'two/copy.jpg': 'shared' });
    const { library, indexer, store, cleanup } = tiny.descry;
    const [one, two] = await library.addAll([path.join(tiny.photos, 'one'), path.join(tiny.photos, 'two')]);
    for (const folder of [one!, two!]) await library.scan(folder.id);
    await indexer.run();
    for (const name of ['one/a.jpg', 'two/copy.jpg']) await shown(photoOf(name).content!);
    store.datasets.set({ path: '/dataset/d.jpg', bytes: 1, modified: 1 }, photoOf('one/in a dataset.jpg').content!);
    expect([rows(), thumbnails()]).toEqual([all(3), expect.objectContaining({ length: 2 })]);
    library.remove(one!.id);
    expect(await cleanup.run()).toBe(1);
    expect([rows(), thumbnails()]).toEqual([all(2), expect.objectContaining({ length: 1 })]);
    expect(await shown(photoOf('two/copy.jpg').content!)).toBe('shared');
    expect((await tiny.descry.search.query('a dog', { limit: 10 })).ids).toHaveLength(1);
  });

  it('leaves nothing, also of photos that were replaced before, and no trace of their names in the file', async () => {
    await indexFiles(tiny, { 'a picture of the secret garden.jpg': 'a', 'b.jpg': 'b' });
    await shown(photoOf('b.jpg').content!);
    tiny.write({ 'b.jpg': 'another picture' });
    await indexFiles(tiny, {});
    expect(rows()).toEqual(all(3));
    tiny.descry.library.remove(tiny.descry.library.folders()[0]!.id);
    await tiny.descry.cleanup.run();
    expect([rows(), thumbnails()]).toEqual([all(0), []]);
    const { file } = tiny.descry.store;
    await tiny.descry.close(); // writes the log into the file
    expect(readFileSync(file).includes('secret garden')).toBe(false);
    tiny = await tiny.reopen();
  });

  it('has its data deleted in the background, also while photos are being indexed', async () => {
    const live = new LiveLibrary(tiny.descry, { onAssets: () => undefined, onIndexed: () => undefined }, silentLog);
    tiny.write(many(300));
    const [folder] = await live.addFolders([tiny.photos]);
    await expect.poll(() => rows().embeddings, { timeout: 10_000 }).toBeGreaterThan(100);
    await live.removeFolder(folder!.id);
    // Photos that were being computed are no longer in a folder, and are kept for a day.
    await expect.poll(() => rows().embeddings, { timeout: 10_000 }).toBeLessThan(50);
    await expect.poll(() => tiny.descry.indexer.progress.state).toBe('idle');
    await live.close();
  });

  it('has its data deleted after a restart if the program ended before', async () => {
    await indexFiles(tiny, many(20));
    tiny.descry.library.remove(tiny.descry.library.folders()[0]!.id);
    tiny = await tiny.reopen();
    expect(rows()).toEqual(all(20));
    expect(await tiny.descry.cleanup.run()).toBe(20);
    expect(rows()).toEqual(all(0));
  });

  it('keeps what is used again before it was deleted', async () => {
    await indexFiles(tiny, many(5));
    tiny.descry.library.remove(tiny.descry.library.folders()[0]!.id);
    await indexFiles(tiny, {});
    expect(await tiny.descry.cleanup.run()).toBe(0);
    expect(tiny.vision.described).toHaveLength(5);
  });
});

describe('a photo that is deleted', () => {
  it('has its data deleted after a day; a photo that is renamed or restored before is not computed again', async () => {
    await indexFiles(tiny, many(4));
    const start = Date.now();
    const [folder] = tiny.descry.library.folders();
    rmSync(path.join(tiny.photos, '0.jpg'));
    renameSync(path.join(tiny.photos, '1.jpg'), path.join(base, 'away.jpg'));
    await tiny.descry.library.scan(folder!.id);
    expect(await cleanupAt(start)).toBe(0);
    expect(await cleanupAt(start + day - 1)).toBe(0);
    renameSync(path.join(base, 'away.jpg'), path.join(tiny.photos, 'renamed.jpg'));
    await indexFiles(tiny, {});
    expect(await cleanupAt(start + day)).toBe(1);
    expect(rows()).toEqual(all(3));
    expect(tiny.vision.described).toHaveLength(4);
    expect(await cleanupAt(start + 3 * day)).toBe(0);
  });

  it('is counted from when it was deleted last', async () => {
    await indexFiles(tiny, { 'a.jpg': 'a' });
    const start = Date.now();
    const [folder] = tiny.descry.library.folders();
    const hide = async () => {
      rmSync(path.join(tiny.photos, 'a.jpg'));
      await tiny.descry.library.scan(folder!.id);
    };
    await hide();
    await cleanupAt(start);
    await indexFiles(tiny, { 'a.jpg': 'a' });
    await cleanupAt(start + day / 2);
    await hide();
    expect(await cleanupAt(start + day)).toBe(0);
    expect(await cleanupAt(start + 2 * day)).toBe(1);
  });

  it('never gives its number to another content', async () => {
    await indexFiles(tiny, { 'a.jpg': 'a', 'b.jpg': 'b' });
    const highest = Math.max(photoOf('a.jpg').content!, photoOf('b.jpg').content!);
    tiny.descry.library.remove(tiny.descry.library.folders()[0]!.id);
    await tiny.descry.cleanup.run();
    await indexFiles(tiny, { 'a.jpg': 'another' });
    expect(photoOf('a.jpg').content).toBeGreaterThan(highest);
  });
});

it('photos of a disconnected disk are kept', async () => {
  await indexFiles(tiny, many(3));
  renameSync(tiny.photos, `${tiny.photos} away`);
  await expect(tiny.descry.library.scan(tiny.descry.library.folders()[0]!.id)).rejects.toThrow();
  await cleanupAt(Date.now());
  expect(await cleanupAt(Date.now() + 100 * day)).toBe(0);
  renameSync(`${tiny.photos} away`, tiny.photos);
  expect(rows()).toEqual(all(3));
});

describe('the picture of a photo', () => {
  it('is the new one at once where the file was replaced, and never the new one under the old address', async () => {
    await indexFiles(tiny, { 'a.jpg': 'GIF89a the first picture' });
    const before = photoOf('a.jpg').content!;
    expect(await tiny.descry.pictures.preview(before)).toMatchObject({ kind: 'file', type: 'image/gif' });
    await tiny.descry.thumbnails.clear();
    tiny.write({ 'a.jpg': 'quite another' });
    expect(await shown(before)).toBeUndefined();
    expect(await tiny.descry.pictures.preview(before)).toBeUndefined();
    await indexFiles(tiny, {});
    const after = photoOf('a.jpg').content!;
    expect(after).not.toBe(before);
    expect(await shown(after)).toBe('quite another');
    expect([...(await tiny.descry.search.query('a dog', { limit: 10 })).contents]).toEqual([after]);
    expect([...storedTimeline(tiny.descry.store.file)].map(({ content }) => content)).toEqual([after]);
  });

  it('comes from a copy where the first file cannot be read', async () => {
    await indexFiles(tiny, { 'a.jpg': 'same', 'b.jpg': 'same' });
    rmSync(path.join(tiny.photos, 'a.jpg'));
    expect(await shown(photoOf('a.jpg').content!)).toBe('same');
  });

  it('is the right one after the database was replaced and the thumbnails were not', async () => {
    await indexFiles(tiny, { 'a.jpg': 'of the old database' });
    await shown(photoOf('a.jpg').content!);
    await tiny.descry.close();
    for (const name of readdirSync(tiny.home).filter((name) => name.startsWith('library.db'))) {
      rmSync(path.join(tiny.home, name));
    }
    tiny = await tinyLibrary(base);
    await indexFiles(tiny, { 'a.jpg': 'of the new database' });
    expect(await shown(photoOf('a.jpg').content!)).toBe('of the new database');
  });
});

it('a library of version 1 keeps all that it holds, and its constraints', () => {
  const file = path.join(base, 'old.db');
  const old = new Sqlite(file);
  old.exec(migrations[0]!);
  old.pragma('application_id = 1148412786');
  old.pragma('user_version = 1');
  old.exec(`
    INSERT INTO folders (path) VALUES ('/photos');
    INSERT INTO contents (id, hash, width, height) VALUES (7, x'07', 4, 3), (9, x'09', 1, 2);
    INSERT INTO photos (folder, path, bytes, modified, content) VALUES (1, '/photos/a.jpg', 1, 1, 7);
    INSERT INTO features VALUES (7, 'e', x'0000'), (9, 'e', x'0000');
    INSERT INTO embeddings VALUES ('m', 7, x'0000'), ('m', 9, x'0000');
    INSERT INTO dataset_photos VALUES ('/d/a.jpg', 1, 1, 7);`);
  old.close();
  const store = new Store(file);
  expect(store.photos.byPath('/photos/a.jpg')).toMatchObject({ content: 7 });
  expect(store.photos.information(1)).toMatchObject({ width: 4, height: 3 });
  expect(store.contents.ensure(Buffer.from([10]))).toBe(10);
  expect([store.contents.hasFeature(7, 'e'), store.contents.hasFeature(9, 'e')]).toEqual([true, true]);
  expect(() => store.photos.setContent(1, 12_345)).toThrow(/FOREIGN KEY/);
  store.close();
  const now = new Sqlite(file);
  expect(now.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(now.pragma('foreign_key_check')).toEqual([]);
  expect(now.pragma('user_version', { simple: true })).toBe(migrations.length);
  now.close();
});
