/**
 * Opens photo files: only regular ones, without waiting, within a limit of size, and only where they lie inside the folders
 * that the request names. A subfolder may have been replaced by a symbolic link since the scan, and then the same path leads
 * to another place.
 */
import { createHash, webcrypto } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { DescryError } from '../../models/errors.ts';
import { isBelow } from '../../models/files/inside.ts';
import { FileRefused, openRegularFile } from '../../models/files/regular-file.ts';

/**
 * The folders that the files of a request must lie in, with every link resolved when they were registered; `anywhere` for a
 * file that the user has just named.
 */
export type Roots = readonly string[] | 'anywhere';

export interface OpenedFile {
  /** the caller closes it */
  readonly handle: FileHandle;
  readonly found: Stats;
}

/** Limit, because the whole file is read into memory to be decoded. */
const maxFileBytes = 512 * 1024 * 1024;
/** Bytes of a file in memory while it is hashed. */
const pieceBytes = 1 << 20;
/** A file that a program replaces by a new one just now is opened again. */
const mostAttempts = 3;
/** where the system does not say where an opened file lies */
const checksByPath = 4;

/**
 * Opens a file and checks on the opened handle that it lies inside one of the folders: what is checked is what is read.
 *
 * @throws DescryError `photo-outside`, `photo-changed`; `photo-unreadable` where it is no regular file; a system error
 */
export async function openInside(file: string, roots: Roots): Promise<OpenedFile> {
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const opened = await openRegularFile(file).catch((error: unknown) => {
      throw error instanceof FileRefused ? notRegular(error) : error;
    });
    try {
      if (roots === 'anywhere' || (await isInside(opened.handle, file, roots))) return opened;
    } catch (error) {
      await opened.handle.close();
      throw error;
    }
    await opened.handle.close();
  }
  throw replaced();
}

/**
 * For what is handed to another program by its path: the folders are compared as in `openInside`, but the file is not held.
 * @throws DescryError `photo-outside`; a system error where it is not there
 */
export async function checkInside(file: string, roots: readonly string[]): Promise<void> {
  const real = await realpath(file);
  if (!roots.some((root) => isBelowOnDisk(real, root))) throw outside(file, real, roots);
}

/**
 * @param most undefined is returned for a file with more bytes
 * @throws as `openInside`; DescryError `photo-too-large`
 */
export async function readPhotoFile(file: string, roots: Roots): Promise<Buffer<ArrayBuffer>>;
export async function readPhotoFile(file: string, roots: Roots, most: number): Promise<Buffer<ArrayBuffer> | undefined>;
export async function readPhotoFile(
  file: string,
  roots: Roots,
  most = Infinity,
): Promise<Buffer<ArrayBuffer> | undefined> {
  const { handle, found } = await openInside(file, roots);
  try {
    if (found.size > most) return undefined;
    checkFileSize(found.size);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/**
 * SHA-256 of a file's bytes, in pieces: memory does not grow with the file. A file that is too large to be decoded is not read.
 * @throws as `readPhotoFile`
 */
export async function hashPhotoFile(file: string, roots: Roots): Promise<Uint8Array> {
  const { handle, found } = await openInside(file, roots);
  try {
    checkFileSize(found.size);
    const hash = createHash('sha256');
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, found.size + 1));
    for (;;) {
      const { bytesRead } = await handle.read(piece, 0, piece.length, null);
      if (bytesRead === 0) return new Uint8Array(hash.digest());
      hash.update(piece.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

/** SHA-256, computed in another thread while the photo is decoded. */
export async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await webcrypto.subtle.digest('SHA-256', bytes));
}

/**
 * For code that reads a file by its path.
 * @param work runs while the file is held open
 * @throws as `openInside`, also where the path leads to another file after the work, or the file was written meanwhile
 */
export async function holding<T>(file: string, roots: Roots, work: () => Promise<T>): Promise<T> {
  const { handle, found } = await openInside(file, roots);
  try {
    const [result] = await Promise.allSettled([work()]);
    const now = await handle.stat();
    const same = now.size === found.size && now.mtimeMs === found.mtimeMs && now.ctimeMs === found.ctimeMs;
    const real = await realpath(file).catch(() => undefined);
    if (!same || real === undefined || !(await isAt(handle, real))) throw replaced();
    if (roots !== 'anywhere' && !(await isInside(handle, file, roots))) throw replaced();
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  } finally {
    await handle.close();
  }
}

/**
 * @returns false where the path leads to another file than the opened one by now
 * @throws DescryError `photo-outside`
 */
async function isInside(handle: FileHandle, file: string, roots: readonly string[]): Promise<boolean> {
  const check = async (place: string) => {
    if (!roots.some((root) => isBelowOnDisk(place, root))) throw outside(file, place, roots);
    return isAt(handle, place);
  };
  // Linux says where an opened file lies. Elsewhere this is asked by its path, and a link that is put there and taken away
  // again at the right moments could deceive one check: on Linux ten of 300 openings, while a program did that all the time.
  const place = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined);
  if (place !== undefined) return check(place);
  for (let i = 0; i < checksByPath; i++) if (!(await check(await realpath(file)))) return false;
  return true;
}

/** Whether the opened file is the one at a path. In 64 bits: a number cannot hold every id of NTFS and of network disks. */
async function isAt(handle: FileHandle, file: string): Promise<boolean> {
  const [opened, there] = await Promise.all([
    handle.stat({ bigint: true }),
    lstat(file, { bigint: true }).catch(() => undefined),
  ]);
  return there !== undefined && opened.dev === there.dev && opened.ino === there.ino;
}

/**
 * As `isBelow`. On macOS a folder may have been renamed by its case alone, or come back in another normal form of Unicode, and
 * is the same one.
 */
export function isBelowOnDisk(real: string, root: string, platform: NodeJS.Platform = process.platform): boolean {
  if (isBelow(real, root)) return true;
  const folded = (path: string) => path.normalize('NFC').toLowerCase();
  return platform === 'darwin' && isBelow(folded(real), folded(root));
}

function checkFileSize(bytes: number): void {
  if (bytes <= maxFileBytes) return;
  const [size, most] = [bytes, maxFileBytes].map((some) => Math.round(some / 2 ** 20));
  throw new DescryError('photo-too-large', `The file has ${size} MB; the limit is ${most} MB.`);
}

function outside(file: string, real: string, roots: readonly string[]): DescryError {
  const root = roots.find((some) => isBelow(file, some));
  const message =
    root === undefined
      ? 'The file is not opened: it lies outside of the folders that were chosen.'
      : `The file is not opened: it is outside of the folder ${root}, because a link on its way leads to ${real} now. If its ` +
        'photos should be there, add the folder that the link leads to.';
  return new DescryError('photo-outside', message);
}

const notRegular = (cause: FileRefused) =>
  new DescryError('photo-unreadable', `The file is not read: ${cause.message}.`, { cause });

const replaced = () => new DescryError('photo-changed', 'The file was changed while it was read.');
