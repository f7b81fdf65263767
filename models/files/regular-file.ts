/**
 * Opens files that are named from outside, and only regular ones. Opening a named pipe for reading waits until a program writes
 * to it, and reading a device may never end. So each file is asked what it is before it is opened (opening a device may have an
 * effect), is opened without waiting (`O_NONBLOCK`), and is asked again, since the name may have another file by then.
 */
import { closeSync, constants, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';

/** A file that is not read. The message is the end of a sentence, for `reasonOf`: "it is a named pipe, not a regular file". */
export class FileRefused extends Error {
  override readonly name = 'FileRefused';
}

/** Windows has no such flag, and no named pipes in folders. */
const readOnly = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Bytes of one read call. */
const pieceBytes = 1 << 20;

/** @throws FileRefused for a folder, a named pipe, a socket or a device */
export function requireRegular(found: Pick<Stats, 'isFile' | 'isDirectory' | 'isFIFO' | 'isSocket'>): void {
  if (found.isFile()) return;
  const kind = found.isDirectory()
    ? 'a folder'
    : found.isFIFO()
      ? 'a named pipe'
      : found.isSocket()
        ? 'a socket'
        : 'a device';
  throw new FileRefused(`it is ${kind}, not a regular file`);
}

/**
 * The caller closes the handle.
 * @throws FileRefused where it is no regular file; a system error where it cannot be opened
 */
export async function openRegularFile(file: string): Promise<{ readonly handle: FileHandle; readonly found: Stats }> {
  requireRegular(await stat(file));
  const handle = await open(file, readOnly);
  try {
    const found = await handle.stat();
    requireRegular(found);
    return { handle, found };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** As `openRegularFile`, for code that cannot wait. @returns a file descriptor, which the caller closes */
export function openRegularFileSync(file: string): { readonly descriptor: number; readonly found: Stats } {
  requireRegular(statSync(file));
  const descriptor = openSync(file, readOnly);
  try {
    const found = fstatSync(descriptor);
    requireRegular(found);
    return { descriptor, found };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

export interface ReadLimits {
  /** bytes; a longer file is refused before it is read */
  readonly largest: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The bytes of a whole file. Memory is in proportion to the file and never above the limit, also where the file grows while it
 * is read.
 * @throws FileRefused where it is no regular file, or longer than the limit; a system error; the signal's reason
 */
export async function readRegularFile(file: string, { largest, signal }: ReadLimits): Promise<Buffer> {
  const { handle, found } = await openRegularFile(file);
  try {
    const whole = new WholeFile(found.size, largest);
    for (;;) {
      signal?.throwIfAborted();
      const piece = whole.next();
      if (!whole.took((await handle.read(piece, 0, piece.length, null)).bytesRead)) return whole.bytes();
    }
  } finally {
    await handle.close();
  }
}

/** As `readRegularFile`, for code that cannot wait. */
export function readRegularFileSync(file: string, { largest }: ReadLimits): Buffer {
  const { descriptor, found } = openRegularFileSync(file);
  try {
    const whole = new WholeFile(found.size, largest);
    for (;;) {
      const piece = whole.next();
      if (!whole.took(readSync(descriptor, piece, 0, piece.length, null))) return whole.bytes();
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Collects a file that is read piece by piece, into memory of the size that it said. */
class WholeFile {
  readonly #largest: number;
  #bytes: Buffer;
  #length = 0;

  constructor(size: number, largest: number) {
    this.#largest = largest;
    if (size > largest) throw this.#tooLong();
    // one more byte, by which a file that grew is noticed
    this.#bytes = memory(size + 1);
  }

  /** where the next piece goes */
  next(): Buffer {
    if (this.#length === this.#bytes.length) {
      const more = memory(2 * this.#length);
      this.#bytes.copy(more);
      this.#bytes = more;
    }
    return this.#bytes.subarray(this.#length, this.#length + pieceBytes);
  }

  /** @returns whether there may be more */
  took(bytes: number): boolean {
    this.#length += bytes;
    if (this.#length > this.#largest) throw this.#tooLong();
    return bytes > 0;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #tooLong(): FileRefused {
    return new FileRefused(`it is longer than ${this.#largest.toLocaleString('en')} bytes`);
  }
}

/** With a buffer of its own, so that views of numbers may start at its first byte. */
const memory = (bytes: number): Buffer => Buffer.from(new ArrayBuffer(bytes));
