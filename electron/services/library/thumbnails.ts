/**
 * A cache of thumbnails on disk: one per content, up to a total size that the user sets; the least recently used ones are
 * deleted first. Writing and reading do not wait for the clean-up.
 *
 * Their names are hashes of the photos' bytes, so that an existing thumbnail is the right one, even after the database was
 * replaced.
 */
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as soon } from 'node:timers/promises';
import { errorMessage } from '../../../models/errors.ts';
import { readRegularFile } from '../../../models/files/regular-file.ts';
import { ThumbnailFile } from '../../store/thumbnail-file.ts';
import type { Roots, Thumbnail, Vision } from '../../vision/vision.ts';
import type { Log } from '../shared/log.ts';

/** Bytes of the hash that name a thumbnail: with a million photos two of the same name are less likely than 1 in 10²⁶. */
const nameBytes = 16;
const isName = /^[0-9a-f]{32}\.webp$/;
/** The time of use is updated at most this often, so that not every read causes a write. */
const noteUseMs = 24 * 3600 * 1000;
/** Share of the limit that a clean-up leaves, so that not every new thumbnail starts one. */
const cleanTo = 0.9;
const largestBytes = 2 ** 24;

export class Thumbnails {
  readonly folder: string;
  readonly #vision: Vision;
  readonly #limitBytes: () => number;
  readonly #log: Log;
  readonly #file: ThumbnailFile;
  /** which subfolders an earlier version wrote, with a file for each thumbnail; undefined: not looked yet */
  #earlier: Promise<Set<string>> | undefined;
  #cleaning: Promise<void> | undefined;
  #troubled = false;

  constructor(folder: string, vision: Vision, limitBytes: () => number, log: Log) {
    this.folder = folder;
    this.#vision = vision;
    this.#limitBytes = limitBytes;
    this.#log = log;
    this.#file = new ThumbnailFile(folder);
  }

  /**
   * @param hash of the photo's bytes
   * @returns WebP or JPEG bytes; undefined where it is not in the cache
   */
  async cached(hash: Uint8Array): Promise<Uint8Array | undefined> {
    const name = nameOf(hash);
    const kept = this.#try(() => this.#file.get(name)) ?? (await this.#fromEarlier(name));
    if (!kept || kept.data.length === 0) return undefined;
    const now = Date.now();
    if (now - kept.used > noteUseMs) this.#try(() => this.#file.noteUse(name, now));
    return kept.data;
  }

  has(hash: Uint8Array): boolean {
    return this.#try(() => this.#file.has(nameOf(hash))) === true;
  }

  /** As `cached`, for other work than showing it. */
  peek(hash: Uint8Array): Uint8Array | undefined {
    return this.#try(() => this.#file.get(nameOf(hash)))?.data;
  }

