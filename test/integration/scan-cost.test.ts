/** What a scan costs where nothing has changed, and what comes first when the window is opened. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventName } from '../../electron/ipc/contract.ts';
import { LiveLibrary } from '../../electron/services/library/live.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { indexFiles, scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';

const folders = 12;
const photosEach = 150;
const files = Object.fromEntries(
  Array.from({ length: folders * photosEach }, (_, i) => [`${i % folders}/deep/${i}.jpg`, `${i}`]),
);

let base: { folder: string; remove: () => void };
let tiny: TinyLibrary;
let told: { name: EventName; payload: unknown }[];
beforeEach(async () => {
  base = scratch('scan-cost');
  told = [];
  tiny = await tinyLibrary(base.folder, { emit: (name, payload) => told.push({ name, payload }) });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await tiny.descry.close();
  base.remove();
});

const changes = () => told.filter(({ name }) => name === 'library.changed').map(({ payload }) => payload);

describe('a scan of a folder in which nothing has changed', () => {
  it('reads the rows of each folder together, writes none, and tells of no change', async () => {
    const { library, store } = tiny.descry;
    tiny.write(files);
    const { id } = await library.add(tiny.photos);
    expect(await library.scan(id)).toMatchObject({ found: 1800, added: 1800 });
    told = [];
    const reads = vi.spyOn(store.photos, 'between');
    const single = [vi.spyOn(store.photos, 'byPath'), vi.spyOn(store.photos, 'upsert'), vi.spyOn(store.photos, 'get')];
    expect(await library.scan(id)).toEqual({ found: 1800, added: 0, removed: 0 });
    // Each folder has a part before each of its subfolders, and one behind the last.
    expect(reads.mock.calls.length).toBeLessThanOrEqual(3 * (2 * folders + 1));
    for (const one of single) expect(one).not.toHaveBeenCalled();
    expect(changes()).not.toContainEqual({ photosChanged: true });
  });

  it('finds the one file that was changed, added or removed among many, and nothing else', async () => {
    const { library, store } = tiny.descry;
    tiny.write({ ...files, '0/deep.jpg': 'beside the folder', '0/deep-b/x.jpg': 'x', '0/deep0.jpg': 'behind it' });
    const { id } = await library.add(tiny.photos);
    await library.scan(id);
    expect(await library.scan(id)).toEqual({ found: 1803, added: 0, removed: 0 });
    tiny.write({ '3/deep/3.jpg': 'other bytes', '3/new.jpg': 'new' });
    for (const file of ['5/deep/5.jpg', '0/deep-b/x.jpg']) rmSync(path.join(tiny.photos, file));
    const upserts = vi.spyOn(store.photos, 'upsert');
    expect(await library.scan(id)).toEqual({ found: 1802, added: 1, removed: 2 });
    expect(upserts.mock.calls.map(([, file]) => path.relative(tiny.photos, file.path)).sort()).toEqual(
      ['3/deep/3.jpg', '3/new.jpg'].map(path.normalize),
    );
    expect(changes()).toContainEqual({ photosChanged: true });
  });
});

describe('when the window is opened', () => {
  it('the search is ready before a folder is scanned', async () => {
    await indexFiles(tiny, { 'a.jpg': 'a', 'b.jpg': 'b' });
    const { search, library } = tiny.descry;
    const order: string[] = [];
    const warmUp = search.warmUp.bind(search);
    vi.spyOn(search, 'warmUp').mockImplementation(async () => {
      await sleep(300);
      await warmUp();
      order.push('search ready');
    });
    const scan = library.scan.bind(library);
    vi.spyOn(library, 'scan').mockImplementation((...given) => {
      order.push('scan');
      return scan(...given);
    });
    const live = new LiveLibrary(tiny.descry, { onAssets: () => undefined, onIndexed: () => undefined }, silentLog);
    try {
      live.start();
      await expect.poll(() => order, { timeout: 20_000 }).toEqual(['search ready', 'scan']);
    } finally {
      await live.close();
    }
  });

  it('searches are answered while a scan is under way', async () => {
    await indexFiles(tiny, { 'a.jpg': 'a' });
    tiny.write(files);
    const { search, library } = tiny.descry;
    await search.warmUp();
    let scanning = true;
    const scan = library.scan(library.folders()[0]!.id).finally(() => (scanning = false));
    let answered = 0;
    for (; scanning; answered++) {
      expect((await search.query('a dog', { limit: 10 })).ids).toHaveLength(1);
      await sleep(1);
    }
    expect(await scan).toMatchObject({ found: 1801 });
    expect(answered).toBeGreaterThan(5);
  });
});
