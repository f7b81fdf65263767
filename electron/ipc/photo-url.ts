import { causesOutsideTheFile, type ErrorCode } from '../../models/errors.ts';

/**
 * Addresses of the photo:// protocol: photos and thumbnails by content (`contents` of a photo list), never by path. A content never
 * changes and its number is never given to another one, so that a picture may be cached for good.
 *
 * Apart from contract.ts, which re-exports it, because the window needs it at run time and nothing else of the
 * contract: with the schemas it would carry the whole of zod.
 */
export const photoUrl = {
  thumbnail: (content: number) => `photo://library/thumbnail/${content}`,
  /** fits the screen, decoded from any format */
  preview: (content: number) => `photo://library/preview/${content}`,
  /** the same, decoded by Descry whatever the file is, for one that Chromium cannot show */
  decoded: (content: number) => `photo://library/decoded/${content}`,
} as const;

/** What is behind an address. */
export type Picture =
  /** bytes, modified: of the file that was indexed; another one is not shown */
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly type: string;
      readonly bytes: number;
      /** ms since the epoch */
      readonly modified: number;
    }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly type: string };

/**
 * Whether a content whose picture failed with this code may be shown at another time. Its bytes never change: what they alone are the
 * cause of stays so.
 */
export const mayBeShownLater = (code: ErrorCode): boolean =>
  !code.startsWith('photo-') || causesOutsideTheFile.includes(code);
