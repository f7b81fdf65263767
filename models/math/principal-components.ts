/**
 * The subspace of greatest variance, by randomised subspace iteration (Halko, Martinsson & Tropp 2011, algorithm 4.4):
 * random directions are repeatedly multiplied by the covariance and made orthonormal, and converge to it. It reduces the
 * features for a kernel machine, which depends only on distances within the subspace.
 */
import { Matrix, QrDecomposition } from 'ml-matrix';
import type { Random } from './random.ts';
import { add, columnMeans, subtract, type RowProducts } from './rows.ts';
import { transposed } from './transposed.ts';

/**
 * Multiplications by the covariance. Of the variance of ResNet50's features (6,091 photos, 4,096 numbers) 1,024
 * components catch 93.8 % after two, 94.1 % after three, and the exact ones 94.4 %.
 */
const iterations = 3;

/** Rows that are centred and transposed at once. */
const chunk = 4096;

/** Directions that are made orthonormal in double precision at once: with 64 it takes 1.5 times as long. */
const panel = 32;

/**
 * @param rows [n, dimensions]
 * @param count of components
 * @returns an orthonormal basis [dimensions, count] of approximately the subspace of greatest variance; its vectors are not
 * eigenvectors and have no particular order
 * @throws RangeError unless 0 < count < min(dimensions, n)
 */
export async function principalComponents(
  products: RowProducts,
  rows: Float32Array,
  dimensions: number,
  count: number,
  random: Random,
): Promise<Float32Array> {
  const n = rows.length / dimensions;
  if (!(Number.isInteger(n) && Number.isInteger(count) && count > 0 && count < Math.min(dimensions, n))) {
    throw new RangeError(`there are no ${count} components of ${n} rows of ${dimensions} numbers`);
  }
  const covariance = await scatterMatrix(products, rows, dimensions);
  let directions = gaussians(count * dimensions, random);
  for (let i = 0; i < iterations; i++) {
    directions = await products(directions, covariance, dimensions);
    await orthonormalise(products, directions, dimensions);
  }
  // Once more: if the features span fewer dimensions than `count`, the remaining directions are rounding errors and are not
  // yet orthogonal.
  await orthonormalise(products, directions, dimensions);
  return transposed(directions, count, dimensions);
}

/** Σ (x − mean)(x − mean)ᵀ, [dimensions, dimensions]: n times the covariance. */
async function scatterMatrix(products: RowProducts, rows: Float32Array, dimensions: number): Promise<Float32Array> {
  const n = rows.length / dimensions;
  const mean = columnMeans(rows, dimensions);
  const sum = new Float32Array(dimensions * dimensions);
  for (let from = 0; from < n; from += chunk) {
    const count = Math.min(chunk, n - from);
    const columns = transposed(rows.subarray(from * dimensions, (from + count) * dimensions), count, dimensions);
    for (let i = 0, at = 0; i < dimensions; i++) for (let k = 0; k < count; k++, at++) columns[at]! -= mean[i]!;
    add(sum, await products(columns, columns, count));
  }
  return sum;
}

/**
 * Block Gram–Schmidt, in place: each panel of rows is made orthonormal by Householder's QR, which, unlike Cholesky's, is
 * stable for nearly dependent directions; then its projection is subtracted from all later rows.
 *
 * @param directions [count, dimensions]
 */
async function orthonormalise(products: RowProducts, directions: Float32Array, dimensions: number): Promise<void> {
  for (let from = 0; from < directions.length; from += panel * dimensions) {
    const rows = directions.subarray(from, from + panel * dimensions);
    const count = rows.length / dimensions;
    const columns = new Matrix(dimensions, count);
    for (let i = 0, at = 0; i < count; i++) for (let k = 0; k < dimensions; k++, at++) columns.set(k, i, rows[at]!);
    const { orthogonalMatrix } = new QrDecomposition(columns);
    for (let i = 0; i < count; i++) rows.set(orthogonalMatrix.getColumn(i), i * dimensions);
    const after = directions.subarray(from + rows.length);
    if (after.length === 0) break;
    const shares = await products(after, rows, dimensions);
    subtract(after, await products(shares, transposed(rows, count, dimensions), count));
  }
}

/** Box & Muller 1958. */
function gaussians(length: number, random: Random): Float32Array {
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  return Float32Array.from({ length }, gaussian);
}
