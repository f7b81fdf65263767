/**
 * Copies photos into a folder of the user's choice. A file that is there is never replaced: one with the same content counts
 * as present, one with another content makes the copy "name (2).jpg".
 */
import { constants } from 'node:fs';
import { access, copyFile, open, stat, utimes, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { DescryError, errorCode, reasonOf, systemCode } from '../../../models/errors.ts';
import type { CopyReport, FileFailure } from '../../ipc/contract.ts';

/** bytes of each file that are compared at once */
const compared = 1 << 18;
/** "name (9999).jpg": no folder has so many files of one name */
const mostNames = 9999;

export interface CopyOptions {
  /** stops after the file that is being copied */
  readonly signal?: AbortSignal;
  /** files that are done, of `files.length` */
  readonly onProgress?: (done: number) => void;
}

/**
 * Copies one file after the other; a file that cannot be copied is reported, and the others are copied all the same.
 *
 * @param files absolute paths
 * @param folder absolute
 * @throws DescryError `not-found`, `not-a-folder`, `no-permission` where nothing can be copied into the folder
 */
export async function copyPhotos(
  files: readonly string[],
  folder: string,
  { signal, onProgress }: CopyOptions = {},
): Promise<CopyReport> {
  const problem = await problemOf(folder);
  if (problem) throw new DescryError(errorCode(problem), `Nothing can be copied to ${folder}: ${reasonOf(problem)}.`);
  const failures: FileFailure[] = [];
  let copied = 0;
  let present = 0;
  for (const [i, file] of files.entries()) {
    if (signal?.aborted) return { folder, copied, present, failures, stopped: true };
    try {
      if (await copyOne(file, folder)) copied++;
      else present++;
    } catch (error) {
      // The folder may be gone meanwhile, such as on a disk that was pulled out: the photo is not to blame.
      const folderProblem = await problemOf(folder);
      const reason = folderProblem ? `of the folder ${folder}: ${reasonOf(folderProblem)}` : reasonOf(error);
      failures.push({ path: file, reason });
    }
    onProgress?.(i + 1);
  }
  return { folder, copied, present, failures, stopped: false };
}

/** Why nothing can be copied into the folder, as far as that can be told without writing; null: nothing is known. */
async function problemOf(folder: string): Promise<unknown> {
  try {
    // With a separator at the end it must be a folder.
    await access(folder + path.sep, constants.W_OK);
    return null;
  } catch (error) {
    return error;
  }
}

/** @returns false: a file of the same content is there already */
async function copyOne(source: string, folder: string): Promise<boolean> {
  const { atime, mtime } = await stat(source);
  for (let number = 1; number <= mostNames; number++) {
    const target = path.join(folder, numberedName(path.basename(source), number));
    try {
      // Never replaces a file. Where it fails half-way, libuv removes what it has written (uv__fs_copyfile).
      await copyFile(source, target, constants.COPYFILE_EXCL);
    } catch (error) {
      if (!isTaken(error)) throw error;
      if (await sameContent(source, target)) return false;
      continue;
    }
    await utimes(target, atime, mtime).catch(() => undefined); // some disks of other systems keep no times: it is copied
    return true;
  }
  throw new Error(`there are ${mostNames} other files of this name`);
}

const isTaken = (error: unknown) => systemCode(error) === 'EEXIST';

/** IMG_1.jpg, IMG_1 (2).jpg, IMG_1 (3).jpg … */
export function numberedName(name: string, number: number): string {
  if (number === 1) return name;
  const { name: stem, ext } = path.parse(name);
  return `${stem} (${number})${ext}`;
}

async function sameContent(one: string, other: string): Promise<boolean> {
  const [left, right] = await Promise.all([stat(one), stat(other)]);
  if (!right.isFile() || left.size !== right.size) return false;
  if (left.ino === right.ino && left.dev === right.dev && left.ino !== 0) return true;
  const handles = [await open(one)];
  try {
    handles.push(await open(other));
    const buffers = [Buffer.alloc(compared), Buffer.alloc(compared)] as const;
    for (;;) {
      const [a, b] = await Promise.all([fill(handles[0]!, buffers[0]), fill(handles[1]!, buffers[1])]);
      if (a !== b || buffers[0].compare(buffers[1], 0, b, 0, a) !== 0) return false;
      if (a < compared) return true;
    }
  } finally {
    await Promise.all(handles.map((handle) => handle.close()));
  }
}

/** Reads on until the buffer is full or the file ends: one read may give less. */
async function fill(handle: FileHandle, buffer: Buffer): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
