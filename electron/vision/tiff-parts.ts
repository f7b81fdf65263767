/**
 * TIFFs whose strips or tiles are compressed by what libtiff was built without, in sharp or in ImageMagick: LZMA (xz.ts), ZSTD (Node's own, from 22.15 on) and WebP (sharp). Each part is decompressed, and the same TIFF is written
 * with them uncompressed.
 */
import zlib from 'node:zlib';
import { DescryError } from '../../models/errors.ts';
import { needsTooMuchMemory, truncated } from './photo-errors.ts';
import { loadSharp } from './sharp.ts';
import { tags, TiffReader, type Directory } from './tiff-directory.ts';
import { unxz } from './xz.ts';

const [lzma, zstd, webp] = [34925, 50000, 50001];
const [uncompressed, deflate] = [1, 8];
/** As the largest file that is read. */
const maxBytes = 512 * 1024 * 1024;
/** What describes the pixels; the rest (EXIF, XMP) is read from the file itself. */
const kept = new Set<number>([
  ...[tags.width, tags.height, tags.bitsPerSample, tags.photometric, tags.orientation, tags.samplesPerPixel],
  ...[
    0x116 /* rows per strip */,
    tags.planarConfiguration,
    tags.predictor,
    0x140 /* palette */,
    0x142,
    0x143 /* tile */,
  ],
  ...[0x10a /* fill order */, 0x152 /* extra samples */, tags.sampleFormat, 0x211, 0x212, 0x213, 0x214 /* YCbCr */],
  ...[0x14c /* ink set */, 34675 /* colour profile */],
]);

/**
 * @throws DescryError photo-truncated, photo-too-large, photo-unsupported
 * @throws Error of the decompressor
 */
export async function withoutCompression(bytes: Buffer): Promise<Buffer> {
  const reader = new TiffReader(bytes);
  const [directory] = reader.directories();
  if (!directory) throw new RangeError('no directory');
  const compression = reader.number(directory, tags.compression);
  const tiled = directory.entries.has(tags.tileOffsets);
  const offsets = reader.numbers(directory, tiled ? tags.tileOffsets : tags.stripOffsets);
  const counts = reader.numbers(directory, tiled ? tags.tileByteCounts : tags.stripByteCounts);
  const most = Math.min(partBytes(reader, directory, tiled), maxBytes);
  if (offsets.length === 0 || offsets.length !== counts.length) throw new RangeError('no strips');
  const parts: Buffer[] = [];
  let total = 0;
  for (const [index, at] of offsets.entries()) {
    const part = bytes.subarray(at, at + counts[index]!);
    if (part.length !== counts[index] || part.length === 0) throw truncated();
    const data = await decompress(part, compression, most);
    total += data.length;
    if (total > maxBytes) throw needsTooMuchMemory();
    parts.push(data);
  }
  return writeTiff(reader, directory, parts, tiled);
}

/** The most bytes that one strip or tile can have. */
function partBytes(reader: TiffReader, directory: Directory, tiled: boolean): number {
  const number = (tag: number, otherwise: number) => reader.number(directory, tag) ?? otherwise;
  const width = tiled ? number(0x142, 0) : number(tags.width, 0);
  const height = number(tags.height, 0);
  const rows = tiled ? number(0x143, 0) : Math.min(height, number(0x116, height));
  const bits = Math.max(1, ...reader.numbers(directory, tags.bitsPerSample).slice(0, 32));
  return Math.ceil((width * number(tags.samplesPerPixel, 1) * bits) / 8) * rows;
}

async function decompress(part: Buffer, compression: number | undefined, most: number): Promise<Buffer> {
  switch (compression) {
    case lzma:
      return unxz(part, most);
    case zstd:
      if (!('zstdDecompressSync' in zlib)) {
        throw new DescryError(
          'photo-unsupported',
          'The file is a TIFF with ZSTD compression, which this version of Descry cannot open.',
        );
      }
      return zlib.zstdDecompressSync(part, { maxOutputLength: most });
    case webp: {
      const image = loadSharp()(part, { failOn: 'error', limitInputPixels: Math.max(1, most) });
      // copied: the WebAssembly build returns a view of its shared memory
      return Buffer.from(await image.raw().toBuffer());
    }
    default:
      throw new RangeError(`compression ${compression}`);
  }
}

/** In the byte order of the first file, because the samples are in it, too. */
function writeTiff(reader: TiffReader, directory: Directory, parts: readonly Buffer[], tiled: boolean): Buffer {
  const { littleEndian, bytes } = reader;
  // A predictor is undone by the decompressor only, so there must be one.
  const predicted = (reader.number(directory, tags.predictor) ?? 1) !== 1;
  const data = predicted ? parts.map((part) => zlib.deflateSync(part, { level: 1 })) : parts;
  const rows: { tag: number; type: number; count: number; value: Buffer }[] = [];
  const numbers = (tag: number, type: 3 | 4, values: readonly number[]) => {
    const value = Buffer.alloc(values.length * (type === 3 ? 2 : 4));
    values.forEach((number, index) => put(value, index * (type === 3 ? 2 : 4), type, number));
    rows.push({ tag, type, count: values.length, value });
  };
  const put = (target: Buffer, at: number, type: 3 | 4, number: number) => {
    const bytes = type === 3 ? 2 : 4;
    if (littleEndian) target.writeUIntLE(number, at, bytes);
    else target.writeUIntBE(number, at, bytes);
  };
  for (const [tag, entry] of directory.entries) {
    if (!kept.has(tag) || entry.type > 12) continue;
    const value = bytes.subarray(entry.at, entry.at + entry.bytes);
    rows.push({ tag, type: entry.type, count: entry.count, value });
  }
  numbers(tags.compression, 3, [predicted ? deflate : uncompressed]);
  const places: number[] = [];
  let at = 8;
  for (const part of data) {
    places.push(at);
    at += part.length;
  }
  numbers(tiled ? tags.tileOffsets : tags.stripOffsets, 4, places);
  numbers(tiled ? tags.tileByteCounts : tags.stripByteCounts, 4, data.map(({ length }) => length)); // prettier-ignore
  rows.sort((a, b) => a.tag - b.tag);

  const directoryAt = at + (at & 1);
  const table = Buffer.alloc(2 + rows.length * 12 + 4);
  put(table, 0, 3, rows.length);
  const values: Buffer[] = [];
  let valueAt = directoryAt + table.length;
  rows.forEach(({ tag, type, count, value }, index) => {
    const row = 2 + index * 12;
    put(table, row, 3, tag);
    put(table, row + 2, 3, type);
    put(table, row + 4, 4, count);
    if (value.length <= 4) table.set(value, row + 8);
    else {
      put(table, row + 8, 4, valueAt);
      values.push(value, Buffer.alloc(value.length & 1));
      valueAt += value.length + (value.length & 1);
    }
  });
  const head = Buffer.alloc(8);
  head.write(littleEndian ? 'II' : 'MM', 'latin1');
  put(head, 2, 3, 42);
  put(head, 4, 4, directoryAt);
  return Buffer.concat([head, ...data, Buffer.alloc(at & 1), table, ...values]);
}
