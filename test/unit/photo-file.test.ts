import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { photoFailure } from '../../electron/vision/photo-failure.ts';
import { hashOf, hashPhotoFile, holding, isBelowOnDisk, readPhotoFile } from '../../electron/vision/photo-file.ts';
import { causesOutsideTheFile, DescryError } from '../../models/errors.ts';

let scratch: string;
let photos: string;
let photo: string;
beforeEach(async () => {
  scratch = await realpath(await mkdtemp(path.join(tmpdir(), 'descry-photo-file-')));
  photos = path.join(scratch, 'photos');
  photo = path.join(photos, 'holiday', 'one.jpg');
  await mkdir(path.dirname(photo), { recursive: true });
  await writeFile(photo, 'the first photo');
  await mkdir(path.join(scratch, 'private'));
  await writeFile(path.join(scratch, 'private', 'one.jpg'), 'a secret');
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

const read = async (file: string, roots = [photos]) => String(await readPhotoFile(file, roots));
const sha256 = (bytes: string) => new Uint8Array(createHash('sha256').update(bytes).digest());

describe('a photo file is opened', () => {
  test('inside a folder of the request, also through a link that stays in one of them', async () => {
    expect(await read(photo)).toBe('the first photo');
    await symlink('holiday', path.join(photos, 'again'));
    expect(await read(path.join(photos, 'again', 'one.jpg'))).toBe('the first photo');
    await symlink(path.join(scratch, 'private'), path.join(photos, 'other'));
    expect(await read(path.join(photos, 'other', 'one.jpg'), [photos, path.join(scratch, 'private')])).toBe('a secret');
  });

  test('anywhere only where the user has named it', async () => {
    const secret = path.join(scratch, 'private', 'one.jpg');
    expect(String(await readPhotoFile(secret, 'anywhere'))).toBe('a secret');
    await expect(read(secret)).rejects.toMatchObject({ code: 'photo-outside' });
    await expect(read(secret, [])).rejects.toMatchObject({ code: 'photo-outside' });
  });

  test('not where its folder, the registered one or the file itself has been replaced by a link', async () => {
    const refused = {
      code: 'photo-outside',
      message: expect.stringContaining(`outside of the folder ${photos}, because a link on its way leads to`) as string,
    };
    const inner = path.dirname(photo);
    renameSync(inner, `${inner} elsewhere`);
    symlinkSync(path.join(scratch, 'private'), inner);
    await expect(read(photo)).rejects.toMatchObject(refused);
    rmSync(inner);
    renameSync(`${inner} elsewhere`, inner);
    rmSync(photo);
    symlinkSync(path.join(scratch, 'private', 'one.jpg'), photo);
    await expect(read(photo)).rejects.toMatchObject(refused);
    renameSync(photos, `${photos} elsewhere`);
    await mkdir(path.join(scratch, 'private', 'holiday'));
    await writeFile(path.join(scratch, 'private', 'holiday', 'one.jpg'), 'another secret');
    symlinkSync(path.join(scratch, 'private'), photos);
    await expect(read(photo)).rejects.toMatchObject(refused);
  });

  test.skipIf(process.platform !== 'linux')('as it was checked, however often a link comes and goes', async () => {
    const inner = path.dirname(photo);
    let swapping = true;
    const swaps = (async () => {
      while (swapping) {
        renameSync(inner, `${inner} elsewhere`);
        symlinkSync(path.join(scratch, 'private'), inner);
        await new Promise(setImmediate);
        rmSync(inner);
        renameSync(`${inner} elsewhere`, inner);
        await new Promise(setImmediate);
      }
    })();
    const found: string[] = [];
    for (let i = 0; i < 300; i++) found.push(await read(photo).catch((error: unknown) => photoFailure(error).code));
    swapping = false;
    await swaps;
    expect(found.filter((text) => text === 'a secret')).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('only where it is a regular file, without waiting', async () => {
    const pipe = path.join(photos, 'pipe.jpg');
    execFileSync('mkfifo', [pipe]);
    await expect(read(pipe)).rejects.toMatchObject({
      code: 'photo-unreadable',
      message: 'The file is not read: it is a named pipe, not a regular file.',
    });
    await symlink('/dev/zero', path.join(photos, 'zero.jpg'));
    await expect(hashPhotoFile(path.join(photos, 'zero.jpg'), 'anywhere')).rejects.toMatchObject({
      code: 'photo-unreadable',
    });
  });

  test('on macOS also where only the case or the normal form of the path differs', () => {
    expect(isBelowOnDisk('/Photos/Été/1.jpg', '/photos/Été', 'darwin')).toBe(true);
    expect(isBelowOnDisk('/Photos/1.jpg', '/photos', 'linux')).toBe(false);
    expect(isBelowOnDisk('/photos-private/1.jpg', '/photos', 'darwin')).toBe(false);
  });
});

describe('the hash', () => {
  test.each([0, 1, 1_048_576, 3_000_001])('of %d bytes, read in pieces or in memory, is SHA-256', async (size) => {
    const bytes = Buffer.alloc(size, 'descry');
    await writeFile(photo, bytes);
    expect(await hashPhotoFile(photo, [photos])).toEqual(sha256(bytes.toString()));
    expect(await hashOf(await readPhotoFile(photo, [photos]))).toEqual(sha256(bytes.toString()));
  });

  test('needs little memory for large files, and none is read that is too large', () => {
    const names = (count: number, bytes: number) =>
      Array.from({ length: count }, (_, i) => {
        const file = path.join(photos, `${bytes}-${i}.jpg`);
        writeFileSync(file, '');
        truncateSync(file, bytes); // takes no place on the disk
        return file;
      });
    const files = [...names(4, 1900 * 2 ** 20), ...names(4, 300 * 2 ** 20)];
    const program = `
      const { LocalVision } = await import(${JSON.stringify(path.resolve(import.meta.dirname, '../../electron/vision/local.ts'))});
      const vision = new LocalVision({ encoder: () => Promise.reject(new Error()), decoders: 8, batch: 4 });
      const before = process.resourceUsage().maxRSS;
      const found = await vision.identify(${JSON.stringify(files)}, 'anywhere');
      const codes = found.map((one) => one.failure?.code ?? 'hashed');
      console.log(JSON.stringify({ codes, grownMb: (process.resourceUsage().maxRSS - before) / 1024 }));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    const { codes, grownMb } = JSON.parse(output) as { codes: string[]; grownMb: number };
    expect(codes).toEqual([...Array<string>(4).fill('photo-too-large'), ...Array<string>(4).fill('hashed')]);
    expect(grownMb).toBeLessThan(100);
  }, 60_000);
});

describe('a file that is read by its path', () => {
  test('gives its answer where it stays the same', async () => {
    expect(await holding(photo, [photos], async () => readFileSync(photo, 'utf8'))).toBe('the first photo');
    await expect(holding(photo, [photos], () => Promise.reject(new Error('no photo')))).rejects.toThrow('no photo');
  });

  test.each([
    ['written, with size and time kept', () => keepingTime(photo, () => writeFileSync(photo, 'the other photo'))],
    ['replaced', () => replace(photo)],
    ['deleted', () => rmSync(photo)],
  ])('is refused where it was %s meanwhile', async (_, change) => {
    await expect(holding(photo, [photos], async () => change())).rejects.toMatchObject({ code: 'photo-changed' });
    await writeFile(photo, 'again');
    const failing = () => (change(), Promise.reject(new Error('of the other file')));
    await expect(holding(photo, [photos], failing)).rejects.toMatchObject({ code: 'photo-changed' });
  });

  function replace(file: string): void {
    writeFileSync(`${file}.new`, readFileSync(file));
    renameSync(`${file}.new`, file);
  }

  function keepingTime(file: string, change: () => void): void {
    const past = new Date(Date.now() - 60_000);
    change();
    utimesSync(file, past, past);
  }
});

describe('a failure', () => {
  const system = (code: string) => Object.assign(new Error(`${code}: of the system`), { code, syscall: 'read' });

  test.each(['EIO', 'EBUSY', 'EMFILE', 'ENFILE', 'ENOMEM', 'ETIMEDOUT', 'ESTALE', 'EHOSTDOWN'])(
    'by %s is not of the photo',
    (code) => {
      const { code: found, reason } = photoFailure(system(code));
      expect(found).toBe('photo-unavailable');
      expect(reason).toMatch(/^The file could not be read now: .+\.$/);
      expect(causesOutsideTheFile).toContain(found);
    },
  );

  test('without memory for the file is not of the photo', () => {
    expect(photoFailure(new RangeError('Array buffer allocation failed')).code).toBe('photo-unavailable');
  });

  test('of permission is outside of the photo, one of its bytes is not, and a file that is gone is said to be gone', () => {
    expect(photoFailure(system('EACCES'))).toEqual({ code: 'no-permission', reason: 'The file may not be read.' });
    expect(causesOutsideTheFile).toContain('no-permission');
    expect(photoFailure(system('ENOENT'))).toEqual({
      code: 'not-found',
      reason: 'The file does not exist any more.',
    });
    expect(photoFailure(new DescryError('photo-truncated', 'It ends too soon.'))).toEqual({
      code: 'photo-truncated',
      reason: 'It ends too soon.',
    });
    for (const code of ['photo-truncated', 'photo-unreadable', 'photo-crashed', 'photo-too-large'] as const) {
      expect(causesOutsideTheFile).not.toContain(code);
    }
  });
});
