/** Writes files whole or not at all, and says in words why one could not be written. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DescryError, errorCode, errorMessage } from '../../../models/errors.ts';

/**
 * @throws DescryError `disk-full`, `no-permission`, … that names the file; what was there before is kept then
 */
export async function writeAtomically(file: string, bytes: Uint8Array): Promise<void> {
  const part = `${file}.part`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(part, bytes);
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    const system = error instanceof Error && 'code' in error ? error.code : undefined;
    // mkdir's word for a file in the way of a folder
    const code = system === 'EEXIST' ? 'not-a-folder' : system === 'EISDIR' ? 'usage' : errorCode(error);
    const reasons: Partial<Record<typeof code, string>> = {
      'disk-full': 'the disk is full. Make room and try again; nothing already stored is lost',
      'no-permission': 'it may not be written. Give your user permission, or choose another place',
      usage: 'it is a folder. Name a file in it',
      'not-a-folder': 'a file has the name of its folder. Choose another place',
    };
    throw new DescryError(code, `${file} cannot be written: ${reasons[code] ?? errorMessage(error)}.`, {
      cause: error,
    });
  }
}
