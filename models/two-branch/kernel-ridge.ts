/**
 * Kernel ridge regression from photo features to targets in the shared space: the image branch for few photos. A network
 * on 6,000 to 30,000 frozen features overfits. Kernel ridge regression has two hyperparameters, and its leave-one-out
 * predictions (for each photo, of a machine that was fitted without it) come at almost no cost, so that the text branch can
 * be trained on them.
 *
 * z(x) = Σᵢ k(x, aᵢ) wᵢ with k(x, a) = exp(−γ‖x − a‖²) and W = (K + λI)⁻¹ U, where U are the targets less their mean.
 * Leave-one-out: uᵢ − wᵢ / [(K + λI)⁻¹]ᵢᵢ (Rasmussen & Williams 2006, §5.4.2, eq. 5.12; Cawley & Talbot 2003).
 *
 * K has a number for each pair of photos. For many photos, they are divided at random into parts, a machine is fitted to
 * each part, and the prediction is the mean of the machines: divide and conquer (Zhang, Duchi & Wainwright 2015).
 */
import type { Random } from '../math/random.ts';
import { add, columnMeans, gatherRows, type RowProducts } from '../math/rows.ts';
import { invertSpd } from '../math/spd-inverse.ts';
import { transposed } from '../math/transposed.ts';

export interface KernelOptions {
  /** length of a feature */
  readonly dimensions: number;
  /** γ · (mean squared distance between photos) */
  readonly width: number;
  /** λ > 0, the regularisation */
  readonly ridge: number;
  /**
   * Of each photo, a factor of its λ: 1 where absent. In the view of a Gaussian process λ is the variance of the noise of a target
   * (Rasmussen & Williams 2006, §2.2), so that a target that is less certain has a larger one.
   */
  readonly noise?: Float32Array;
  /** maximum number of photos in a part; each part's inverse has partition² numbers: 420 MB for the default */
  readonly partition?: number;
  /** for the division of the photos; not used if there is one part */
  readonly random: Random;
}

/** The part of the fit that depends only on the features. */
export interface KernelMachine {
  readonly photos: number;
  readonly dimensions: number;
  /** [photos, dimensions], as given: not copied where there is one part */
  readonly features: Float32Array;
  readonly gamma: number;
  /** the photos of each part */
  readonly parts: readonly Int32Array[];
  /**
   * Fits the machine to targets. With one part this is one matrix product; with more, each also predicts the photos of all
   * others, for which their kernels are computed again (keeping them would need as much memory as one undivided machine).
   *
   * @param targets [photos, outputs]; their mean is subtracted first, and is not added to the predictions
   */
  solve(targets: Float32Array): Promise<KernelSolution>;
}

export interface KernelSolution {
  /** [photos, outputs]: z(x) = Σᵢ k(x, aᵢ) · weights[i], over all parts */
  readonly weights: Float32Array;
  /** [photos, outputs], not normalised: predictions for each photo by a machine that was fitted without it */
  readonly heldOut: Float32Array;
}

/** The machine of one part: `members` are its photos, in the order of the rows of its matrices. */
interface Part {
  readonly members: Int32Array;
  /** [members, dimensions] */
  readonly features: Float32Array;
  readonly squares: Float64Array;
  /** (K + λI)⁻¹, [members, members] */
  readonly inverse: Float32Array;
}

/** Rows of a kernel between two parts that are in memory at once. */
const chunk = 512;

/** Photos of one machine. The inversion needs memory for 2.5 times their square: 1 GB. */
export const defaultPartition = 10_240;

/**
 * @param features [photos, dimensions]
 * @throws RangeError when sizes or options are invalid, or the ridge is too small for 32 bits
 */
export async function fitKernel(
  products: RowProducts,
  features: Float32Array,
  { dimensions, width, ridge, noise, partition = defaultPartition, random }: KernelOptions,
): Promise<KernelMachine> {
  const photos = rowCount('features', features, dimensions);
  if (!(width > 0 && ridge > 0 && partition >= 1)) {
    throw new RangeError(`a kernel machine needs positive numbers, not ${width}, ${ridge}, ${partition}`);
  }
  const distance = meanSquaredDistance(features, dimensions);
  if (!(distance > 0)) throw new RangeError('the features of all photos are the same');
  const gamma = width / distance;
  const parts: Part[] = [];
  for (const members of divide(photos, Math.ceil(photos / partition), random)) {
    const rows = members.length === photos ? features : gatherRows(features, members, dimensions);
    const squares = squaredNorms(rows, dimensions);
    const kernel = gaussian(await products(rows, rows, dimensions), squares, squares, gamma);
    members.forEach((photo, i) => {
      kernel[i * members.length + i] = 1 + ridge * (noise ? noise[photo]! : 1);
    });
    parts.push({ members, features: rows, squares, inverse: await invertSpd(products, kernel, squares.length) });
  }
  return {
    photos,
    dimensions,
    features,
    gamma,
    parts: parts.map(({ members }) => members),
    async solve(targets) {
      const outputs = targets.length / photos;
      rowCount('targets', targets, outputs);
      const centred = subtractMean(targets, outputs);
      const fitted = await Promise.all(parts.map((part) => solvePart(products, part, centred, outputs)));
      for (let a = 0; a < parts.length; a++) {
        for (let b = a + 1; b < parts.length; b++) {
          await predictEachOther(
            products,
            gamma,
            { ...parts[a]!, ...fitted[a]! },
            { ...parts[b]!, ...fitted[b]! },
            outputs,
          );
        }
      }
      const mean = (of: keyof KernelSolution) => {
        const all = new Float32Array(targets.length);
        parts.forEach(({ members }, p) => scatter(fitted[p]![of], members, outputs, 1 / parts.length, all));
        return all;
      };
      return { weights: mean('weights'), heldOut: mean('heldOut') };
    },
  };
}

