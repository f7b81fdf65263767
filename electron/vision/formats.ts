/**
 * Detects photos by name, and their format by the first bytes: extensions are often wrong (a JPEG named .png is common), and
 * decoders must get only supported formats.
 */
import path from 'node:path';

const extensionsOf = {
  photo:
    'jpg jpeg jpe jfif mpo png webp avif heic heif hif tif tiff gif bmp dib pbm pgm ppm pnm pam jxl jp2 j2k j2c jpc jpf jpx psd psb',
  /**
   * Of camera raw files: the list of LibRaw's cameras and of Adobe's Camera Raw, and those that ExifTool reads. `raw` is written
   * by Panasonic and Leica, `tif` by old Canon and Kodak cameras (such a file is a photo here).
   */
  raw: `3fr arw ari bay cap cr2 cr3 crw cs1 dcr dcs dng drf eip erf fff gpr iiq k25 kdc mdc mef mos mrw nef nrw orf ori pef ptx
    pxn raf raw rw2 rwl rwz sr2 srf srw x3f`,
  /** Not `ts` and `mod`, which few cameras wrote: mostly they are source code (TypeScript, Go). */
  video: `3g2 3gp asf avi divx dv flv insv lrv m2t m2ts m2v m4v mkv mov mp4 mpe mpeg mpg mts mxf ogm ogv qt rm rmvb vob webm
    wmv`,
} as const;

export type Kind = keyof typeof extensionsOf;

const kinds = new Map<string, Kind>(
  (Object.keys(extensionsOf) as Kind[]).flatMap((kind) =>
    extensionsOf[kind].split(/\s+/).map((extension) => [`.${extension}`, kind] as const),
  ),
);

/** Of all files that `kindOf` knows, with their dots, in lower case. */
export const knownExtensions: readonly string[] = [...kinds.keys()];

/** By the extension only, because the scan calls it for every file. @returns undefined for what is none of these */
export function kindOf(file: string): Kind | undefined {
  return kinds.get(path.extname(file).toLowerCase());
}

/** Camera raw files are none: whether one counts depends on the photo of the same name beside it (see the scan). */
export const isPhoto = (file: string): boolean => kindOf(file) === 'photo';

/** What is opened; `raw` by the preview inside it. Whether a `tiff` is camera raw, its directory tells (tiff-kind.ts). */
export type Format =
  'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'heif' | 'bmp' | 'pnm' | 'pam' | 'jxl' | 'jp2' | 'j2k' | 'psd' | 'raw';

const ascii = (bytes: Buffer, from: number, to: number) => bytes.toString('latin1', from, to);
/** Brands of ISO base media files that hold stills: HEIC, AVIF and their sequences. */
const stillBrands = /^(?:mif[12]|msf1|miaf|hei[cxms]|hev[cxms]|avif|avis)$/;
/** The first brand of films; there are many more, which share `isom` or `mp4?` (mp4ra.org). */
const filmBrands = /^(?:isom|iso\d|mp4\d|m4[vabp] |avc1|qt {2}|3g[0-9a-z]{2}|mmp4|dash|f4v |XAVC|NDS.|MSNV|CAEP)$/i;

