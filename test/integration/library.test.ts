import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Watcher } from '../../electron/services/library/watcher.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';

let tiny: TinyLibrary;
let remove: () => void;

beforeEach(async () => {
  const base = scratch('library');
  remove = base.remove;
  tiny = await tinyLibrary(base.folder);
});
afterEach(async () => {
  await tiny.descry.close();
  remove();
});

const at = (...parts: string[]) => path.join(tiny.photos, ...parts);
const names = () =>
  tiny.descry.library
    .folders()
    .flatMap(({ id }) => tiny.descry.store.photos.inFolder(id))
    .map((photo) => path.relative(tiny.photos, photo.path))
    .sort();
async function scanned() {
  const folder = await tiny.descry.library.add(tiny.photos);
  return { folder, report: await tiny.descry.library.scan(folder.id) };
}

describe('adding folders', () => {
  it('refuses what is no folder, what is not there, and what is nested, and says which', async () => {
    const { library } = tiny.descry;
    tiny.write({ 'a.jpg': 'a', 'sub/b.jpg': 'b' });
    await expect(library.add(at('a.jpg'))).rejects.toMatchObject({ code: 'not-a-folder' });
    await expect(library.add(at('nothing'))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(at('nothing')),
    });
    const outer = await library.add(tiny.photos);
    await expect(library.add(at('sub'))).rejects.toMatchObject({ code: 'nested-folder' });
    expect(await library.add(`${tiny.photos}/sub/..`)).toEqual(outer);
    library.remove(outer.id);
    await library.add(at('sub'));
    await expect(library.add(tiny.photos)).rejects.toMatchObject({
      code: 'nested-folder',
      message: expect.stringContaining('Remove that folder'),
      parameters: { folder: tiny.photos, inner: at('sub') },
    });
  });

  it('takes a neighbour whose name begins the same, and a link for the folder that it leads to', async () => {
    const { library } = tiny.descry;
    mkdirSync(at('trip'));
    mkdirSync(at('trip 2'));
    mkdirSync(at('..trip'));
    symlinkSync(at('trip'), at('link'));
    const trip = await library.add(at('trip'));
    expect(await library.add(at('link'))).toEqual(trip);
    await library.addAll([at('trip 2'), at('..trip')]);
    expect(library.folders()).toHaveLength(3);
  });

  it('adds all of several folders or none', async () => {
    const { library } = tiny.descry;
    mkdirSync(at('one/inner'), { recursive: true });
    mkdirSync(at('two'));
    for (const wrong of [at('one/inner'), at('missing')]) {
      await expect(library.addAll([at('two'), at('one'), wrong])).rejects.toThrow(wrong);
      expect(library.folders()).toEqual([]);
    }
    await expect(library.addAll([at('one/inner'), at('one')])).rejects.toMatchObject({ code: 'nested-folder' });
    expect(await library.addAll([at('one'), at('two'), at('one')])).toHaveLength(2);
  });
});

