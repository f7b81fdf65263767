import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../models/engine/engine.ts';
import { openOnnxEngine } from '../../models/engine/onnx.ts';
import { principalComponents } from '../../models/math/principal-components.ts';
import { seededRandom } from '../../models/math/random.ts';
import { asMatrix, greatestDifference, randomMatrix } from '../fixtures/dense.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openOnnxEngine({ threads: 1 });
});

const [photos, dimensions]: readonly [number, number] = [500, 120];

/** Features whose variances fall like those of ResNet50's, mixed by a random matrix, far from the origin. */
async function decaying(rank = dimensions): Promise<Float32Array> {
  const independent = randomMatrix(photos, dimensions, seededRandom(2)).map((value, at) => {
    const column = at % dimensions;
    return column < rank ? value / (1 + column) : 0;
  });
  const mixed = await engine.similarities(independent, randomMatrix(dimensions, dimensions), dimensions);
  return mixed.map((value) => value + 5);
}

function scatter(rows: Float32Array): Matrix {
  const centred = asMatrix(rows, photos, dimensions).center('column');
  return centred.transpose().mmul(centred);
}

function expectOrthonormal(basis: Matrix): void {
  const product = basis.transpose().mmul(basis);
  expect(product.sub(Matrix.eye(product.rows)).abs().max()).toBeLessThan(1e-5);
}

describe('principal components', () => {
  test.each([1, 10, 32, 33, 80])('%i of them catch the variance of the exact ones', async (count) => {
    const rows = await decaying();
    const basis = asMatrix(
      await principalComponents(engine.similarities, rows, dimensions, count, seededRandom(3)),
      dimensions,
      count,
    );
    const covariance = scatter(rows);
    const caught = basis.transpose().mmul(covariance).mmul(basis).trace();
    const exact = new EigenvalueDecomposition(covariance, { assumeSymmetric: true }).realEigenvalues
      .toSorted((a, b) => b - a)
      .slice(0, count)
      .reduce((sum, value) => sum + value, 0);
    expect(caught / exact).toBeGreaterThan(0.99);
    expect(caught / exact).toBeLessThan(1 + 1e-5);
    expectOrthonormal(basis);
  });

  test('keep every distance where the features have no more dimensions than that', async () => {
    const [rank, count] = [20, 70];
    const rows = await decaying(rank);
    const result = await principalComponents(engine.similarities, rows, dimensions, count, seededRandom(3));
    const basis = asMatrix(result, dimensions, count);
    expectOrthonormal(basis);
    const all = asMatrix(rows, photos, dimensions).center('column');
    const reduced = all.mmul(basis);
    const products = reduced.mmul(reduced.transpose());
    const expected = all.mmul(all.transpose());
    expect(greatestDifference(products.to1DArray(), expected)).toBeLessThan(1e-4 * expected.max());
  });

  test('are the same for the same seed', async () => {
    const rows = await decaying();
    const once = await principalComponents(engine.similarities, rows, dimensions, 10, seededRandom(3));
    expect(await principalComponents(engine.similarities, rows, dimensions, 10, seededRandom(3))).toEqual(once);
    expect(await principalComponents(engine.similarities, rows, dimensions, 10, seededRandom(4))).not.toEqual(once);
  });

  test.each([
    ['as many as dimensions', photos, dimensions],
    ['as many as photos', 60, 60],
  ])('%s are refused: there is nothing to leave out', async (_, n, count) => {
    const rows = (await decaying()).subarray(0, n * dimensions);
    const components = principalComponents(engine.similarities, rows, dimensions, count, seededRandom(3));
    await expect(components).rejects.toThrow(RangeError);
  });

  test('are refused for rows of another size', async () => {
    await expect(principalComponents(engine.similarities, new Float32Array(11), 4, 2, seededRandom(1))).rejects.toThrow(
      RangeError,
    );
    await expect(principalComponents(engine.similarities, new Float32Array(12), 4, 0, seededRandom(1))).rejects.toThrow(
      RangeError,
    );
  });
});
