/** Size of a tile that fits the cache: a plain double loop reads or writes one number per cache line, six times as slow. */
const tile = 32;

/**
 * @param matrix [rows, columns]
 * @returns a copy, [columns, rows]
 */
export function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let top = 0; top < rows; top += tile) {
    const bottom = Math.min(top + tile, rows);
    for (let left = 0; left < columns; left += tile) {
      const right = Math.min(left + tile, columns);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          result[column * rows + row] = matrix[row * columns + column]!;
        }
      }
    }
  }
  return result;
}
