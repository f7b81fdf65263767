/** Pictures of many photos at once, for the grid. A part of the contract. */
import { z } from 'zod';
import { limits } from './limits.ts';
import { integers, octets } from './search-form.ts';

/** Contents of photos, as in photoList. */
const contents = (most: number) => integers.refine((values) => values.length <= most && values.every((one) => one > 0));

/** Of each content that was asked for, in their order: its length in bytes; and the bytes of all, one after the other. */
const packed = z.object({ lengths: integers, bytes: octets });
export type PackedPictures = z.infer<typeof packed>;

/** ThumbHashes of about 25 bytes (https://evanw.github.io/thumbhash/); length 0: there is none yet */
export const previews = {
  input: z.object({ contents: contents(limits.previewsAtOnce) }),
  output: packed,
};

/** WebP; length 0: it is not in the cache, and is made on demand by `photo.thumbnail` */
export const cachedThumbnails = {
  input: z.object({ contents: contents(limits.thumbnailsAtOnce) }),
  output: packed,
};

/** @param pieces undefined: length 0 */
export function pack(pieces: readonly (Uint8Array | null | undefined)[]): PackedPictures {
  const lengths = Int32Array.from(pieces, (piece) => piece?.length ?? 0);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    if (!piece) continue;
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return { lengths, bytes };
}
