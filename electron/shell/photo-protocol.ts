/**
 * Answers photo:// addresses with bytes of a photo or its thumbnail.
 *
 * The source names the file; here it is checked once more that the file, after following every link, lies inside a
 * folder that the user registered (or the thumbnail cache), and the checked file is the one that is opened.
 */
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Picture } from '../ipc/photo-url.ts';
import { isBelow } from '../services/shared/paths.ts';
import { parsePhotoAddress } from './photo-address.ts';

export interface PhotoSource {
  /** folders that files may be served from: those of the library and the thumbnail cache, absolute */
  roots(): Promise<readonly string[]>;
  /** @returns undefined where no photo has this content; made on demand where it is not in the cache */
  thumbnail(content: number): Promise<Picture | undefined>;
  /** fits the screen, in a format that Chromium shows */
  preview(content: number): Promise<Picture | undefined>;
}

/** What Chromium shows, and nothing that could run script. */
const imageTypes = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif', 'image/bmp']);

/** The picture of a content never changes: a year, the longest that RFC 9111 §1.2.2 has caches honour. */
const cacheControl = 'private, max-age=31536000, immutable';

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
        : await openInside(picture.path, await source.roots());
    return new Response(body, {
      headers: {
        'content-type': picture.type,
        'content-length': String(length),
        'cache-control': cacheControl,
        'x-content-type-options': 'nosniff',
        // A photo opened as a page of its own could do nothing.
        'content-security-policy': "default-src 'none'; sandbox",
      },
    });
  } catch (error) {
    if (error instanceof OutsideError) {
      log(`content ${address.content}: its file lies outside the registered folders and is not served`);
      return refusal(403);
    }
    log(`content ${address.content}: cannot be served`, error);
    return refusal(404);
  }
}

class OutsideError extends Error {}

async function openInside(file: string, roots: readonly string[]): Promise<{ body: ReadableStream; length: number }> {
  const real = await realpath(file);
  const inside = await Promise.all(roots.map(async (root) => isBelow(real, await realpath(root).catch(() => root))));
  if (!inside.includes(true)) throw new OutsideError();
  // The checked path itself, without following a link that took its place in between.
  const handle = await open(real, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new OutsideError();
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
