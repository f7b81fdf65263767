/**
 * What must not be seen: the photos that show it, by the model's calibrated relevance for the negated words.
 *
 * A text encoder does not understand "without": it ranks "a dog without a beach" as a dog and a beach. So the negated words are
 * embedded alone, and each photo is judged twice. How it was tuned is in docs/search.md.
 */
import type { LoadedModel } from '../models/models.ts';
import { DensePhotoSet } from './photo-set.ts';
import type { SearchMatrix } from './search-matrix.ts';

/** Photos are out of a search for a description if what must not be seen is at least this probable. */
export const outOfDescribed = 0.87;
/** … and of one that describes nothing. */
export const outOfAll = 0.3;
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

/**
 * The photos that show the negated text, of the whole library: filters do not change which these are.
 *
 * @param least relevance from which on a photo counts
 */
export function photosShowing(
  { judge }: LoadedModel,
  matrix: SearchMatrix,
  { text, embedding }: Negation,
  least: number,
): DensePhotoSet {
  if (!judge) return new DensePhotoSet();
  for (let page = Math.min(firstPage, matrix.size); ; page = matrix.size) {
    const { ids, scores } = matrix.search(embedding, page);
    const { relevance } = judge(text, scores, matrix.size);
    // Relevance grows with the score, so that the photos that count are the first ones.
    const below = relevance.findIndex((value) => value < least);
    if (below < 0 && page < matrix.size) continue;
    return DensePhotoSet.of(below < 0 ? ids : ids.subarray(0, below));
  }
}
