/** Logistic regression by Newton's method, for a few weights. */
import { Matrix, solve } from 'ml-matrix';

/** Weight of the penalty on large weights. It keeps them finite where the labels are separable. */
const ridge = 1e-3;

export interface LabelledRows {
  /** [rows, width]; a constant for the bias is a feature like the others */
  readonly features: Float64Array;
  /** of each row, 0 or 1 */
  readonly labels: Uint8Array;
  /** how many rows each row stands for */
  readonly counts: Float32Array;
  /**
   * Probability that a row which is true is labelled so; a false one never is. Below 1 the labels are incomplete, and the fit
   * is of what is true (learning from positive and unlabelled examples: Elkan & Noto 2008).
   */
  readonly found: Float32Array;
}

/**
 * Newton's method with the expected Hessian (Fisher scoring); with complete labels it is the exact one, and the problem
 * convex. A step that makes the fit worse is halved: with few true labels the first full steps are too large.
 *
 * @returns one weight for each feature
 */
export function fitLogistic(rows: LabelledRows, width: number): number[] {
  let weights = new Array<number>(width).fill(0);
  let present = derivatives(weights, rows);
  for (let round = 0; round < 50; round++) {
    const step = solve(new Matrix(present.hessian), Matrix.columnVector(present.gradient)).to1DArray();
    let share = 1;
    let moved = weights;
    let next = present;
    do {
      moved = weights.map((value, i) => value - share * step[i]!);
      next = derivatives(moved, rows);
      share /= 2;
    } while (!(next.loss <= present.loss) && share > 1e-4);
    if (!(next.loss <= present.loss)) break;
    [weights, present] = [moved, next];
    if (step.every((value) => Math.abs(value) < 1e-6)) break;
  }
  return weights;
}

/** Value, gradient and expected Hessian of the penalised negative log likelihood of the labels. */
function derivatives(
  weights: readonly number[],
  { features, labels, counts, found }: LabelledRows,
): { loss: number; gradient: number[]; hessian: number[][] } {
  const width = weights.length;
  const gradient = weights.map((weight) => ridge * weight);
  const hessian = weights.map((_, i) => weights.map((__, j) => (i === j ? ridge : 0)));
  let loss = weights.reduce((sum, weight) => sum + (ridge * weight ** 2) / 2, 0);
  for (let row = 0, at = 0; row < labels.length; row++, at += width) {
    let exponent = 0;
    for (let i = 0; i < width; i++) exponent += weights[i]! * features[at + i]!;
    const [count, rate] = [counts[row]!, found[row]!];
    const p = 1 / (1 + Math.exp(-exponent));
    const unlabelled = 1 - rate * p;
    let error: number;
    if (labels[row]) {
      loss += count * softplus(-exponent);
      error = count * (p - 1);
    } else {
      // −log(1 − rate · p), without overflow
      loss += count * (softplus(exponent) - (rate < 1 ? softplus(exponent + Math.log1p(-rate)) : 0));
      error = unlabelled > 0 ? (count * rate * p * (1 - p)) / unlabelled : count;
    }
    const curvature = unlabelled > 0 ? (count * rate * p * (1 - p) ** 2) / unlabelled : 0;
    for (let i = 0; i < width; i++) {
      const feature = features[at + i]!;
      gradient[i]! += error * feature;
      for (let j = 0; j <= i; j++) hessian[i]![j]! += curvature * feature * features[at + j]!;
    }
  }
  for (let i = 0; i < width; i++) for (let j = i + 1; j < width; j++) hessian[i]![j] = hessian[j]![i]!;
  return { loss, gradient, hessian };
}

/** log(1 + exp(x)) without overflow */
const softplus = (x: number) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
