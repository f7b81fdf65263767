/** Descriptions of encoders and models: plain data, for the library's database and the window. */
import { z } from 'zod';
import { wordKnowledge, type WordKnowledge } from '../concepts/word-knowledge.ts';
import { longestTexts, plainText } from '../files/plain-text.ts';

/**
 * Identifies features. Features are comparable if both fields are equal. Features with the same `id` and a lower version are
 * outdated: they are computed again.
 */
export const encoderIdentity = z.object({
  /** names the weights, such as `PACKAGE@VERSION` */
  id: z.string().min(1).max(longestTexts.identity),
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
/** recall on the val split of one of several datasets, among that dataset's own photos */
export const setRecalls = z.object({ set: plainText(longestTexts.name), photos: z.int(), recalls });
export type SetRecalls = z.infer<typeof setRecalls>;

export { wordKnowledge, type WordKnowledge };

/** The description in a model file. */
export const modelInformation = z.object({
  /** id of the implementation that reads the file (models/encoders.ts) */
  implementation: plainText(longestTexts.name),
  /** of the features that it was trained on */
  encoder: encoderIdentity,
  /** its photo side was fine-tuned: its features, and their identity, are its own */
  tuned: z.literal(true).exactOptional(),
  recipe: plainText(longestTexts.name),
  /** what it was trained on, in words */
  data: plainText(longestTexts.data),
  /** on the val split of that data, of several datasets among all their photos together; null where there was none */
  recalls: recalls.nullable(),
  /** the same for each dataset; empty: a version wrote the file that knew one dataset only, or it was not measured */
  sets: z.array(setRecalls).max(longestTexts.sets).default([]),
  /** of the random split of a dataset without a split file: the model must not be measured on photos it was trained on */
  seed: z.int(),
  /** ms since the epoch */
  createdAt: z.number(),
  /** null: the file does not say, as those of earlier versions */
  words: wordKnowledge.nullable().default(null),
});
export type ModelInformation = Readonly<z.infer<typeof modelInformation>>;
