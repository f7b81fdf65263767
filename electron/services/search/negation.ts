/**
 * What must not be seen: the photos that show it, by the model's calibrated relevance for the negated words.
 *
 * A text encoder does not understand "without": it ranks "a dog without a beach" as a dog and a beach. So the negated words are
 * embedded alone, and each photo is judged twice. How it was tuned is in docs/search.md.
 */
import type { LoadedModel } from '../models/models.ts';
import { DensePhotoSet, type PhotoSet } from './photo-set.ts';
import type { SearchMatrix } from './search-matrix.ts';

/** Photos are out of a search for a description if what must not be seen is at least this probable. */
export const outOfDescribed = 0.4;
/** … and of one that describes nothing: as many as a search for the negated words would call good matches. */
export const outOfAll = 0.2;
/**
 * Who says "without B" expects B on many of the photos: its odds are this many times those of any photo of the library
 * (adjustment to another prior, Saerens et al. 2002, eq. 2.4).
 */
const oddsFactor = 3;
/** For models without relevance: the weight of the negated score. */
export const negatedWeight = 0.4;

/** The first search for what must not be seen; where it is more frequent, all photos are judged. */
const firstPage = 2000;

/** One negated text. */
export interface Negation {
  readonly text: string;
  /** [dimensions] */
  readonly embedding: Float32Array;
}

/** Probability that it is seen, given the relevance for a search for it. */
const shifted = (relevance: number) => (oddsFactor * relevance) / (1 + (oddsFactor - 1) * relevance);

/** @returns what the relevance for the description is multiplied by: the probability that none of it is seen */
export function factorWithout(negated: readonly number[]): number {
  return negated.reduce((product, relevance) => product * (1 - shifted(relevance)), 1);
}

/**
 * The photos that show the negated text.
 *
 * @param among photos that are judged; absent: all
 * @param least relevance from which on a photo counts
 * @param searched number of photos among which the relevance is judged
 */
export function photosShowing(
  model: LoadedModel,
  matrix: SearchMatrix,
  { text, embedding }: Negation,
  { among, least, searched, highest }: { among: PhotoSet | undefined; least: number; searched: number; highest: number },
): DensePhotoSet {
  const judge = model.judge;
  if (!judge || searched === 0) return new DensePhotoSet(highest);
  for (let page = firstPage; ; page = searched) {
    const { ids, scores } = matrix.search(embedding, page, among);
    const { relevance } = judge(text, scores, searched);
    // Relevance grows with the score, so that the photos that count are the first ones.
    const below = relevance.findIndex((value) => value < least);
    if (below < 0 && ids.length === page && page < searched) continue;
    return DensePhotoSet.of(ids.subarray(0, below < 0 ? ids.length : below), highest);
  }
}
