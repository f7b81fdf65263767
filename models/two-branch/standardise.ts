/**
 * Standardised inputs: in training, each input is shifted and scaled by statistics of the train split. The first layer of the
 * finished model includes both, so that a search uses raw inputs.
 *
 * Why: ResNet50's features are all positive, and the components of SIF vectors differ in size by a factor of five; both slow
 * down SGD with one learning rate (the effect is in docs/experiments.md).
 */
import { makeBranch, type BranchWeights, type InputMoments, type NetworkWeights } from '../network/network.ts';
import type { NetworkRecipe } from './recipe.ts';
import type { Captions, Pairs } from './batches.ts';

/** x → (x − mean) / scale, for each input of a branch. */
export interface Standardisation {
  readonly mean: Float32Array;
  readonly scale: Float32Array;
}

/** An input with a smaller deviation counts as constant. */
const leastDeviation = 1e-8;

/** How the inputs of both branches are standardised in one run. */
export interface InputStandardisation {
  readonly image: Standardisation;
  readonly text: Standardisation;
  /** whether image inputs are standardised */
  readonly changesImages: boolean;
  /** how many text inputs, at the beginning, are standardised */
  readonly textColumns: number;
}

/** Computes the statistics that the recipe requires, on the train split. */
export function fitInputs({
  train,
  recipe,
}: {
  readonly train: Pairs;
  readonly recipe: NetworkRecipe;
}): InputStandardisation {
  const width = train.images.length / train.photos;
  const textColumns = recipe.standardise.text === 'vectors' ? train.vectorInputs : 0;
  return {
    image: recipe.standardise.image === 'shared' ? shared(train.images, width) : unchanged(width),
    changesImages: recipe.standardise.image !== 'none',
    text: textColumns > 0 ? ownDeviations(train, textColumns) : unchanged(train.textInputs),
    textColumns,
  };
}

/**
 * Centres every input and divides all of them by one number, the root mean square of their deviations: inputs with little
 * variance stay small (dividing each by its own deviation lowered recall@10 by 2.5 points).
 */
function shared(rows: Float32Array, width: number): Standardisation {
  const { mean, variance } = imageMoments(rows, width);
  const deviation = Math.sqrt(variance.reduce((sum, value) => sum + value, 0) / width);
  return { mean, scale: new Float32Array(width).fill(Math.max(deviation, leastDeviation)) };
}

/** Centres the first inputs and divides each by its own deviation; the bag of words after them is not changed. */
function ownDeviations(pairs: Pairs, columns: number): Standardisation {
  const moments = textMoments(pairs, columns);
  const { mean, scale } = unchanged(pairs.textInputs);
  mean.set(moments.mean);
  scale.set(moments.variance.map((value) => Math.max(Math.sqrt(value), leastDeviation)));
  return { mean, scale };
}

/** @param rows [photos, width] */
export function imageMoments(rows: Float32Array, width: number): InputMoments {
  const moments = new Moments(width);
  for (let at = 0; at < rows.length; at += width) moments.add(rows.subarray(at, at + width));
  return { mean: moments.mean(), variance: moments.variance() };
}

/** @param columns how many of the inputs, at the beginning */
export function textMoments(
  { photoOf, textInputs, fillTexts }: Pick<Pairs, 'photoOf' | 'textInputs' | 'fillTexts'>,
  columns: number,
): InputMoments {
  const chunk = 500;
  const rows = new Float32Array(chunk * textInputs);
  const moments = new Moments(columns);
  for (let from = 0; from < photoOf.length; from += chunk) {
    const captions = Int32Array.from({ length: Math.min(chunk, photoOf.length - from) }, (_, i) => from + i);
    fillTexts(captions, rows);
    captions.forEach((_, row) => moments.add(rows.subarray(row * textInputs, row * textInputs + columns)));
  }
  return { mean: moments.mean(), variance: moments.variance() };
}

function unchanged(width: number): Standardisation {
  return { mean: new Float32Array(width), scale: new Float32Array(width).fill(1) };
}

/** The same pairs with standardised inputs. */
export function standardisedPairs(pairs: Pairs, inputs: InputStandardisation): Pairs {
  const texts = standardisedTexts(pairs, inputs);
  if (!inputs.changesImages) return { ...pairs, ...texts };
  const images = pairs.images.slice();
  standardise(images, inputs.image, inputs.image.mean.length);
  return { ...pairs, ...texts, images };
}

/** The same captions with standardised inputs. */
export function standardisedTexts(captions: Captions, { text, textColumns }: InputStandardisation): Captions {
  return {
    ...captions,
    fillTexts(chosen, out) {
      captions.fillTexts(chosen, out);
      standardise(out.subarray(0, chosen.length * captions.textInputs), text, textColumns);
    },
  };
}

/** In place. @param rows [count, width] @param columns how many, at the beginning, are changed */
function standardise(rows: Float32Array, { mean, scale }: Standardisation, columns: number): void {
  for (let row = 0; row < rows.length; row += mean.length) {
    for (let i = 0; i < columns; i++) rows[row + i] = (rows[row + i]! - mean[i]!) / scale[i]!;
  }
}

/** The network for raw inputs that is equivalent to the given one for standardised inputs. */
export function forRawInputs({ image, text }: NetworkWeights, inputs: InputStandardisation): NetworkWeights {
  return {
    image: inputs.changesImages ? branchForRawInputs(image, inputs.image) : image,
    text: branchForRawInputs(text, inputs.text),
  };
}

/** W′ = W / s, b′ = b − (m / s) W */
function branchForRawInputs(branch: BranchWeights, { mean, scale }: Standardisation): BranchWeights {
  return rescale(branch, (input) => ({ factor: 1 / scale[input]!, shift: -mean[input]! / scale[input]! }));
}

/** The inverse for one branch, to continue the training of a finished model: W = s W′, b = b′ + m W′ */
export function forStandardisedInputs(branch: BranchWeights, { mean, scale }: Standardisation): BranchWeights {
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

/** Mean and variance of each column (Welford 1962). */
class Moments {
  #count = 0;
  readonly #mean: Float64Array;
  readonly #squares: Float64Array;

  constructor(width: number) {
    this.#mean = new Float64Array(width);
    this.#squares = new Float64Array(width);
  }

  add(row: Float32Array): void {
    this.#count++;
    for (let i = 0; i < row.length; i++) {
      const before = row[i]! - this.#mean[i]!;
      this.#mean[i]! += before / this.#count;
      this.#squares[i]! += before * (row[i]! - this.#mean[i]!);
    }
  }

  mean(): Float32Array {
    return Float32Array.from(this.#mean);
  }

  variance(): Float32Array {
    return Float32Array.from(this.#squares, (sum) => sum / Math.max(1, this.#count));
  }
}
