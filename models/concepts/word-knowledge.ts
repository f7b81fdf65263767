/** What a model says of the words that it knows: plain data, for model files, the library's database and the window. */
import { z } from 'zod';
import { plainText } from '../files/plain-text.ts';

const wordGroup = z.object({
  count: z.int().min(0),
  /** some of them, the most frequent ones */
  examples: z.array(plainText(100)).max(100),
});
export type WordGroup = z.infer<typeof wordGroup>;

export const wordKnowledge = z.object({
  /** from many captions of its training photos */
  learnt: wordGroup,
  /** by what the image network was trained to tell apart, hardly or not from captions */
  byClasses: wordGroup,
  /** only by words of similar meaning: of the most frequent words of the language */
  bySimilar: wordGroup,
});
export type WordKnowledge = Readonly<z.infer<typeof wordKnowledge>>;
