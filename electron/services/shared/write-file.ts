/**
 * Writes files atomically (completely or not at all), with error messages for the user.
 *
 * Not by write-file-atomic, which ignores the number of bytes that `fs.write` wrote (lib/index.js of 8.0.0): on a nearly full
 * disk it puts an incomplete file in place.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { DescryError, errorCode, reasonOf, systemCode } from '../../../models/errors.ts';
import { makeFolder } from './paths.ts';

export interface WriteOptions {
  /**
   * Waits until the bytes are on the disk, so that after a power failure the file is the old or the new one (default true).
   * Files that can be computed again do not need it.
   */
  readonly durable?: boolean;
}

/** @throws DescryError `disk-full`, `no-permission`, … that names the file; the previous file is kept then */
export async function writeAtomically(
  file: string,
  bytes: Uint8Array | string,
  { durable = true }: WriteOptions = {},
): Promise<void> {
  const part = `${file}.part`;
  try {
    makeFolder(path.dirname(file));
    const handle = await open(part, 'w');
    try {
      await handle.writeFile(bytes);
      if (durable) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    throw explain(file, error);
  }
}

/**
 * As `writeAtomically`, for a small file that must be written before the function returns.
 * @param options.mode of the file, less what the user's umask takes away
 */
export function writeAtomicallySync(file: string, text: string, { mode = 0o666 } = {}): void {
  const part = `${file}.part`;
  try {
    makeFolder(path.dirname(file));
    rmSync(part, { force: true }); // one that was left behind keeps its mode
    const handle = openSync(part, 'wx', mode);
    try {
      writeFileSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(part, file);
  } catch (error) {
    try {
      rmSync(part, { force: true });
    } catch {
      // the first error is reported
    }
    throw explain(file, error);
  }
}

function explain(file: string, error: unknown): DescryError {
  const system = systemCode(error);
  // thrown by mkdir where a file has the folder's name
  const code = system === 'EEXIST' ? 'not-a-folder' : system === 'EISDIR' ? 'usage' : errorCode(error);
  const reasons: Partial<Record<typeof code, string>> = {
    'disk-full': 'the disk is full. Make room and try again; nothing already stored is lost',
    'no-permission': 'it may not be written. Give your user permission, or choose another place',
    usage: 'it is a folder. Name a file in it',
    'not-a-folder': 'a file has the name of its folder. Choose another place',
  };
  return new DescryError(code, `${file} cannot be written: ${reasons[code] ?? reasonOf(error)}.`, {
    cause: error,
    parameters: { file },
  });
}
