/** Words of a search that nothing is searched by. */
import type { SentenceAnalysis, UnknownWord } from '../../../models/contract/encoder.ts';

/**
 * The words that are not known, each once. Of a text that says nothing about a photo ("the") these are all its words: nothing is
 * found or left out by them.
 */
export function wordsToName(texts: readonly SentenceAnalysis[]): UnknownWord[] {
  const words = texts.flatMap(({ tokens, known, unknown }) =>
    known.length + unknown.length > 0 ? unknown : tokens.map((word) => ({ word, suggestion: null })),
  );
  return [...new Map(words.map((word) => [word.word, word])).values()];
}
