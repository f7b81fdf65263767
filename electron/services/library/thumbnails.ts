/**
 * Thumbnails on disk: made once per content, kept up to a size that the user sets; the ones not looked at for longest go
 * first. Writing and reading never wait for the clean-up.
 */
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorMessage } from '../../../models/errors.ts';
import type { Vision } from '../../vision/vision.ts';
import type { Log } from '../shared/log.ts';

/** Longest side in pixels: a row of 256 points on a screen with two pixels a point. */
const side = 512;
/** Files per subfolder, so that no folder holds a hundred thousand. */
const perFolder = 1000;
/** A use is noted at most this often: reading must not write each time. */
const noteUseMs = 24 * 3600 * 1000;
/** What is left after a clean-up, so that not every new thumbnail starts one. */
const cleanTo = 0.9;

export class Thumbnails {
  readonly folder: string;
  readonly #vision: Vision;
  readonly #limitBytes: () => number;
  readonly #log: Log;
  readonly #making = new Map<number, Promise<Uint8Array>>();
  #bytes: number | undefined;
  #cleaning: Promise<void> | undefined;

  constructor(folder: string, vision: Vision, limitBytes: () => number, log: Log) {
    this.folder = folder;
    this.#vision = vision;
    this.#limitBytes = limitBytes;
    this.#log = log;
  }

  /** @returns WebP bytes @throws DescryError when the photo cannot be opened */
  async get(content: number, photo: string): Promise<Uint8Array> {
    const file = this.#file(content);
    const kept = await Promise.all([readFile(file), stat(file)]).catch(() => undefined);
    // Empty: a power cut came between writing and the disk.
    if (!kept || kept[0].length === 0) return this.#make(content, photo, file);
    const [bytes, { mtimeMs }] = kept;
    if (Date.now() - mtimeMs > noteUseMs) await utimes(file, new Date(), new Date()).catch(() => undefined);
    return bytes;
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

  /** Removes what is over the limit, longest unused first. */
  clean(): Promise<void> {
    this.#cleaning ??= this.#clean()
      .catch((error: unknown) => this.#log.warn(`thumbnails could not be cleaned up: ${errorMessage(error)}`))
      .finally(() => (this.#cleaning = undefined));
    return this.#cleaning;
  }

  #make(content: number, photo: string, file: string): Promise<Uint8Array> {
    let making = this.#making.get(content);
    if (!making) {
      making = this.#write(photo, file).finally(() => this.#making.delete(content));
      this.#making.set(content, making);
    }
    return making;
  }

  async #write(photo: string, file: string): Promise<Uint8Array> {
    const bytes = await this.#vision.thumbnail({ path: photo, side });
    try {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(`${file}.part`, bytes);
      await rename(`${file}.part`, file);
      if (this.#bytes !== undefined) this.#bytes += bytes.length;
      if ((await this.size()) > this.#limitBytes()) void this.clean();
    } catch (error) {
      // A full disk costs the cache, not the picture.
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
        if (found?.isFile()) entries.push({ file, bytes: found.size, used: found.mtimeMs });
      }
    }
    return entries;
  }

  #file(content: number): string {
    return path.join(this.folder, String(Math.floor(content / perFolder)), `${content}.webp`);
  }
}
