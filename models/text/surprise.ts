/** How specific a sentence is: the self-information (surprisal) of its words among the training captions, in nats. */
import type { FittedText } from './fitted-text.ts';
import { functionWords } from './function-words.ts';
import { lookUp } from './lookup.ts';
import { tokenize } from './tokenizer.ts';

/**
 * @returns in nats: −ln of the share of captions that would have all content words of the sentence if words were
 * independent of each other
 */
export type Surprise = (sentence: string) => number;

/** @param fitted of the sentence encoder: how often each word occurs, and in how many captions */
export function surpriseOf({ words, counts, captions }: Pick<FittedText, 'words' | 'counts' | 'captions'>): Surprise {
  const countOf = new Map(words.map((word, i) => [word, counts[i] ?? 0]));
  const hasWord = (word: string) => countOf.has(word);
  // A word that no caption has counts as half as frequent as one that a single caption has.
  const surprise = (word: string) => Math.max(0, Math.log((captions + 1) / ((countOf.get(word) ?? 0) + 0.5)));
  return (sentence) => {
    const tokens = tokenize(sentence);
    const content = tokens.filter((token) => !functionWords.has(token));
    const counted = content.length > 0 ? content : tokens;
    const words = new Set(
      counted.flatMap((token) => {
        const { known, unknown } = lookUp(token, hasWord);
        return [...known, ...unknown];
      }),
    );
    return [...words].reduce((sum, word) => sum + surprise(word), 0);
  };
}
