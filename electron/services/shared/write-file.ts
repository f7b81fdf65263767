/**
 * Writes files whole or not at all, and says in words why one could not be written.
 *
 * Own code and not write-file-atomic, which ignores how much `fs.write` wrote (lib/index.js of 8.0.0): on a disk that is
 * nearly full it puts a file in place that ends early.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { DescryError, errorCode, errorMessage } from '../../../models/errors.ts';

export interface WriteOptions {
  /**
   * Waits until the bytes are on the disk, so that after a power cut there is the old file or the new one. Default; what
   * can be made again at once may do without.
   */
  readonly durable?: boolean;
}

/** @throws DescryError `disk-full`, `no-permission`, … that names the file; what was there before is kept then */
export async function writeAtomically(
  file: string,
  bytes: Uint8Array | string,
  { durable = true }: WriteOptions = {},
): Promise<void> {
  const part = `${file}.part`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
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

/** As `writeAtomically`, for a small file that must be written before the process goes on or ends. */
export function writeAtomicallySync(file: string, text: string): void {
  const part = `${file}.part`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    const handle = openSync(part, 'w');
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
      // the first error says what is wrong
    }
    throw explain(file, error);
  }
}

function explain(file: string, error: unknown): DescryError {
  const system = error instanceof Error && 'code' in error ? error.code : undefined;
  // what mkdir throws where a file has the folder's name
  const code = system === 'EEXIST' ? 'not-a-folder' : system === 'EISDIR' ? 'usage' : errorCode(error);
  const reasons: Partial<Record<typeof code, string>> = {
    'disk-full': 'the disk is full. Make room and try again; nothing already stored is lost',
    'no-permission': 'it may not be written. Give your user permission, or choose another place',
    usage: 'it is a folder. Name a file in it',
    'not-a-folder': 'a file has the name of its folder. Choose another place',
  };
  return new DescryError(code, `${file} cannot be written: ${reasons[code] ?? errorMessage(error)}.`, {
    cause: error,
    parameters: { file },
  });
}
