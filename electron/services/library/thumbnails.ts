/**
 * A cache of thumbnails on disk: one per content, up to a total size that the user sets; the least recently used ones are
 * deleted first. Writing and reading do not wait for the clean-up.
 *
 * Their names are hashes of the photos' bytes, so that an existing thumbnail is the right one, even after the database was
 * replaced.
 */
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { errorMessage } from '../../../models/errors.ts';
import { readRegularFile } from '../../../models/files/regular-file.ts';
import type { Roots, Vision } from '../../vision/vision.ts';
import type { Log } from '../shared/log.ts';
import { writeAtomically } from '../shared/write-file.ts';

/** Longest side in pixels: a row of 256 points on a screen with two pixels per point. */
const side = 512;
/** Bytes of the hash that name a thumbnail: with a million photos two of the same name are less likely than 1 in 10²⁶. */
const nameBytes = 16;
const isName = /^[0-9a-f]{32}\.webp$/;
/** The time of use is updated at most this often, so that not every read causes a write. */
const noteUseMs = 24 * 3600 * 1000;
/** Share of the limit that a clean-up leaves, so that not every new thumbnail starts one. */
const cleanTo = 0.9;

export class Thumbnails {
  readonly folder: string;
  readonly #vision: Vision;
  readonly #limitBytes: () => number;
  readonly #log: Log;
  readonly #making = new Map<string, Promise<Uint8Array | undefined>>();
  #bytes: number | undefined;
  #cleaning: Promise<void> | undefined;

  constructor(folder: string, vision: Vision, limitBytes: () => number, log: Log) {
    this.folder = folder;
    this.#vision = vision;
    this.#limitBytes = limitBytes;
    this.#log = log;
  }

  /**
   * @param hash of the photo's bytes
   * @returns WebP bytes; undefined where it is not in the cache
   */
  async cached(hash: Uint8Array): Promise<Uint8Array | undefined> {
    const file = this.#file(hash);
    const kept = await Promise.all([readRegularFile(file, { largest: 2 ** 24 }), stat(file)]).catch(() => undefined);
    if (!kept || kept[0].length === 0) return undefined;
    const [bytes, { mtimeMs }] = kept;
    if (Date.now() - mtimeMs > noteUseMs) await utimes(file, new Date(), new Date()).catch(() => undefined);
    return bytes;
  }

  /**
   * Makes it and stores it in the cache.
   *
   * @param hash of the photo's bytes
   * @param roots the folders that the file must lie in
   * @returns WebP bytes; undefined where the file holds other bytes now
   * @throws DescryError when the photo cannot be opened
   */
  make(hash: Uint8Array, photo: string, roots: Roots): Promise<Uint8Array | undefined> {
    const file = this.#file(hash);
    let making = this.#making.get(file);
    if (!making) {
      making = this.#write(hash, photo, roots, file).finally(() => this.#making.delete(file));
      this.#making.set(file, making);
    }
    return making;
  }

  /** Deletes those of the given hashes. */
  async remove(hashes: readonly Uint8Array[]): Promise<void> {
    for (const file of hashes.map((hash) => this.#file(hash))) {
      await this.#making.get(file)?.catch(() => undefined);
      const found = await stat(file).catch(() => undefined);
      if (!found) continue;
      await rm(file, { force: true });
      if (this.#bytes !== undefined) this.#bytes -= found.size;
    }
  }

  /** Bytes that the thumbnails take. */
  async size(): Promise<number> {
    this.#bytes ??= (await this.#entries()).reduce((sum, { bytes }) => sum + bytes, 0);
    return this.#bytes;
  }

  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    this.#bytes = 0;
  }

  /** Removes thumbnails over the limit, least recently used first. */
  clean(): Promise<void> {
    this.#cleaning ??= this.#clean()
      .catch((error: unknown) => this.#log.warn(`thumbnails could not be cleaned up: ${errorMessage(error)}`))
      .finally(() => (this.#cleaning = undefined));
    return this.#cleaning;
  }

  async #write(hash: Uint8Array, photo: string, roots: Roots, file: string): Promise<Uint8Array | undefined> {
    const { bytes, hash: decoded } = await this.#vision.thumbnail({ path: photo, roots, side });
    // The file may have been replaced at any time before it was read, also by one of the same size and time.
    if (!Buffer.from(hash).equals(decoded)) return undefined;
    try {
      await writeAtomically(file, bytes, { durable: false });
      if (this.#bytes !== undefined) this.#bytes += bytes.length;
      if ((await this.size()) > this.#limitBytes()) void this.clean();
    } catch (error) {
      // If it cannot be stored (a full disk), it is still returned.
      this.#log.warn(`a thumbnail could not be kept: ${errorMessage(error)}`);
    }
    return bytes;
  }

  async #clean(): Promise<void> {
    const entries = (await this.#entries()).sort((a, b) => a.used - b.used);
    let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { file, bytes } of entries) {
      if (total <= this.#limitBytes() * cleanTo) break;
      await rm(file, { force: true });
      total -= bytes;
    }
    this.#bytes = total;
  }

  async #entries(): Promise<{ file: string; bytes: number; used: number }[]> {
    const entries: { file: string; bytes: number; used: number }[] = [];
    for (const group of await readdir(this.folder).catch(() => [])) {
      for (const name of await readdir(path.join(this.folder, group)).catch(() => [])) {
        const file = path.join(this.folder, group, name);
        const found = await stat(file).catch(() => undefined);
        // named by an earlier version, or not written completely
        if (found?.isFile() && !isName.test(name) && !this.#making.has(file.replace(/\.part$/, ''))) {
          await rm(file, { force: true });
        } else if (found?.isFile()) entries.push({ file, bytes: found.size, used: found.mtimeMs });
      }
    }
    return entries;
  }

  /** In one of 256 subfolders, so that none has too many files. */
  #file(hash: Uint8Array): string {
    const name = Buffer.from(hash.subarray(0, nameBytes)).toString('hex');
    return path.join(this.folder, name.slice(0, 2), `${name}.webp`);
  }
}
