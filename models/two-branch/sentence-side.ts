/** What the text branch reads of a sentence. It depends on the encoder: a bag of words and word vectors, or a text embedding. */

/**
 * Writes the numbers of prepared sentences.
 *
 * @param sentences their places in what was prepared
 * @param out [sentences, dimensions], row after row; every number of these rows is written
 */
export type FillTexts = (sentences: Int32Array, out: Float32Array) => void;

export interface SentenceSide {
  /** numbers of a sentence */
  readonly dimensions: number;
  /** how many of these, at the beginning, a recipe may standardise: they come from vectors, and are not counts of words */
  readonly vectorDimensions: number;
  /** For sentences that are read again in every epoch. */
  prepare(sentences: readonly string[]): FillTexts;
  /** @returns [sentences, dimensions] */
  encode(sentences: readonly string[]): Float32Array | Promise<Float32Array>;
}
