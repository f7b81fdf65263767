/** Folders that are moved, emptied, on disks that are away, or that the system does not watch completely; and other processes. */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventName } from '../../electron/ipc/contract.ts';
import { photoDetails } from '../../electron/services/library/details.ts';
import { existingPaths } from '../../electron/services/library/existing-path.ts';
import type { watchFolder } from '../../electron/services/library/folder-watch.ts';
import { LiveLibrary, type LiveOptions } from '../../electron/services/library/live.ts';
import { moveFolder } from '../../electron/services/library/move-folder.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { indexFiles, many, scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';

let base: { folder: string; remove: () => void };
let tiny: TinyLibrary;
beforeEach(async () => {
  base = scratch('folder-states');
  tiny = await tinyLibrary(base.folder);
});
afterEach(async () => {
  await tiny.descry.close();
  base.remove();
});

const eventually = <T>(value: () => T | Promise<T>) => expect.poll(value, { timeout: 20_000 });
const at = (...parts: string[]) => path.join(tiny.photos, ...parts);
const overview = () => tiny.descry.library.overview('default').folders;
const first = () => overview()[0]!;
const search = () => tiny.descry.search.query('a dog', { limit: 1000 });
const pathOf = (id: number) => tiny.descry.store.photos.get(id)!.path;
const scan = () => tiny.descry.library.scan(first().id);
const hide = (...names: string[]) => {
  mkdirSync(path.join(base.folder, 'hidden'), { recursive: true });
  for (const name of names) renameSync(at(name), path.join(base.folder, 'hidden', name));
};
const bringBack = () => {
  for (const name of readdirSync(path.join(base.folder, 'hidden'))) {
    renameSync(path.join(base.folder, 'hidden', name), at(name));
  }
};
const names = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `${from + i}.jpg`);

describe('photos that vanish from a folder', () => {
  beforeEach(() => indexFiles(tiny, many(50)));

  it('all at once are kept and asked about, and are as before when they are back', async () => {
    hide(...names(50));
    expect(await scan()).toMatchObject({ found: 0, removed: 0, missing: 50 });
    expect(first()).toMatchObject({ photos: 50, missing: { photos: 50, keep: false } });
    expect((await search()).ids).toHaveLength(50);
    expect(await scan()).toMatchObject({ removed: 0, missing: 50 });
    bringBack();
    expect(await scan()).toEqual({ found: 50, added: 0, removed: 0 });
    expect(first().missing).toBeNull();
  });

  it('a few at a time are taken out', async () => {
    hide(...names(10));
    expect(await scan()).toEqual({ found: 40, added: 0, removed: 10 });
    expect((await search()).ids).toHaveLength(40);
  });

  it('are taken out when the user says that they were deleted', async () => {
    hide(...names(30));
    await scan();
    expect(await tiny.descry.library.scan(first().id, { acceptMissing: true })).toMatchObject({
      found: 20,
      removed: 30,
    });
    expect(first()).toMatchObject({ photos: 20, missing: null });
    expect((await search()).ids).toHaveLength(20);
  });

  it('stay without another question when the user wants that, until they are back', async () => {
    hide(...names(30));
    await scan();
    tiny.descry.library.keepMissing(first().id);
    hide('30.jpg');
    await scan();
    expect(first()).toMatchObject({ photos: 50, missing: { photos: 31, keep: true } });
    bringBack();
    await scan();
    expect(first().missing).toBeNull();
    hide(...names(30));
    await scan();
    expect(first().missing).toEqual({ photos: 30, keep: false });
  });

  it('were only moved into a subfolder, or into another folder of the library', async () => {
    mkdirSync(at('sub'));
    for (const name of names(25)) renameSync(at(name), at('sub', name));
    expect(await scan()).toEqual({ found: 50, added: 25, removed: 25 });
    const other = path.join(base.folder, 'other');
    mkdirSync(other);
    for (const name of names(25, 25)) renameSync(at(name), path.join(other, name));
    await scan();
    expect(first().missing).toEqual({ photos: 25, keep: false });
    const added = await tiny.descry.library.add(other);
    await tiny.descry.library.scan(added.id);
    expect(overview().map(({ missing }) => missing)).toEqual([null, null]);
    expect(tiny.descry.store.photos.count()).toBe(50);
  });

  it('before they were indexed are kept, too', async () => {
    tiny.write(Object.fromEntries(names(60, 100).map((name) => [name, name])));
    await scan();
    hide(...names(60, 100));
    await tiny.descry.indexer.run();
    expect(first()).toMatchObject({ photos: 110, missing: { photos: 60, keep: false } });
    bringBack();
    await scan();
    await tiny.descry.indexer.run();
    expect(first()).toMatchObject({ indexed: 110, missing: null });
  });

  it('because the user leaves them out, are not asked about', async () => {
    mkdirSync(at('Private'));
    for (const name of names(30)) renameSync(at(name), at('Private', name));
    await scan();
    tiny.descry.library.setExcludes(first().id, ['Private']);
    expect(await scan()).toMatchObject({ found: 20, removed: 30 });
    expect(first().missing).toBeNull();
  });

  it('were deleted in the window: nothing is asked', async () => {
    tiny.descry.library.vanished.expect(names(30).map((name) => at(name)));
    hide(...names(30));
    expect(await scan()).toMatchObject({ removed: 30 });
    expect(first().missing).toBeNull();
  });

  it('are not taken for moved because a backup of them is in the library', async () => {
    const backup = path.join(base.folder, 'backup');
    mkdirSync(backup);
    const added = await tiny.descry.library.add(backup);
    for (const name of names(50)) writeFileSync(path.join(backup, name), `photo ${path.parse(name).name}`);
    await tiny.descry.library.scan(added.id);
    tiny = await tiny.reopen();
    hide(...names(50));
    const folder = tiny.descry.library.folders().find((one) => one.path === tiny.photos)!;
    expect(await tiny.descry.library.scan(folder.id)).toMatchObject({ removed: 0, missing: 50 });
  });
});

