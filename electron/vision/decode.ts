/**
 * Photo file → upright sRGB pixels. All photos are decoded here: for the network, thumbnails and the large view.
 *
 * The result is the same for all kinds of photos (CMYK, 16 bit, grey, with a colour profile, transparent, rotated by EXIF).
 * Of a damaged photo the part that can be read is decoded, and the damage is named, so that the user notices it.
 */
import { open } from 'node:fs/promises';
import pLimit from 'p-limit';
import type { FormatEnum, Metadata, ResizeOptions, Sharp, SharpOptions } from 'sharp';
import { networkPixels, type Preprocessing } from '../../models/contract/encoder.ts';
import { DescryError, errorCode } from '../../models/errors.ts';
import { damageOf, endingOf, lacksLastBlock, leastReadable, type Damage } from './damage.ts';
import { isCutShort, sniff, type Format } from './formats.ts';
import { decodeHeic, inspectHeic, type HeicPicture } from './heic.ts';
import { readMetadata } from './metadata.ts';
import { openerOf, sharpOpens } from './opener.ts';
import { truncated, unsupported } from './photo-errors.ts';
import { readPhotoFile } from './photo-file.ts';
import { loadSharp } from './sharp.ts';
import { guarded, timeoutSeconds, type Step } from './steps.ts';
import { tiffWithProfile } from './tiff.ts';
import type { PhotoInformation } from './vision.ts';

export { isPhoto } from './formats.ts';

export interface DecodedPhoto {
  /** sRGB, [side, side, 3], rows from the top; floats where the preprocessing normalises */
  readonly pixels: Uint8Array | Float32Array;
  readonly information: PhotoInformation;
}

/** 100 megapixels of JPEG 2000 took 29 seconds on one busy core. */
const otherTimeoutSeconds = 90;
/**
 * Limits of pixels. Baseline JPEGs are decoded at an eighth of their size if that is enough, so a billion pixels need 50 MB. All
 * coefficients of a progressive JPEG are in memory at once, and so are all pixels of other formats while they are rotated.
 */
const maxPixels = { baselineJpeg: 1_000_000_000, other: 268_402_689 };

/** Of photos with more pixels than this one at a time is decoded: one of 200 megapixels needs up to 850 MB (docs/formats.md). */
const manyPixels = 64_000_000;
const oneLarge = pLimit(1);

/** What sharp does to make the square that an encoder takes: `cut` follows `resize`. */
interface SquareSteps {
  readonly resize: Resize;
  readonly cut: ((image: Sharp) => Sharp) | null;
}

/**
 * To crop, the shortest side becomes the square's, the other one is rounded down, and so is the place of the square in it, as CLIP's
 * makers do (Pillow, torchvision): sharp's own `cover` lies up to a pixel beside it. Its `cubic` is that of Catmull and Rom
 * (a = −0.5), as Pillow's bicubic, which CLIP was trained with.
 *
 * @param photo size in pixels, upright
 */
export function squareSteps(
  { side, fit, resample }: Preprocessing,
  photo: { readonly width: number; readonly height: number },
): SquareSteps {
  const kernel = resample && { kernel: resample };
  if (fit === 'squash') return { resize: { width: side, height: side, fit: 'fill', ...kernel }, cut: null };
  const shortest = Math.min(photo.width, photo.height);
  const width = Math.floor((side * photo.width) / shortest);
  const height = Math.floor((side * photo.height) / shortest);
  const [left, top] = [Math.floor((width - side) / 2), Math.floor((height - side) / 2)];
  return {
    resize: { width, height, fit: 'fill', ...kernel },
    cut: (image) => image.extract({ left, top, width: side, height: side }),
  };
}

/**
 * @param source path, or the file's bytes
 * @throws DescryError with the code `not-found`, `no-permission` or `photo-…`; its message has the reason, without the path
 */
