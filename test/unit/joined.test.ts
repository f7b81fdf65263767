/** Networks whose scores are added: their embeddings side by side, on a basis of the texts. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../models/engine/engine.ts';
import { openOnnxEngine } from '../../models/engine/onnx.ts';
import { seededRandom } from '../../models/math/random.ts';
import { fitBasis, joinedRows } from '../../models/two-branch/joined.ts';
import { randomMatrix } from '../fixtures/dense.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openOnnxEngine({ threads: 1 });
});

const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

describe('joined embeddings', () => {
  it('have the mean of the inner products', () => {
    const texts = [Float32Array.of(1, 2), Float32Array.of(3, 4, 5)];
    const photos = [Float32Array.of(0.5, -1), Float32Array.of(1, 0, 2)];
    const expected = (product(texts[0]!, photos[0]!) + product(texts[1]!, photos[1]!)) / 2;
    expect(product(joinedRows(texts, 1), joinedRows(photos, 1))).toBeCloseTo(expected, 5);
  });

  it('keep the rows of each network together', () => {
    const rows = joinedRows([Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6)], 2);
    expect([...rows].map((value) => Math.round(value * Math.SQRT2))).toEqual([1, 2, 5, 3, 4, 6]);
  });

  it('lose nothing on a basis of as many dimensions as the texts have, their common direction included', async () => {
    const [captions, width, rank] = [300, 40, 6];
    const random = seededRandom(3);
    const [left, right] = [randomMatrix(captions, rank, random), randomMatrix(rank, width, random)];
    // Texts of few dimensions, all shifted by the same vector, which is one more.
    const shift = randomMatrix(1, width, random).map((value) => 5 * value);
    const texts = Float32Array.from({ length: captions * width }, (_, at) => {
      const [row, column] = [Math.floor(at / width), at % width];
      let sum = shift[column]!;
      for (let i = 0; i < rank; i++) sum += left[row * rank + i]! * right[i * width + column]!;
      return sum;
    });
    const halves = [0, 1].map((half) =>
      Float32Array.from({ length: (captions * width) / 2 }, (_, at) => {
        const row = Math.floor(at / (width / 2));
        return texts[row * width + (half * width) / 2 + (at % (width / 2))]!;
      }),
    );
    const fit = (wanted: number) => fitBasis(engine.similarities, halves, captions, wanted, seededRandom(1));
    const photos = randomMatrix(20, width, random);
    const joined = joinedRows(halves, captions);
    const exact = await engine.similarities(joined, photos, width);
    const error = async (wanted: number) => {
      const { basis, dimensions } = await fit(wanted);
      expect(dimensions).toBe(wanted);
      const onBasis = (rows: Float32Array) => engine.similarities(rows, basis, width);
      const scores = await engine.similarities(await onBasis(joined), await onBasis(photos), dimensions);
      return Math.max(...scores.map((score, i) => Math.abs(score - exact[i]!))) / Math.max(...exact.map(Math.abs));
    };
    expect(await error(rank + 1)).toBeLessThan(1e-4);
    expect(await error(rank - 1)).toBeGreaterThan(0.01);
    expect((await fit(1000)).dimensions).toBe(width - 1);
  });
});
