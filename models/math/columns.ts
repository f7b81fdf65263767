/** The words that a batch uses: the columns of a bag-of-words matrix that are not zero in every row. */
export interface UsedColumns {
  /** [rows, k], these columns side by side */
  readonly data: Float32Array;
  /** [k], ascending; never empty, because not every engine multiplies empty matrices */
  readonly columns: BigInt64Array;
}

/** @param matrix [rows, width] */
export function usedColumns(matrix: Float32Array, rows: number, width: number): UsedColumns {
  const used = new Uint8Array(width);
  for (let i = 0; i < matrix.length;) {
    for (let column = 0; column < width; column++, i++) if (matrix[i] !== 0) used[column] = 1;
  }
  const kept: number[] = [];
  used.forEach((yes, column) => yes && kept.push(column));
  if (kept.length === 0) kept.push(0);
  const data = new Float32Array(rows * kept.length);
  let to = 0;
  for (let row = 0; row < rows; row++) {
    for (const column of kept) data[to++] = matrix[row * width + column]!;
  }
  return { data, columns: BigInt64Array.from(kept, BigInt) };
}
