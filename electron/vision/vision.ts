/**
 * The interface for photo files: hashes, features, metadata and thumbnails.
 *
 * The command line opens photos in its own process (local.ts), the window in a supervised worker
 * (remote.ts), because a hostile or broken file may crash a decoder. Both implement this interface.
 */
import type { PhotoPart } from '../../models/contract/encoder.ts';
import type { ErrorCode } from '../../models/errors.ts';
import type { PhotoInformation } from '../ipc/contract.ts';

export type { PhotoInformation };

export interface PhotoFailure {
  readonly code: ErrorCode;
  readonly reason: string;
}

export type Identity = { readonly hash: Uint8Array } | { readonly failure: PhotoFailure };

export type Description =
  | {
      readonly feature: Float32Array;
      /** what is stored of its regions, in the encoder's present version; absent or null: its encoder has none */
      readonly regions?: { readonly version: number; readonly data: Uint8Array } | null;
      readonly information: PhotoInformation;
    }
  | { readonly failure: PhotoFailure };

export type Inspection = { readonly information: PhotoInformation } | { readonly failure: PhotoFailure };

/** [side, side], rows from the top, upright: the luma of sRGB, 0 to 255 */
export type GreyPicture = { readonly grey: Uint8Array } | { readonly failure: PhotoFailure };

export interface ThumbnailRequest {
  readonly path: string;
  /** longest side in pixels */
  readonly side: number;
  /** default: WebP */
  readonly format?: 'webp' | 'jpeg' | 'png';
}

export interface Vision {
  /** SHA-256 of each file's bytes. */
  identify(paths: readonly string[]): Promise<Identity[]>;
  /**
   * Decodes and encodes each file; a broken file fails without affecting the others. Calls may overlap: decoding runs ahead of inference.
   * @param encoder id of an encoder (models/encoders.ts)
   * @param part what is made in place of the encoder's own features; absent: these
   */
  describe(paths: readonly string[], encoder: string, part?: PhotoPart): Promise<Description[]>;
  /** Reads what each file says of itself, without decoding its pixels. */
  inspect(paths: readonly string[]): Promise<Inspection[]>;
  /** A picture for the window, upright, in sRGB. @throws DescryError with a photo-… code */
  thumbnail(request: ThumbnailRequest): Promise<Uint8Array>;
  /**
   * Small grey pictures for comparisons; a broken file fails without affecting the others.
   * @param side of the square that the whole frame is squashed to, in pixels
   */
  grey(paths: readonly string[], side: number): Promise<GreyPicture[]>;
  dispose(): Promise<void>;
}
