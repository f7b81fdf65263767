import { describe, expect, test } from 'vitest';
import { bestRange, biasCorrection, count, histogram } from '../../models/resnet50/calibrate.ts';
import { quantiseBias, quantiseKernel, stepsOf } from '../../models/resnet50/quantise.ts';

describe('numbers in 8 bits', () => {
  test('0 is exact, and the ends of the range are within half a step', () => {
    for (const range of [
      { low: 0, high: 7.3 },
      { low: -2.5, high: 1.25 },
      { low: -1e-3, high: 40 },
      { low: 0.5, high: 2 },
    ]) {
      const { scale, zero } = stepsOf(range);
      expect(Number.isInteger(zero)).toBe(true);
      expect(zero).toBeGreaterThanOrEqual(0);
      expect(zero).toBeLessThanOrEqual(255);
      expect(scale * (0 - zero)).toBeLessThanOrEqual(Math.min(0, range.low) + scale / 2);
      expect(scale * (255 - zero)).toBeGreaterThanOrEqual(range.high - scale / 2);
    }
    expect(stepsOf({ low: 0, high: 255 })).toEqual({ scale: 1, zero: 0 });
    for (const range of [
      { low: 0, high: 0 },
      { low: 0, high: Infinity },
      { low: NaN, high: 1 },
    ]) {
      expect(() => stepsOf(range)).toThrow(RangeError);
    }
  });

  test('each output channel of a kernel has its own scale, and its largest number is exact', () => {
    const kernel = Float32Array.of(0.5, -1, 0.25, 100, 50, -25, 0, 0, 0);
    const { data, scales } = quantiseKernel(kernel, 3);
    expect([...data]).toEqual([64, -127, 32, 127, 64, -32, 0, 0, 0]);
    expect([...data].map((value, i) => value * scales[Math.floor(i / 3)]!)).toEqual(
      [...kernel].map((value, i) => expect.closeTo(value, i < 3 ? 2 : 0) as number),
    );
    // the least integer, −128, has no counterpart
    expect(Math.min(...quantiseKernel(Float32Array.of(-1, -0.9), 1).data)).toBe(-127);
  });

  test('a bias is in units of the products, within 32 bits', () => {
    const kernel = quantiseKernel(Float32Array.of(1.27, 2.54), 2);
    expect([...quantiseBias(Float32Array.of(1, -1), 0.5, kernel)]).toEqual([200, -100]);
    expect([...quantiseBias(Float32Array.of(1e12, -1e12), 0.5, kernel)]).toEqual([2 ** 31 - 1, -(2 ** 31)]);
  });
});

describe('the calibration', () => {
  const counted = (values: Float32Array, from: number, to: number) => {
    const found = histogram(from, to, 1000);
    count(found, values);
    return found;
  };

  test('cuts off what few values reach', () => {
    const found = counted(
      Float32Array.from({ length: 100_000 }, (_, i) => (i % 1000) / 1000),
      0,
      30,
    );
    for (const bin of found.counts.keys()) found.counts[bin]! *= 1e6;
    count(found, Float32Array.of(20));
    const { low, high } = bestRange(found, 0, 20);
    expect(low).toBe(0);
    expect(high).toBeGreaterThanOrEqual(1);
    expect(high).toBeLessThan(3);
  });

  test('keeps what all values use, on both sides', () => {
    const values = Float32Array.from({ length: 10_000 }, (_, i) => (i % 200) / 100 - 0.5);
    const { low, high } = bestRange(counted(values, -1, 2), -0.5, 1.49);
    expect(low).toBeCloseTo(-0.5, 1);
    expect(high).toBeCloseTo(1.49, 1);
  });

  test('corrects a bias by what the rounded weights lose in the mean', () => {
    const kernel = Float32Array.of(0.9, -0.4, 0.2, 0.7);
    const { data, scales } = quantiseKernel(kernel, 2);
    const means = [200, 300];
    const sum = (weight: (i: number) => number, row: number) =>
      weight(2 * row) * means[0]! + weight(2 * row + 1) * means[1]!;
    const expected = [0, 1].map((row) => sum((i) => kernel[i]!, row) - sum((i) => data[i]! * scales[row]!, row));
    const found = [...biasCorrection({ kernel, shape: [2, 2, 1, 1], side: 8 }, means)];
    expect(found).toEqual(expected.map((value) => expect.closeTo(value, 4) as number));
    expect(Math.max(...found.map(Math.abs))).toBeGreaterThan(0.1);
  });

  test('counts the taps of a 3 × 3 kernel outside of the picture as they are padded', () => {
    const kernel = Float32Array.of(1, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3);
    const { data, scales } = quantiseKernel(kernel, 1);
    const lost = 0.3 - data[1]! * scales[0]!;
    expect(Math.abs(lost)).toBeGreaterThan(1e-4);
    // Of 8 × 8 positions, each row and column of taps but the middle one lacks an eighth: (7/8 + 1 + 7/8)². The first tap loses nothing.
    const share = (22 / 8) ** 2 - (7 / 8) ** 2;
    const [found] = biasCorrection({ kernel, shape: [1, 1, 3, 3], side: 8 }, [1]);
    expect(found! / (lost * share)).toBeCloseTo(1, 3);
  });
});
