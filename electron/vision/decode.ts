/**
 * Photo file → upright sRGB pixels. All photos are decoded here: for the network, thumbnails and the large view.
 *
 * The result is the same for all kinds of photos (CMYK, 16 bit, grey, with a colour profile, transparent, rotated by EXIF).
 * Incomplete photos are rejected: they would be indexed with a grey lower part, and the user would not notice that a part of
 * the file is missing.
 */
import { open } from 'node:fs/promises';
import type { FormatEnum, Metadata, ResizeOptions, Sharp } from 'sharp';
import type { Preprocessing } from '../../models/contract/encoder.ts';
import { DescryError, errorMessage } from '../../models/errors.ts';
import { isCutShort, sniff, type Format } from './formats.ts';
import { decodeHeic, type RawPicture } from './heic.ts';
import { readMetadata } from './metadata.ts';
import { openerOf, sharpOpens } from './opener.ts';
import { readPhotoFile } from './photo-file.ts';
import { loadSharp } from './sharp.ts';
import { tiffWithProfile } from './tiff.ts';
import type { PhotoInformation } from './vision.ts';

export { isPhoto } from './formats.ts';

export interface DecodedPhoto {
  /** sRGB, [side, side, 3], rows from the top; floats where the preprocessing normalises */
  readonly pixels: Uint8Array | Float32Array;
  readonly information: PhotoInformation;
}

const timeoutSeconds = 30;
/**
 * Limits of pixels. Baseline JPEGs are decoded at an eighth of their size if that is enough, so a billion pixels need 50 MB. All
 * coefficients of a progressive JPEG are in memory at once, and so are all pixels of other formats while they are rotated.
 */
const maxPixels = { baselineJpeg: 1_000_000_000, other: 268_402_689 };

/** The names in sharp: `fill` ignores the proportions, `cover` keeps them and crops both sides. */
const fits = { squash: 'fill', crop: 'cover' } as const satisfies Record<Preprocessing['fit'], string>;

/**
 * @param source path, or the file's bytes
 * @throws DescryError with the code `not-found`, `no-permission` or `photo-…`; its message has the reason, without the path
 */
export async function decodePhoto(
  source: string | Uint8Array,
  preprocessing: Preprocessing & { readonly normalisation: null },
): Promise<DecodedPhoto & { readonly pixels: Uint8Array }>;
export async function decodePhoto(source: string | Uint8Array, preprocessing: Preprocessing): Promise<DecodedPhoto>;
export async function decodePhoto(
  source: string | Uint8Array,
  { side, fit, normalisation }: Preprocessing,
): Promise<DecodedPhoto> {
  const photo = await openPhoto(source);
  const { data, info } = await guarded(async () => {
    const image = await photo.render({ width: side, height: side, fit: fits[fit] });
    return image.raw().toBuffer({ resolveWithObject: true });
  });
  if (info.channels !== 3 || data.length !== side * side * 3) {
    throw new DescryError('photo-unreadable', `The decoded photo has ${info.channels} channels instead of three.`);
  }
  // copied: the WebAssembly build returns a view of its shared memory
  const bytes = new Uint8Array(data);
  return { pixels: normalisation ? normalise(bytes, normalisation) : bytes, information: photo.information };
}

/** (value / 255 − mean) / deviation, for each channel. */
function normalise(bytes: Uint8Array, { mean, deviation }: NonNullable<Preprocessing['normalisation']>): Float32Array {
  const pixels = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) pixels[i] = (bytes[i]! / 255 - mean[i % 3]!) / deviation[i % 3]!;
  return pixels;
}

/**
 * A picture for the window.
 *
 * @param options.side longest side in pixels; a smaller photo keeps its size
 * @returns WebP bytes
 * @throws as decodePhoto
 */