describe('a folder that was moved', () => {
  const moved = () => path.join(base.folder, 'moved');
  beforeEach(async () => {
    await indexFiles(tiny, many(30));
    renameSync(tiny.photos, moved());
  });

  it('and added at its new place: each photo is found there, once', async () => {
    const ids = [...(await search()).ids];
    const added = await tiny.descry.library.add(moved());
    await tiny.descry.library.scan(added.id);
    await tiny.descry.indexer.run();
    expect(tiny.vision.described).toHaveLength(30);
    await tiny.descry.library.look();
    const folders = Object.fromEntries(overview().map((folder) => [folder.path, folder]));
    expect(folders[tiny.photos]).toMatchObject({ state: 'gone', absence: { kind: 'gone' }, photos: 30 });
    expect(folders[moved()]).toMatchObject({ absence: null, photos: 30 });
    const found = await search();
    expect([found.ranked, found.ids.length]).toEqual([30, 30]);
    expect([...found.ids].every((id) => pathOf(id).startsWith(moved()))).toBe(true);
    const all = await tiny.descry.search.query('all photos', { limit: 1000 });
    expect([all.ranked, all.ids.length]).toEqual([30, 30]);
    expect(tiny.descry.search.index.hidden()).toEqual(new Set(ids));
    const [old] = ids;
    expect(existingPaths(tiny.descry.store, [old!])).toEqual([path.join(moved(), path.basename(pathOf(old!)))]);

    const hidden = tiny.descry.search.index.hidden();
    const detailsOf = (id: number) => photoDetails(tiny.descry.store, id, () => undefined, hidden);
    const shown = detailsOf([...found.ids][0]!);
    expect([path.dirname(shown.path), shown.copies]).toEqual([moved(), []]); // none is named where no file is
    const shownBefore = detailsOf(ids[0]!); // as a window does that has not heard of it yet
    expect([shownBefore.id, path.dirname(shownBefore.path), shownBefore.copies]).toEqual([ids[0], moved(), []]);

    // back at its old place, it is shown again, as copies are
    mkdirSync(tiny.photos);
    tiny.write(many(30));
    await tiny.descry.library.look();
    expect((await search()).ranked).toBe(60);
    expect((await search()).ids).toHaveLength(30);
    const [again] = (await search()).ids;
    const both = photoDetails(tiny.descry.store, again!, () => undefined, tiny.descry.search.index.hidden());
    expect(both.copies).toHaveLength(1);
  });

  it('is shown where it was while no other copy is there', async () => {
    await tiny.descry.library.look();
    expect((await search()).ids).toHaveLength(30);
  });

  it('is taken up at its new place with all that is known of it', async () => {
    const { library, store, indexer } = tiny.descry;
    const ids = new Set((await search()).ids);
    const wrong = path.join(base.folder, 'wrong');
    mkdirSync(wrong);
    await expect(moveFolder(library, store, first().id, wrong)).rejects.toMatchObject({ code: 'no-photos' });
    await moveFolder(library, store, first().id, moved());
    expect(await scan()).toEqual({ found: 30, added: 0, removed: 0 });
    await indexer.run();
    expect(tiny.vision.identified).toHaveLength(30);
    tiny.descry.search.index.resetColumns();
    const found = await search();
    expect(new Set(found.ids)).toEqual(ids);
    expect(pathOf(found.ids[0]!)).toContain(moved());
  });
});

