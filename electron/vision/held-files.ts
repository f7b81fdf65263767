/**
 * Files that were read to be hashed, and are kept for a moment because they are decoded next: each is read from the disk once. So
 * many bytes are kept at most; a file that was dropped is read again.
 */
import type { Roots } from './photo-file.ts';

export interface HeldFile {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly hash: Uint8Array;
}

/** Of all files together: about four chunks of the indexer (services/library/indexer.ts). */
const mostBytes = 64 * 2 ** 20;
/** Of one file: larger ones are hashed in pieces. */
export const largestHeld = 24 * 2 ** 20;
/** Nothing stays that is not asked for: a photo that turned out to be known is not decoded. */
const keptMs = 20_000;

export class HeldFiles {
  readonly #files = new Map<string, HeldFile>();
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  /** bytes that are kept */
  get size(): number {
    return this.#bytes;
  }

  keep(path: string, roots: Roots, file: HeldFile): void {
    this.take(path, roots);
    this.#files.set(keyOf(path, roots), file);
    this.#bytes += file.bytes.length;
    while (this.#bytes > mostBytes) this.#remove(this.#files.keys().next().value!);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.clear(), keptMs);
    this.#timer.unref();
  }

  /** What is kept of a file, that is then no longer kept. @param roots those for which it was read */
  take(path: string, roots: Roots): HeldFile | undefined {
    const key = keyOf(path, roots);
    const file = this.#files.get(key);
    if (file) this.#remove(key);
    return file;
  }

  clear(): void {
    this.#files.clear();
    this.#bytes = 0;
  }

  #remove(key: string): void {
    this.#bytes -= this.#files.get(key)!.bytes.length;
    this.#files.delete(key);
  }
}

/** A file that was inside of some folders may be outside of others. */
const keyOf = (path: string, roots: Roots) => JSON.stringify([path, roots]);