describe('scanning', () => {
  it('finds new, changed and deleted photos, and nothing where nothing happened', async () => {
    tiny.write({ 'a.jpg': 'a', 'sub/deep/b.PNG': 'b', 'notes.txt': 'x' });
    expect((await scanned()).report).toEqual({ found: 2, added: 2, removed: 0 });
    tiny.write({ 'c.heic': 'c', 'a.jpg': 'longer' });
    rmSync(at('sub'), { recursive: true });
    expect((await scanned()).report).toEqual({ found: 2, added: 1, removed: 1 });
    expect((await scanned()).report).toEqual({ found: 2, added: 0, removed: 0 });
  });

  it('tells the window when photos only changed', async () => {
    const told: boolean[] = [];
    tiny = await tiny.reopen({
      emit: (name, payload) => {
        if (name === 'library.changed' && payload && 'photosChanged' in payload) told.push(payload.photosChanged);
      },
    });
    tiny.write({ 'a.jpg': 'a' });
    await scanned();
    told.length = 0;
    tiny.write({ 'a.jpg': 'longer' });
    await scanned();
    expect(told).toContain(true);
  });

  it('leaves out hidden files, thumbnails, links and what is excluded', async () => {
    tiny.write({
      'a.jpg': 'a',
      '.hidden.jpg': 'x',
      '._a.jpg': 'x',
      '.cache/b.jpg': 'x',
      '@eaDir/a.jpg': 'x',
      'node_modules/p/a.jpg': 'x',
      'Screenshots/1.png': 'x',
      'deep/Screenshots/2.png': 'x',
      'b.gif': 'x',
      'Trips/2019/x.jpg': 'x',
      'Trips/2020/y.jpg': 'y',
    });
    symlinkSync(at('a.jpg'), at('link.jpg'));
    symlinkSync(tiny.photos, at('loop'));
    const { folder } = await scanned();
    expect(names()).toHaveLength(6);
    tiny.descry.library.setExcludes(folder.id, ['Screenshots/', '*.GIF', 'trips/2019/**']);
    await tiny.descry.library.scan(folder.id);
    expect(names()).toEqual(['Trips/2020/y.jpg', 'a.jpg']);
  });

  it('keeps the photos of a folder that is gone', async () => {
    tiny.write({ 'a.jpg': 'a' });
    const { folder } = await scanned();
    renameSync(tiny.photos, `${tiny.photos}-away`);
    await expect(tiny.descry.library.scan(folder.id)).rejects.toMatchObject({ code: 'not-found' });
    expect(tiny.descry.library.overview('default').folders[0]).toMatchObject({ state: 'gone', photos: 1 });
  });

  it('ends when its folder is removed, and starts over when what is left out changes', async () => {
    tiny.write(Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`${i}.jpg`, '']).concat([['x.png', '']])));
    const { library } = tiny.descry;
    const folder = await library.add(tiny.photos);
    const first = library.scan(folder.id);
    library.setExcludes(folder.id, ['*.png']);
    const second = library.scan(folder.id);
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    expect((await second).found).toBe(1500);
    const third = library.scan(folder.id);
    library.remove(folder.id);
    await expect(third).rejects.toMatchObject({ code: 'cancelled' });
    expect(tiny.descry.store.photos.count()).toBe(0);
    expect(library.overview('default').folders).toEqual([]);
  });

  it('takes a large file without blocks for a photo: network file systems do not count them', async () => {
    tiny.write({ 'sparse.jpg': '' });
    truncateSync(at('sparse.jpg'), 1 << 20);
    expect((await scanned()).report.found).toBe(1);
  });
});

