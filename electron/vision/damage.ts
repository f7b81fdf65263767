/**
 * Photos of which a part is missing or cannot be read. What is wrong is judged by what the decoder could read, and by the
 * structure of the file: a photo that lacks nothing but its last marker is whole.
 */
import type { Sharp } from 'sharp';
import type { Damage } from '../ipc/contract.ts';
import type { Format } from './formats.ts';
import { isCutShort } from './formats.ts';
import { isTiffCutShort } from './tiff-kind.ts';

export type { Damage };

/** Of a photo of which less can be read than this share, nothing is shown. */
export const leastReadable = 0.05;

export interface Ending {
  /** the file's bytes, or those with the end that is missing, if nothing but this is missing */
  readonly bytes: Buffer;
  /** the file ends before its format says that it does */
  readonly cut: boolean;
}

/**
 * How the file ends, by its structure alone.
 *
 * A JPEG or PNG without its end is given one: a decoder then reports missing data only where pixels are missing.
 */
export function endingOf(format: Format, bytes: Buffer): Ending {
  if (format === 'jpeg') return jpegEnding(bytes);
  if (format === 'png') return pngEnding(bytes);
  return { bytes, cut: isCutShort(format, bytes) || (format === 'tiff' && isTiffCutShort(bytes)) };
}

const endOfImage = Buffer.from([0xff, 0xd9]);
/** Files that were not copied completely often have their full length, with zeros in place of the data. */
const paddingBytes = 16;

/** ISO/IEC 10918-1 annex B. */
function jpegEnding(bytes: Buffer): Ending {
  const scan = startOfScan(bytes);
  if (scan === undefined) return { bytes, cut: false };
  // in coded data 0xff is always followed by 0, so that this cannot be a part of it
  if (scan < bytes.length && bytes.lastIndexOf(endOfImage) >= scan) return { bytes, cut: false };
  let end = bytes.length;
  while (end > scan && bytes[end - 1] === 0) end--;
  if (bytes.length - end < paddingBytes) end = bytes.length;
  return { bytes: Buffer.concat([bytes.subarray(0, end), endOfImage]), cut: true };
}

/** @returns where the first scan starts; the file's length if it ends before; undefined if the segments are damaged */
function startOfScan(bytes: Buffer): number | undefined {
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) at++;
    else if (marker === 0xda) return at;
    else if (marker === 0xd9) return undefined;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) at += 2;
    else at += 2 + Math.max(2, bytes.readUInt16BE(at + 2));
  }
  // the end of a photo at the end: its segments are damaged, not cut
  return bytes.subarray(-2).equals(endOfImage) ? undefined : bytes.length;
}

/** PNG (third edition) §5.3: length, type, data and checksum of each chunk. */
function pngEnding(bytes: Buffer): Ending {
  let at = 8;
  while (at + 12 <= bytes.length) {
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (!/^[A-Za-z]{4}$/.test(type)) return { bytes, cut: false };
    const next = at + 12 + bytes.readUInt32BE(at);
    if (type === 'IEND') return { bytes, cut: false };
    if (next > bytes.length) {
      // a decoder shows what it can of picture data, and needs nothing of another chunk
      return { bytes: type === 'IDAT' ? bytes : Buffer.concat([bytes.subarray(0, at), lastChunk]), cut: true };
    }
    at = next;
  }
  return { bytes: Buffer.concat([bytes.subarray(0, at), lastChunk]), cut: true };
}

/** An IEND chunk. */
const lastChunk = Buffer.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);

/**
 * What of a photo could not be read, from a decoding that went on in spite of errors.
 *
 * Decoders leave what is missing at the end in one colour: libjpeg grey, others black or transparent.
 *
 * @param picture opens the photo so that errors are ignored
 * @param size in pixels, as stored
 * @returns the damage; undefined where nothing or next to nothing could be read
 */
export async function damageOf(
  picture: () => Sharp,
  size: { readonly width: number; readonly height: number; readonly progressive: boolean },
  cut: boolean,
): Promise<Damage | undefined> {
  const [width, height] = [size.width, size.height].map((side) => Math.max(1, Math.min(512, Math.round(side / 8))));
  const { data, info } = await picture()
    .resize({ width: width!, height: height!, fit: 'fill', kernel: 'nearest' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const row = info.width * info.channels;
  let read = info.height;
  while (read > 0 && isOfOneColour(data, (read - 1) * row, row, info.channels)) read--;
  if (read < info.height * leastReadable) return undefined;
  if (!cut) return 'unreadable-part';
  return size.progressive && read === info.height ? 'coarse' : 'cut-off';
}

/**
 * Whether the last block of a JPEG is missing: libjpeg leaves it grey, and libvips does not see libjpeg's warnings of the last
 * rows.
 * @param picture opens the photo so that errors and its colour profile are ignored
 */
export async function lacksLastBlock(picture: () => Sharp): Promise<boolean> {
  const { width, height } = await picture().metadata();
  const [across, along] = [Math.min(8, width), Math.min(8, height)];
  const block = picture().extract({ left: width - across, top: height - along, width: across, height: along });
  return (await block.raw().toBuffer()).every((value) => Math.abs(value - 128) <= 1);
}

/** Whether a row has only the colour of the last pixel. */
function isOfOneColour(data: Uint8Array, from: number, length: number, channels: number): boolean {
  const last = data.length - channels;
  for (let i = 0; i < length; i++) {
    if (Math.abs(data[from + i]! - data[last + (i % channels)]!) > 1) return false;
  }
  return true;
}