describe('the window', () => {
  let live: LiveLibrary;
  let told: EventName[];
  const open = (options: LiveOptions = {}) => {
    told = [];
    live = new LiveLibrary(
      tiny.descry,
      {
        onAssets: () => undefined,
        onIndexed: () => undefined,
        onOthers: {
          library: () => told.push('library.changed'),
          models: () => told.push('models.changed'),
          settings: () => told.push('settings.changed'),
          savedSearches: () => told.push('search.savedChanged'),
        },
      },
      silentLog,
      { othersMs: 50, ...options, watcher: { awayCheckMs: 100, ...options.watcher } },
    );
    live.start();
  };
  afterEach(() => live.close());

  it('asks about a folder that is emptied while it is watched, and takes the answer', async () => {
    tiny.write(many(20));
    open();
    await live.addFolders([tiny.photos]);
    await eventually(() => first().state).toBe('watching');
    hide(...names(20));
    await eventually(() => first().missing).toEqual({ photos: 20, keep: false });
    bringBack();
    await eventually(() => first().missing).toBeNull();
    hide(...names(12));
    await eventually(() => first().missing?.photos).toBe(12);
    live.rescan(first().id, { acceptMissing: true });
    await eventually(() => first()).toMatchObject({ photos: 8, missing: null, state: 'watching' });
  });

  it('takes up what another process indexes, removes and chooses', async () => {
    tiny.write(many(24));
    open();
    await live.addFolders([tiny.photos]);
    await eventually(async () => (await search().catch(() => undefined))?.ids.length).toBe(24);
    const other = await tinyLibrary(base.folder);
    try {
      const { library, indexer, settings, store } = other.descry;
      const folder = path.join(base.folder, 'second');
      mkdirSync(folder);
      for (let i = 0; i < 20; i++) writeFileSync(path.join(folder, `${i}.jpg`), `second ${i}`);
      const added = await library.add(folder);
      await library.scan(added.id);
      await indexer.run();
      await eventually(async () => (await search()).ids.length).toBe(44);
      const states = () => tiny.descry.library.overview('default').folders.map(({ state }) => state);
      await eventually(states).toEqual(['watching', 'watching']);
      expect(tiny.vision.described.length + other.vision.described.length).toBe(44);
      writeFileSync(path.join(folder, 'new.jpg'), 'new');
      await eventually(async () => (await search()).ids.length).toBe(45);

      settings.set({ showScores: true });
      store.savedSearches.save({
        name: 'dogs',
        search: { text: 'dog', filter: {}, literal: [], like: [], order: 'relevance' },
      });
      const [id] = (await search()).ids;
      store.favourites.set([id!], true);
      await eventually(() => told).toContain('search.savedChanged');
      expect(told).toContain('settings.changed');
      expect(tiny.descry.settings.get().showScores).toBe(true);
      await eventually(async () => (await search()).favourites[0]).toBe(1);

      library.remove(added.id);
      await eventually(async () => (await search()).ids.length).toBe(24);
      await eventually(states).toEqual(['watching']);
    } finally {
      await other.descry.close();
    }
  });

  it('says that not all changes are noticed, and finds them by scanning from time to time', async () => {
    tiny.write({ 'a.jpg': 'a' });
    const watch: typeof watchFolder = (_folder, { onError }) => ({
      add: () => onError(Object.assign(new Error('System limit'), { code: 'ENOSPC' })),
      forget: () => undefined,
      close: () => undefined,
    });
    open({ watcher: { watch, clock: { least: 200, share: 1 } } });
    await live.addFolders([tiny.photos]);
    await eventually(() => first()).toMatchObject({ state: 'watching', clock: { why: 'watches' } });
    for (const name of ['b', 'c']) {
      tiny.write({ [`${name}.jpg`]: name });
      await eventually(() => first().indexed).toBe(name === 'b' ? 2 : 3);
    }
  });

  it('scans network disks from time to time', async () => {
    tiny.write({ 'a.jpg': 'a' });
    open({ watcher: { isOnNetwork: async () => true, clock: { least: 60_000, share: 1 } } });
    await live.addFolders([tiny.photos]);
    await eventually(() => first()).toMatchObject({ state: 'watching', clock: { why: 'network', everyMs: 60_000 } });
  });

  it('takes up a folder at its new place', async () => {
    tiny.write(many(10));
    open();
    await live.addFolders([tiny.photos]);
    await eventually(() => first()).toMatchObject({ state: 'watching', indexed: 10 });
    const moved = path.join(base.folder, 'moved');
    renameSync(tiny.photos, moved);
    await eventually(() => first().state).toBe('gone');
    await live.moveFolder(first().id, moved);
    await eventually(() => first()).toMatchObject({ path: moved, state: 'watching', photos: 10, absence: null });
    writeFileSync(path.join(moved, 'new.jpg'), 'new');
    await eventually(() => first().indexed).toBe(11);
    rmSync(path.join(moved, 'new.jpg'));
    await eventually(() => first().photos).toBe(10);
  });
});
