/** Small arithmetic on row-major matrices, [rows, width]. */

/**
 * Inner products of rows, computed by an engine (`Engine.similarities`).
 *
 * @param rows [n, width]
 * @param columns [m, width]
 * @returns rows · columnsᵀ, [n, m]
 */
export type RowProducts = (rows: Float32Array, columns: Float32Array, width: number) => Promise<Float32Array>;

/** @throws RangeError with `name` where `data` is not [rows, columns] or has no row */
export function checkMatrix(name: string, data: ArrayLike<number>, rows: number, columns: number): void {
  if (data.length !== rows * columns || rows < 1) {
    throw new RangeError(`${name} must be [${rows}, ${columns}], but has ${data.length} elements`);
  }
}

/** @returns a copy of the chosen rows, in the order of `chosen` */
export function gatherRows(rows: Float32Array, chosen: Int32Array, width: number): Float32Array {
  const result = new Float32Array(chosen.length * width);
  chosen.forEach((row, i) => result.set(rows.subarray(row * width, (row + 1) * width), i * width));
  return result;
}

/**
 * @param parts each [count, its own width]
 * @returns [count, sum of the widths]
 */
export function sideBySide(parts: readonly Float32Array[], count: number): Float32Array {
  const widths = parts.map((part) => part.length / count);
  const width = widths.reduce((sum, own) => sum + own, 0);
  const out = new Float32Array(count * width);
  for (let row = 0, to = 0; row < count; row++) {
    parts.forEach((part, p) => {
      const own = widths[p]!;
      out.set(part.subarray(row * own, (row + 1) * own), to);
      to += own;
    });
  }
  return out;
}

/** @returns [width], in double precision */
export function columnMeans(rows: Float32Array, width: number): Float64Array {
  const sums = new Float64Array(width);
  for (let at = 0; at < rows.length;) for (let i = 0; i < width; i++, at++) sums[i]! += rows[at]!;
  return sums.map((sum) => sum / (rows.length / width));
}

/** In place, element by element. */
export function add(sum: Float32Array, term: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += term[i]!;
}

/** In place, element by element. */
export function subtract(from: Float32Array, term: Float32Array): void {
  for (let i = 0; i < from.length; i++) from[i]! -= term[i]!;
}

/** Divides a row by its L2 norm, in place; zeros stay zeros. */
export function toUnit(row: Float32Array): Float32Array {
  let squares = 0;
  for (const value of row) squares += value ** 2;
  const norm = Math.sqrt(squares) || 1;
  for (let i = 0; i < row.length; i++) row[i]! /= norm;
  return row;
}