export async function decodePhoto(
  source: string | Uint8Array,
  preprocessing: Preprocessing & { readonly normalisation: null },
): Promise<DecodedPhoto & { readonly pixels: Uint8Array }>;
export async function decodePhoto(source: string | Uint8Array, preprocessing: Preprocessing): Promise<DecodedPhoto>;
export async function decodePhoto(source: string | Uint8Array, preprocessing: Preprocessing): Promise<DecodedPhoto> {
  const { side } = preprocessing;
  const photo = await openPhoto(source);
  const { resize, cut } = squareSteps(preprocessing, photo.information);
  const { result, damage } = await photo.render(resize, (image) =>
    (cut ? cut(image) : image).raw().toBuffer({ resolveWithObject: true }),
  );
  const { data, info } = result;
  if (info.channels !== 3 || data.length !== side * side * 3) {
    throw new DescryError('photo-unreadable', `The decoded photo has ${info.channels} channels instead of three.`);
  }
  // copied: the WebAssembly build returns a view of its shared memory
  const bytes = new Uint8Array(data);
  return {
    pixels: networkPixels(bytes, preprocessing),
    information: { ...photo.information, damage },
  };
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
  const options = { webp: { quality: 80, effort: 2 }, jpeg: { quality: 85 }, png: {} }[format];
  const { result } = await photo.render(
    { width: side, height: side, fit: 'inside', withoutEnlargement: true },
    async (image) => new Uint8Array(await image.toFormat(format, options).toBuffer()),
  );
  return result;
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

export interface OpenPhoto {
  readonly information: PhotoInformation;
  /** sharp decodes the file's own bytes, of this format; undefined: they are decoded by others, or are a part of the file */
  readonly plainFormat?: Format;
  /**
   * @param output makes the result of the picture, which is upright, opaque, sRGB, eight bit
   * @returns the result, and what is wrong with the photo; null if it is whole
   */
  render<T>(
    resize: Resize,
    output: (image: Sharp) => Promise<T>,
  ): Promise<{ readonly result: T; readonly damage: Damage | null }>;
}

type Resize = ResizeOptions & {
  readonly width: number;
  readonly height: number;
  readonly fit: 'fill' | 'inside';
};

/** What is needed of a file's header to decode it. */
type Header = Pick<Metadata, 'exif' | 'xmp' | 'iptc' | 'icc'> & {
  /** upright */
  readonly width: number;
  readonly height: number;
  readonly progressive: boolean;
  /** decoded by libheif instead of sharp */
  readonly hevc: boolean;
};

export async function openPhoto(source: string | Uint8Array): Promise<OpenPhoto> {
  const bytes =
    typeof source === 'string'
      ? await readPhotoFile(source, 'anywhere')
      : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  return openBytes(bytes);
}

async function openBytes(file: Buffer): Promise<OpenPhoto> {
  const found = formatOf(file);
  // nothing of a TIFF can be read without its directory, which is often at the end
  if (found === 'tiff' && isCutShort(found, file)) throw truncated();
  const opener = await guarded(() => openerOf(found, file, otherTimeoutSeconds * 1000));
  if (opener.kind === 'other') {
    const { width, height, metadata } = opener;
    return {
      information: { width, height, ...(await readMetadata(metadata)) },
      render: async (resize, output) => {
        const picture = await opener.decode();
        return { result: await fromPixels({ ...picture, channels: 4 }, resize, output, {}), damage: null };
      },
    };
  }
  const { format, exif } = opener;
  const known = format === 'heif' ? withKnownBrand(opener.bytes) : opener.bytes;
  const { header, information } = await readInformation(known, format, exif);
  return {
    information,
    ...(opener.bytes === file && !header.hevc && { plainFormat: format }),
    render: async (resize, output) => {
      const render = header.hevc ? renderHeic : renderBySharp;
      const work = () => render({ bytes: known, format, header }, resize, output);
      const large = header.width * header.height > manyPixels && (format !== 'jpeg' || header.progressive);
      return large ? oneLarge(work) : work();
    },
  };
}

/** Nothing is refused for a warning while only the header is read. */
const lenient = { failOn: 'none', limitInputPixels: false, sequentialRead: true } as const;
/** libjpeg reports damaged data by warnings, from which it recovers; other decoders warn of what does not matter. */
const strict = (format: Format) => ({ ...lenient, failOn: format === 'jpeg' ? 'warning' : 'error' }) as const;

/**
 * @param source the file's bytes or its path
 * @param file what holds the EXIF, where the bytes do not
 */
async function readInformation(
  source: Buffer | string,
  format: Format,
  file?: Buffer,
): Promise<{ header: Header; information: PhotoInformation }> {
  const header = await readHeader(source, format);
  const { width, height } = header;
  checkSize(header, format);
  const exif = file ?? header.exif ?? (format === 'tiff' || format === 'png' ? source : undefined);
  const read = await readMetadata({ exif, xmp: header.xmp, iptc: header.iptc });
  return { header, information: { width, height, ...read } };
}

async function readHeader(source: Buffer | string, format: Format): Promise<Header> {
  const cut = () => typeof source !== 'string' && endingOf(format, source).cut;
  try {
    const metadata = await guarded(() => loadSharp()(source, lenient).metadata(), { format, cut });
    return {
      ...metadata,
      ...metadata.autoOrient,
      progressive: metadata.isProgressive ?? false,
      hevc: format === 'heif' && metadata.compression === 'hevc',
    };
  } catch (error) {
    if (format !== 'heif' || typeof source === 'string') throw error;
    // sharp's libheif refuses photos of more than 256 items, which phones of 108 and 200 megapixels write
    const read = await inspectHeic(source, 1000 * timeoutSeconds(0)).catch((): undefined => undefined);
    if (!read?.hevc) throw error;
    const buffer = (part: Uint8Array | undefined) => part && { bytes: Buffer.from(part) };
    const [exif, xmp, icc] = [buffer(read.exif), buffer(read.xmp), buffer(read.icc)];
    return {
      width: read.width,
      height: read.height,
      progressive: false,
      hevc: true,
      ...(exif && { exif: exif.bytes }),
      ...(xmp && { xmp: xmp.bytes }),
      ...(icc && { icc: icc.bytes }),
    };
  }
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

interface EncodedPhoto {
  readonly bytes: Buffer;
  readonly format: Format;
  readonly header: Header;
}

async function renderBySharp<T>(
  { bytes: original, format, header }: EncodedPhoto,
  resize: Resize,
  output: (image: Sharp) => Promise<T>,
): Promise<{ result: T; damage: Damage | null }> {
  const sharp = loadSharp();
  const { bytes, cut } = endingOf(format, original);
  const pixels = header.width * header.height;
  const render = (options: SharpOptions) =>
    guarded(() => output(finish(sharp(bytes, options).autoOrient().resize(resize), pixels)), {
      format,
      cut: () => cut,
      pixels,
    });
  let failure: unknown;
  try {
    const result = await render(strict(format));
    const lost =
      cut &&
      format === 'jpeg' &&
      (await guarded(() => lacksLastBlock(() => sharp(bytes, { ...lenient, ignoreIcc: true })), { format }));
    return { result, damage: lost ? 'cut-off' : null };
  } catch (error) {
    if (!['photo-unreadable', 'photo-truncated'].includes(errorCode(error))) throw error;
    failure = error;
  }
  try {
    const damage = await guarded(() => damageOf(() => sharp(bytes, lenient), header, cut), { format });
    if (damage) return { result: await render(lenient), damage };
  } catch {
    // as it failed first
  }
  throw failure;
}

/** libheif returns pixels without their colour profile. */
async function renderHeic<T>(
  { bytes, format, header }: EncodedPhoto,
  resize: Resize,
  output: (image: Sharp) => Promise<T>,
): Promise<{ result: T; damage: Damage | null }> {
  const pixels = header.width * header.height;
  const least =
    resize.fit === 'inside'
      ? ({ side: 'longest', pixels: resize.width } as const)
      : ({ side: 'shortest', pixels: Math.min(resize.width, resize.height) } as const);
  const { cut } = endingOf(format, bytes);
  const { picture } = await decodeHeic(bytes, least, 1000 * timeoutSeconds(pixels)).catch((error: unknown) => {
    throw cut && errorCode(error) === 'photo-unreadable' ? truncated(error) : error;
  });
  const damage =
    picture.missing > 0 && cut ? 'cut-off' : picture.missing > 0 || picture.gaps ? 'unreadable-part' : null;
  if (picture.missing > 1 - leastReadable) {
    throw cut ? truncated() : new DescryError('photo-unreadable', 'Nearly nothing of the HEIC file could be decoded.');
  }
  return { result: await fromPixels({ ...picture, icc: header.icc }, resize, output, { format, pixels }), damage };
}

/** @param picture upright; its colour profile is applied after it was made small */
async function fromPixels<T>(
  picture: Pick<HeicPicture, 'data' | 'width' | 'height' | 'channels'> & { readonly icc?: Uint8Array | undefined },
  resize: Resize,
  output: (image: Sharp) => Promise<T>,
  about: Step,
): Promise<T> {
  const { data, width, height, channels, icc } = picture;
  const sharp = loadSharp();
  return guarded(async () => {
    const image = sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
      .flatten({ background: 'white' })
      .resize(resize);
    if (!icc) return output(finish(image, width * height));
    const small = await image.raw().toBuffer({ resolveWithObject: true });
    return output(finish(sharp(tiffWithProfile(small.data, small.info.width, small.info.height, icc)), width * height));
  }, about);
}

function finish(image: Sharp, pixels: number): Sharp {
  return image
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .timeout({ seconds: timeoutSeconds(pixels) });
}

/**
 * libvips opens files of these major brands only (heifload.c), and none of AVIF sequences, whose first picture is a still like
 * any other.
 * @returns the same bytes, or a copy
 */
function withKnownBrand(bytes: Buffer): Buffer {
  const brand = bytes.toString('latin1', 8, 12);
  if (/^(?:hei[cxms]|hev[cms]|mif1|msf1|avif)$/.test(brand)) return bytes;
  const copy = Buffer.from(bytes);
  copy.write(brand === 'avis' ? 'avif' : 'mif1', 8, 'latin1');
  return copy;
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
  if ('unsupported' in found) throw unsupported(found.unsupported);
  return found.format;
}

function checkSize({ width, height, progressive }: Header, format: Format): void {
  const most = format === 'jpeg' && !progressive ? maxPixels.baselineJpeg : maxPixels.other;
  if (width * height <= most) return;
  const megapixels = (pixels: number) => Math.round(pixels / 1e6).toLocaleString('en');
  throw new DescryError(
    'photo-too-large',
    `The photo has ${width} × ${height} pixels (${megapixels(width * height)} megapixels); the limit is ${megapixels(most)}.`,
  );
}