/**
 * The first layer of a fitted machine written as FC – softmax – FC, whose second layer is the `weights` of `solve` without
 * a bias. The result is right up to a positive factor, which the L2 norm after it removes:
 * exp(−γ‖x − aᵢ‖²) = exp(−γ‖x‖²) · exp(2γ x·aᵢ − γ‖aᵢ‖²), and the softmax of the latter exponents divides by one number.
 *
 * @returns hiddenWeight [dimensions, photos], hiddenBias [photos]
 */
export function kernelFirstLayer({
  features,
  dimensions,
  photos,
  gamma,
}: Pick<KernelMachine, 'features' | 'dimensions' | 'photos' | 'gamma'>): {
  hiddenWeight: Float32Array;
  hiddenBias: Float32Array;
} {
  const hiddenWeight = transposed(features, photos, dimensions);
  for (let i = 0; i < hiddenWeight.length; i++) hiddenWeight[i]! *= 2 * gamma;
  const hiddenBias = Float32Array.from(squaredNorms(features, dimensions), (square) => -gamma * square);
  return { hiddenWeight, hiddenBias };
}

type Fitted = Part & KernelSolution;

/** One part's own weights and leave-one-out predictions, in the order of its members. */
async function solvePart(
  products: RowProducts,
  { members, inverse }: Part,
  centred: Float32Array,
  outputs: number,
): Promise<KernelSolution> {
  const heldOut = gatherRows(centred, members, outputs);
  const count = members.length;
  const weights = await products(inverse, transposed(heldOut, count, outputs), count);
  for (let row = 0, at = 0; row < count; row++) {
    const own = inverse[row * count + row]!;
    for (let i = 0; i < outputs; i++, at++) heldOut[at]! -= weights[at]! / own;
  }
  return { weights, heldOut };
}

/** Adds what each of two parts predicts for the photos of the other to `heldOut`. */
async function predictEachOther(
  products: RowProducts,
  gamma: number,
  a: Fitted,
  b: Fitted,
  outputs: number,
): Promise<void> {
  const dimensions = a.features.length / a.members.length;
  const count = b.members.length;
  const weightsOfB = transposed(b.weights, count, outputs);
  for (let from = 0; from < a.members.length; from += chunk) {
    const to = Math.min(from + chunk, a.members.length);
    const rows = a.features.subarray(from * dimensions, to * dimensions);
    const inner = await products(rows, b.features, dimensions);
    const kernel = gaussian(inner, a.squares.subarray(from, to), b.squares, gamma);
    const span = [from * outputs, to * outputs] as const;
    add(a.heldOut.subarray(...span), await products(kernel, weightsOfB, count));
    const weightsOfA = transposed(a.weights.subarray(...span), to - from, outputs);
    add(b.heldOut, await products(transposed(kernel, to - from, count), weightsOfA, to - from));
  }
}

/** Inner products → exp(−γ‖x − y‖²), in place. @param inner [rows, columns] */
function gaussian(
  inner: Float32Array,
  rowSquares: Float64Array,
  columnSquares: Float64Array,
  gamma: number,
): Float32Array {
  for (let row = 0, at = 0; row < rowSquares.length; row++) {
    const square = rowSquares[row]!;
    for (let column = 0; column < columnSquares.length; column++, at++) {
      // Rounding can make the squared distance of nearly equal photos negative.
      const distance = Math.max(0, square + columnSquares[column]! - 2 * inner[at]!);
      inner[at] = Math.exp(-gamma * distance);
    }
  }
  return inner;
}

/** Over all ordered pairs, a photo with itself included: 2 (mean of ‖x‖² − ‖mean of x‖²). */
function meanSquaredDistance(features: Float32Array, dimensions: number): number {
  const mean = columnMeans(features, dimensions);
  const photos = features.length / dimensions;
  let sum = 0;
  for (let at = 0; at < features.length;) {
    for (let i = 0; i < dimensions; i++, at++) sum += (features[at]! - mean[i]!) ** 2;
  }
  return (2 * sum) / photos;
}

function squaredNorms(rows: Float32Array, width: number): Float64Array {
  const squares = new Float64Array(rows.length / width);
  for (let row = 0, at = 0; row < squares.length; row++) {
    for (let i = 0; i < width; i++, at++) squares[row]! += rows[at]! ** 2;
  }
  return squares;
}

function subtractMean(rows: Float32Array, width: number): Float32Array {
  const mean = columnMeans(rows, width);
  return rows.map((value, i) => value - mean[i % width]!);
}

/** Photos 0 … count − 1 in `parts` groups whose sizes differ by one at most. */
function divide(count: number, parts: number, random: Random): Int32Array[] {
  const photos = Int32Array.from({ length: count }, (_, i) => i);
  if (parts === 1) return [photos];
  random.shuffle(photos);
  const bound = (part: number) => Math.round((part * count) / parts);
  return Array.from({ length: parts }, (_, part) => photos.slice(bound(part), bound(part + 1)));
}

/** Row i, times `factor`, becomes row chosen[i] of `all`. */
function scatter(rows: Float32Array, chosen: Int32Array, width: number, factor: number, all: Float32Array): void {
  chosen.forEach((row, i) => {
    for (let k = 0; k < width; k++) all[row * width + k] = rows[i * width + k]! * factor;
  });
}

function rowCount(name: string, rows: Float32Array, width: number): number {
  const count = rows.length / width;
  if (!(Number.isInteger(width) && Number.isInteger(count) && count > 0)) {
    throw new RangeError(`${name} must be rows of ${width} numbers, but have ${rows.length}`);
  }
  return count;
}