export async function renderThumbnail(
  source: string | Uint8Array,
  { side, format = 'webp' }: { side: number; format?: Extract<keyof FormatEnum, 'webp' | 'jpeg' | 'png'> },
): Promise<Uint8Array> {
  const photo = await openPhoto(source);
  return guarded(async () => {
    const image = await photo.render({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
    const options = { webp: { quality: 80, effort: 2 }, jpeg: { quality: 85 }, png: {} }[format];
    return new Uint8Array(await image.toFormat(format, options).toBuffer());
  });
}

/**
 * A small grey picture of the whole frame, squashed to a square.
 *
 * @returns [side, side], the luma of sRGB (Rec. 601)
 * @throws as decodePhoto
 */
export async function renderGrey(source: string | Uint8Array, side: number): Promise<Uint8Array> {
  const { pixels } = await decodePhoto(source, { side, fit: 'squash', normalisation: null });
  const grey = new Uint8Array(side * side);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = Math.round(0.299 * pixels[3 * i]! + 0.587 * pixels[3 * i + 1]! + 0.114 * pixels[3 * i + 2]!);
  }
  return grey;
}

interface OpenPhoto {
  readonly information: PhotoInformation;
  /** upright, opaque, sRGB, eight bit */
  render(resize: ResizeOptions): Promise<Sharp>;
}

async function openPhoto(source: string | Uint8Array): Promise<OpenPhoto> {
  const bytes =
    typeof source === 'string'
      ? await readPhotoFile(source, 'anywhere')
      : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  return openBytes(bytes);
}

async function openBytes(file: Buffer): Promise<OpenPhoto> {
  const opener = await guarded(() => openerOf(identify(file), file, timeoutSeconds * 1000));
  if (opener.kind === 'other') {
    const { width, height, metadata } = opener;
    const information = { width, height, ...(await readMetadata(metadata)) };
    return { information, render: async (resize) => finish(await fromPixels(await opener.decode(), resize)) };
  }
  const { bytes, format, exif } = opener;
  const sharp = loadSharp();
  const { metadata, information } = await readInformation(bytes, format, exif);
  const hevc = format === 'heif' && metadata.compression === 'hevc';
  return {
    information,
    render: async (resize) =>
      finish(hevc ? await renderHeic(bytes, metadata, resize) : sharp(bytes, options).autoOrient().resize(resize)),
  };
}

const options = { failOn: 'error', limitInputPixels: false, sequentialRead: true } as const;

/**
 * @param source the file's bytes or its path
 * @param file what holds the EXIF, where the bytes do not
 */
async function readInformation(
  source: Buffer | string,
  format: Format,
  file?: Buffer,
): Promise<{ metadata: Metadata; information: PhotoInformation }> {
  const metadata = await guarded(() => loadSharp()(source, options).metadata(), format);
  const { width, height } = metadata.autoOrient;
  checkSize(metadata, width, height);
  const exif = file ?? metadata.exif ?? (format === 'tiff' || format === 'png' ? source : undefined);
  const read = await readMetadata({ exif, xmp: metadata.xmp, iptc: metadata.iptc });
  return { metadata, information: { width, height, ...read } };
}

/**
 * What a photo says of itself, from the parts of the file that hold it: no pixel is decoded.
 * @throws as decodePhoto
 */
export async function inspectPhoto(path: string): Promise<PhotoInformation> {
  const handle = await open(path, 'r');
  let head: Buffer;
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    head = buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
  const format = formatOf(head);
  const read = sharpOpens(format) ? await readInformation(path, format).catch(() => undefined) : undefined;
  return (read ?? (await openPhoto(path))).information;
}

function finish(image: Sharp): Sharp {
  return image.flatten({ background: 'white' }).toColourspace('srgb').timeout({ seconds: timeoutSeconds });
}

/** libheif rotates the photo upright, and returns pixels without their colour profile. */
async function renderHeic(bytes: Buffer, { icc }: Metadata, resize: ResizeOptions): Promise<Sharp> {
  return fromPixels({ ...(await decodeHeic(bytes, timeoutSeconds * 1000)), icc }, resize);
}

/** @param picture upright RGBA; its colour profile is applied after it was made small */
async function fromPixels(
  { data, width, height, icc }: RawPicture & { readonly icc?: Uint8Array | undefined },
  resize: ResizeOptions,
): Promise<Sharp> {
  const sharp = loadSharp();
  const raw = { width, height, channels: 4 as const };
  const image = sharp(data, { raw, limitInputPixels: false }).flatten({ background: 'white' }).resize(resize);
  if (!icc) return image;
  const small = await image.raw().toBuffer({ resolveWithObject: true });
  return sharp(tiffWithProfile(small.data, small.info.width, small.info.height, icc));
}

function identify(bytes: Buffer): Format {
  const format = formatOf(bytes);
  if (isCutShort(format, bytes)) throw truncated();
  return format;
}

/** @param bytes the file's first ones, or all */
function formatOf(bytes: Buffer): Format {
  if (bytes.length === 0) throw new DescryError('photo-empty', 'The file is empty.');
  const found = sniff(bytes);
  if (!found)
    throw new DescryError(
      'photo-unreadable',
      'The file is not a picture: its first bytes do not belong to any format that Descry supports.',
    );
  if ('unsupported' in found) {
    throw new DescryError('photo-unsupported', `The file is ${found.unsupported}, which Descry cannot open.`);
  }
  return found.format;
}

function checkSize(metadata: Metadata, width: number, height: number): void {
  const baseline = metadata.format === 'jpeg' && !metadata.isProgressive;
  const most = baseline ? maxPixels.baselineJpeg : maxPixels.other;
  if (width * height <= most) return;
  const megapixels = (pixels: number) => Math.round(pixels / 1e6).toLocaleString('en');
  throw new DescryError(
    'photo-too-large',
    `The photo has ${width} × ${height} pixels (${megapixels(width * height)} megapixels); the limit is ${megapixels(most)}.`,
  );
}

/** Runs a step of sharp and converts its errors to DescryErrors. */
async function guarded<T>(step: () => Promise<T>, format?: Format): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof DescryError) throw error;
    throw explain(errorMessage(error), format, error);
  }
}

function explain(message: string, format: Format | undefined, cause: unknown): DescryError {
  const first = message
    .split('\n')[0]!
    .replace(/^Input buffer has |\bvips\w*: /gi, '')
    .trim();
  if (/^timeout/i.test(first)) {
    return new DescryError('photo-timeout', `The photo was not decoded within ${timeoutSeconds} seconds.`, { cause });
  }
  if (/pixel limit/i.test(message)) {
    return new DescryError('photo-too-large', 'The photo has too many pixels.', { cause });
  }
  if (
    !/corrupt header/i.test(message) &&
    /premature end|read error|unexpected end|end of (?:file|stream)|truncated|not enough data/i.test(message)
  ) {
    return truncated(cause);
  }
  const name = format ? `The ${format.toUpperCase()} file` : 'The file';
  return new DescryError('photo-unreadable', `${name} could not be decoded: ${first}.`, {
    cause,
  });
}

const truncated = (cause?: unknown) =>
  new DescryError('photo-truncated', 'The file ends before the photo does. Copy it again from its source.', {
    cause,
  });
