/** The input of a training step, the same for both engines. */
import { checkMatrix } from '../math/rows.ts';
import type { Objective } from './losses.ts';
import { makeBranch, type BranchShape, type NetworkWeights } from './network.ts';

export const sides = ['image', 'text'] as const;
export type Side = (typeof sides)[number];

/** One batch of `count` pairs; row i of `images` and of `texts` belong together. */
export interface Batch {
  readonly count: number;
  /** [count, image inputs], or image embeddings with `imagesEmbedded` */
  readonly images: Float32Array;
  /** [count, text inputs] */
  readonly texts: Float32Array;
  /** [count]; rows with equal numbers show the same photo, so all their captions are positives of each other */
  readonly photos: Int32Array;
  /**
   * Dropout masks after ReLU, 1 keeps and 0 drops, [count, hidden]; kept values are scaled by 1/(1 − rate). The
   * caller makes them, so that a step is reproducible and the same on both engines. Absent if the recipe has no dropout.
   */
  readonly imageMask?: Uint8Array;
  readonly textMask?: Uint8Array;
}

/** Reported after each step of an epoch. */
export interface EpochStep {
  readonly kind: 'step';
  readonly epoch: number;
  readonly step: number;
  /** of the epoch */
  readonly steps: number;
  readonly loss: number;
}

/** Options of a whole training run. */
export interface TrainingOptions {
  readonly objective: Objective;
  /** of gradient descent: v ← momentum · v + gradient */
  readonly momentum: number;
  /** share of hidden units dropped, 0 for none */
  readonly dropout: number;
  /**
   * The batch's `images` are embeddings, [count, dimensions] of norm 1, and only the text branch is trained. The weights of
   * the image branch are not used; its shape has as many inputs as outputs (`placeholderBranch`).
   */
  readonly imagesEmbedded?: boolean;
  /** Batch-norm momentum: running = momentum · running + (1 − momentum) · batch (as in Keras) */
  readonly normMomentum: number;
}

/** The branches that a run trains. */
export const trainedSides = ({ imagesEmbedded }: TrainingOptions): readonly Side[] =>
  imagesEmbedded ? ['text'] : sides;

type Shapes = Readonly<Record<Side, BranchShape>>;

/** @throws RangeError for a kernel machine: there are gradients only for FC – ReLU – FC – batch norm */
export function checkTrainable(shapes: Shapes): void {
  for (const side of sides) {
    const { activation, components } = shapes[side];
    if (activation === 'softmax' || components !== undefined) {
      throw new RangeError(`the ${side} branch is a kernel machine, which cannot be trained by gradients`);
    }
  }
}

/** @throws RangeError when the size of an array does not match `count` and the shapes */
export function checkBatch(batch: Batch, shapes: Shapes, { dropout, imagesEmbedded }: TrainingOptions): void {
  checkMatrix('images', batch.images, batch.count, shapes.image.inputs);
  checkMatrix('texts', batch.texts, batch.count, shapes.text.inputs);
  checkMatrix('photos', batch.photos, batch.count, 1);
  if (dropout === 0) return;
  if (!batch.textMask || !(batch.imageMask || imagesEmbedded))
    throw new RangeError('dropout needs textMask, and imageMask where images are not embedded');
  if (batch.imageMask && !imagesEmbedded) checkMatrix('imageMask', batch.imageMask, batch.count, shapes.image.hidden);
  checkMatrix('textMask', batch.textMask, batch.count, shapes.text.hidden);
}

/** Momentum at the start of a run: zeros in the layout of the weights. */
export function noMomentum({ image, text }: NetworkWeights): NetworkWeights {
  const zeros = (shape: BranchShape) => makeBranch(shape, (_, length) => new Float32Array(length));
  return { image: zeros(image.shape), text: zeros(text.shape) };
}
