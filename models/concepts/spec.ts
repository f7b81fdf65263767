/** How the concept part of a recipe's embeddings is made. */
import { z } from 'zod';

export const conceptSpec = z.strictObject({
  /** numbers that an embedding has for concepts, besides those of the network */
  dimensions: z.int().min(1).max(512),
  /** of the softmax over the classes of a photo */
  photoTemperature: z.number().positive().max(100),
  /** of the softmax over the classes of a word */
  wordTemperature: z.number().positive().max(10),
  /** principal components of the word vectors that are removed (Mu & Viswanath 2018) */
  removedComponents: z.int().min(0).max(20),
  /** weight of a more general name of a class, for each step: 1, this, its square, … */
  generality: z.number().min(0).max(1),
  /** what is added to the cosine of a word and a class that it names */
  namesWeight: z.number().min(0).max(10),
  /** A word that is in so many captions of the training photos counts half as much as one in none. */
  halfCount: z.number().positive(),
  /** the least weight of a word that names classes, however often the captions have it */
  leastWeight: z.number().min(0).max(1),
  /** of the concepts in a score, against the network's cosine */
  amount: z.number().positive().max(1),
});
export type ConceptSpec = z.infer<typeof conceptSpec>;
