/**
 * Matrices in 8 bits: each row is stored as integers −127 … 127 and a scale, a quarter of the size of full precision.
 *
 * Each row has its own scale, because rows differ more than the numbers within a row: the weights of a rare word are small.
 */

export interface ByteRows {
  /** [rows, columns] */
  readonly integers: Int8Array;
  /** [rows]: value = integer · scale */
  readonly scales: Float32Array;
}

/** The largest integer. */
export const largestByte = 127;

/** In full precision, where the largest integer times the scale must be a number, too: rounded up it may be infinite. */
function scaleOf(extreme: number): number {
  const scale = Math.fround(extreme / largestByte);
  return Number.isFinite(Math.fround(largestByte * scale)) ? scale : Math.fround(scale * (1 - 2 ** -23));
}

/**
 * Rounds to nearest: off by at most half a scale.
 *
 * @param values [rows, columns]
 * @param rows their number
 * @throws RangeError when a value is not finite
 */
export function toByteRows(values: Float32Array, rows: number): ByteRows {
  const columns = rows === 0 ? 0 : values.length / rows;
  const integers = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  for (let row = 0, start = 0; row < rows; row++, start += columns) {
    const end = start + columns;
    let extreme = 0;
    let sum = 0;
    for (let i = start; i < end; i++) {
      const value = values[i]!;
      const magnitude = value < 0 ? -value : value;
      if (magnitude > extreme) extreme = magnitude;
      sum += value * 0; // 0 · ∞ and 0 · NaN are NaN
    }
    if (sum !== 0) throw new RangeError('a number that is not finite cannot be stored in 8 bits');
    const scale = (scales[row] = scaleOf(extreme));
    if (scale === 0) continue; // zeros, or numbers that round to zero
    for (let i = start; i < end; i++) {
      // If the scale is subnormal, its rounding error can make the quotient larger than the largest integer.
      integers[i] = Math.max(-largestByte, Math.min(largestByte, Math.round(values[i]! / scale)));
    }
  }
  return { integers, scales };
}

/**
 * @param chosen rows in the order of the result; absent: all
 * @returns [rows, columns]
 */
export function fromByteRows({ integers, scales }: ByteRows, chosen?: readonly number[]): Float32Array {
  const columns = scales.length === 0 ? 0 : integers.length / scales.length;
  const rows = chosen?.length ?? scales.length;
  const values = new Float32Array(rows * columns);
  for (let i = 0, to = 0; i < rows; i++) {
    const row = chosen ? chosen[i]! : i;
    const scale = scales[row]!;
    for (let from = row * columns; from < (row + 1) * columns; from++, to++) values[to] = integers[from]! * scale;
  }
  return values;
}
