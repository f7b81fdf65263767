/** Copies of photos, with real files: none is replaced, none is left half-copied, and each that fails is named. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyPhotos, numberedName } from '../../electron/services/photos/copy-photos.ts';

let scratch: string;
let folder: string;
beforeEach(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'descry-copies-'));
  folder = path.join(scratch, 'to');
  await mkdir(folder);
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

async function photo(name: string, content: string | Buffer): Promise<string> {
  const file = path.join(scratch, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}
const there = async () => (await readdir(folder)).sort();
const contentOf = (name: string) => readFile(path.join(folder, name), 'utf8');

describe('copies of photos', () => {
  it('are equal to the files, with their times, and the progress is told', async () => {
    const one = await photo('a/one.jpg', 'first');
    const two = await photo('b/two.jpg', 'second');
    await utimes(one, new Date('2014-07-20T10:00:00Z'), new Date('2014-07-21T11:00:00Z'));
    const told: number[] = [];
    const report = await copyPhotos([one, two], folder, { onProgress: (done) => told.push(done) });
    expect(report).toEqual({ folder, copied: 2, present: 0, failures: [], stopped: false });
    expect(told).toEqual([1, 2]);
    expect(await contentOf('one.jpg')).toBe('first');
    const { mtime } = await stat(path.join(folder, 'one.jpg'));
    expect(mtime.toISOString()).toBe('2014-07-21T11:00:00.000Z');
  });

  it('of one name from several folders get numbers, and nothing that was there is replaced', async () => {
    await writeFile(path.join(folder, 'IMG_1.jpg'), 'of the user');
    const files = [await photo('a/IMG_1.jpg', 'from a'), await photo('b/IMG_1.jpg', 'from b')];
    const report = await copyPhotos(files, folder);
    expect([report.copied, report.present]).toEqual([2, 0]);
    expect(await there()).toEqual(['IMG_1 (2).jpg', 'IMG_1 (3).jpg', 'IMG_1.jpg']);
    expect(await contentOf('IMG_1.jpg')).toBe('of the user');
    expect(await contentOf('IMG_1 (2).jpg')).toBe('from a');
    expect(await contentOf('IMG_1 (3).jpg')).toBe('from b');
  });

  it('that are there already are not made again, under their name or a numbered one', async () => {
    const big = Buffer.alloc(700_000, 7);
    const other = Buffer.from(big);
    other[699_999] = 8; // of the same size, and different in the last byte
    const files = [await photo('a/IMG.jpg', big), await photo('b/IMG.jpg', other)];
    expect((await copyPhotos(files, folder)).copied).toBe(2);
    expect(await copyPhotos(files, folder)).toMatchObject({ copied: 0, present: 2 });
    expect(await there()).toEqual(['IMG (2).jpg', 'IMG.jpg']);
  });

  it('into the folder where the photo lies are none', async () => {
    const file = path.join(folder, 'IMG.jpg');
    await writeFile(file, 'there');
    expect(await copyPhotos([file], folder)).toMatchObject({ copied: 0, present: 1, failures: [] });
    expect(await there()).toEqual(['IMG.jpg']);
  });

  it('do not take the place of a folder of that name', async () => {
    await mkdir(path.join(folder, 'IMG.jpg'));
    expect((await copyPhotos([await photo('a/IMG.jpg', 'x')], folder)).copied).toBe(1);
    expect(await there()).toEqual(['IMG (2).jpg', 'IMG.jpg']);
  });

  it('that fail are named with the reason, and the others are made', async () => {
    const missing = path.join(scratch, 'a', 'gone.jpg');
    await writeFile(path.join(folder, 'gone.jpg'), 'of the user'); // must survive the failure
    const report = await copyPhotos([missing, await photo('a/there.jpg', 'x')], folder);
    expect(report).toMatchObject({ copied: 1, failures: [{ path: missing, reason: 'it does not exist' }] });
    expect(await there()).toEqual(['gone.jpg', 'there.jpg']);
    expect(await contentOf('gone.jpg')).toBe('of the user');
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'of files that may not be read are none, and say so',
    async () => {
      const file = await photo('a/locked.jpg', 'x');
      await chmod(file, 0);
      const { failures } = await copyPhotos([file], folder);
      expect(failures).toEqual([{ path: file, reason: 'your user has no permission' }]);
      expect(await there()).toEqual([]);
    },
  );

  it('into a folder that is not there, or is a file, are refused, and the folder is named', async () => {
    const file = await photo('a/1.jpg', 'x');
    const missing = path.join(scratch, 'missing');
    await expect(copyPhotos([file], missing)).rejects.toMatchObject({
      code: 'not-found',
      message: `Nothing can be copied to ${missing}: it does not exist.`,
    });
    await expect(copyPhotos([file], file)).rejects.toThrow(`Nothing can be copied to ${file}`);
  });

  it('say that the folder is gone where it goes meanwhile', async () => {
    const files = [await photo('a/1.jpg', 'x'), await photo('a/2.jpg', 'y')];
    const onProgress = () => rmSync(folder, { recursive: true, force: true });
    const { copied, failures } = await copyPhotos(files, folder, { onProgress });
    expect(copied).toBe(1);
    expect(failures).toEqual([{ path: files[1], reason: `of the folder ${folder}: it does not exist` }]);
  });

  it('stop after the file that is being copied', async () => {
    const files = await Promise.all(['1.jpg', '2.jpg', '3.jpg'].map((name) => photo(`a/${name}`, name)));
    const stop = new AbortController();
    const report = await copyPhotos(files, folder, { signal: stop.signal, onProgress: () => stop.abort() });
    expect(report).toMatchObject({ copied: 1, stopped: true });
    expect(await there()).toEqual(['1.jpg']);
  });

  it('on a full disk leave nothing half-copied, and what still fits is copied', async ({ skip }) => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      skip('needs a file system that is small: mounting one is for root, on Linux');
    }
    try {
      const files = [await photo('a/big.jpg', Buffer.alloc(900_000, 1)), await photo('a/small.jpg', 'fits')];
      const report = await copyPhotos(files, folder);
      expect(report.failures).toEqual([{ path: files[0], reason: 'the disk is full' }]);
      expect(report.copied).toBe(1);
      expect(await there()).toEqual(['small.jpg']);
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});

it('numbers stand before the extension', () => {
  expect([numberedName('a.b.jpg', 1), numberedName('a.b.jpg', 2), numberedName('photo', 3)]).toEqual([
    'a.b.jpg',
    'a.b (2).jpg',
    'photo (3)',
  ]);
});
