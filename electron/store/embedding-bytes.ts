/**
 * Embeddings in 8 bits: integers from −127 to 127 and a scale. A library of 1,000,000 photos has 704 MB of them, in the database
 * and in memory; what it costs in recall is in docs/search.md.
 *
 * The scale is 2^(−level/2) / 127, so that it is a small number, the level, and that the rows of one level can be compared by their
 * integers alone (services/search/search-matrix.ts). A row of finer scale has at most 1.42 times its rounding error.
 *
 * What earlier versions stored, in half precision, is rounded to the same 8 bits when it is read: the same library is searched in
 * the same way whether its rows have been stored anew or not.
 */
import { fromHalf, halvesOf } from '../../models/files/half.ts';
import { isEmbeddingNorm, squaredNorm } from './sound-numbers.ts';

/** Levels 0 to 63: largest numbers from 1 to 3 × 10⁻¹⁰. */
export const levels = 64;
const largest = 127;
/** Marks a row with a byte more, so that every row has an odd number of bytes, and one in half precision an even number. */
const hasPadding = 0x80;

/** The largest number of each level. Powers of two and one constant: the same on every computer. */
const largestOf = Float64Array.from(
  { length: levels },
  (_, level) => 2 ** -Math.floor(level / 2) * (level % 2 === 0 ? 1 : Math.SQRT1_2),
);
/** What the integers of a level are multiplied by. */
export const scaleOf = largestOf.map((value) => value / largest);

/**
 * Rounds an embedding.
 *
 * @param values [dimensions]
 * @param out [dimensions or more] from `at` on: filled with the integers
 * @returns the level
 */
export function roundEmbedding(values: Float32Array, out: Int8Array, at = 0): number {
  let extreme = 0;
  for (let i = 0; i < values.length; i++) extreme = Math.max(extreme, Math.abs(values[i]!));
  let level = 0;
  while (level < levels - 1 && largestOf[level + 1]! >= extreme) level++;
  const factor = largest / largestOf[level]!;
  for (let i = 0; i < values.length; i++) {
    // an embedding can be longer than 1 by a rounding error
    out[at + i] = Math.max(-largest, Math.min(largest, Math.floor(values[i]! * factor + 0.5)));
  }
  return level;
}

/** As it is stored: the level, and the integers. @param values [dimensions] */
export function storedEmbedding(values: Float32Array): Buffer {
  const isPadded = values.length % 2 === 1;
  const bytes = Buffer.alloc(1 + values.length + (isPadded ? 1 : 0));
  const level = roundEmbedding(values, new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length), 1);
  bytes[0] = level | (isPadded ? hasPadding : 0);
  return bytes;
}

/** Whether the row was stored in 8 bits. */
export const isInBytes = (data: Uint8Array): boolean => data.length % 2 === 1;

/** How many numbers a stored row has. */
export function storedDimensions(data: Uint8Array): number {
  if (!isInBytes(data)) return data.length / 2;
  return data.length - (data[0]! & hasPadding ? 2 : 1);
}

/** Reads stored rows of either kind, one after the other. */
export class EmbeddingReader {
  readonly #dimensions: number;
  readonly #rounded: Int8Array;
  /** of the row that was read last; only valid until the next one is read */
  integers: Int8Array;

  constructor(dimensions: number) {
    this.#dimensions = dimensions;
    this.#rounded = new Int8Array(dimensions);
    this.integers = this.#rounded;
  }

  /** @returns the level; undefined where the row has other dimensions, or is damaged (`isEmbeddingNorm`) */
  read(data: unknown): number | undefined {
    if (!Buffer.isBuffer(data) || data.length === 0 || storedDimensions(data) !== this.#dimensions) return undefined;
    if (!isInBytes(data)) return this.#round(data);
    const level = data[0]! & ~hasPadding;
    if (level >= levels) return undefined;
    this.integers = new Int8Array(data.buffer, data.byteOffset + 1, this.#dimensions);
    return this.#checked(level);
  }

  #round(data: Buffer): number | undefined {
    const values = fromHalf(halvesOf(data)!);
    if (!isEmbeddingNorm(squaredNorm(values))) return undefined;
    this.integers = this.#rounded;
    return this.#checked(roundEmbedding(values, this.#rounded));
  }

  #checked(level: number): number | undefined {
    const { integers } = this;
    // whole numbers, in two sums, so that an addition does not wait for the one before it
    let [even, odd] = [0, 0];
    const end = integers.length & ~1;
    for (let i = 0; i < end; i += 2) {
      even = (even + integers[i]! * integers[i]!) | 0;
      odd = (odd + integers[i + 1]! * integers[i + 1]!) | 0;
    }
    if (end < integers.length) even += integers[end]! * integers[end]!;
    return isEmbeddingNorm((even + odd) * scaleOf[level]! ** 2) ? level : undefined;
  }
}

/** @returns the numbers of a row: integers times the scale of their level */
export function embeddingOf(integers: Int8Array, level: number): Float32Array<ArrayBuffer> {
  const scale = scaleOf[level]!;
  const values = new Float32Array(integers.length);
  for (let i = 0; i < integers.length; i++) values[i] = integers[i]! * scale;
  return values;
}

/** @returns the embedding as it is read after it was stored */
export function rounded(values: Float32Array): Float32Array<ArrayBuffer> {
  const integers = new Int8Array(values.length);
  const level = roundEmbedding(values, integers);
  return embeddingOf(integers, level);
}
