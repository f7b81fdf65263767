/**
 * Safetensors: the file format of our models (8 bytes header length, JSON header, raw little-endian tensors).
 *
 * Chosen because it is what the field exchanges weights in, holds no code, and is described in one page.
 */
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { fromHalf, toHalf } from './half.ts';

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

const tensorHeader = z.object({
  dtype: z.enum(['F16', 'F32']),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const metadataHeader = z.record(z.string(), z.string());

/** The format's own limit: a header beyond it is a hostile file. */
const headerLimit = 100 * 1024 * 1024;

/** @param precision F16 halves the file; numbers up to 65,504 are kept to 11 significant bits */
export function encodeSafetensors(
  file: SafetensorsFile,
  precision: 'F16' | 'F32' | ((tensor: Tensor) => 'F16' | 'F32'),
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: file.metadata };
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, tensor] of file.tensors) {
    const { shape, data } = tensor;
    const dtype = typeof precision === 'string' ? precision : precision(tensor);
    const stored = dtype === 'F16' ? toHalf(data) : data;
    const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    parts.push(bytes);
    offset += bytes.length;
  }
  const json = Buffer.from(JSON.stringify(header));
  // The tensors start at a multiple of eight, so that a reader may map them in place.
  const headerLength = Math.ceil(json.length / 8) * 8;
  const start = Buffer.alloc(8 + headerLength, ' ');
  start.writeBigUInt64LE(BigInt(headerLength), 0);
  json.copy(start, 8);
  return Buffer.concat([start, ...parts]);
}

/** @throws RangeError or a parse error when the bytes are no safetensors file, with what is wrong */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  if (bytes.length < 8) throw new RangeError('the file is too short');
  const headerLength = checkedHeaderLength(bytes, bytes.length);
  const { metadata, entries } = parseHeader(bytes.subarray(8, 8 + headerLength));
  const body = bytes.subarray(8 + headerLength);
  // Tensors do not share bytes, so together they are no larger than the file: a small file cannot ask for much memory.
  let claimed = 0;
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets } = entry;
    const [from, to] = data_offsets;
    const extent = shape.reduce((product, n) => product * n, 1);
    claimed += to - from;
    if (to > body.length || claimed > body.length || to - from !== extent * (dtype === 'F16' ? 2 : 4)) {
      throw new RangeError(`the tensor ${name} does not fit its place in the file`);
    }
    // Copied, because a tensor must start at a multiple of its number size (Buffer.slice would not copy).
    const own = new Uint8Array(body.subarray(from, to)).buffer;
    tensors.set(name, { shape, data: dtype === 'F16' ? fromHalf(new Uint16Array(own)) : new Float32Array(own) });
  }
  return { metadata, tensors };
}

interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  readonly entries: Readonly<Record<string, z.infer<typeof tensorHeader>>>;
}

function parseHeader(bytes: Uint8Array): Header {
  const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
  const { __metadata__: metadata = {}, ...entries } = z.record(z.string(), z.unknown()).parse(json);
  return { metadata: metadataHeader.parse(metadata), entries: z.record(z.string(), tensorHeader).parse(entries) };
}

/**
 * The metadata alone, without reading the tensors.
 *
 * @throws RangeError or a parse error when the file is no safetensors file
 */
export async function readSafetensorsMetadata(file: string): Promise<Readonly<Record<string, string>>> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const length = Buffer.alloc(8);
    if (size < 8) throw new RangeError('the file is too short');
    await handle.read(length, 0, 8, 0);
    const header = Buffer.alloc(checkedHeaderLength(length, size));
    await handle.read(header, 0, header.length, 8);
    return parseHeader(header).metadata;
  } finally {
    await handle.close();
  }
}

function checkedHeaderLength(start: Uint8Array, fileBytes: number): number {
  const length = Number(new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true));
  if (length > headerLimit || 8 + length > fileBytes) throw new RangeError('the header is longer than the file');
  return length;
}
