/** What every engine asks of its arguments. A wrong shape is a programmer's mistake, hence a RangeError. */
import { makeBranch, type BranchShape, type NetworkWeights } from '../network/network.ts';
import type { Batch, TrainingOptions } from './engine.ts';

export function checkMatrix(name: string, data: ArrayLike<number>, rows: number, columns: number): void {
  if (data.length !== rows * columns || rows < 1) {
    throw new RangeError(`${name} shall be [${rows}, ${columns}], but holds ${data.length} elements`);
  }
}

/** Gradients are derived for FC – ReLU – FC – batch norm alone. */
export function checkTrainable(shapes: { readonly image: BranchShape; readonly text: BranchShape }): void {
  for (const [side, { activation, components }] of Object.entries(shapes)) {
    if (activation === 'softmax' || components !== undefined) {
      throw new RangeError(`the ${side} branch is a kernel machine, which no gradient trains`);
    }
  }
}

export function checkBatch(
  batch: Batch,
  shapes: { readonly image: BranchShape; readonly text: BranchShape },
  { dropout, givenImages }: TrainingOptions,
): void {
  checkMatrix('images', batch.images, batch.count, shapes.image.inputs);
  checkMatrix('texts', batch.texts, batch.count, shapes.text.inputs);
  checkMatrix('photos', batch.photos, batch.count, 1);
  if (dropout === 0) return;
  if (!batch.textMask || !(batch.imageMask || givenImages))
    throw new RangeError('dropout needs textMask, and imageMask where images are not given');
  if (batch.imageMask && !givenImages) checkMatrix('imageMask', batch.imageMask, batch.count, shapes.image.hidden);
  checkMatrix('textMask', batch.textMask, batch.count, shapes.text.hidden);
}

/** Momentum at the start of a run: zeros in the layout of the weights. */
export function noMomentum({ image, text }: NetworkWeights): NetworkWeights {
  const zeros = (shape: BranchShape) => makeBranch(shape, (_, length) => new Float32Array(length));
  return { image: zeros(image.shape), text: zeros(text.shape) };
}
