/**
 * The query of a search for photos like others, together with words.
 *
 * Photos and sentences lie apart in the common space (the modality gap, Liang et al. 2022): the scores of a photo's embedding vary
 * more than those of a sentence's. So each part is divided by the standard deviation of its scores in the library, and the mean
 * photo is subtracted from the examples. The weights are tuned in docs/search.md.
 */
import { negatedWeight } from './negation.ts';
import type { SearchMatrix } from './search-matrix.ts';

/** What the words count against the photos. */
const wordsWeight = 1.5;
/** Photos that mean and standard deviation are computed from. */
const sampled = 2000;

export interface LikeQuery {
  /** embeddings of the examples, one or more */
  readonly examples: readonly Float32Array[];
  /** of the description; undefined: nothing is described */
  readonly words: Float32Array | undefined;
  /** of what must not be seen */
  readonly negated: readonly Float32Array[];
}

/** @returns [dimensions], of norm 1 */
export function likeQuery(matrix: SearchMatrix, { examples, words, negated }: LikeQuery): Float32Array {
  const rows = matrix.sample(sampled);
  const query = meanOf(examples, matrix.dimensions);
  const mean = meanOf(rows, matrix.dimensions);
  const centred = query.map((value, i) => value - mean[i]!);
  // of a library of one photo nothing would be left
  const photos = norm(centred) > 1e-6 ? centred : query;
  const sum = scaled(photos, 1, rows);
  const add = (vector: Float32Array, weight: number) =>
    scaled(vector, weight, rows).forEach((value, i) => (sum[i]! += value));
  if (words) add(words, wordsWeight);
  for (const vector of negated) add(vector, -negatedWeight);
  const length = norm(sum) || 1;
  return sum.map((value) => value / length);
}

/** Times `weight`, divided by the standard deviation of its inner products with the rows. */
function scaled(vector: Float32Array, weight: number, rows: readonly Float32Array[]): Float32Array {
  const scores = rows.map((row) => inner(row, vector));
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length;
  // where all photos are the same, only the proportions of the vectors count
  const deviation = Math.sqrt(variance) || 1;
  return vector.map((value) => (value * weight) / deviation);
}

function meanOf(rows: readonly Float32Array[], width: number): Float32Array {
  const mean = new Float32Array(width);
  for (const row of rows) for (let i = 0; i < width; i++) mean[i]! += row[i]! / rows.length;
  return mean;
}

const norm = (vector: Float32Array) => Math.sqrt(inner(vector, vector));

export function inner(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
