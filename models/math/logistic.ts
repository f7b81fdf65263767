/** Logistic regression by Newton's method, for a few weights. The problem is convex. */
import { Matrix, solve } from 'ml-matrix';

/** Weight of the penalty on large weights. It keeps them finite where the labels are separable. */
const ridge = 1e-3;

/**
 * A step that makes the fit worse is halved: with few true labels the first full steps are too large.
 *
 * @param features [rows, width]; a constant for the bias is a feature like the others
 * @param labels of each row, 0 or 1
 * @param counts how many rows each row stands for
 * @returns one weight for each feature
 */
export function fitLogistic(
  features: Float64Array,
  labels: Uint8Array,
  width: number,
  counts: Float32Array = new Float32Array(labels.length).fill(1),
): number[] {
  const data = { features, labels, counts };
  let weights = new Array<number>(width).fill(0);
  let present = derivatives(weights, data);
  for (let round = 0; round < 50; round++) {
    const step = solve(new Matrix(present.hessian), Matrix.columnVector(present.gradient)).to1DArray();
    let share = 1;
    let moved = weights;
    let next = present;
    do {
      moved = weights.map((value, i) => value - share * step[i]!);
      next = derivatives(moved, data);
      share /= 2;
    } while (!(next.loss <= present.loss) && share > 1e-4);
    if (!(next.loss <= present.loss)) break;
    [weights, present] = [moved, next];
    if (step.every((value) => Math.abs(value) < 1e-6)) break;
  }
  return weights;
}

/** Value, gradient and Hessian of the penalised negative log likelihood. */
function derivatives(
  weights: readonly number[],
  { features, labels, counts }: { features: Float64Array; labels: Uint8Array; counts: Float32Array },
): { loss: number; gradient: number[]; hessian: number[][] } {
  const width = weights.length;
  const gradient = weights.map((weight) => ridge * weight);
  const hessian = weights.map((_, i) => weights.map((__, j) => (i === j ? ridge : 0)));
  let loss = weights.reduce((sum, weight) => sum + (ridge * weight ** 2) / 2, 0);
  for (let row = 0, at = 0; row < labels.length; row++, at += width) {
    let exponent = 0;
    for (let i = 0; i < width; i++) exponent += weights[i]! * features[at + i]!;
    const label = labels[row]!;
    const p = 1 / (1 + Math.exp(-exponent));
    const count = counts[row]!;
    // log(1 + exp(±exponent)) without overflow
    loss += count * (Math.max(0, label ? -exponent : exponent) + Math.log1p(Math.exp(-Math.abs(exponent))));
    const error = count * (p - label);
    const curvature = count * p * (1 - p);
    for (let i = 0; i < width; i++) {
      const feature = features[at + i]!;
      gradient[i]! += error * feature;
      for (let j = 0; j <= i; j++) hessian[i]![j]! += curvature * feature * features[at + j]!;
    }
  }
  for (let i = 0; i < width; i++) for (let j = i + 1; j < width; j++) hessian[i]![j] = hessian[j]![i]!;
  return { loss, gradient, hessian };
}
