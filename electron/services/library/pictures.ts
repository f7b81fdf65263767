/** The pictures of the window, thumbnails and large views, addressed by content. */
import { availableParallelism } from 'node:os';
import { DescryError, errorObject, type ErrorObject } from '../../../models/errors.ts';
import type { Picture } from '../../ipc/photo-url.ts';
import type { PhotoRow } from '../../store/photos.ts';
import type { Store } from '../../store/store.ts';
import { sniff, type Format } from '../../vision/formats.ts';
import { photoError } from '../../vision/photo-failure.ts';
import { openInside } from '../../vision/photo-file.ts';
import type { Vision } from '../../vision/vision.ts';
import { NewestFirst } from './newest-first.ts';
import { describeFile } from './scan.ts';
import type { Thumbnails } from './thumbnails.ts';
import { whyNoPicture } from './why-no-picture.ts';

/** Longest side of the large view of formats that Chromium cannot show. */
const previewSide = 2560;
/** Formats that Chromium can show, with EXIF orientation. */
const browserFormats: Partial<Record<Format, string>> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
};
/** as many first bytes of a file tell its format */
const headBytes = 512;
/** Larger files are scaled down by the worker, which is faster than the window reading them. */
const largestUnscaledBytes = 40_000_000;
/** Thumbnails that are made at a time; the photos that are being indexed are decoded beside them. */
const thumbnailsAtOnce = Math.max(2, Math.min(4, availableParallelism()));
/** The problems of so many contents are remembered: those of the photos that were looked at last. */
const mostProblems = 200;

const webp = (bytes: Uint8Array): Picture => ({ kind: 'bytes', bytes, type: 'image/webp' });
/** WebP, or the JPEG of a photo that is no larger. */
const thumbnailPicture = (bytes: Uint8Array): Picture =>
  bytes[0] === 0xff ? { kind: 'bytes', bytes, type: 'image/jpeg' } : webp(bytes);

export interface ThumbnailOptions {
  /** aborted when the window does not show the photo any more: a thumbnail that is not being made yet is then not made */
  readonly signal?: AbortSignal | undefined;
}

export class Pictures {
  readonly #store: Store;
  readonly #vision: Vision;
  readonly #thumbnails: Thumbnails;
  readonly #problems = new Map<number, ErrorObject>();
  readonly #toMake = new NewestFirst<number, Picture | undefined>(thumbnailsAtOnce);

  constructor(store: Store, vision: Vision, thumbnails: Thumbnails) {
    this.#store = store;
    this.#vision = vision;
    this.#thumbnails = thumbnails;
  }

  /**
   * From the cache, or made: a few at a time, those that were asked for last first.
   *
   * @returns undefined where no photo has this content, or the file has changed and is not indexed yet
   * @throws DescryError when the photo cannot be opened; `cancelled`
   */
  async thumbnail(content: number, { signal }: ThumbnailOptions = {}): Promise<Picture | undefined> {
    if (signal?.aborted) throw new DescryError('cancelled', 'The thumbnail is not needed any more.');
    const hash = this.#store.contents.hash(content);
    if (!hash) return undefined;
    const cached = await this.#thumbnails.cached(hash);
    if (cached) return thumbnailPicture(cached);
    return this.#toMake.run(content, () => this.#makeThumbnail(content, hash), signal);
  }