describe('watching', () => {
  let watcher: Watcher;
  let flushes = 0;
  const watching = async () => {
    flushes = 0;
    watcher = new Watcher(tiny.descry.library, silentLog, () => flushes++, { awayCheckMs: 200 });
    const folder = await tiny.descry.library.add(tiny.photos);
    await watcher.start(folder);
    expect(tiny.descry.library.states.get(folder.id)).toBe('watching');
    return folder;
  };
  const seen = (expected: string[]) => expect.poll(names, { timeout: 8000 }).toEqual(expected);
  afterEach(() => watcher.close());

  it('sees new, changed, moved and deleted photos', async () => {
    tiny.write({ 'a.jpg': 'a', 'sub/b.jpg': 'b' });
    await watching();
    writeFileSync(at('c.jpg'), 'c');
    await seen(['a.jpg', 'c.jpg', 'sub/b.jpg']);
    renameSync(at('c.jpg'), at('sub/d.jpg'));
    await seen(['a.jpg', 'sub/b.jpg', 'sub/d.jpg']);
    rmSync(at('a.jpg'));
    await seen(['sub/b.jpg', 'sub/d.jpg']);
    tiny.write({ 'sub/b.jpg': 'much longer than before' });
    await expect.poll(() => tiny.descry.store.photos.byPath(at('sub/b.jpg'))?.bytes, { timeout: 8000 }).toBe(23);
  });

  it('sees subfolders that are moved in, renamed and deleted, with all that is in them', async () => {
    await watching();
    const outside = path.join(tiny.home, 'elsewhere');
    mkdirSync(path.join(outside, 'deep'), { recursive: true });
    writeFileSync(path.join(outside, '1.jpg'), '1');
    writeFileSync(path.join(outside, 'deep/2.jpg'), '2');
    renameSync(outside, at('trip'));
    await seen(['trip/1.jpg', 'trip/deep/2.jpg']);
    renameSync(at('trip'), at('renamed'));
    await seen(['renamed/1.jpg', 'renamed/deep/2.jpg']);
    // An empty folder beside photos must not take them with it.
    mkdirSync(at('renamed/deep/empty'));
    writeFileSync(at('renamed/3.jpg'), '3');
    await seen(['renamed/1.jpg', 'renamed/3.jpg', 'renamed/deep/2.jpg']);
    rmSync(at('renamed/deep'), { recursive: true });
    await seen(['renamed/1.jpg', 'renamed/3.jpg']);
  });

  it('leaves out what is excluded, also below a new folder', async () => {
    const folder = await watching();
    tiny.descry.library.setExcludes(folder.id, ['Private']);
    await watcher.start(tiny.descry.store.folders.get(folder.id)!);
    tiny.write({ 'Private/a.jpg': 'a', 'b.jpg': 'b', '.c.jpg': 'c' });
    await seen(['b.jpg']);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(names()).toEqual(['b.jpg']);
  });

  it('waits for a photo that is still being written', async () => {
    await watching();
    writeFileSync(at('big.jpg'), 'first half');
    const growing = setInterval(() => writeFileSync(at('big.jpg'), `${Date.now()}`, { flag: 'a' }), 100);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(names()).toEqual([]);
    clearInterval(growing);
    await seen(['big.jpg']);
  });

  it('takes 2,000 files at once in a few pieces', async () => {
    await watching();
    flushes = 0;
    tiny.write(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`burst/${i}.jpg`, `${i}`])));
    await expect.poll(() => names().length, { timeout: 20_000 }).toBe(2000);
    expect(flushes).toBeLessThan(15);
  });

  it('marks a folder that is not there any more, keeps its photos, and takes it up again', async () => {
    tiny.write({ 'a.jpg': 'a', 'b.jpg': 'b' });
    const folder = await watching();
    renameSync(tiny.photos, `${tiny.photos}-away`);
    await expect.poll(() => tiny.descry.library.states.get(folder.id), { timeout: 8000 }).toBe('gone');
    expect(names()).toEqual(['a.jpg', 'b.jpg']);
    writeFileSync(path.join(`${tiny.photos}-away`, 'c.jpg'), 'c');
    renameSync(`${tiny.photos}-away`, tiny.photos);
    await seen(['a.jpg', 'b.jpg', 'c.jpg']);
    await expect.poll(() => tiny.descry.library.states.get(folder.id)).toBe('watching');
    writeFileSync(at('d.jpg'), 'd');
    await seen(['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg']);
  });

  it('waits for a folder that was not there from the beginning', async () => {
    const folder = await watching();
    await watcher.close();
    renameSync(tiny.photos, `${tiny.photos}-away`);
    watcher = new Watcher(tiny.descry.library, silentLog, () => undefined, { awayCheckMs: 200 });
    await watcher.start(folder);
    expect(tiny.descry.library.states.get(folder.id)).toBe('gone');
    renameSync(`${tiny.photos}-away`, tiny.photos);
    await expect.poll(() => tiny.descry.library.states.get(folder.id), { timeout: 8000 }).toBe('watching');
  });

  it('is silent after it was stopped, and after its folder was removed', async () => {
    const folder = await watching();
    writeFileSync(at('a.jpg'), 'a');
    await watcher.stop(folder.id);
    tiny.descry.library.remove(folder.id);
    writeFileSync(at('b.jpg'), 'b');
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(tiny.descry.store.photos.count()).toBe(0);
  });
});
