/** What encoders and models say about themselves: plain data, for the library's database and the window. */
import { z } from 'zod';

/**
 * Names what makes features. Features are comparable where both are equal; of one `id`, those of a lower version are
 * outdated: nothing makes them any more, and they are replaced.
 */
export const encoderIdentity = z.object({
  /** names the weights, such as `PACKAGE@VERSION` */
  id: z.string().min(1),
  /** raised by the encoder with every change of what a feature is */
  version: z.int().positive(),
});
export type EncoderIdentity = Readonly<z.infer<typeof encoderIdentity>>;

/** percent of queries whose first right answer is among the first 1, 5, 10; and the median rank of that answer */
export const recall = z.object({ r1: z.number(), r5: z.number(), r10: z.number(), medianRank: z.number() });
export type Recall = z.infer<typeof recall>;
/** sentences that search photos, and photos that search sentences */
export const recalls = z.object({ textToImage: recall, imageToText: recall });
export type Recalls = z.infer<typeof recalls>;

/** What a model file says about itself. */
export const modelInformation = z.object({
  /** id of the implementation that reads the file (models/encoders.ts) */
  implementation: z.string(),
  /** of the features that it was trained on */
  encoder: encoderIdentity,
  recipe: z.string(),
  /** what it was trained on, in words */
  data: z.string(),
  /** on the val split of that data; null where there was none */
  recalls: recalls.nullable(),
  /** decides how a dataset without a split of its own is split; the model must not be measured on what it was trained on */
  seed: z.int(),
  /** ms since the epoch */
  createdAt: z.number(),
});
export type ModelInformation = Readonly<z.infer<typeof modelInformation>>;
