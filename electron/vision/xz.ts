/**
 * Decompresses an .xz stream, as libtiff writes one for each strip of a TIFF (tif_lzma.c), by XZ Embedded (xz-decompress).
 *
 * libtiff puts a delta filter before LZMA2, which XZ Embedded lacks: the filter is taken out of the header of the block, and
 * undone here (The .xz File Format 1.2.1, sections 3.1 and 5.3.3).
 */
import xz from 'xz-decompress';

const [deltaFilter, lzma2Filter] = [0x03, 0x21];
const blockAt = 12;

/**
 * @param most bytes that it may hold
 * @throws RangeError when it is damaged or holds more
 */
export async function unxz(stream: Buffer, most: number): Promise<Buffer> {
  const { source, distance } = withoutDelta(stream);
  const reader = new xz.XzReadableStream(inOnePiece(source)).getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  // The decoder returns nothing again and again when the stream ends too early.
  for (let empty = 0; empty < 16;) {
    const { done, value } = await reader.read();
    if (done) return undelta(Buffer.concat(pieces, length), distance);
    empty = value.length === 0 ? empty + 1 : 0;
    pieces.push(value);
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new RangeError('a strip holds more than its size');
    }
  }
  await reader.cancel();
  throw new RangeError('unexpected end of LZMA data');
}

const inOnePiece = (source: Buffer) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(source);
    },
    pull(controller) {
      controller.enqueue(new Uint8Array());
    },
  });

/** The same stream whose first block has LZMA2 only. The header keeps its size, because the stream's index has it. */
function withoutDelta(stream: Buffer): { source: Buffer; distance: number } {
  const size = (stream[blockAt]! + 1) * 4;
  const header = stream.subarray(blockAt, blockAt + size);
  // two filters, no sizes
  if (
    header.length < 12 ||
    header[1] !== 1 ||
    header[2] !== deltaFilter ||
    header[3] !== 1 ||
    header[5] !== lzma2Filter
  ) {
    return { source: stream, distance: 0 };
  }
  const changed = Buffer.alloc(size);
  changed.set([header[0]!, 0, lzma2Filter, 1, header[7]!]);
  changed.writeUInt32LE(crc32(changed.subarray(0, size - 4)), size - 4);
  const source = Buffer.concat([stream.subarray(0, blockAt), changed, stream.subarray(blockAt + size)]);
  return { source, distance: header[4]! + 1 };
}

function undelta(data: Buffer, distance: number): Buffer {
  if (distance > 0) for (let i = distance; i < data.length; i++) data[i] = data[i]! + data[i - distance]!;
  return data;
}

/** zlib has it from Node 22 on only. */
function crc32(bytes: Buffer): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ -1) >>> 0;
}
