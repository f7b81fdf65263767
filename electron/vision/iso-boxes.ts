/**
 * Boxes of files that are built like the ISO base media file format (ISO/IEC 14496-12 §4.2): JPEG XL (18181-2), JPEG 2000
 * (15444-1 annex I), Canon's CR3, HEIF.
 */
import { brotliDecompressSync } from 'node:zlib';

export interface Box {
  readonly type: string;
  readonly content: Buffer;
}

/** Files of cameras have less than a hundred at one level. */
const maxBoxes = 10_000;
const maxMetadataBytes = 16 * 1024 * 1024;

/** The boxes side by side in these bytes, up to the first that is broken; the last may be cut short. */
export function* boxesIn(bytes: Buffer): Generator<Box> {
  let at = 0;
  for (let count = 0; count < maxBoxes && at + 8 <= bytes.length; count++) {
    const size = bytes.readUInt32BE(at);
    const wide = size === 1;
    if (wide && at + 16 > bytes.length) return;
    const head = wide ? 16 : 8;
    const extent = wide ? Number(bytes.readBigUInt64BE(at + 8)) : size === 0 ? bytes.length - at : size;
    if (extent < head) return;
    yield { type: bytes.toString('latin1', at + 4, at + 8), content: bytes.subarray(at + head, at + extent) };
    at += extent;
  }
}

export interface MetadataBlocks {
  /** a TIFF */
  readonly exif?: Buffer;
  readonly xmp?: Buffer;
}

/** The UUIDs of EXIF ("JpgTiffExif->JP2") and XMP in JPEG 2000. */
const jp2Exif = '4a706754696666457869662d3e4a5032';
const jp2Xmp = 'be7acfcb97a942e89c71999491e3afac';

/** EXIF and XMP of a JPEG XL or JPEG 2000 file; a bare codestream has none. */
export function metadataBoxes(bytes: Buffer): MetadataBlocks {
  let [exif, xmp]: (Buffer | undefined)[] = [];
  for (const box of boxesIn(bytes)) {
    const { type, content } = box.type === 'brob' ? decompressed(box.content) : box;
    if (type === 'Exif' && content.length > 4) exif ??= content.subarray(4 + content.readUInt32BE(0));
    if (type === 'xml ') xmp ??= content;
    if (type !== 'uuid' || content.length < 16) continue;
    const uuid = content.toString('hex', 0, 16);
    if (uuid === jp2Exif) exif ??= content.subarray(16);
    if (uuid === jp2Xmp) xmp ??= content.subarray(16);
  }
  return { ...(exif?.length ? { exif } : {}), ...(xmp?.length ? { xmp } : {}) };
}

/** JPEG XL's box of another box, with Brotli (18181-2 §9.8). */
function decompressed(content: Buffer): Box {
  const type = content.toString('latin1', 0, 4);
  if (type !== 'Exif' && type !== 'xml ') return { type, content: Buffer.alloc(0) };
  try {
    return { type, content: brotliDecompressSync(content.subarray(4), { maxOutputLength: maxMetadataBytes }) };
  } catch {
    return { type, content: Buffer.alloc(0) };
  }
}

/** Contents of the boxes at a path such as `moov/uuid`. */
export function* boxesAt(bytes: Buffer, path: readonly string[]): Generator<Buffer> {
  const [first, ...rest] = path;
  for (const { type, content } of boxesIn(bytes)) {
    if (type !== first) continue;
    if (rest.length === 0) yield content;
    else yield* boxesAt(content, rest);
  }
}
