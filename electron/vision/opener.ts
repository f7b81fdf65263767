/**
 * Which decoder opens a file, and with what: sharp what the web shows and ordinary TIFFs, ImageMagick the rest (magick.ts),
 * camera raw by the JPEG inside it, TIFFs with rare compressions without them. HEIC is told apart in decode.ts.
 */
import { errorCode } from '../../models/errors.ts';
import { boxesEnd, type Format } from './formats.ts';
import { metadataBoxes } from './iso-boxes.ts';
import { describeJpeg, isCommonJpeg, readJpegFrame } from './jpeg-frame.ts';
import { decodeWithMagick, describeWithMagick, type Coder, type MagickPicture } from './magick.ts';
import type { MetadataBlocks } from './metadata.ts';
import { truncated, unsupported } from './photo-errors.ts';
import { psdState } from './psd.ts';
import { rawPreview } from './raw-preview.ts';
import { loadSharp } from './sharp.ts';
import { describeTiff, isTiffCutShort, tiffKind } from './tiff-kind.ts';
import { withoutCompression } from './tiff-parts.ts';

export type Opener =
  /** sharp opens these bytes */
  | {
      readonly kind: 'sharp';
      readonly bytes: Buffer;
      readonly format: Format;
      /** where these bytes lack the file's own */
      readonly exif?: Buffer | undefined;
    }
  | ({ readonly kind: 'other' } & OtherPicture);

export interface OtherPicture {
  /** upright */
  readonly width: number;
  readonly height: number;
  readonly metadata: MetadataBlocks;
  decode(): Promise<MagickPicture>;
}

/** Whether the head of the file is enough to know that sharp opens it. */
export const sharpOpens = (format: Format): boolean => ['jpeg', 'png', 'webp', 'gif', 'heif'].includes(format);

const coders: Partial<Record<Format, Coder>> = {
  bmp: 'BMP',
  pnm: 'PNM',
  pam: 'PAM',
  jxl: 'JXL',
  jp2: 'JP2',
  j2k: 'J2K',
  psd: 'PSD',
};

/**
 * @param bytes the whole file
 * @throws DescryError photo-…
 */
export async function openerOf(format: Format, bytes: Buffer, timeoutMs: number): Promise<Opener> {
  const coder = coders[format];
  if (coder) return openOther(format, coder, bytes, timeoutMs);
  if (format === 'raw') return openRaw(bytes);
  if (format === 'tiff') return openTiff(bytes, timeoutMs);
  if (format === 'jpeg') {
    const frame = readJpegFrame(bytes);
    if (frame && !isCommonJpeg(frame)) {
      return other('JPEG', bytes, {}, timeoutMs, describeJpeg(frame));
    }
  }
  return { kind: 'sharp', bytes, format };
}

function openRaw(bytes: Buffer): Opener {
  const { jpeg, exif } = rawPreview(bytes);
  return { kind: 'sharp', bytes: jpeg, format: 'jpeg', exif };
}

async function openTiff(bytes: Buffer, timeoutMs: number): Promise<Opener> {
  const kind = tiffKind(bytes);
  switch (kind.opener) {
    case 'none':
      throw unsupported(kind.name);
    case 'raw':
      return openRaw(bytes);
    case 'parts': {
      const plain = await naming(describeTiff(bytes), () => withoutCompression(bytes));
      const opener = await openTiff(plain, timeoutMs);
      return opener.kind === 'sharp' ? { ...opener, exif: bytes } : { ...opener, metadata: { exif: bytes } };
    }
    case 'sharp':
      if (await loadSharp()(bytes, { limitInputPixels: false }).metadata().then(() => true, () => false)) {
        return { kind: 'sharp', bytes, format: 'tiff' };
      } // prettier-ignore
  }
  if (isTiffCutShort(bytes)) throw truncated();
  return other('TIFF', bytes, { exif: bytes }, timeoutMs, describeTiff(bytes));
}

async function openOther(format: Format, coder: Coder, bytes: Buffer, timeoutMs: number): Promise<Opener> {
  if (format === 'bmp') return other(coder, wholeBitmap(bytes), {}, timeoutMs, 'a BMP with another picture inside');
  if (format === 'psd') {
    const { merged, cutShort: cut } = psdState(bytes);
    if (cut) throw truncated();
    if (!merged) throw unsupported('a Photoshop document without a merged picture');
  }
  const boxed = format === 'jp2' || (format === 'jxl' && bytes[0] === 0);
  if (boxed && boxesEnd(bytes) > bytes.length) throw truncated();
  return other(coder, bytes, boxed ? metadataBoxes(bytes) : {}, timeoutMs);
}

/** @param name of what the file is where ImageMagick lacks a decoder for a part of it */
async function other(
  coder: Coder,
  bytes: Buffer,
  metadata: MetadataBlocks,
  timeoutMs: number,
  name?: string,
): Promise<Opener> {
  const { width, height, exif, xmp, iptc } = await naming(name, () => describeWithMagick(bytes, coder, timeoutMs));
  return {
    kind: 'other',
    width,
    height,
    metadata: { exif: metadata.exif ?? exif, xmp: metadata.xmp ?? xmp, iptc },
    decode: () => naming(name, () => decodeWithMagick(bytes, coder, timeoutMs, width * height)),
  };
}

/**
 * The same BMP with a right size in its header: ImageMagick refuses one that promises more than there is, which programs write
 * by mistake. Whether pixels are missing is told by their number.
 */
function wholeBitmap(bytes: Buffer): Buffer {
  if (bytes.length < 34 || bytes.readUInt32LE(2) <= bytes.length) return bytes;
  if (bytes.readUInt32LE(14) >= 40 && [0, 3, 6].includes(bytes.readUInt32LE(30))) {
    const row = Math.ceil((Math.abs(bytes.readInt32LE(18)) * bytes.readUInt16LE(28)) / 32) * 4;
    if (bytes.readUInt32LE(10) + row * Math.abs(bytes.readInt32LE(22)) > bytes.length) throw truncated();
  }
  const mended = Buffer.from(bytes);
  mended.writeUInt32LE(bytes.length, 2);
  return mended;
}

/** A valid file that no decoder opens is named for what it is. */
async function naming<T>(name: string | undefined, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const words = String(
      error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : error,
    );
    if (
      !name ||
      errorCode(error) !== 'photo-unreadable' ||
      !/support|configured|implement|authoriz|cannot handle/i.test(words)
    )
      throw error;
    throw unsupported(name, error);
  }
}
