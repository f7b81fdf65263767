/**
 * Standardised inputs: while a network trains, each input is shifted and scaled by what was measured on the train split;
 * in the finished model that is folded into the first layer, so that searching knows nothing of it.
 *
 * Why: ResNet50's features are all positive and the components of SIF vectors differ in size by a factor of five; SGD
 * with one learning rate wants neither (docs/model.md has what it gave).
 */
import { makeBranch, type BranchWeights } from './network.ts';
import type { Pairs } from './training.ts';

/** x → (x − mean) / scale, for each input of a branch. */
export interface Standardisation {
  readonly mean: Float32Array;
  readonly scale: Float32Array;
}

/** A deviation below this is that of an input which is always the same. */
const leastDeviation = 1e-8;

/**
 * Centres every input and divides all of them by one number, the root mean square of their deviations: a feature that
 * hardly varies stays small (dividing each by its own deviation cost 2.5 points of recall@10).
 *
 * @param rows [count, width]
 */
export function fitShared(rows: Float32Array, width: number): Standardisation {
  const { mean, variance } = moments(rows, width);
  const shared = Math.sqrt(variance.reduce((sum, value) => sum + value, 0) / width);
  return { mean, scale: new Float32Array(width).fill(Math.max(shared, leastDeviation)) };
}

/**
 * Centres the inputs before `columns` and divides each by its own deviation; the others stay as they are.
 *
 * @param rows [count, width]
 */
export function fitEach(rows: Float32Array, width: number, columns: number): Standardisation {
  const { mean, variance } = moments(rows, width);
  return {
    mean: mean.map((value, i) => (i < columns ? value : 0)),
    scale: variance.map((value, i) => (i < columns ? Math.max(Math.sqrt(value), leastDeviation) : 1)),
  };
}

export function unchanged(width: number): Standardisation {
  return { mean: new Float32Array(width), scale: new Float32Array(width).fill(1) };
}

/** Standardises in place. @param rows [count, width] */
export function standardise(rows: Float32Array, { mean, scale }: Standardisation, columns = mean.length): void {
  for (let row = 0; row < rows.length; row += mean.length) {
    for (let i = 0; i < columns; i++) rows[row + i] = (rows[row + i]! - mean[i]!) / scale[i]!;
  }
}

/** The same pairs with standardised inputs. @param columns of the text input that are standardised */
export function standardisedPairs(pairs: Pairs, image: Standardisation, text: Standardisation, columns: number): Pairs {
  const images = pairs.images.slice();
  standardise(images, image);
  return {
    ...pairs,
    images,
    fillTexts(captions, out) {
      pairs.fillTexts(captions, out);
      standardise(out.subarray(0, captions.length * pairs.textInputs), text, columns);
    },
  };
}

/** The branch that does with raw inputs what `branch` does with standardised ones: W′ = W / s, b′ = b − (m / s) W. */
export function fold(branch: BranchWeights, { mean, scale }: Standardisation): BranchWeights {
  return rescale(branch, (input) => ({ factor: 1 / scale[input]!, shift: -mean[input]! / scale[input]! }));
}

/** The inverse of `fold`, to go on training a finished model: W = s W′, b = b′ + m W′. */
export function unfold(branch: BranchWeights, { mean, scale }: Standardisation): BranchWeights {
  return rescale(branch, (input) => ({ factor: scale[input]!, shift: mean[input]! }));
}

function rescale(branch: BranchWeights, of: (input: number) => { factor: number; shift: number }): BranchWeights {
  const { inputs, hidden } = branch.shape;
  const hiddenWeight = new Float32Array(branch.hiddenWeight.length);
  const bias = Float64Array.from(branch.hiddenBias);
  for (let input = 0; input < inputs; input++) {
    const { factor, shift } = of(input);
    for (let unit = 0, at = input * hidden; unit < hidden; unit++, at++) {
      const weight = branch.hiddenWeight[at]!;
      hiddenWeight[at] = weight * factor;
      bias[unit]! += weight * shift;
    }
  }
  const changed = { hiddenWeight, hiddenBias: Float32Array.from(bias) };
  return makeBranch(branch.shape, (name) => ({ ...branch, ...changed })[name]);
}

function moments(rows: Float32Array, width: number): { mean: Float32Array; variance: Float32Array } {
  const count = rows.length / width;
  const sums = new Float64Array(width);
  for (let at = 0; at < rows.length; at++) sums[at % width]! += rows[at]!;
  const mean = Float64Array.from(sums, (sum) => sum / count);
  const squares = new Float64Array(width);
  for (let at = 0; at < rows.length; at++) squares[at % width]! += (rows[at]! - mean[at % width]!) ** 2;
  return { mean: Float32Array.from(mean), variance: Float32Array.from(squares, (sum) => sum / count) };
}
