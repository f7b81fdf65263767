/** The pictures of the window, thumbnails and large views, addressed by content. */
import path from 'node:path';
import type { Picture } from '../../ipc/photo-url.ts';
import type { PhotoRow } from '../../store/photos.ts';
import type { Store } from '../../store/store.ts';
import type { Vision } from '../../vision/vision.ts';
import { describeFile } from './scan.ts';
import type { Thumbnails } from './thumbnails.ts';

/** Longest side of the large view of formats that Chromium cannot show. */
const previewSide = 2560;
/** Formats that Chromium can show, with EXIF orientation. */
const browserFormats: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.jpe': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
};
/** Larger files are scaled down by the worker, which is faster than the window reading them. */
const largestUnscaledBytes = 40_000_000;

const webp = (bytes: Uint8Array | undefined): Picture | undefined =>
  bytes && { kind: 'bytes', bytes, type: 'image/webp' };

export class Pictures {
  readonly #store: Store;
  readonly #vision: Vision;
  readonly #thumbnails: Thumbnails;

  constructor(store: Store, vision: Vision, thumbnails: Thumbnails) {
    this.#store = store;
    this.#vision = vision;
    this.#thumbnails = thumbnails;
  }

  /**
   * @returns undefined where no photo has this content, or the file has changed and is not indexed yet
   * @throws DescryError when the photo cannot be opened
   */
  async thumbnail(content: number): Promise<Picture | undefined> {
    const hash = this.#store.contents.hash(content);
    if (!hash) return undefined;
    const cached = await this.#thumbnails.cached(hash);
    if (cached) return webp(cached);
    const photo = await this.#photo(content);
    return photo && webp(await this.#thumbnails.make(hash, photo.path, () => isUnchanged(photo)));
  }

  /** Fits the screen, in a format that Chromium shows. @returns and throws as `thumbnail` */
  async preview(content: number): Promise<Picture | undefined> {
    const photo = await this.#photo(content);
    if (!photo) return undefined;
    const type = browserFormats[path.extname(photo.path).toLowerCase()];
    if (type && photo.bytes <= largestUnscaledBytes) return { kind: 'file', path: photo.path, type };
    const bytes = await this.#vision.thumbnail({ path: photo.path, side: previewSide });
    return (await isUnchanged(photo)) ? webp(bytes) : undefined;
  }

  /** The first copy of a photo that can be read and has not changed since it was indexed. */
  async #photo(content: number): Promise<PhotoRow | undefined> {
    const failures: unknown[] = [];
    for (const photo of this.#store.photos.ofContent(content)) {
      try {
        if (await isUnchanged(photo)) return photo;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return undefined;
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
