/**
 * Detects photos by name, and their format by the first bytes: extensions are often wrong (a JPEG named .png is common), and
 * decoders must get only supported formats.
 */
import path from 'node:path';

const extensionsOf = {
  photo: 'jpg jpeg jpe jfif mpo png webp avif heic heif hif tif tiff gif bmp dib pbm pgm ppm pnm pam jxl jp2 j2k jpx',
  /**
   * Of camera raw files: the list of LibRaw's cameras and of Adobe's Camera Raw, and those that ExifTool reads. `raw` is written
   * by Panasonic and Leica, `tif` by old Canon and Kodak cameras (such a file is a photo here).
   */
  raw: `3fr arw ari bay cap cr2 cr3 crw cs1 dcr dcs dng drf eip erf fff gpr iiq k25 kdc mdc mef mos mrw nef nrw orf ori pef ptx
    pxn raf raw rw2 rwl rwz sr2 srf srw x3f`,
  video: `3g2 3gp asf avi divx dv flv insv lrv m2t m2ts m2v m4v mkv mod mov mp4 mpe mpeg mpg mts mxf ogm ogv qt rm rmvb ts vob
    webm wmv`,
} as const;

export type Kind = keyof typeof extensionsOf;

const kinds = new Map<string, Kind>(
  (Object.keys(extensionsOf) as Kind[]).flatMap((kind) =>
    extensionsOf[kind].split(/\s+/).map((extension) => [`.${extension}`, kind] as const),
  ),
);

/** By the extension only, because the scan calls it for every file. @returns undefined for what is none of these */
export function kindOf(file: string): Kind | undefined {
  return kinds.get(path.extname(file).toLowerCase());
}

/** Camera raw files are none: whether one counts depends on the photo of the same name beside it (see the scan). */
export const isPhoto = (file: string): boolean => kindOf(file) === 'photo';

export type Format = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'heif';
export type UnsupportedFormat = 'BMP' | 'JPEG 2000' | 'JPEG XL' | 'SVG or other text' | 'camera raw';

const ascii = (bytes: Buffer, from: number, to: number) => bytes.toString('latin1', from, to);
/** Brands of ISO base media files that hold stills: HEIC, AVIF and their sequences. */
const stillBrands = /^(?:mif1|msf1|miaf|hei[cxms]|hev[cxms]|avif|avis)$/;

/** @returns the format; the name of an unsupported format; undefined if no format is recognised */
export function sniff(bytes: Buffer): { format: Format } | { unsupported: UnsupportedFormat } | undefined {
  const head = ascii(bytes, 0, 12);
  if (head.startsWith('\xff\xd8\xff')) return { format: 'jpeg' };
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return { format: 'png' };
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return { format: 'webp' };
  if (/^GIF8[79]a/.test(head)) return { format: 'gif' };
  if (/^(?:II\*\0|MM\0\*|II\+\0|MM\0\+)/.test(head)) return { format: 'tiff' };
  if (head.slice(4, 8) === 'ftyp') {
    const brands = ascii(bytes, 8, Math.min(bytes.readUInt32BE(0), 256)).match(/.{4}/gs) ?? [];
    if (brands.some((brand) => stillBrands.test(brand))) return { format: 'heif' };
    if (brands[0]?.startsWith('crx')) return { unsupported: 'camera raw' };
  }
  if (head.startsWith('BM')) return { unsupported: 'BMP' };
  if (head.startsWith('\0\0\0\x0cjP  ') || head.startsWith('\xff\x4f\xff\x51')) return { unsupported: 'JPEG 2000' };
  if (head.startsWith('\0\0\0\x0cJXL ') || head.startsWith('\xff\x0a')) return { unsupported: 'JPEG XL' };
  if (/^\s*<(?:\?xml|svg|!doctype svg)/i.test(ascii(bytes, 0, 64))) return { unsupported: 'SVG or other text' };
  return undefined;
}

/**
 * Whether bytes are missing at the end, according to the container's sizes. Needed where a decoder does not detect it: libheif
 * fills missing tiles with grey.
 */
export function isCutShort(format: Format, bytes: Buffer): boolean {
  switch (format) {
    case 'webp':
      return bytes.readUInt32LE(4) + 8 > bytes.length + 1; // an odd size may lack its padding byte
    case 'heif':
      return boxesEnd(bytes) > bytes.length;
    case 'tiff': {
      const little = bytes[0] === 0x49;
      const short = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
      if (bytes.length < 16) return true;
      if (short(2) === 43) return false; // BigTIFF: the decoder detects it
      const directory = little ? bytes.readUInt32LE(4) : bytes.readUInt32BE(4);
      return directory + 2 > bytes.length || directory + 2 + short(directory) * 12 + 4 > bytes.length;
    }
    default:
      return false;
  }
}

/** End of the last box of an ISO base media file (ISO/IEC 14496-12 §4.2), according to its size. */
function boxesEnd(bytes: Buffer): number {
  let at = 0;
  while (at + 8 <= bytes.length) {
    const size = bytes.readUInt32BE(at);
    if (size === 0) return bytes.length; // to the end of the file
    if (size === 1 && at + 16 > bytes.length) return Infinity;
    const extent = size === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : size;
    if (extent < 8) return bytes.length; // trailing bytes that are not a box
    if (!/^[\x20-\x7e\xa9]{4}$/.test(ascii(bytes, at + 4, at + 8))) return bytes.length;
    at += extent;
  }
  return at;
}