  #makeThumbnail(content: number, hash: Uint8Array): Promise<Picture | undefined> {
    const roots = this.#store.folders.paths();
    return this.#ofCopies(content, async ({ path }) => {
      const made = await this.#thumbnails.make(hash, path, roots);
      if (!made) return undefined;
      const { previews, readOnly } = this.#store;
      if (made.preview && readOnly === undefined && !previews.has(content)) previews.set(content, made.preview);
      return thumbnailPicture(made.bytes);
    });
  }

  /** Thumbnails that are in the cache, in the order of the contents; undefined: it is not. */
  cached(contents: Iterable<number>): Promise<(Uint8Array | undefined)[]> {
    const one = async (content: number) => {
      const hash = this.#store.contents.hash(content);
      return hash && (await this.#thumbnails.cached(hash));
    };
    return Promise.all(Array.from(contents, one));
  }

  /**
   * Fits the screen, in a format that Chromium should show: the file itself, where its first bytes are those of such a format.
   * @returns and throws as `thumbnail`
   */
  preview(content: number): Promise<Picture | undefined> {
    return this.#noting(content, () =>
      this.#ofCopies(content, async (photo) => (await this.#asItIs(photo)) ?? this.#decode(content, photo)),
    );
  }

  /** Fits the screen, decoded by Descry: for a file that Chromium cannot show. @returns and throws as `thumbnail` */
  decoded(content: number): Promise<Picture | undefined> {
    return this.#noting(content, () => this.#ofCopies(content, (photo) => this.#decode(content, photo)));
  }

  /** Why the large view of a content could not be made when it was asked for last; null: it could, or was not asked for. */
  problem(content: number): ErrorObject | null {
    return this.#problems.get(content) ?? null;
  }

  /**
   * The file itself, where Chromium can show it. Of a file that Descry could not open, Chromium may show an empty picture and call it
   * loaded: of a JPEG or PNG that ends before its first pixel.
   */
  async #asItIs({ id, path, bytes, modified }: PhotoRow): Promise<Picture | undefined> {
    if (bytes > largestUnscaledBytes || this.#store.failures.has(id)) return undefined;
    const { handle, found } = await openInside(path, this.#store.folders.paths());
    try {
      if (found.size !== bytes || Math.floor(found.mtimeMs) !== modified) return undefined;
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      const format = bytesRead > 0 ? sniff(buffer.subarray(0, bytesRead)) : undefined;
      const type = format && 'format' in format ? browserFormats[format.format] : undefined;
      return type === undefined ? undefined : { kind: 'file', path, type, bytes, modified };
    } finally {
      await handle.close();
    }
  }

  async #decode(content: number, { path }: PhotoRow): Promise<Picture | undefined> {
    const roots = this.#store.folders.paths();
    const { bytes, hash } = await this.#vision.thumbnail({ path, roots, side: previewSide });
    return this.#store.contents.hash(content)?.equals(hash) ? webp(bytes) : undefined;
  }

  /**
   * The picture of the first copy that has not changed since it was indexed and can be opened.
   * @returns undefined also where none is there
   * @throws the first copy's error where none can be opened
   */
  async #ofCopies(
    content: number,
    make: (photo: PhotoRow) => Promise<Picture | undefined>,
  ): Promise<Picture | undefined> {
    const failures: unknown[] = [];
    for (const photo of this.#store.photos.ofContent(content)) {
      try {
        const picture = (await isUnchanged(photo)) ? await make(photo) : undefined;
        if (picture) return picture;
      } catch (error) {
        failures.push(error);
      }
    }
    // What is not there was looked for in vain: where it was, says more.
    const failure = failures.map(photoError).find(({ code }) => code !== 'not-found');
    if (failure) throw failure;
    return undefined;
  }

  /** Keeps the reason for `problem`. */
  async #noting(content: number, work: () => Promise<Picture | undefined>): Promise<Picture | undefined> {
    let problem: ErrorObject | undefined;
    try {
      const picture = await work();
      if (!picture) problem = errorObject(await whyNoPicture(this.#store, this.#store.photos.ofContent(content)));
      return picture;
    } catch (error) {
      problem = errorObject(error);
      throw error;
    } finally {
      this.#problems.delete(content);
      if (problem) this.#problems.set(content, problem);
      if (this.#problems.size > mostProblems) this.#problems.delete(this.#problems.keys().next().value!);
    }
  }
}

/** Whether a file is still the one that was indexed. @throws the system's error when that cannot be told */
export async function isUnchanged({ path, bytes, modified }: PhotoRow): Promise<boolean> {
  const file = await describeFile(path);
  return file !== undefined && file.bytes === bytes && file.modified === modified;
}

/** The first of several copies that is still as it was indexed. */
export async function firstUnchanged(files: readonly PhotoRow[]): Promise<PhotoRow | undefined> {
  for (const file of files) if (await isUnchanged(file).catch(() => false)) return file;
  return undefined;
}
