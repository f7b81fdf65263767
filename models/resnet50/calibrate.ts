/** How the 8-bit network's ranges and corrections follow from what was measured on photos (build/scripts/calibration.ts). */
import type { Folded } from './convert.ts';
import { quantiseKernel, type Range } from './quantise.ts';

/** How often a tensor has values of each size. */
export interface Histogram {
  readonly from: number;
  readonly to: number;
  readonly counts: Float64Array;
}

export function histogram(from: number, to: number, bins: number): Histogram {
  if (!(to > from)) throw new RangeError(`no values between ${from} and ${to}`);
  return { from, to, counts: new Float64Array(bins) };
}

/** Values outside count as the nearest that is inside. */
export function count({ from, to, counts }: Histogram, values: Float32Array): void {
  const last = counts.length - 1;
  const binsPerUnit = counts.length / (to - from);
  for (let i = 0; i < values.length; i++) {
    const bin = Math.floor((values[i]! - from) * binsPerUnit);
    counts[bin < 0 ? 0 : bin > last ? last : bin]! += 1;
  }
}

/** Ends are tried in steps of this share of the least and the greatest value. */
const share = 1 / 40;

/**
 * The range with the least expected squared error of 8 bits: what lies outside is cut off, and what lies inside is rounded by
 * step²/12 in the mean (Banner et al. 2019, "Post-training 4-bit quantization", section 3.1, with the measured distribution). A 0
 * costs nothing, because it is exact, and after a ReLU half of the values are 0.
 *
 * @param least the least value that was measured; 0 after a ReLU
 */
export function bestRange({ from, to, counts }: Histogram, least: number, greatest: number): Range {
  const width = (to - from) / counts.length;
  const zeroBin = Math.floor(-from / width);
  const used: [value: number, count: number][] = [];
  for (const [bin, found] of counts.entries()) {
    if (found > 0 && !(least === 0 && bin === zeroBin)) used.push([from + (bin + 0.5) * width, found]);
  }
  const error = (low: number, high: number) => {
    const rounding = ((high - low) / 255) ** 2 / 12;
    let sum = 0;
    for (const [value, found] of used) {
      sum += found * (value > high ? (value - high) ** 2 : value < low ? (value - low) ** 2 : rounding);
    }
    return sum;
  };
  let best = { low: least, high: greatest };
  let lowest = error(least, greatest);
  const shares = Array.from({ length: 1 / share }, (_, i) => (i + 1) * share);
  for (const low of least === 0 ? [1] : shares) {
    for (const high of shares) {
      const range = { low: least * low, high: greatest * high };
      const found = error(range.low, range.high);
      if (found < lowest) [lowest, best] = [found, range];
    }
  }
  return best;
}

/**
 * What to add to the biases so that rounding the weights leaves the mean of each output as it is, before its ReLU (Nagel et al. 2019,
 * "Data-free quantization through weight equalization and bias correction", section 4.2, with measured means): Σ (w − w′) · E[x].
 * Of a 3 × 3 kernel, the outer taps lie outside of the picture at the border.
 *
 * @param means of the input channels
 */
export function biasCorrection(
  { kernel, shape, side }: Omit<Folded, 'name' | 'input'>,
  means: ArrayLike<number>,
): Float32Array {
  const [outputs, inputs, size] = shape;
  const { data, scales } = quantiseKernel(kernel, outputs);
  const inside = (tap: number) => (size === 3 && tap !== 1 ? 1 - 1 / side : 1);
  const taps = Array.from({ length: size * size }, (_, i) => inside(Math.floor(i / size)) * inside(i % size));
  return scales.map((scale, output) => {
    let sum = 0;
    let at = output * inputs * taps.length;
    for (let input = 0; input < inputs; input++) {
      for (const weight of taps) {
        sum += weight * means[input]! * (kernel[at]! - data[at]! * scale);
        at++;
      }
    }
    return sum;
  });
}
