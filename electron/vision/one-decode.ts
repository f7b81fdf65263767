/**
 * All that indexing needs of a photo, of one decoding: the network's pixels, the thumbnail, and a tiny preview.
 *
 * The photo is decoded to a picture that is just large enough for all of them: the decoder of JPEG reduces by 2, 4 and 8, and is
 * the faster the more it does.
 */
import { rgbaToThumbHash } from 'thumbhash';
import { networkPixels, type Preprocessing } from '../../models/contract/encoder.ts';
import { DescryError } from '../../models/errors.ts';
import { openPhoto, squareSteps, type DecodedPhoto, type OpenPhoto } from './decode.ts';
import { loadSharp } from './sharp.ts';
import { guarded } from './steps.ts';
import type { MadePictures } from './vision.ts';

/**
 * Thumbnails: longest side in pixels, and WebP's quality and effort. A row of 200 points is 400 pixels on a screen with two pixels per
 * point. Of 200 photos at 512 pixels, quality 70 and effort 0 took 21.4 kB and 8.8 ms, quality 80 and
 * effort 2 22.2 kB and 17.6 ms, JPEG 25.6 kB and 3.7 ms.
 */
export const thumbnailFormat = { side: 448, quality: 70, effort: 0 } as const;
/** A thumbnail may be so much smaller, if the photo need not be decoded to twice the width and height for it. */
const leastSide = 400;
/** Photos up to this longest side are not reduced before the network's pixels are made of them. */
const smallSide = 1200;
/** By what the decoder of JPEG reduces; sharp lets it where one more is asked for (`jpegShrinkOnLoad` in its pipeline.cc). */
const reductions = [8, 4, 2];
/**
 * A JPEG that is no larger than a thumbnail is its own, if it has no more bytes than this for each pixel: making another would cost
 * time and quality. Photos from the web have 0.2 to 0.3.
 */
const ownBytesPerPixel = 0.32;
/** Longest side in pixels of what a preview is computed from; it keeps 7 × 7 frequencies at most. */
const previewSide = 32;

interface Pixels {
  /** [height, width, 3], sRGB */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * @param source the file's bytes
 * @throws as `decodePhoto`
 */
export async function decodeWithPictures(
  source: Uint8Array,
  preprocessing: Preprocessing,
  wanted: { readonly thumbnail: boolean },
): Promise<DecodedPhoto & MadePictures> {
  const { side } = preprocessing;
  const photo = await openPhoto(source);
  const { pixels: common, damage } = await commonPixels(photo, side);
  const { resize, cut } = squareSteps(preprocessing, photo.information);
  const network = await guarded(() => {
    const resized = fromRaw(common).resize(resize);
    return (cut ? cut(resized) : resized).raw().toBuffer();
  });
  if (network.length !== side * side * 3) {
    throw new DescryError('photo-unreadable', `The decoded photo has ${network.length} bytes of pixels.`);
  }
  // copied: the WebAssembly build returns a view of its shared memory
  const pixels = new Uint8Array(network);
  const own = damage === null && isOwnThumbnail(photo, source.length);
  return {
    pixels: networkPixels(pixels, preprocessing),
    information: { ...photo.information, damage },
    preview: previewOf(common),
    ...(wanted.thumbnail && { thumbnail: own ? new Uint8Array(source) : await thumbnailOf(common) }),
  };
}

/** A thumbnail of `thumbnailFormat` with its preview. @throws as `decodePhoto` */
export async function renderPictures(source: Uint8Array): Promise<Required<MadePictures>> {
  const photo = await openPhoto(source);
  const { pixels: common, damage } = await commonPixels(photo, 1);
  const own = damage === null && isOwnThumbnail(photo, source.length);
  return { thumbnail: own ? new Uint8Array(source) : await thumbnailOf(common), preview: previewOf(common) };
}

/** The preview of a photo whose thumbnail is there. @param thumbnail its bytes @throws as `decodePhoto` */
export async function renderPreview(thumbnail: Uint8Array): Promise<Uint8Array> {
  return previewOf((await commonPixels(await openPhoto(thumbnail), 1)).pixels);
}

/** @param least pixels that the shortest side must have, where the photo has them */
async function commonPixels(photo: OpenPhoto, least: number) {
  const { width, height } = photo.information;
  const longest = Math.max(width, height);
  const scale = commonSide(longest, Math.min(width, height), least) / longest;
  const [across, along] = [width, height].map((side) => Math.max(1, Math.floor(side * scale))) as [number, number];
  const { result, damage } = await photo.render({ width: across, height: along, fit: 'fill' }, (image) =>
    image.raw().toBuffer({ resolveWithObject: true }),
  );
  const { channels } = result.info;
  if (channels !== 3) {
    throw new DescryError('photo-unreadable', `The decoded photo has ${channels} channels instead of three.`);
  }
  return { pixels: { data: result.data, width: result.info.width, height: result.info.height }, damage };
}

/** @returns the longest side of the common picture */
function commonSide(longest: number, shortest: number, least: number): number {
  if (longest <= smallSide) return longest;
  const forNetwork = (least * longest) / shortest;
  for (const reduction of reductions) {
    const largest = longest / (reduction + 1);
    if (largest >= Math.max(leastSide, forNetwork))
      return Math.min(largest, Math.max(thumbnailFormat.side, forNetwork));
  }
  return Math.min(longest, Math.max(thumbnailFormat.side, forNetwork));
}

const isOwnThumbnail = ({ plainFormat, information: { width, height } }: OpenPhoto, bytes: number) =>
  plainFormat === 'jpeg' &&
  Math.max(width, height) <= thumbnailFormat.side &&
  bytes <= width * height * ownBytesPerPixel;

const fromRaw = ({ data, width, height }: Pixels) => loadSharp()(data, { raw: { width, height, channels: 3 } });

async function thumbnailOf(common: Pixels): Promise<Uint8Array> {
  const { side, quality, effort } = thumbnailFormat;
  const image = fromRaw(common).resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
  return new Uint8Array(await guarded(() => image.webp({ quality, effort }).toBuffer()));
}

/** Of some of the pixels: at least four in each direction for each one that it is computed from. */
function previewOf({ data, width, height }: Pixels): Uint8Array {
  const scale = Math.min(1, previewSide / Math.max(width, height));
  const [across, along] = [width, height].map((side) => Math.max(1, Math.round(side * scale))) as [number, number];
  const step = Math.max(1, Math.floor(1 / scale / 4));
  const sums = new Float64Array(across * along * 3);
  const counts = new Float64Array(across * along);
  for (let y = 0; y < height; y += step) {
    const row = Math.min(along - 1, Math.floor((y / height) * along)) * across;
    for (let x = 0; x < width; x += step) {
      const cell = row + Math.min(across - 1, Math.floor((x / width) * across));
      const at = (y * width + x) * 3;
      for (let channel = 0; channel < 3; channel++) sums[cell * 3 + channel]! += data[at + channel]!;
      counts[cell]!++;
    }
  }
  const rgba = new Uint8Array(across * along * 4).fill(255);
  counts.forEach((count, cell) => {
    for (let channel = 0; channel < 3; channel++) rgba[cell * 4 + channel] = sums[cell * 3 + channel]! / count;
  });
  return rgbaToThumbHash(across, along, rgba);
}