  /**
   * Makes it and stores it in the cache.
   *
   * @param hash of the photo's bytes
   * @param roots the folders that the file must lie in
   * @returns undefined where the file holds other bytes now
   * @throws DescryError when the photo cannot be opened
   */
  async make(hash: Uint8Array, photo: string, roots: Roots): Promise<Thumbnail | undefined> {
    const made = await this.#vision.thumbnail({ path: photo, roots, side: 'cache' });
    // The file may have been replaced at any time before it was read, also by one of the same size and time.
    if (!Buffer.from(hash).equals(made.hash)) return undefined;
    this.#put([{ hash, bytes: made.bytes }]);
    if (this.#size() > this.#limitBytes()) void this.clean();
    return made;
  }

  /** Whether there is space for thumbnails that nobody has asked for yet: nothing is deleted for them. */
  hasRoom(): boolean {
    return this.#size() < this.#limitBytes();
  }

  /** Stores thumbnails that were made while the photos were indexed, as far as there is space. */
  keep(thumbnails: readonly { readonly hash: Uint8Array; readonly bytes: Uint8Array }[]): void {
    let left = this.#limitBytes() - this.#size();
    this.#put(thumbnails.filter(({ bytes }) => (left -= bytes.length) >= 0));
  }

  /** Deletes those of the given hashes. */
  async remove(hashes: readonly Uint8Array[]): Promise<void> {
    const names = hashes.map(nameOf);
    this.#try(() => this.#file.remove(names));
    const earlier = await this.#earlierFolders();
    for (const name of names) {
      if (earlier.has(groupOf(name))) await rm(this.#earlierFile(name), { force: true });
    }
  }

  /** Bytes that the thumbnails take. */
  async size(): Promise<number> {
    let bytes = this.#size();
    for (const group of await this.#earlierFolders()) {
      for (const file of await this.#earlierIn(group)) bytes += (await stat(file).catch(() => undefined))?.size ?? 0;
    }
    return bytes;
  }

  async clear(): Promise<void> {
    await this.#file.delete().catch(async () => {
      while (this.#file.removeOldest(Infinity) > 0) await soon();
      while (this.#file.shrink()) await soon();
    });
    for (const group of await this.#earlierFolders()) {
      await rm(path.join(this.folder, group), { recursive: true, force: true });
    }
    this.#earlier = undefined;
  }

  /** Removes thumbnails over the limit, least recently used first. */
  clean(): Promise<void> {
    this.#cleaning ??= this.#clean()
      .catch((error: unknown) => this.#log.warn(`thumbnails could not be cleaned up: ${errorMessage(error)}`))
      .finally(() => (this.#cleaning = undefined));
    return this.#cleaning;
  }

  /**
   * Moves the files of an earlier version into the present one, a folder at a time.
   * @returns whether there are more
   */
  async moveEarlier(): Promise<boolean> {
    const earlier = await this.#earlierFolders();
    const [group] = earlier;
    if (group === undefined) return false;
    for (const file of await this.#earlierIn(group)) {
      const name = path.basename(file, '.webp');
      if (isName.test(path.basename(file))) await this.#fromEarlier(Buffer.from(name, 'hex'));
      // named by a number, or not written completely
      await rm(file, { force: true });
    }
    await rmdir(path.join(this.folder, group)).catch(() => undefined);
    earlier.delete(group);
    if (this.#size() > this.#limitBytes()) await this.clean();
    return earlier.size > 0;
  }

  close(): void {
    this.#file.close();
  }

  #put(thumbnails: readonly { readonly hash: Uint8Array; readonly bytes: Uint8Array }[]): void {
    if (thumbnails.length === 0) return;
    const used = Date.now();
    // If they cannot be stored (a full disk), they are still shown.
    this.#try(() => this.#file.put(thumbnails.map(({ hash, bytes }) => ({ name: nameOf(hash), data: bytes, used }))));
  }

  #size(): number {
    return this.#try(() => this.#file.bytes()) ?? 0;
  }

  async #clean(): Promise<void> {
    for (;;) {
      const tooMany = this.#file.bytes() - this.#limitBytes() * cleanTo;
      if (tooMany <= 0 || this.#file.removeOldest(tooMany) === 0) break;
      await soon();
    }
    while (this.#file.shrink()) await soon();
  }

  /** What fails is in the log once: without the cache everything works, slowly. */
  #try<T>(work: () => T): T | undefined {
    try {
      const result = work();
      this.#troubled = false;
      return result;
    } catch (error) {
      if (!this.#troubled) this.#log.warn(`thumbnails could not be kept: ${errorMessage(error)}`);
      this.#troubled = true;
      return undefined;
    }
  }

  #earlierFolders(): Promise<Set<string>> {
    this.#earlier ??= readdir(this.folder).then(
      (names) => new Set(names.filter((name) => /^[0-9a-f]{2}$/.test(name))),
      () => new Set<string>(),
    );
    return this.#earlier;
  }

  async #earlierIn(group: string): Promise<string[]> {
    const folder = path.join(this.folder, group);
    return (await readdir(folder).catch(() => [])).map((name) => path.join(folder, name));
  }

  /** A thumbnail in a file of its own, which is moved. */
  async #fromEarlier(name: Uint8Array): Promise<{ data: Buffer; used: number } | undefined> {
    if (!(await this.#earlierFolders()).has(groupOf(name))) return undefined;
    const file = this.#earlierFile(name);
    const found = await Promise.all([readRegularFile(file, { largest: largestBytes }), stat(file)]).catch(
      () => undefined,
    );
    if (!found || found[0].length === 0) return undefined;
    const [data, { mtimeMs: used }] = found;
    const stored = this.#try(() => {
      this.#file.put([{ name, data, used }]);
      return true;
    });
    if (stored) await rm(file, { force: true });
    return { data, used };
  }

  #earlierFile(name: Uint8Array): string {
    return path.join(this.folder, groupOf(name), `${Buffer.from(name).toString('hex')}.webp`);
  }
}

const nameOf = (hash: Uint8Array) => Buffer.from(hash.subarray(0, nameBytes));
/** one of 256 subfolders */
const groupOf = (name: Uint8Array) => name[0]!.toString(16).padStart(2, '0');
