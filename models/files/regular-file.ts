/**
 * Reading files that a user names, or that lie in a folder that others can write: only regular files. A named pipe (FIFO) would
 * be waited for without an end, a device such as /dev/zero never ends.
 */
import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { DescryError } from '../errors.ts';

export interface OpenedFile {
  readonly handle: FileHandle;
  /** in bytes */
  readonly size: number;
}

/**
 * Opens a file for reading, at once whatever it is. The caller closes the handle.
 *
 * @throws DescryError `usage` for what is no regular file; the system's error where it cannot be opened
 */
export async function openRegularFile(file: string): Promise<OpenedFile> {
  // Some devices do something when they are opened.
  if (!(await stat(file)).isFile()) throw notRegular(file);
  // O_NONBLOCK, which Windows does not have: the file may have been exchanged for a named pipe since.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const information = await handle.stat();
    if (!information.isFile()) throw notRegular(file);
    return { handle, size: information.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * The bytes of a file.
 *
 * @param limit in bytes: a larger file is refused before it is read
 * @throws DescryError `usage` for what is no regular file; RangeError where it is larger; the system's error
 */
export async function readRegularFile(file: string, limit = Infinity): Promise<Buffer<ArrayBuffer>> {
  const { handle, size } = await openRegularFile(file);
  try {
    if (size > limit) throw new RangeError(`the file has ${size} bytes, more than the ${limit} that such a file may have`);
    return (await handle.readFile()) as Buffer<ArrayBuffer>;
  } finally {
    await handle.close();
  }
}

function notRegular(file: string): DescryError {
  return new DescryError('usage', `${file} is no file but a folder, a pipe or a device. Name a file.`, {
    parameters: { file },
  });
}
