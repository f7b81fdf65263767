/** The machine against kernel ridge regression spelt out in double precision. */
import { Matrix, solve } from 'ml-matrix';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../models/engine/engine.ts';
import { openOnnxEngine } from '../../models/engine/onnx.ts';
import { fitKernel, kernelFirstLayer, type KernelMachine } from '../../models/two-branch/kernel-ridge.ts';
import { principalComponents } from '../../models/math/principal-components.ts';
import { seededRandom } from '../../models/math/random.ts';
import { asMatrix, greatestDifference, randomMatrix } from '../fixtures/dense.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openOnnxEngine({ threads: 1 });
});

const [width, ridge] = [2, 0.1] as const;

/** Photos in float32, as the machine gets them, and the same as matrices. */
function problem(photos: number, dimensions = 12, outputs = 5) {
  const features = randomMatrix(photos, dimensions, seededRandom(5));
  const targets = randomMatrix(photos, outputs, seededRandom(6)).map((value) => value + 1);
  const all = asMatrix(features, photos, dimensions);
  const centred = asMatrix(targets, photos, outputs).center('column');
  const queried = asMatrix(randomMatrix(30, dimensions, seededRandom(7)), 30, dimensions);
  const everyone = Array.from({ length: photos }, (_, i) => i);
  return { photos, dimensions, outputs, features, targets, all, centred, queried, everyone, gamma: gammaOf(all) };
}
type Problem = ReturnType<typeof problem>;

function squaredDistances(a: Matrix, b: Matrix): Matrix {
  const [rows, columns] = [a.to2DArray(), b.to2DArray()];
  const distance = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + (value - y[i]!) ** 2, 0);
  return new Matrix(rows.map((x) => columns.map((y) => distance(x, y))));
}

/** γ by its definition: all pairs, one by one. */
const gammaOf = (rows: Matrix) => width / squaredDistances(rows, rows).mean();

const kernel = (a: Matrix, b: Matrix, gamma: number) => squaredDistances(a, b).mul(-gamma).exp();

function pick(matrix: Matrix, chosen: readonly number[]): Matrix {
  return new Matrix(chosen.map((row) => matrix.getRow(row)));
}

/** Predictions of kernel ridge regression on the photos `fitted` for the rows `queried`. */
function predict({ all, centred, gamma }: Problem, fitted: readonly number[], queried: Matrix): Matrix {
  const rows = pick(all, fitted);
  const system = kernel(rows, rows, gamma).add(Matrix.eye(fitted.length).mul(ridge));
  return kernel(queried, rows, gamma).mmul(solve(system, pick(centred, fitted)));
}

/** Predictions of given weights for the rows `queried`. */
function predictions({ all, gamma, photos, outputs }: Problem, weights: Float32Array, queried: Matrix): number[] {
  return kernel(queried, all, gamma)
    .mmul(asMatrix(weights, photos, outputs))
    .to1DArray();
}

const fit = ({ features, dimensions }: Problem, partition?: number, seed = 1) => {
  const random = seededRandom(seed);
  return fitKernel(engine.similarities, features, {
    dimensions,
    width,
    ridge,
    random,
    ...(partition ? { partition } : {}),
  });
};

const rowOf = (rows: Float32Array, row: number, length: number) => rows.subarray(row * length, (row + 1) * length);

