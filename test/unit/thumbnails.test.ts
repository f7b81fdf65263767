import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Log } from '../../electron/services/shared/log.ts';
import { Thumbnails } from '../../electron/services/library/thumbnails.ts';
import type { Vision } from '../../electron/vision/vision.ts';
import { DescryError } from '../../models/errors.ts';

let folder: string;
let decoded: string[];
let limit: number;
let decodedHash: Uint8Array;
let opened: Thumbnails[];
let warnings: string[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'descry-thumbnails-'));
  decoded = [];
  limit = 1e9;
  opened = [];
  warnings = [];
});
afterEach(() => {
  vi.useRealTimers();
  for (const cache of opened) cache.close();
  rmSync(folder, { recursive: true, force: true });
});

const size = 20_000;
const vision = {
  thumbnail: async ({ path: photo }: { path: string }) => {
    decoded.push(photo);
    if (photo === 'broken') throw new DescryError('photo-unreadable', 'It is broken.');
    return { bytes: new Uint8Array(size).fill(photo.length), hash: decodedHash };
  },
} as unknown as Vision;
const log: Log = { info: () => undefined, warn: (line) => warnings.push(line), error: () => undefined };
const place = () => path.join(folder, 'thumbnails');
const thumbnails = () => {
  const cache = new Thumbnails(place(), vision, () => limit, log);
  opened.push(cache);
  return cache;
};
const hash = (content: number) => new Uint8Array(32).fill(content % 256).fill(content >> 8, 0, 1);
const nameOf = (content: number) => Buffer.from(hash(content)).toString('hex', 0, 16);
/** Where an earlier version kept it. */
const earlierFile = (content: number) => path.join(place(), nameOf(content).slice(0, 2), `${nameOf(content)}.webp`);
function putEarlier(content: number, bytes = size): void {
  mkdirSync(path.dirname(earlierFile(content)), { recursive: true });
  writeFileSync(earlierFile(content), new Uint8Array(bytes).fill(9));
}
/** @param found the content that the file has when it is decoded */
const get = async (cache: Thumbnails, content: number, photo = 'photo', found = content) => {
  decodedHash = hash(found);
  return (await cache.cached(hash(content))) ?? (await cache.make(hash(content), photo, 'anywhere'))?.bytes;
};
const contentsOf = (cache: Thumbnails, count: number) =>
  Array.from({ length: count }, (_, i) => i + 1).filter((content) => cache.has(hash(content)));

