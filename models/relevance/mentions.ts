/**
 * How often captions leave out what a photo shows.
 *
 * Five people who describe a photo name its dog, and two of them the man's shirt. So that no caption of a photo has the
 * words of a query does not mean that the photo is no match. How often that happens can be counted: a word of one caption is
 * true of the photo (a person wrote it), and the other captions have it or not.
 */
import { functionWords } from '../text/function-words.ts';
import { tokenize } from '../text/tokenizer.ts';
import { stemOf, stemsOf } from './match-labels.ts';

/** Words that are in few captions count as this many captions with the mean rate more. */
const priorCaptions = 5;
/** A smaller rate would say that labels mean nothing. */
const leastRate = 0.05;

/** The probability that the captions of a photo that matches a query have all its content words. */
export type MentionRate = (query: string) => number;

/**
 * The rate of a query is the product of those of its words.
 *
 * @param captionsOf of each photo; photos with one caption tell nothing
 * @returns 1 for every query where no photo has two captions
 */
export function mentionRates(captionsOf: readonly (readonly string[])[]): MentionRate {
  const words = new Map<string, { captions: number; repeated: number }>();
  for (const captions of captionsOf.filter(({ length }) => length > 1)) {
    const stems = captions.map((caption) => new Set(tokenize(caption).flatMap(stemsOf)));
    captions.forEach((caption, own) => {
      for (const stem of contentStems(caption)) {
        const word = words.get(stem) ?? { captions: 0, repeated: 0 };
        word.captions++;
        if (stems.some((others, i) => i !== own && others.has(stem))) word.repeated++;
        words.set(stem, word);
      }
    });
  }
  const all = [...words.values()];
  const captions = all.reduce((sum, word) => sum + word.captions, 0);
  if (captions === 0) return () => 1;
  // The mean over the words, not over the captions: what a rare word is like, rare words tell.
  const mean = all.reduce((sum, word) => sum + word.repeated / word.captions, 0) / all.length;
  const rate = (stem: string) => {
    const word = words.get(stem) ?? { captions: 0, repeated: 0 };
    return (word.repeated + priorCaptions * mean) / (word.captions + priorCaptions);
  };
  return (query) =>
    Math.max(
      leastRate,
      [...contentStems(query)].reduce((product, stem) => product * rate(stem), 1),
    );
}

function contentStems(sentence: string): Set<string> {
  return new Set(
    tokenize(sentence)
      .filter((token) => !functionWords.has(token))
      .map(stemOf),
  );
}
