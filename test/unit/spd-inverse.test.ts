import { inverse } from 'ml-matrix';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../models/engine/engine.ts';
import { openOnnxEngine } from '../../models/engine/onnx.ts';
import { invertSpd } from '../../models/math/spd-inverse.ts';
import { transposed } from '../../models/math/transposed.ts';
import { asMatrix, greatestDifference, randomMatrix } from '../fixtures/dense.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openOnnxEngine({ threads: 1 });
});

/** X Xᵀ / width + ridge · I, for random X [n, width] */
async function gram(n: number, width: number, ridge: number): Promise<Float32Array> {
  const rows = randomMatrix(n, width);
  const product = (await engine.similarities(rows, rows, width)).map((value) => value / width);
  for (let i = 0; i < n; i++) product[i * n + i]! += ridge;
  return product;
}

describe('the inverse of a symmetric positive definite matrix', () => {
  test.each([1, 2, 95, 96, 97, 193, 300, 401])('is that of ml-matrix for %i rows', async (n) => {
    const matrix = await gram(n, 50, 0.1);
    const expected = inverse(asMatrix(matrix, n, n));
    expect(greatestDifference(await invertSpd(engine.similarities, matrix, n), expected)).toBeLessThan(
      1e-4 * expected.max(),
    );
  });

  test('times the matrix is the identity', async () => {
    const [n, matrix] = [700, await gram(700, 100, 0.1)];
    const result = await invertSpd(engine.similarities, matrix.slice(), n);
    const product = await engine.similarities(result, transposed(matrix, n, n), n);
    const error = product.map((value, i) => Math.abs(value - (i % (n + 1) === 0 ? 1 : 0)));
    expect(error.reduce((worst, value) => Math.max(worst, value))).toBeLessThan(1e-3);
  });

  test('overwrites the matrix', async () => {
    const matrix = await gram(100, 50, 0.1);
    expect(await invertSpd(engine.similarities, matrix, 100)).toBe(matrix);
  });

  test.each([50, 300])('is refused where the matrix of %i rows is not positive definite', async (n) => {
    const matrix = await gram(n, 20, 0.1);
    matrix[n * n - 1] = -1;
    await expect(invertSpd(engine.similarities, matrix, n)).rejects.toThrow('not positive definite');
    await expect(invertSpd(engine.similarities, (await gram(n, 20, 0.1)).fill(NaN, n, n + 1), n)).rejects.toThrow(
      'not finite',
    );
    await expect(invertSpd(engine.similarities, matrix, n + 1)).rejects.toThrow(RangeError);
  });
});

test('a matrix of odd sizes is transposed', () => {
  const matrix = randomMatrix(67, 131);
  expect(greatestDifference(transposed(matrix, 67, 131), asMatrix(matrix, 67, 131).transpose())).toBe(0);
});
