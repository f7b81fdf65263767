/** What the image branch reads: a fixed function of a photo's feature, the same in training and at search time. */
import { z } from 'zod';

export const imageSpec = z.strictObject({
  /** `l2`: each feature has norm 1 before scaling. ResNet50's features differ in norm by a factor of three, which says nothing. */
  norm: z.enum(['none', 'l2']).default('none'),
  scale: z.number().positive().default(1),
});
export type ImageSpec = z.infer<typeof imageSpec>;

/** @param features [count, dimensions]; @returns inputs of the same shape */
export function imageInputs(features: Float32Array, count: number, { norm, scale }: ImageSpec): Float32Array {
  if (norm === 'none' && scale === 1) return features;
  const dimensions = features.length / count;
  const inputs = new Float32Array(features.length);
  for (let row = 0; row < count; row++) {
    const from = row * dimensions;
    let squares = 0;
    for (let i = from; i < from + dimensions; i++) squares += features[i]! ** 2;
    const factor = norm === 'l2' ? scale / Math.max(Math.sqrt(squares), 1e-12) : scale;
    for (let i = from; i < from + dimensions; i++) inputs[i] = features[i]! * factor;
  }
  return inputs;
}
