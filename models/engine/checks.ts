/** What every engine asks of its arguments. A wrong shape is a programmer's mistake, hence a RangeError. */
import { makeBranch, type BranchShape, type NetworkWeights } from '../two-branch/network.ts';
import type { Batch, TrainingOptions } from './engine.ts';

/** ResNet50's input side in pixels, feature length, and classes. */
export const imageNet = { side: 224, dimensions: 2048, classes: 1000 } as const;

export function checkMatrix(name: string, data: ArrayLike<number>, rows: number, columns: number): void {
  if (data.length !== rows * columns || rows < 1) {
    throw new RangeError(`${name} shall be [${rows}, ${columns}], but holds ${data.length} elements`);
  }
}

export function checkBatch(
  batch: Batch,
  shapes: { readonly image: BranchShape; readonly text: BranchShape },
  { dropout }: TrainingOptions,
): void {
  checkMatrix('images', batch.images, batch.count, shapes.image.inputs);
  checkMatrix('texts', batch.texts, batch.count, shapes.text.inputs);
  checkMatrix('photos', batch.photos, batch.count, 1);
  if (dropout === 0) return;
  if (!batch.imageMask || !batch.textMask) throw new RangeError('dropout needs imageMask and textMask');
  checkMatrix('imageMask', batch.imageMask, batch.count, shapes.image.hidden);
  checkMatrix('textMask', batch.textMask, batch.count, shapes.text.hidden);
}

/** Momentum at the start of a run: zeros in the layout of the weights. */
export function noMomentum({ image, text }: NetworkWeights): NetworkWeights {
  const zeros = (shape: BranchShape) => makeBranch(shape, (_, length) => new Float32Array(length));
  return { image: zeros(image.shape), text: zeros(text.shape) };
}
