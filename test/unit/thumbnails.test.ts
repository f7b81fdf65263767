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
    return new Uint8Array(1000).fill(photo.length);
  },
} as unknown as Vision;
const thumbnails = () => new Thumbnails(path.join(folder, 'thumbnails'), vision, () => limit, silentLog);
const files = () =>
  readdirSync(path.join(folder, 'thumbnails'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.webp'),
  );

describe('thumbnails', () => {
  it('are decoded once, whoever asks at the same time or later', async () => {
    const cache = thumbnails();
    const answers = await Promise.all(Array.from({ length: 10 }, () => cache.get(1, 'photo')));
    expect(answers.every((bytes) => bytes.length === 1000)).toBe(true);
    expect(await thumbnails().get(1, 'photo')).toEqual(Buffer.from(answers[0]!));
    expect(decoded).toEqual(['photo']);
    await cache.get(2, 'photo');
    expect(decoded).toHaveLength(2);
  });

  it('stay below their limit, and those not looked at for longest go first', async () => {
    limit = 10_500;
    const cache = thumbnails();
    for (let content = 1; content <= 10; content++) {
      await cache.get(content, 'photo');
      const file = path.join(cache.folder, '0', `${content}.webp`);
      const used = new Date(Date.now() - (100 - content) * 1000);
      utimesSync(file, used, used);
    }
    expect(await cache.size()).toBe(10_000);
    await cache.get(11, 'photo');
    await cache.clean();
    expect(await cache.size()).toBeLessThanOrEqual(limit * 0.9);
    expect(
      files()
        .map((name) => path.basename(name, '.webp'))
        .sort(),
    ).toEqual(['10', '11', '3', '4', '5', '6', '7', '8', '9']);
    await cache.clear();
    expect(await cache.size()).toBe(0);
    expect(existsSync(cache.folder)).toBe(false);
  });

  it('note their use, once a day', async () => {
    const cache = thumbnails();
    await cache.get(1, 'photo');
    const file = path.join(cache.folder, '0/1.webp');
    const longAgo = new Date(Date.now() - 48 * 3600 * 1000);
    utimesSync(file, longAgo, longAgo);
    await cache.get(1, 'photo');
    expect(Date.now() - statSync(file).mtimeMs).toBeLessThan(10_000);
    const today = new Date(Date.now() - 3600 * 1000);
    utimesSync(file, today, today);
    await cache.get(1, 'photo');
    expect(Date.now() - statSync(file).mtimeMs).toBeGreaterThan(3_000_000);
  });

  it('that are empty after a power cut are made again', async () => {
    const cache = thumbnails();
    await cache.get(1, 'photo');
    writeFileSync(path.join(cache.folder, '0/1.webp'), '');
    expect(await cache.get(1, 'photo')).toHaveLength(1000);
    expect(decoded).toHaveLength(2);
  });

  it('of a photo that cannot be opened fail, and are tried again', async () => {
    const cache = thumbnails();
    await expect(cache.get(1, 'broken')).rejects.toMatchObject({ code: 'photo-unreadable' });
    await expect(cache.get(1, 'broken')).rejects.toMatchObject({ code: 'photo-unreadable' });
    expect(await cache.get(1, 'whole')).toHaveLength(1000);
  });

  it('are shown also where they cannot be kept', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'thumbnails'), 'a file in the way');
    expect(await thumbnails().get(1, 'photo')).toHaveLength(1000);
  });
});
