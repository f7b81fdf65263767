/**
 * The interface for photo files: hashes, features, metadata and thumbnails.
 *
 * The command line opens photos in its own process (local.ts), the window in a supervised worker
 * (remote.ts), because a hostile or broken file may crash a decoder. Both implement this interface.
 */
import type { PhotoPart } from '../../models/contract/encoder.ts';
import type { ErrorCode } from '../../models/errors.ts';
import type { PhotoInformation } from '../ipc/contract.ts';
import type { Roots } from './photo-file.ts';

export type { PhotoInformation, Roots };

export interface PhotoFailure {
  readonly code: ErrorCode;
  readonly reason: string;
}

export type Identity = { readonly hash: Uint8Array } | { readonly failure: PhotoFailure };

export type Description =
  | {
      /** SHA-256 of the bytes that were decoded, so that nothing is stored under the hash of others */
      readonly hash: Uint8Array;
      readonly feature: Float32Array;
      /** what is stored of its regions, in the encoder's present version; absent or null: its encoder has none */
      readonly regions?: { readonly version: number; readonly data: Uint8Array } | null;
      readonly information: PhotoInformation;
      /** where the request asks for it: see `PicturesWanted` */
      readonly pictures?: MadePictures;
    }
  /** hash: of the bytes that could not be decoded; absent: they could not be read */
  | { readonly failure: PhotoFailure; readonly hash?: Uint8Array };

/** What the window shows of a photo that is being described, made of the same decoding. */
export interface PicturesWanted {
  /** absent or false: previews only */
  readonly thumbnails?: boolean;
}

export interface MadePictures {
  /** ThumbHash, about 25 bytes: https://evanw.github.io/thumbhash/ */
  readonly preview: Uint8Array;
  /** WebP, or the photo's own JPEG; absent: it was not asked for */
  readonly thumbnail?: Uint8Array;
}

export type Inspection = { readonly information: PhotoInformation } | { readonly failure: PhotoFailure };

/** [side, side], rows from the top, upright: the luma of sRGB, 0 to 255 */
export type GreyPicture =
  /** hash: as in `Description` */
  { readonly grey: Uint8Array; readonly hash: Uint8Array } | { readonly failure: PhotoFailure };

export interface Thumbnail {
  /** in the format that was asked for */
  readonly bytes: Uint8Array;
  /** of a thumbnail for the cache */
  readonly preview?: Uint8Array;
  /** SHA-256 of the bytes that were decoded */
  readonly hash: Uint8Array;
}

export interface ThumbnailRequest {
  readonly path: string;
  readonly roots: Roots;
  /** longest side in pixels; `cache`: as thumbnails are kept, WebP or JPEG, with a preview */
  readonly side: number | 'cache';
  /** default: WebP */
  readonly format?: 'webp' | 'jpeg' | 'png';
}

/**
 * Every request names the folders that its files must lie in (`Roots`). A file that lies elsewhere, because a link on its way
 * leads there, fails with `photo-outside`.
 */
export interface Vision {
  /**
   * SHA-256 of each file's bytes.
   * @param options.keep small files stay in memory for a moment, so that a `describe` that follows need not read them again
   */
  identify(paths: readonly string[], roots: Roots, options?: { readonly keep?: boolean }): Promise<Identity[]>;
  /**
   * Decodes and encodes each file; a broken file fails without affecting the others. Calls may overlap: decoding runs ahead of inference.
   * @param encoder id of an encoder (models/encoders.ts)
   * @param part what is made in place of the encoder's own features; undefined: these
   * @param pictures absent: none are made
   */
  describe(
    paths: readonly string[],
    encoder: string,
    part: PhotoPart | undefined,
    roots: Roots,
    pictures?: PicturesWanted,
  ): Promise<Description[]>;
  /** Reads what each file says of itself, without decoding its pixels. */
  inspect(paths: readonly string[], roots: Roots): Promise<Inspection[]>;
  /** A picture for the window, upright, in sRGB. @throws DescryError `not-found`, `no-permission`, `photo-…` */
  thumbnail(request: ThumbnailRequest): Promise<Thumbnail>;
  /** The previews of thumbnails; null: it cannot be decoded. */
  previews(thumbnails: readonly Uint8Array[]): Promise<(Uint8Array | null)[]>;
  /**
   * Small grey pictures for comparisons; a broken file fails without affecting the others.
   * @param side of the square that the whole frame is squashed to, in pixels
   */
  grey(paths: readonly string[], side: number, roots: Roots): Promise<GreyPicture[]>;
  dispose(): Promise<void>;
}