describe('a kernel machine', () => {
  const given = problem(120);
  const { everyone, all, queried, targets, outputs } = given;

  test('measures γ over all pairs of photos', async () => {
    expect((await fit(given)).gamma / given.gamma).toBeCloseTo(1, 6);
  });

  test('predicts what kernel ridge regression does', async () => {
    const { weights } = await (await fit(given)).solve(targets);
    const expected = predict(given, everyone, queried);
    expect(greatestDifference(predictions(given, weights, queried), expected)).toBeLessThan(1e-4);
  });

  test('predicts each photo as a machine that was fitted without it', async () => {
    const { heldOut } = await (await fit(given)).solve(targets);
    for (const photo of everyone) {
      const others = everyone.filter((i) => i !== photo);
      const expected = predict(given, others, pick(all, [photo]));
      expect(greatestDifference(rowOf(heldOut, photo, outputs), expected)).toBeLessThan(1e-4);
    }
  });

  test('trusts a target with more noise less: λ is multiplied for its photo alone', async () => {
    const { features, dimensions, photos, centred, gamma } = given;
    const noise = Float32Array.from({ length: photos }, (_, i) => (i % 3 === 0 ? 5 : 1));
    const options = { dimensions, width, ridge, noise, random: seededRandom(1) };
    const machine = await fitKernel(engine.similarities, features, options);
    const { weights, heldOut } = await machine.solve(targets);
    const system = kernel(all, all, gamma).add(Matrix.diag(Array.from(noise, (factor) => factor * ridge)));
    expect(greatestDifference(weights, solve(system, centred))).toBeLessThan(1e-4);
    const others = everyone.slice(1);
    const rows = pick(all, others);
    const without = kernel(rows, rows, gamma).add(Matrix.diag(others.map((i) => noise[i]! * ridge)));
    const expected = kernel(pick(all, [0]), rows, gamma).mmul(solve(without, pick(centred, others)));
    expect(greatestDifference(rowOf(heldOut, 0, outputs), expected)).toBeLessThan(1e-4);
  });

  test('is fitted to other targets without computing the inverse again', async () => {
    const machine = await fit(given);
    const first = await machine.solve(targets);
    const half = await machine.solve(targets.map((value) => value / 2));
    const expected = asMatrix(first.weights, given.photos, outputs).div(2);
    expect(greatestDifference(half.weights, expected)).toBeLessThan(1e-5);
    expect(await machine.solve(targets)).toEqual(first);
  });

  test('does not depend on a constant added to all targets', async () => {
    const machine = await fit(given);
    const { heldOut } = await machine.solve(targets);
    const shifted = await machine.solve(targets.map((value) => value + 3));
    expect(greatestDifference(shifted.heldOut, asMatrix(heldOut, given.photos, outputs))).toBeLessThan(1e-4);
  });

  test('is undivided where one part holds all photos', async () => {
    const [whole, one] = await Promise.all([fit(given), fit(given, given.photos, 9)]);
    expect([whole.parts.length, one.parts.length]).toEqual([1, 1]);
    expect(await one.solve(targets)).toEqual(await whole.solve(targets));
  });

  test('rejects invalid sizes and options', async () => {
    const { features, dimensions } = given;
    const options = { dimensions, width, ridge, random: seededRandom(1) };
    await expect(fitKernel(engine.similarities, features.subarray(1), options)).rejects.toThrow(RangeError);
    await expect(fitKernel(engine.similarities, features, { ...options, ridge: 0 })).rejects.toThrow(RangeError);
    await expect(fitKernel(engine.similarities, features, { ...options, width: NaN })).rejects.toThrow(RangeError);
    await expect(fitKernel(engine.similarities, features.slice().fill(1), options)).rejects.toThrow('the same');
    await expect((await fit(given)).solve(targets.subarray(1))).rejects.toThrow(RangeError);
  });
});

