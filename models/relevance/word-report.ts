/**
 * How well single words find photos, by how often the training captions had them: the words of captions that a user
 * types are often rare or unknown in training, and recall on whole captions hides it.
 */
import { functionWords } from '../text/function-words.ts';
import { tokenize } from '../text/tokenizer.ts';

export interface WordQuery {
  readonly word: string;
  /** rows of the photos with a caption that has the word, ascending */
  readonly relevant: Int32Array;
}

export interface WordGroup {
  /** words that were searched for */
  readonly queries: number;
  /** mean average precision of these words, 0–1; null without a word */
  readonly map: number | null;
}

export interface WordReport {
  /** in fewer than 20 training captions, or in none */
  readonly rare: WordGroup;
  /** in 20 to 200 */
  readonly known: WordGroup;
  /** in more than 200 */
  readonly common: WordGroup;
}

/** A word of fewer photos says little about a model: one rank decides its average precision. */
const leastPhotos = 5;
/** A word of more photos is found by chance. */
const mostPercent = 15;
const leastKnown = 20;
const mostKnown = 200;

/**
 * Every content word that is in the captions of at least 5 and of at most 15 % of the photos, as it is written there.
 *
 * @param captionsOf of each photo
 * @returns in alphabetical order
 */
export function wordQueries(captionsOf: readonly (readonly string[])[]): WordQuery[] {
  const photosWith = new Map<string, number[]>();
  captionsOf.forEach((captions, photo) => {
    for (const word of new Set(captions.flatMap(tokenize))) {
      const photos = photosWith.get(word);
      if (photos) photos.push(photo);
      else photosWith.set(word, [photo]);
    }
  });
  const isFew = (photos: number) => 100 * photos <= mostPercent * captionsOf.length;
  return [...photosWith]
    .filter(([word, { length }]) => !functionWords.has(word) && length >= leastPhotos && isFew(length))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([word, photos]) => ({ word, relevant: Int32Array.from(photos) }));
}

/** In how many of the captions each word is. */
export function captionCounts(captions: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const caption of captions) {
    for (const word of new Set(tokenize(caption))) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/**
 * Average precision (Manning, Raghavan & Schütze 2008, §8.4): the mean, over the relevant photos, of the share of relevant
 * ones among the photos down to that one.
 *
 * @param scores of all photos, higher is better; ties and NaN count against the relevant ones, as in `recallAtK`
 * @param relevant rows, at least one
 * @returns 0–1
 */
export function averagePrecision(scores: Float32Array, relevant: Int32Array): number {
  const isRelevant = new Uint8Array(scores.length);
  for (const photo of relevant) isRelevant[photo] = 1;
  const value = (photo: number) => (Number.isNaN(scores[photo]!) ? -Infinity : scores[photo]!);
  const order = Int32Array.from(scores.keys()).sort((a, b) => {
    const [first, second] = [value(a), value(b)];
    return first === second ? isRelevant[a]! - isRelevant[b]! : second - first;
  });
  let found = 0;
  let sum = 0;
  order.forEach((photo, place) => {
    if (isRelevant[photo]) sum += ++found / (place + 1);
  });
  return sum / relevant.length;
}

/**
 * @param scores inner products [queries, photos]
 * @param trainedOn how many training captions had a word
 */
export function reportWords(
  queries: readonly WordQuery[],
  scores: Float32Array,
  trainedOn: (word: string) => number,
): WordReport {
  const photos = scores.length / Math.max(1, queries.length);
  const precisions = { rare: [] as number[], known: [] as number[], common: [] as number[] };
  queries.forEach(({ word, relevant }, row) => {
    const count = trainedOn(word);
    const group = count < leastKnown ? 'rare' : count <= mostKnown ? 'known' : 'common';
    precisions[group].push(averagePrecision(scores.subarray(row * photos, (row + 1) * photos), relevant));
  });
  const { rare, known, common } = precisions;
  return { rare: groupOf(rare), known: groupOf(known), common: groupOf(common) };
}

function groupOf(precisions: readonly number[]): WordGroup {
  const queries = precisions.length;
  return { queries, map: queries === 0 ? null : precisions.reduce((sum, value) => sum + value, 0) / queries };
}
