/**
 * Safetensors: the file format of our models (8 bytes header length, JSON header, raw little-endian tensors).
 *
 * Chosen because it is a common format for weights, contains no code, and has a specification of one page.
 */
import { z } from 'zod';
import { fromByteRows, largestByte, toByteRows, type ByteRows } from './byte-rows.ts';
import { fromHalf, toHalf } from './half.ts';
import { openRegularFile } from './regular-file.ts';

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /** whether all numbers are finite, where that is known without making them */
  readonly isFinite?: boolean;
  /** Only these rows of a matrix, [chosen, columns]; absent: they are not made faster than all. */
  rows?(chosen: readonly number[]): Float32Array;
}

/** A matrix of a file in 8 bits. Its numbers are made when they are asked for, and again where nobody has kept them. */
class ByteTensor implements Tensor {
  readonly shape: readonly number[];
  readonly isFinite: boolean;
  readonly #rows: ByteRows;
  #numbers: WeakRef<Float32Array> | undefined;

  constructor(shape: readonly number[], rows: ByteRows) {
    this.shape = shape;
    this.#rows = rows;
    this.isFinite = rows.scales.every((scale) => Number.isFinite(Math.fround(scale * largestByte)));
  }

  rows(chosen: readonly number[]): Float32Array {
    return fromByteRows(this.#rows, chosen);
  }

  get data(): Float32Array {
    const kept = this.#numbers?.deref();
    if (kept) return kept;
    const numbers = fromByteRows(this.#rows);
    this.#numbers = new WeakRef(numbers);
    return numbers;
  }
}

export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Bytes of a number. Tensors are written in this order, largest numbers first, so that each tensor is aligned. */
const numberBytes = { F32: 4, F16: 2, I8: 1 } as const;

/** `I8`: matrices as integers, with the scales of their rows as the tensor `<name>.scale`; other tensors stay F32. */
export type Precision = keyof typeof numberBytes;

const tensorHeader = z.object({
  dtype: z.enum(['F32', 'F16', 'I8']),
  shape: z.array(z.int().min(0)).max(8),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const metadataHeader = z.record(z.string(), z.string());

/** A larger file is not read as a model. The built-in model has 47 MB. */
export const largestModelBytes = 2 ** 30;

/** The format allows 100 MB for the header; ours has the words of a model, and below 1 MB. */
const headerLimit = 16 * 1024 * 1024;
const mostTensors = 10_000;
const longestName = 256;

/**
 * @param precision F16 halves the file; numbers up to 65,504 are kept to 11 significant bits. I8 quarters it; numbers are
 * kept to 1/254 of the largest in their row
 * @throws RangeError when a matrix for I8 holds a number that is not finite
 */
export function encodeSafetensors(
  file: SafetensorsFile,
  precision: Precision | ((tensor: Tensor) => Precision),
): Uint8Array {
  const stored = new Map<string, StoredTensor>();
  for (const [name, tensor] of file.tensors) {
    const wanted = typeof precision === 'string' ? precision : precision(tensor);
    for (const [key, part] of storedTensors(name, tensor, wanted)) {
      if (stored.has(key)) throw new RangeError(`two tensors would be called ${key}`);
      stored.set(key, part);
    }
  }
  // The header lists the tensors in the given order, whatever their order in the file.
  const header: Record<string, unknown> = { __metadata__: file.metadata };
  for (const name of stored.keys()) header[name] = undefined;
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const order of Object.keys(numberBytes)) {
    for (const [name, { dtype, shape, bytes }] of stored) {
      if (dtype !== order) continue;
      header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
      parts.push(bytes);
      offset += bytes.length;
    }
  }
  const json = Buffer.from(JSON.stringify(header));
  // The tensors start at a multiple of eight, so that a reader may map them in place.
  const headerLength = Math.ceil(json.length / 8) * 8;
  const start = Buffer.alloc(8 + headerLength, ' ');
  start.writeBigUInt64LE(BigInt(headerLength), 0);
  json.copy(start, 8);
  return Buffer.concat([start, ...parts]);
}

interface StoredTensor {
  readonly dtype: Precision;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

function storedTensors(name: string, { shape, data }: Tensor, precision: Precision): [string, StoredTensor][] {
  const stored = (dtype: Precision, of: readonly number[], { buffer, byteOffset, byteLength }: ArrayBufferView) => ({
    dtype,
    shape: of,
    bytes: new Uint8Array(buffer, byteOffset, byteLength),
  });
  if (precision === 'F16') return [[name, stored('F16', shape, toHalf(data))]];
  if (precision === 'F32' || shape.length !== 2) return [[name, stored('F32', shape, data)]];
  const { integers, scales } = toByteRows(data, shape[0]!);
  return [
    [name, stored('I8', shape, integers)],
    [scaleName(name), stored('F32', [shape[0]!], scales)],
  ];
}

const scaleName = (matrix: string) => `${matrix}.scale`;

/**
 * Matrices of integers are returned multiplied by the scales of their rows; the scales are not returned as tensors.
 *
 * @throws RangeError or a parse error when the bytes are not a safetensors file, with the reason
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  if (bytes.length < 8) throw new RangeError('the file is too short');
  const headerLength = checkedHeaderLength(bytes, bytes.length);
  const { metadata, entries } = parseHeader(bytes.subarray(8, 8 + headerLength));
  const body = bytes.subarray(8 + headerLength);
  // Tensors do not share bytes, so their sum is no larger than the file: a small file cannot allocate much memory.
  let claimed = 0;
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(entries)) {
    const [from, to] = data_offsets;
    const extent = shape.reduce((product, n) => product * n, 1);
    claimed += to - from;
    if (to > body.length || claimed > body.length || to - from !== extent * numberBytes[dtype]) {
      throw new RangeError(`the tensor ${name} does not match its place in the file`);
    }
  }
  const tensors = new Map<string, Tensor>();
  const scalesOfMatrices = new Set<string>();
  for (const [name, entry] of Object.entries(entries)) {
    if (entry.dtype === 'I8') scalesOfMatrices.add(scaleName(name));
    tensors.set(name, tensorOf(name, entries, body));
  }
  for (const name of scalesOfMatrices) tensors.delete(name);
  return { metadata, tensors };
}

/** A tensor whose place in the file was checked. */
function tensorOf(name: string, entries: Header['entries'], body: Uint8Array): Tensor {
  const { dtype, shape, data_offsets } = entries[name]!;
  // Copied, because a tensor must start at a multiple of its number size (Buffer.slice would not copy), and so that the whole file
  // need not stay in memory.
  const own = new Uint8Array(body.subarray(...data_offsets)).buffer;
  if (dtype === 'I8') {
    return new ByteTensor(shape, { integers: new Int8Array(own), scales: rowScales(name, shape, entries, body) });
  }
  return { shape, data: dtype === 'F16' ? fromHalf(new Uint16Array(own)) : new Float32Array(own) };
}

function rowScales(matrix: string, shape: readonly number[], entries: Header['entries'], body: Uint8Array) {
  const name = scaleName(matrix);
  const entry = entries[name];
  if (shape.length !== 2) throw new RangeError(`the tensor ${matrix} holds integers, but is not a matrix`);
  if (!entry) throw new RangeError(`the tensor ${name} is missing`);
  if (entry.dtype !== 'F32' || entry.shape.length !== 1 || entry.shape[0] !== shape[0]) {
    throw new RangeError(`the tensor ${name} does not hold one scale for each row of ${matrix}`);
  }
  const scales = tensorOf(name, entries, body).data;
  if (!scales.every(Number.isFinite))
    throw new RangeError(`the tensor ${name} holds a value that is not a finite number`);
  return scales;
}

interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  readonly entries: Readonly<Record<string, z.infer<typeof tensorHeader>>>;
}

function parseHeader(bytes: Uint8Array): Header {
  const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
  const { __metadata__: metadata = {}, ...entries } = z.record(z.string(), z.unknown()).parse(json);
  const names = Object.keys(entries);
  if (names.length > mostTensors) throw new RangeError(`it has ${names.length} tensors, more than ${mostTensors}`);
  if (names.some((name) => name.length > longestName)) {
    throw new RangeError(`the name of a tensor is longer than ${longestName} characters`);
  }
  return { metadata: metadataHeader.parse(metadata), entries: z.record(z.string(), tensorHeader).parse(entries) };
}

/**
 * The metadata alone, without reading the tensors.
 *
 * @throws RangeError or a parse error when the file is not a safetensors file
 */
export async function readSafetensorsMetadata(file: string): Promise<Readonly<Record<string, string>>> {
  const { handle, found } = await openRegularFile(file);
  try {
    const { size } = found;
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
  if (8 + length > fileBytes) throw new RangeError('the header is longer than the file');
  if (length > headerLimit) throw new RangeError(`the header has ${length} bytes, more than ${headerLimit}`);
  return length;
}
