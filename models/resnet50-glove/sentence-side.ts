import type { SentenceEncoder } from '../text/sentence-encoder.ts';
import type { SentenceSide } from '../two-branch/sentence-side.ts';

/** A bag of words and word vectors as what the text branch reads. */
export const sentenceSide = (text: SentenceEncoder): SentenceSide => ({
  dimensions: text.dimensions,
  vectorDimensions: text.vectorDimensions,
  prepare: (sentences) => {
    const prepared = text.prepare(sentences);
    return (chosen, out) => text.fill(prepared, chosen, out);
  },
  encode: (sentences) => text.encode(sentences),
});