/** By the first bytes, the formats that are opened. */
const signatures: readonly (readonly [RegExp, Format])[] = [
  [/^\xff\xd8\xff/, 'jpeg'],
  [/^\x89PNG\r\n\x1a\n/, 'png'],
  [/^RIFF.{4}WEBP/s, 'webp'],
  [/^GIF8[79]a/, 'gif'],
  // Canon's CR2, Panasonic's RW2, Olympus' ORF, Fujifilm's RAF, Sigma's X3F, Minolta's MRW, Canon's CRW
  [/^II\*\0.{4}CR\x02/s, 'raw'],
  [/^(?:IIU\0|IIR[OS]|MMOR|FUJIFILMCCD-RAW|FOVb|\0MRM|II\x1a\0{3}HEAPCCDR)/, 'raw'],
  [/^(?:II\*\0|MM\0\*|II\+\0|MM\0\+)/, 'tiff'],
  // with the size of its second header (Windows' and OS/2's)
  [/^BM.{12}(?:[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0{3})/s, 'bmp'],
  [/^P[1-6][\s#]/, 'pnm'],
  [/^P7\n/, 'pam'],
  [/^(?:\xff\x0a|\0{3}\x0cJXL \r\n\x87\n)/, 'jxl'],
  [/^\0{3}\x0cjP {2}\r\n\x87\n/, 'jp2'],
  [/^\xff\x4f\xff\x51/, 'j2k'],
  [/^8BPS\0[\x01\x02]/, 'psd'],
];

/** By the first bytes, what is often found under a photo's name. "The file is …, which Descry cannot open." */
const others: readonly (readonly [RegExp, string])[] = [
  [/^BM.{24}/s, 'BMP of an unknown version'],
  [/^\xef?\xbb?\xbf?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:svg|!doctype svg)/is, 'an SVG drawing'],
  [/^\xef?\xbb?\xbf?\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body)/is, 'a web page (HTML)'],
  [/^\xef?\xbb?\xbf?\s*<\?xml/i, 'an XML text'],
  [/^%PDF-/, 'a PDF document'],
  [/^(?:%!PS|\xc5\xd0\xd3\xc6)/, 'PostScript (EPS)'],
  [/^(?:PK\x03\x04|PK\x05\x06)/, 'a ZIP archive'],
  [/^(?:Rar!\x1a\x07|7z\xbc\xaf\x27\x1c)/, 'an archive'],
  [/^\x1f\x8b/, 'a compressed file (gzip)'],
  [/^v\/1\x01/, 'OpenEXR'],
  [/^#\?(?:RADIANCE|RGBE)/, 'Radiance HDR'],
  [/^P[Ff4]?\n|^P[Ff]\s/, 'a portable float map (PFM)'],
  [/^\0\0[\x01\x02]\0[^\0]\0.{3}\0/s, 'a Windows icon (ICO)'],
  [/^\x0a[\x00-\x05]\x01[\x01\x02\x04\x08]/, 'PCX'],
  [/^\0[\0\x01][\x01-\x03\x09-\x0b].{13}[\x08\x0f\x10\x18\x20][\x00-\x2f]/s, 'TGA'],
  [/^gimp xcf/, 'GIMP (XCF)'],
  [/^\x01\xda[\0\x01][\x01\x02]\0[\x01-\x03]/, 'SGI'],
  [/^\/\* XPM \*\//, 'X PixMap (XPM)'],
  [/^#define\s+\S+_width\s+\d/, 'X BitMap (XBM)'],
  [/^\x59\xa6\x6a\x95/, 'Sun Raster'],
  [/^icns/, 'a macOS icon (ICNS)'],
  [/^(?:\x8aMNG|\x8bJNG)/, 'MNG or JNG'],
  [/^qoif/, 'QOI'],
  [/^(?:DDS |\xabKTX)/, 'a texture (DDS or KTX)'],
  [/^FLIF/, 'FLIF'],
  [/^BPG\xfb/, 'BPG'],
  [/^II\xbc[\0\x01]/, 'JPEG XR'],
  [/^AT&TFORM/, 'DjVu'],
  [/^SIMPLE {2}=/, 'FITS'],
  [/^.{128}DICM/s, 'DICOM'],
  [/^\xd7\xcd\xc6\x9a/, 'Windows Metafile (WMF)'],
  [/^\x01\0{3}.{36} EMF/s, 'Windows Metafile (EMF)'],
  [/^RIFF.{4}AVI /s, 'an AVI video'],
  [/^RIFF.{4}WAVE/s, 'a sound (WAV)'],
  [/^\x1a\x45\xdf\xa3/, 'a Matroska or WebM video'],
  [/^\0\0\x01[\xba\xb3]/, 'an MPEG video'],
  [/^(?:G.{187}G|.{4}G.{191}G)/s, 'an MPEG video'],
  [/^FLV\x01/, 'a Flash video'],
  [/^\x30\x26\xb2\x75\x8e\x66\xcf\x11/, 'a Windows Media file'],
  [/^(?:ID3|OggS|fLaC)/, 'a sound'],
  [/^SQLite format 3\0/, 'a database (SQLite)'],
  [/^(?:MZ.{56}|\x7fELF|\xcf\xfa\xed\xfe)/s, 'a program'],
  [/^\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1/, 'an Office document'],
  [/^\{\\rtf/, 'an RTF text'],
];

/** @returns the format; the name of what cannot be opened; undefined if nothing is recognised */
export function sniff(bytes: Buffer): { format: Format } | { unsupported: string } | undefined {
  const head = ascii(bytes, 0, 512);
  for (const [signature, format] of signatures) if (signature.test(head)) return { format };
  if (head.slice(4, 8) === 'ftyp') {
    const brands = ascii(bytes, 8, Math.min(bytes.readUInt32BE(0), 256)).match(/.{4}/gs) ?? [];
    if (brands[0]?.startsWith('crx')) return { format: 'raw' };
    if (brands.some((brand) => stillBrands.test(brand))) return { format: 'heif' };
    if (brands.some((brand) => filmBrands.test(brand))) return { unsupported: 'an MP4 or QuickTime video' };
  }
  if (/^(?:moov|mdat|wide|free|skip|pnot)$/.test(head.slice(4, 8))) return { unsupported: 'a QuickTime video' };
  const other = others.find(([signature]) => signature.test(head));
  return other && { unsupported: other[1] };
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
export function boxesEnd(bytes: Buffer): number {
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
