/**
 * How often captions leave out what a photo shows.
 *
 * Five people who describe a photo all name its dog, and two of them the man's red shirt. So a photo whose captions lack the
 * words of a query may match it nevertheless. How often can be counted: a phrase of one caption is true of the photo, because
 * a person wrote it, and the photo's other captions have its words or not. The longer the phrase, the less often they do.
 */
import { functionWords } from '../text/function-words.ts';
import { tokenize } from '../text/tokenizer.ts';
import { CaptionLabels, phrasesOf } from './match-labels.ts';

/** Phrases of more content words count as ones of so many. */
const longest = 4;
/**
 * The least rate. Of the best photos for 60 phrases of two to four content words, a person called 36 % right, and the
 * captions 13 %: they find a third of the matches (docs/experiments.md). For whole captions the count is lower, but it
 * compares the choice of words, too, and not only what is seen.
 */
const leastRate = 1 / 3;

/** The probability that a photo which matches a query is labelled as a match by its captions. */
export type MentionRate = (query: string) => number;

/**
 * @param captionsOf of each photo; photos with one caption tell nothing
 * @returns 1 for every query where no photo has two captions
 */
export function mentionRates(captionsOf: readonly (readonly string[])[]): MentionRate {
  const photos = captionsOf.filter(({ length }) => length > 1);
  // One photo for each caption, with all captions of its photo but this one.
  const labels = new CaptionLabels(photos.flatMap((captions) => captions.map((_, i) => captions.toSpliced(i, 1))));
  const counts = Array.from({ length: longest + 1 }, () => ({ phrases: 0, repeated: 0 }));
  photos.flat().forEach((caption, row) => {
    const phrases = new Map(phrasesOf(caption).map(({ text, length }) => [length, text]));
    for (const [length, text] of phrases) {
      const count = counts[length];
      if (!count) continue;
      count.phrases++;
      if (labels.matches(text).has(row)) count.repeated++;
    }
  });
  const rates = counts.map(({ phrases, repeated }) => Math.max(leastRate, phrases === 0 ? 1 : repeated / phrases));
  return (query) => {
    const words = new Set(tokenize(query).filter((token) => !functionWords.has(token)));
    return rates[Math.min(words.size, longest)]!;
  };
}