describe('a divided kernel machine', () => {
  test('divides the photos at random into parts of nearly equal size, the same for the same seed', async () => {
    const given = problem(121);
    const { parts } = await fit(given, 50);
    expect(parts.map(({ length }) => length).toSorted()).toEqual([40, 40, 41]);
    expect(parts.flatMap((part) => [...part]).toSorted((a, b) => a - b)).toEqual(given.everyone);
    expect((await fit(given, 50)).parts).toEqual(parts);
    expect((await fit(given, 50, 2)).parts).not.toEqual(parts);
  });

  test.each([
    { photos: 121, partition: 50, sample: [0, 1, 20, 38, 39] },
    // more photos in a part than its kernel with another has rows in memory
    { photos: 1_100, partition: 600, sample: [0, 511, 512, 549] },
  ])('of $photos photos predicts the mean of its parts', async ({ photos, partition, sample }) => {
    const given = problem(photos);
    const { queried, all, outputs, targets } = given;
    const machine = await fit(given, partition);
    const parts = machine.parts.map((part) => [...part]);
    const { weights, heldOut } = await machine.solve(targets);
    const mean = (predicted: Matrix[]) =>
      predicted.reduce((sum, one) => sum.add(one), Matrix.zeros(predicted[0]!.rows, outputs)).div(parts.length);

    const expected = mean(parts.map((part) => predict(given, part, queried)));
    expect(greatestDifference(predictions(given, weights, queried), expected)).toBeLessThan(1e-4);

    for (const own of parts) {
      const photosAsked = sample.map((position) => own[position]!);
      const byOthers = parts.filter((part) => part !== own).map((part) => predict(given, part, pick(all, photosAsked)));
      photosAsked.forEach((photo, i) => {
        const others = own.filter((member) => member !== photo);
        const byOwn = predict(given, others, pick(all, [photo]));
        const expectedRow = mean([byOwn, ...byOthers.map((predicted) => pick(predicted, [i]))]);
        expect(greatestDifference(rowOf(heldOut, photo, outputs), expectedRow)).toBeLessThan(1e-4);
      });
    }
  });
});

describe('the layers of a kernel machine', () => {
  /** FC – softmax – FC – L2 norm of rows [count, dimensions], in double precision. */
  function forward(machine: KernelMachine, weights: Float32Array, rows: Matrix): Matrix {
    const { hiddenWeight, hiddenBias } = kernelFirstLayer(machine);
    const photos = hiddenBias.length;
    const logits = rows
      .mmul(asMatrix(hiddenWeight, rows.columns, photos))
      .addRowVector([...hiddenBias])
      .to2DArray();
    const softmax = logits.map((row) => {
      const powers = row.map((value) => Math.exp(value - Math.max(...row)));
      const sum = powers.reduce((total, value) => total + value, 0);
      return powers.map((value) => value / sum);
    });
    return normalised(new Matrix(softmax).mmul(asMatrix(weights, photos, weights.length / photos)));
  }

  const normalised = (rows: Matrix) =>
    new Matrix(rows.to2DArray().map((row) => row.map((value) => value / Math.hypot(...row))));

  test.each([undefined, 50])('give its predictions, scaled to norm 1 (partition %s)', async (partition) => {
    const given = problem(121);
    const machine = await fit(given, partition);
    const { weights } = await machine.solve(given.targets);
    const predicted = asMatrix(Float32Array.from(predictions(given, weights, given.queried)), 30, given.outputs);
    const layers = forward(machine, weights, given.queried);
    expect(greatestDifference(layers.to1DArray(), normalised(predicted))).toBeLessThan(1e-5);
  });

  test('take features that were reduced to their principal components', async () => {
    const given = problem(121);
    const { photos, dimensions, features, all, queried, targets, outputs } = given;
    const count = 7;
    const found = await principalComponents(engine.similarities, features, dimensions, count, seededRandom(3));
    const basis = asMatrix(found, dimensions, count);
    const reduced = Float32Array.from(all.mmul(basis).to1DArray());
    const machine = await fitKernel(engine.similarities, reduced, {
      dimensions: count,
      width,
      ridge,
      random: seededRandom(1),
    });
    const { weights } = await machine.solve(targets);
    const { hiddenWeight, hiddenBias } = kernelFirstLayer(machine);
    expect([hiddenWeight.length, hiddenBias.length, weights.length]).toEqual([
      count * photos,
      photos,
      photos * outputs,
    ]);
    const inside = { ...given, all: all.mmul(basis), gamma: gammaOf(all.mmul(basis)) };
    const predicted = predict(inside, given.everyone, queried.mmul(basis));
    const layers = forward(machine, weights, queried.mmul(basis));
    expect(greatestDifference(layers.to1DArray(), normalised(predicted))).toBeLessThan(1e-4);
  });
});
