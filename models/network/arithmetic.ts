/**
 * The operations in which a branch, the losses and the update are written, once for both engines. Two back ends implement
 * them: nodes of an ONNX graph (`onnx-arithmetic.ts`), which compute nothing yet, and tensors of TensorFlow.js
 * (`models/engine/tensorflow-arithmetic.ts`), which compute at once and record what a gradient needs.
 *
 * `V` is a value of the back end. Matrices are [rows, columns] in float32; operands of one row or one column are broadcast.
 * `…OverRows` reduces to [1, columns], `…OverColumns` to [rows, 1]. A condition is a value of booleans.
 */
export interface Arithmetic<V> {
  number(value: number): V;
  add(a: V, b: V): V;
  subtract(a: V, b: V): V;
  /** element by element */
  multiply(a: V, b: V): V;
  divide(a: V, b: V): V;
  scale(a: V, factor: number): V;
  shift(a: V, offset: number): V;
  relu(a: V): V;
  sqrt(a: V): V;
  exp(a: V): V;
  log(a: V): V;
  /** 1/a */
  reciprocal(a: V): V;
  /** the larger of each element and a number */
  atLeast(a: V, least: number): V;
  /** of each row */
  softmax(a: V): V;
  /** log(softmax), of each row or of each column */
  logSoftmax(a: V, of: 'rows' | 'columns'): V;
  /** a · b */
  product(a: V, b: V): V;
  /** aᵀ · b */
  productOfTransposed(a: V, b: V): V;
  /** factor · a · bᵀ; the factor is 1 where it is not given */
  productWithTransposed(a: V, b: V, factor?: number): V;
  /** a · weight + bias, with a bias of [columns of the weight] */
  affine(a: V, weight: V, bias: V): V;
  sumOverRows(a: V): V;
  sumOverColumns(a: V): V;
  /** a scalar */
  sumOfAll(a: V): V;
  meanOverRows(a: V): V;
  meanOverColumns(a: V): V;
  /** [1, width] → [width] */
  vector(row: V): V;
  /** the number of rows or of columns as one float32 */
  rowCount(a: V): V;
  columnCount(a: V): V;
  toFloat(a: V): V;
  /** 1 where a condition holds, else 0 */
  indicator(condition: V): V;
  positive(a: V): V;
  not(condition: V): V;
  /** `a` where the condition holds, else `b` */
  where(condition: V, a: V, b: V): V;
  /** @param labels int32 [n] @returns the condition [n, n] that two labels are equal */
  equalPairs(labels: V): V;
  /** @param a any value of n rows @returns the condition [n, n] that row and column are the same */
  diagonal(a: V): V;
  /** @returns the `count` largest elements of each row, or all of a shorter one, in no particular order */
  largest(a: V, count: number): Largest<V>;
}

export interface Largest<V> {
  /** [rows, count] */
  readonly values: V;
  /** Puts `amounts` [rows, count] at the positions of the values. @returns [rows, columns], zero elsewhere */
  place(amounts: V): V;
}
