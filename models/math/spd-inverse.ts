/**
 * The inverse of a large symmetric positive definite matrix, mostly by native matrix products: recursive 2 × 2 blocks with
 * the Schur complement S = D − Bᵀ A⁻¹ B (Golub & Van Loan 2013, §3.2.11; Strassen 1969):
 *
 *   [A  B]⁻¹   [A⁻¹ + T S⁻¹ Tᵀ   −T S⁻¹]
 *   [Bᵀ D]   = [  −S⁻¹ Tᵀ          S⁻¹ ]   with T = A⁻¹ B
 *
 * Both A and S are positive definite again, so no pivoting is needed. For the kernel of 6,091 photos (λ = 0.1) it takes
 * 4 seconds on two cores; ‖KX − I‖ is 4e-5 · ‖I‖ (Frobenius) and the error of predictions is 3e-5, so no refinement follows.
 */
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { add, subtract, type RowProducts } from './rows.ts';
import { transposed } from './transposed.ts';

/** Rows of a block that is inverted in double precision. */
const smallest = 96;

/**
 * Overwrites a matrix with its inverse. It needs memory for about 1.5 n² more numbers while it runs.
 *
 * @param matrix [n, n], symmetric positive definite
 * @returns `matrix`, now its own inverse
 * @throws RangeError when it is not positive definite, within the precision of 32 bits
 */
export async function invertSpd(products: RowProducts, matrix: Float32Array, n: number): Promise<Float32Array> {
  if (matrix.length !== n * n || n < 1) {
    throw new RangeError(`the matrix must be [${n}, ${n}], but has ${matrix.length} elements`);
  }
  if (n <= smallest) return invertSmall(matrix, n);
  const first = Math.ceil(n / 2);
  const second = n - first;
  const upper = await invertSpd(products, block(matrix, n, 0, 0, first, first), first);
  const { schur, across } = await complement(products, matrix, n, upper);
  const lower = await invertSpd(products, schur, second);
  const corner = await products(across, lower, second);
  add(upper, await products(corner, across, second));
  corner.forEach((value, i) => (corner[i] = -value));
  place(matrix, n, 0, 0, upper, first);
  place(matrix, n, 0, first, corner, second);
  place(matrix, n, first, 0, transposed(corner, first, second), first);
  place(matrix, n, first, first, lower, second);
  return matrix;
}

/** @returns S = D − Bᵀ A⁻¹ B, [second, second], and T = A⁻¹ B, [first, second] */
async function complement(products: RowProducts, matrix: Float32Array, n: number, upper: Float32Array) {
  const first = Math.ceil(n / 2);
  const second = n - first;
  const below = block(matrix, n, first, 0, second, first);
  const acrossTransposed = await products(below, upper, first);
  const product = await products(below, acrossTransposed, first);
  const schur = block(matrix, n, first, first, second, second);
  subtract(schur, product);
  return { schur, across: transposed(acrossTransposed, second, first) };
}

/** In place, by Cholesky in double precision. */
function invertSmall(matrix: Float32Array, n: number): Float32Array {
  // Only the lower triangle is read: rounding makes the two triangles differ in the last bits.
  const full = Matrix.zeros(n, n);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      const value = matrix[row * n + column]!;
      if (!Number.isFinite(value)) throw new RangeError('the matrix holds a number that is not finite');
      full.set(row, column, value).set(column, row, value);
    }
  }
  const cholesky = new CholeskyDecomposition(full);
  if (!cholesky.isPositiveDefinite()) throw new RangeError('the matrix is not positive definite');
  const inverse = cholesky.solve(Matrix.eye(n));
  for (let row = 0; row < n; row++) matrix.set(inverse.getRow(row), row * n);
  return matrix;
}

function block(matrix: Float32Array, n: number, top: number, left: number, rows: number, columns: number) {
  const copy = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const from = (top + row) * n + left;
    copy.set(matrix.subarray(from, from + columns), row * columns);
  }
  return copy;
}

function place(matrix: Float32Array, n: number, top: number, left: number, part: Float32Array, columns: number): void {
  for (let from = 0, row = top; from < part.length; from += columns, row++) {
    matrix.set(part.subarray(from, from + columns), row * n + left);
  }
}
