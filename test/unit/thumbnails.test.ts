import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../electron/services/shared/log.ts';
import { Thumbnails } from '../../electron/services/library/thumbnails.ts';
import type { Vision } from '../../electron/vision/vision.ts';
import { DescryError } from '../../models/errors.ts';

let folder: string;
let decoded: string[];
let limit: number;
let decodedHash: Uint8Array;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'descry-thumbnails-'));
  decoded = [];
  limit = 1e9;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const vision = {
  thumbnail: async ({ path: photo }: { path: string }) => {
    decoded.push(photo);
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (photo === 'broken') throw new DescryError('photo-unreadable', 'It is broken.');
    return { bytes: new Uint8Array(1000).fill(photo.length), hash: decodedHash };
  },
} as unknown as Vision;
const thumbnails = () => new Thumbnails(path.join(folder, 'thumbnails'), vision, () => limit, silentLog);
/** A hash, and the name that its thumbnail has. */
const hash = (content: number) => new Uint8Array(32).fill(content);
const nameOf = (content: number) => Buffer.from(hash(content)).toString('hex', 0, 16);
const fileOf = (cache: Thumbnails, content: number) =>
  path.join(cache.folder, nameOf(content).slice(0, 2), `${nameOf(content)}.webp`);
/** @param found the content that the file has when it is decoded */
const get = async (cache: Thumbnails, content: number, photo: string, found = content) => {
  decodedHash = hash(found);
  return (await cache.cached(hash(content))) ?? (await cache.make(hash(content), photo, 'anywhere'));
};
const files = () =>
  readdirSync(path.join(folder, 'thumbnails'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.webp'),
  );

describe('thumbnails', () => {
  it('are decoded once for all callers', async () => {
    const cache = thumbnails();
    const answers = await Promise.all(Array.from({ length: 10 }, () => get(cache, 1, 'photo')));
    expect(answers.every((bytes) => bytes?.length === 1000)).toBe(true);
    expect(await get(thumbnails(), 1, 'photo')).toEqual(Buffer.from(answers[0]!));
    expect(decoded).toEqual(['photo']);
    await get(cache, 2, 'photo');
    expect(decoded).toHaveLength(2);
  });

  it('stay below their limit, and the least recently used ones are deleted first', async () => {
    limit = 10_500;
    const cache = thumbnails();
    for (let content = 1; content <= 10; content++) {
      await get(cache, content, 'photo');
      const file = fileOf(cache, content);
      const used = new Date(Date.now() - (100 - content) * 1000);
      utimesSync(file, used, used);
    }
    expect(await cache.size()).toBe(10_000);
    await get(cache, 11, 'photo');
    await cache.clean();
    expect(await cache.size()).toBeLessThanOrEqual(limit * 0.9);
    expect(
      files()
        .map((name) => path.basename(name, '.webp'))
        .sort(),
    ).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11].map(nameOf));
    await cache.clear();
    expect(await cache.size()).toBe(0);
    expect(existsSync(cache.folder)).toBe(false);
  });

  it('note their use, once a day', async () => {
    const cache = thumbnails();
    await get(cache, 1, 'photo');
    const file = fileOf(cache, 1);
    const longAgo = new Date(Date.now() - 48 * 3600 * 1000);
    utimesSync(file, longAgo, longAgo);
    await get(cache, 1, 'photo');
    expect(Date.now() - statSync(file).mtimeMs).toBeLessThan(10_000);
    const today = new Date(Date.now() - 3600 * 1000);
    utimesSync(file, today, today);
    await get(cache, 1, 'photo');
    expect(Date.now() - statSync(file).mtimeMs).toBeGreaterThan(3_000_000);
  });

  it('that are empty after a power failure are made again', async () => {
    const cache = thumbnails();
    await get(cache, 1, 'photo');
    writeFileSync(fileOf(cache, 1), '');
    expect(await get(cache, 1, 'photo')).toHaveLength(1000);
    expect(decoded).toHaveLength(2);
  });

  it('of a photo that cannot be opened fail, and are tried again', async () => {
    const cache = thumbnails();
    await expect(get(cache, 1, 'broken')).rejects.toMatchObject({ code: 'photo-unreadable' });
    await expect(get(cache, 1, 'broken')).rejects.toMatchObject({ code: 'photo-unreadable' });
    expect(await get(cache, 1, 'whole')).toHaveLength(1000);
  });

  it('are shown also where they cannot be kept', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'thumbnails'), 'a file in the way');
    expect(await get(thumbnails(), 1, 'photo')).toHaveLength(1000);
  });

  it('are not kept and not shown where other bytes were decoded than those that were asked for', async () => {
    const cache = thumbnails();
    expect(await get(cache, 1, 'photo', 2)).toBeUndefined();
    expect(await cache.cached(hash(1))).toBeUndefined();
  });

  it('are removed by the hashes of their photos', async () => {
    const cache = thumbnails();
    for (const content of [1, 2, 3]) await get(cache, content, 'photo');
    await cache.remove([hash(1), hash(3), hash(4)]);
    expect(files().map((name) => path.basename(name, '.webp'))).toEqual([nameOf(2)]);
    expect(await cache.size()).toBe(1000);
  });

  it('that an earlier version named by a number, or did not write to the end, are deleted', async () => {
    const cache = thumbnails();
    mkdirSync(path.join(cache.folder, '10'), { recursive: true });
    writeFileSync(path.join(cache.folder, '10/10000.webp'), 'of some photo');
    writeFileSync(path.join(cache.folder, '10', `${nameOf(16)}.webp.part`), 'half');
    expect(await cache.size()).toBe(0);
    expect(readdirSync(path.join(cache.folder, '10'))).toEqual([]);
  });
});
