/**
 * Features in about 1,820 bytes instead of 8,192 in half precision, for the library's database.
 *
 * Of a convolutional network's last map a feature has averages, and then as many standard deviations over its positions; after
 * a ReLU none is negative, most are small, and a channel's deviation follows from its average to a good part. So the numbers
 * are rounded in equal steps of their power of 0.75 (small numbers finer than large ones); of a deviation only how many steps
 * it lies from the expected one is stored; and the steps, mostly small, are stored with Huffman's code (zlib). Other
 * numbers that are not negative are stored as exactly, but in more bytes.
 *
 * What that costs in recall, and the other forms that were tried, is in docs/experiments.md. With steps of 0.25 the
 * comparison of near-duplicates, which weighs small numbers more, lost pairs (cosine 0.980 at least); with 0.1 it is 0.997 at least, and
 * two rows still fit a page of 4,096 bytes.
 */
import { packBytes, unpackBytes } from './packed-bytes.ts';

/** Numbers are rounded in their power of this. */
const power = 0.75;
/** In units of the quadratic mean of the powers. */
const step = 0.1;
/** A deviation's power as it is expected of its channel's average: factor · average^exponent, fitted to 1,000 photos. */
const expected = { factor: 1.75, exponent: 0.72 } as const;
const mostSteps = 255;
/** Fewer numbers would take hardly less space than in half precision. */
const fewest = 64;
const unitBytes = Float32Array.BYTES_PER_ELEMENT;
/** A damaged or foreign row must not fill the memory. */
const mostNumbers = 2 ** 20;

const numberOfSteps = Float32Array.from({ length: mostSteps + 1 }, (_, steps) => steps ** (1 / power));
const expectedSteps = Uint8Array.from({ length: mostSteps + 1 }, (_, steps) =>
  Math.min(mostSteps, Math.round((expected.factor * (steps * step) ** expected.exponent) / step)),
);

/** Of a byte: 0, −1, 1, −2, … as 0, 1, 2, 3, …, so that small differences have the codes of small numbers. */
const folded = Uint8Array.from({ length: 256 }, (_, byte) => (byte < 128 ? 2 * byte : 2 * (256 - byte) - 1));
const unfolded = new Uint8Array(256);
folded.forEach((to, from) => (unfolded[to] = from));

/**
 * @param values averages, and as many deviations
 * @returns undefined where the form is not made for them: few numbers, an odd count, one that is negative or not finite, all
 * zero, or one that is much greater than the rest
 */
export function packFeature(values: Float32Array): Uint8Array | undefined {
  const half = values.length / 2;
  if (values.length < fewest || values.length > mostNumbers || !Number.isInteger(half)) return undefined;
  const powers = new Float64Array(values.length);
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= 0)) return undefined;
    // value ** 0.75, in a tenth of the time
    const root = Math.sqrt(value);
    const own = (powers[i] = root * Math.sqrt(root));
    squares += own * own;
  }
  const unit = step * Math.sqrt(squares / values.length);
  const unitValue = Math.fround(unit ** (1 / power));
  if (!isUnit(unitValue)) return undefined;
  const stepsOf = (i: number) => Math.floor(powers[i]! / unit + 0.5);
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < half; i++) {
    const average = stepsOf(i);
    const deviation = stepsOf(half + i);
    if (average > mostSteps || deviation > mostSteps) return undefined;
    bytes[i] = average;
    bytes[half + i] = folded[(deviation - expectedSteps[average]!) & 255]!;
  }
  const coded = packBytes(bytes);
  const packed = new Uint8Array(unitBytes + coded.length);
  new DataView(packed.buffer).setFloat32(0, unitValue, true);
  packed.set(coded, unitBytes);
  return packed;
}

/** @returns undefined where the bytes are damaged: zlib's checksum is wrong, or the unit is no size of a number */
export function unpackFeature(packed: Uint8Array): Float32Array<ArrayBuffer> | undefined {
  const bytes = codedBytes(packed);
  if (!bytes) return undefined;
  const values = new Float32Array(bytes.length);
  return fill(packed, bytes, values) ? values : undefined;
}

/**
 * As `unpackFeature`, into a row of a matrix.
 * @param out filled; its length is the feature's
 * @returns false where the bytes are damaged or have another count of numbers; `out` is not defined then
 */
export function unpackFeatureInto(packed: Uint8Array, out: Float32Array): boolean {
  const bytes = codedBytes(packed);
  return bytes?.length === out.length && fill(packed, bytes, out);
}

/** Whether it gives numbers: not zero, and none is infinite. */
const isUnit = (unit: number) => unit > 0 && Number.isFinite(Math.fround(numberOfSteps[mostSteps]! * unit));

const codedBytes = (packed: Uint8Array) =>
  packed.length <= unitBytes ? undefined : unpackBytes(packed.subarray(unitBytes), mostNumbers);

function fill(packed: Uint8Array, bytes: Uint8Array, out: Float32Array): boolean {
  const unit = new DataView(packed.buffer, packed.byteOffset, packed.byteLength).getFloat32(0, true);
  if (!isUnit(unit) || bytes.length % 2 !== 0) return false;
  // Of this row only: a multiplication for each number less.
  const numbers = numberOfSteps.map((value) => value * unit);
  const half = bytes.length / 2;
  for (let i = 0; i < half; i++) {
    const average = bytes[i]!;
    out[i] = numbers[average]!;
    out[half + i] = numbers[(expectedSteps[average]! + unfolded[bytes[half + i]!]!) & 255]!;
  }
  return true;
}
