/**
 * Addresses of the photo:// protocol: photos and thumbnails by opaque id, never by path.
 *
 * Apart from contract.ts, which re-exports it, because the window needs it at run time and nothing else of the
 * contract: with the schemas it would carry the whole of zod.
 */
export const photoUrl = {
  thumbnail: (photo: number) => `photo://library/thumbnail/${photo}`,
  /** fits the screen, decoded from any format */
  preview: (photo: number) => `photo://library/preview/${photo}`,
} as const;
