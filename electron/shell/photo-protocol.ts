/**
 * Answers photo:// addresses with bytes of a photo or its thumbnail.
 *
 * The source names the file; here it is opened, and checked once more, on the opened file, that it lies inside a folder that
 * the user registered, with every link followed, and is the one that was indexed.
 */
import { Readable } from 'node:stream';
import type { Picture } from '../ipc/photo-url.ts';
import { openInside } from '../vision/photo-file.ts';
import { DescryError } from '../../models/errors.ts';
import { parsePhotoAddress, type PhotoAddress } from './photo-address.ts';

export type PhotoSource = {
  /**
   * thumbnail: made on demand where it is not in the cache; preview: fits the screen, in a format that Chromium should show;
   * decoded: the same, decoded by Descry
   * @returns undefined where no photo has this content
   */
  [Kind in PhotoAddress['kind']]: (content: number) => Promise<Picture | undefined>;
} & {
  /** the folders that files may be served from, as they were registered, with every link resolved */
  roots(): Promise<readonly string[]>;
};

/** What Chromium shows, and nothing that could run script. */
const imageTypes = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif', 'image/bmp']);

/**
 * The picture of a content never changes, and bytes that were made are known to be of it: a year, the longest that RFC 9111
 * §1.2.2 has caches honour. A file is known by its size and time only, and is kept while one leafs through the photos.
 */
const cacheControl = { bytes: 'private, max-age=31536000, immutable', file: 'private, max-age=300' };

export async function answerPhoto(
  url: string,
  source: PhotoSource | undefined,
  log: (message: string, detail?: unknown) => void,
): Promise<Response> {
  const address = parsePhotoAddress(url);
  if (!address) return refusal(400);
  if (!source) return refusal(503);
  try {
    const picture = await source[address.kind](address.content);
    if (!picture) return refusal(404);
    if (!imageTypes.has(picture.type)) {
      log(`content ${address.content}: ${picture.type} is not served`);
      return refusal(415);
    }
    const { body, length } =
      picture.kind === 'bytes'
        ? { body: picture.bytes as Uint8Array<ArrayBuffer>, length: picture.bytes.byteLength }
        : await openIndexed(picture, await source.roots());
    return new Response(body, {
      headers: {
        'content-type': picture.type,
        'content-length': String(length),
        'cache-control': cacheControl[picture.kind],
        'x-content-type-options': 'nosniff',
        // A photo opened as a page of its own could do nothing.
        'content-security-policy': "default-src 'none'; sandbox",
      },
    });
  } catch (error) {
    if (error instanceof DescryError && error.code === 'photo-outside') {
      log(`content ${address.content}: its file lies outside the registered folders and is not served`);
      return refusal(403);
    }
    log(`content ${address.content}: cannot be served`, error);
    return refusal(404);
  }
}

async function openIndexed(
  picture: Extract<Picture, { kind: 'file' }>,
  roots: readonly string[],
): Promise<{ body: ReadableStream; length: number }> {
  const { handle, found } = await openInside(picture.path, roots);
  try {
    if (found.size !== picture.bytes || Math.floor(found.mtimeMs) !== picture.modified) {
      throw new DescryError('photo-changed', `${picture.path} has changed since it was indexed.`);
    }
    // `end` keeps the promise of content-length for a file that grows meanwhile.
    const stream =
      found.size === 0 ? Readable.from([]) : handle.createReadStream({ highWaterMark: 1 << 18, end: found.size - 1 });
    if (found.size === 0) await handle.close();
    return { body: Readable.toWeb(stream) as ReadableStream, length: found.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function refusal(status: number): Response {
  return new Response(null, { status, headers: { 'cache-control': 'no-store' } });
}
