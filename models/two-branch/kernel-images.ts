/**
 * The image side of a network whose image branch is a kernel machine. The machine is fitted in closed form to the text
 * branch's embeddings of each photo's captions. The text branch is trained on the machine's leave-one-out predictions: for
 * each photo, the prediction of a machine that was fitted without that photo. Against two trained branches this gives +3
 * points of recall@1 and +2 of recall@10 on val (docs/experiments.md).
 */
import type { Engine } from '../engine/engine.ts';
import { DescryError } from '../errors.ts';
import type { Pairs } from './batches.ts';
import { fitKernel, kernelFirstLayer } from './kernel-ridge.ts';
import { makeBranch, normEpsilon, type BranchShape, type BranchWeights } from '../network/network.ts';
import { principalComponents } from '../math/principal-components.ts';
import { seededRandom } from '../math/random.ts';
import type { NetworkRecipe } from './recipe.ts';
import { transposed } from '../math/transposed.ts';

/** Factor of λ for photos whose captions are guesses: λ = 1 (docs/experiments.md). */
const noiseOfGuesses = 5;

export interface KernelImages {
  /**
   * @param texts embeddings of all captions of the pairs [captions, dimensions]
   */
  fit(texts: Float32Array): Promise<FittedImages>;
}

export interface FittedImages {
  /**
   * @param references embeddings of captions [references, dimensions] that determine the norms of image embeddings
   * (`popularityTemperature`); empty: all have norm 1
   */
  branch(references: Float32Array): BranchWeights;
  /** [photos, dimensions], of norm 1: leave-one-out predictions */
  readonly heldOut: Float32Array;
}

/**
 * Computes once what depends only on the photos: principal components, kernel, inverse.
 *
 * @param pairs with image inputs that need not be centred: the kernel depends on differences only
 * @param embedding dimensions of the shared space
 * @param seed of the principal components, and of the random division of the photos if they are too many for one machine
 * @throws DescryError `training-diverged` if all photos are equal, or the ridge is too small for 32 bits
 */
export async function openKernelImages(
  engine: Engine,
  pairs: Pick<Pairs, 'photos' | 'images' | 'photoOf' | 'guessed'>,
  kernel: NonNullable<NetworkRecipe['kernel']>,
  embedding: number,
  seed: number,
): Promise<KernelImages> {
  const { photos, images, photoOf, guessed } = pairs;
  const inputs = images.length / photos;
  const random = seededRandom(seed);
  const { width, ridge } = kernel;
  // With fewer photos than components no reduction is possible.
  const components = kernel.components < Math.min(inputs, photos) ? kernel.components : undefined;
  const basis = components && (await principalComponents(engine.similarities, images, inputs, components, random));
  const reduced = basis ? await engine.similarities(images, transposed(basis, inputs, components), inputs) : images;
  const noise = guessed && Float32Array.from(guessed, (isGuessed) => (isGuessed ? noiseOfGuesses : 1));
  const options = { dimensions: components ?? inputs, width, ridge, random, ...(noise ? { noise } : {}) };
  const machine = await fitKernel(engine.similarities, reduced, options).catch((error: unknown) => {
    if (!(error instanceof RangeError)) throw error;
    throw new DescryError(
      'training-diverged',
      `No kernel machine can be fitted to these ${photos} training photos: ${error.message}. Train on more photos that ` +
        `differ, or raise the ridge of the recipe (${ridge}).`,
      { cause: error },
    );
  });
  const first = kernelFirstLayer(machine);
  const shape: BranchShape = {
    inputs,
    hidden: photos,
    outputs: embedding,
    activation: 'softmax',
    ...(components === undefined ? {} : { components }),
  };
  const layers = (weights: Float32Array, references: Float32Array): BranchWeights => {
    const count = references.length / embedding;
    return makeBranch(
      { ...shape, ...(count > 0 ? { references: count } : {}) },
      (name, length) => {
        if (name === 'hiddenWeight' || name === 'hiddenBias') return first[name];
        if (name === 'outputWeight') return weights;
        // A batch norm without effect.
        return new Float32Array(length).fill(name === 'normGamma' ? 1 : name === 'normVariance' ? 1 - normEpsilon : 0);
      },
      { ...(basis ? { reduction: basis } : {}), ...(count > 0 ? { references } : {}) },
    );
  };
  return {
    async fit(texts) {
      const { weights, heldOut } = await machine.solve(meanDirections(texts, photoOf, photos));
      toUnitRows(heldOut, embedding);
      return { branch: (references) => layers(weights, references), heldOut };
    },
  };
}

/**
 * The mean direction of the captions of each photo.
 *
 * @param texts [captions, width], of norm 1 @returns [photos, width], of norm 1
 */
export function meanDirections(texts: Float32Array, photoOf: Int32Array, photos: number): Float32Array {
  const width = texts.length / photoOf.length;
  const sums = new Float32Array(photos * width);
  photoOf.forEach((photo, caption) => {
    const [from, to] = [caption * width, photo * width];
    for (let i = 0; i < width; i++) sums[to + i]! += texts[from + i]!;
  });
  return toUnitRows(sums, width);
}

/** In place; a row of zeros is not changed. */
function toUnitRows(rows: Float32Array, width: number): Float32Array {
  for (let from = 0; from < rows.length; from += width) {
    let squares = 0;
    for (let i = from; i < from + width; i++) squares += rows[i]! ** 2;
    const factor = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let i = from; i < from + width; i++) rows[i]! *= factor;
  }
  return rows;
}
