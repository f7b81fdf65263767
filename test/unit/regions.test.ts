import { describe, expect, it } from 'vitest';
import { nibblesOf, regionScores } from '../../electron/store/region-rows.ts';
import { windowFeatures, windows } from '../../models/resnet50/windows.ts';
import { scoreWithRegions } from '../../models/contract/regions.ts';
import { seededRandom } from '../../models/math/random.ts';

const random = seededRandom(3);
const unit = (length: number) => {
  const row = Float32Array.from({ length }, () => random.uniform() + random.uniform() + random.uniform() - 1.5);
  const norm = Math.hypot(...row);
  return row.map((value) => value / norm);
};
const inner = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

describe('embeddings of regions in 4 bits', () => {
  it.each([512, 511, 37, 1])('of %i numbers have nearly the inner products of the numbers themselves', (dimensions) => {
    const rows = Array.from({ length: 9 }, () => unit(dimensions));
    const data = nibblesOf(Float32Array.from(rows.flatMap((row) => [...row])), rows.length);
    expect(data.length).toBe(9 * (4 + Math.ceil(dimensions / 2)));
    for (let round = 0; round < 20; round++) {
      const query = unit(dimensions);
      const scores = new Float32Array(rows.length);
      regionScores(data, query, scores);
      // Rounding is off by at most half a step of a seventh of the largest number, in every number at random.
      rows.forEach((row, i) => {
        const step = Math.max(...row.map(Math.abs)) / 7;
        expect(Math.abs(scores[i]! - inner(row, query))).toBeLessThan(step * 1.5);
      });
    }
  });

  it('can be zeros, and are read from the middle of a buffer', () => {
    const data = nibblesOf(new Float32Array(10), 2);
    const inside = new Uint8Array([7, ...data]).subarray(1);
    const scores = new Float32Array(2).fill(9);
    regionScores(inside, unit(5), scores);
    expect([...scores]).toEqual([0, 0]);
  });

  it('of other dimensions are an error', () => {
    const data = nibblesOf(unit(32), 2);
    expect(() => regionScores(data, unit(20), new Float32Array(2))).toThrow(RangeError);
  });
});

describe('features of windows', () => {
  it('are averages and deviations over the positions inside, in the order of their places', () => {
    const count = 2;
    const map = Float32Array.from({ length: count * 2048 * 64 }, () => Math.max(0, random.uniform() * 4 - 1));
    const features = windowFeatures(map, count);
    expect(features.length).toBe(count * windows.length * 4096);
    windows.forEach(({ left, top, width, height }, window) => {
      for (const [photo, channel] of [
        [0, 0],
        [1, 2047],
        [1, 5],
      ] as const) {
        const values: number[] = [];
        for (let y = top * 8; y < (top + height) * 8; y++) {
          for (let x = left * 8; x < (left + width) * 8; x++)
            values.push(map[(photo * 2048 + channel) * 64 + y * 8 + x]!);
        }
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
        const at = (photo * windows.length + window) * 4096 + channel;
        expect(values).toHaveLength(16);
        expect(features[at]).toBeCloseTo(mean, 5);
        expect(features[at + 2048]).toBeCloseTo(Math.sqrt(variance), 5);
      }
    });
  });

  it('cover the frame, and overlap', () => {
    expect(windows[0]).toEqual({ left: 0, top: 0, width: 0.5, height: 0.5 });
    expect(windows[4]).toEqual({ left: 0.25, top: 0.25, width: 0.5, height: 0.5 });
    expect(windows.at(-1)).toEqual({ left: 0.5, top: 0.5, width: 0.5, height: 0.5 });
  });
});

describe('a score with regions', () => {
  const share = { weight: 0.5, offset: 0.1, slope: 0.8 };
  it('is that of the whole photo where the best region is as expected, and grows with it', () => {
    expect(scoreWithRegions(0.3, 0.1 + 0.8 * 0.3, share)).toBeCloseTo(0.3, 9);
    expect(scoreWithRegions(0.3, 0.44, share)).toBeCloseTo(0.35, 9);
    expect(scoreWithRegions(0.3, 0.24, share)).toBeCloseTo(0.25, 9);
  });
});