describe('thumbnails', () => {
  it('are there in the next session', async () => {
    const cache = thumbnails();
    expect(await get(cache, 1)).toHaveLength(size);
    cache.close();
    expect(await get(thumbnails(), 1)).toEqual(Buffer.alloc(size, 5));
    expect(decoded).toEqual(['photo']);
  });

  it('stay below their limit, and the least recently used ones are deleted first', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const cache = thumbnails();
    for (let content = 1; content <= 200; content++) {
      vi.setSystemTime(Date.UTC(2026, 0, 1) + content * 1000);
      await get(cache, content);
    }
    // the first 50 are looked at again, some days later
    for (let content = 1; content <= 50; content++) {
      vi.setSystemTime(Date.UTC(2026, 0, 5) + content * 1000);
      await get(cache, content);
    }
    limit = 140 * size;
    await get(cache, 201);
    await cache.clean();
    expect(await cache.size()).toBeLessThanOrEqual(limit * 0.9);
    const left = contentsOf(cache, 201);
    expect(left.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(left.at(-1)).toBe(201);
    expect(left.length).toBeGreaterThan(100);
    expect(left[50]).toBeGreaterThan(90);
    // what was deleted takes no space on the disk either
    const onDisk = readdirSync(place(), { encoding: 'utf8' }).map((name) => path.join(place(), name));
    expect(onDisk.length).toBeGreaterThan(0);
    cache.close();
    expect(onDisk.filter(existsSync).reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(limit);
    expect(decoded).toHaveLength(201);
  });

  it('that are made while photos are indexed fill the space that there is, and none is deleted for them', async () => {
    const cache = thumbnails();
    for (let content = 1; content <= 20; content++) await get(cache, content);
    limit = (await cache.size()) + 10 * size;
    expect(cache.hasRoom()).toBe(true);
    const bytes = new Uint8Array(size);
    cache.keep(Array.from({ length: 40 }, (_, i) => ({ hash: hash(21 + i), bytes })));
    expect(await cache.size()).toBeLessThanOrEqual(limit * 1.02);
    expect(contentsOf(cache, 60).slice(0, 20)).toHaveLength(20);
    expect(contentsOf(cache, 60).length).toBeGreaterThan(25);
    limit = await cache.size();
    expect(cache.hasRoom()).toBe(false);
    cache.keep([{ hash: hash(61), bytes }]);
    expect(cache.has(hash(61))).toBe(false);
  });

  it('of a photo that cannot be opened fail, and are tried again', async () => {
    const cache = thumbnails();
    await expect(get(cache, 1, 'broken')).rejects.toMatchObject({ code: 'photo-unreadable' });
    await expect(get(cache, 1, 'broken')).rejects.toMatchObject({ code: 'photo-unreadable' });
    expect(await get(cache, 1, 'whole')).toHaveLength(size);
  });

  it('are shown also where they cannot be kept, and the log says so once', async () => {
    writeFileSync(place(), 'a file in the way');
    const cache = thumbnails();
    for (const content of [1, 2, 1]) expect(await get(cache, content)).toHaveLength(size);
    expect(decoded).toHaveLength(3);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('could not be kept');
  });

  it('are not kept and not shown where other bytes were decoded than those that were asked for', async () => {
    const cache = thumbnails();
    expect(await get(cache, 1, 'photo', 2)).toBeUndefined();
    expect(await cache.cached(hash(1))).toBeUndefined();
  });

  it('are removed by the hashes of their photos, and all together', async () => {
    const cache = thumbnails();
    for (const content of [1, 2, 3]) await get(cache, content);
    await cache.remove([hash(1), hash(3), hash(4)]);
    expect(contentsOf(cache, 4)).toEqual([2]);
    await cache.clear();
    expect(contentsOf(cache, 4)).toEqual([]);
    expect(await cache.size()).toBe(0);
    expect(await get(cache, 2)).toHaveLength(size);
  });
});

describe('the file of the thumbnails', () => {
  it.each(['', '-wal'])('thumbnails-1.db%s: may be deleted by hand between two sessions', async (end) => {
    const cache = thumbnails();
    await get(cache, 1);
    cache.close();
    rmSync(path.join(place(), `thumbnails-1.db${end}`), { force: true });
    expect(await get(thumbnails(), 1)).toHaveLength(size);
  });

  it('is made anew where it is damaged', async () => {
    const cache = thumbnails();
    for (let content = 1; content <= 20; content++) await get(cache, content);
    cache.close();
    const file = path.join(place(), 'thumbnails-1.db');
    writeFileSync(file, 'no database at all'.repeat(5000));
    const again = thumbnails();
    expect(await get(again, 1)).toHaveLength(size);
    expect(decoded).toHaveLength(21);
    again.close();
    expect(await get(thumbnails(), 1)).toHaveLength(size);
    expect(decoded).toHaveLength(21);
  });

  it('serves two processes', async () => {
    const [window, command] = [thumbnails(), thumbnails()];
    await get(window, 1);
    command.keep([{ hash: hash(2), bytes: new Uint8Array(size) }]);
    expect(contentsOf(window, 2)).toEqual([1, 2]);
    expect(contentsOf(command, 2)).toEqual([1, 2]);
  });
});

describe('the files of an earlier version, one for each thumbnail', () => {
  it('are shown, and moved when they are', async () => {
    putEarlier(1);
    const cache = thumbnails();
    expect(await cache.cached(hash(1))).toEqual(Buffer.alloc(size, 9));
    expect(existsSync(earlierFile(1))).toBe(false);
    expect(cache.has(hash(1))).toBe(true);
  });

  it('count, are removed with their photos, and moved in the background with the time of their use', async () => {
    for (const content of [1, 2, 3]) putEarlier(content);
    const old = new Date(Date.UTC(2025, 0, 1));
    utimesSync(earlierFile(2), old, old);
    // named by a number, empty after a power failure, not written to the end
    for (const name of ['100.webp', `${nameOf(0x0101)}.webp`, `${nameOf(1)}.webp.part`]) {
      writeFileSync(path.join(path.dirname(earlierFile(1)), name), name.startsWith('100') ? 'x' : '');
    }
    const cache = thumbnails();
    expect(await cache.size()).toBeGreaterThan(3 * size);
    await cache.remove([hash(3)]);
    expect(existsSync(earlierFile(3))).toBe(false);
    while (await cache.moveEarlier());
    expect(contentsOf(cache, 3)).toEqual([1, 2]);
    expect(readdirSync(place()).filter((name) => /^[0-9a-f]{2}$/.test(name))).toEqual([]);
    // the least recently used one goes first
    limit = 4 * size;
    await get(cache, 4);
    await cache.clean();
    expect(contentsOf(cache, 4)).toEqual([1, 4]);
  });
});
