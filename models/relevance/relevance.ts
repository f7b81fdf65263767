/**
 * From scores to relevance: how likely is it that a person would call this photo a match?
 *
 * A raw cosine says little: "a dog" scores 0.5 on every photo with a dog, and "a man juggling two oranges" as much on any
 * man in a street. What tells these apart is what the query asks for. Of a thousand photos, common words fit a hundred, a
 * whole sentence one; so relevance is a logistic curve (Platt 1999) of the score, of the share of photos that the query's
 * words let expect, and of how rare these words are. It is fitted on the val split, with labels from the photos' captions
 * (`match-labels.ts`).
 */
import { z } from 'zod';
import type { Surprise } from '../text/surprise.ts';
import { fitLogistic } from '../math/logistic.ts';

/** The weights of the curve, by what they weigh. */
export const calibrationSchema = z.object({
  bias: z.number(),
  score: z.number(),
  expected: z.number(),
  surprise: z.number(),
  /** the more a query says, the more a high score means */
  scoreBySurprise: z.number(),
});
export type Calibration = z.infer<typeof calibrationSchema>;

export interface Judgement {
  /** 0–1, one per score; empty where nothing is known of it */
  readonly relevance: Float32Array;
  /** how many from the top are probably meant */
  readonly goodMatches: number;
  /** whether the best one is relevant enough to be called a match */
  readonly sure: boolean;
}

/** Results with at least this relevance are taken to be meant. */
export const goodRelevance = 0.2;
/**
 * … and so are those that come near the best one, where even that is less relevant: of a thousand photos none can be said
 * to be the one that a sentence was written for, and a user's photos are not Flickr's. The likelier the best one is, the
 * nearer to it another must come. docs/model.md says what this shows and what it keeps.
 */
const nearBest = (best: number) => best * Math.max(0.1, 1.5 * best);

/** Beyond this more words make no difference: what they describe was seen once or never. */
const largestSurprise = 15;
/** Sizes of libraries that the curve is fitted to; others are judged as the nearest of these. */
const smallestLibrary = 10;
const largestLibrary = 1000;

const width = 5;

/**
 * Writes what the curve weighs, in the order of the schema.
 *
 * The share of photos expected is 1/n, for the one photo that is sought, and what the words' frequency adds to that; its
 * root, because the words of a caption do not fall independently (NLL 92.8 against 99.0 with the plain product).
 */
function writeFeatures(out: Float64Array, at: number, score: number, surprise: number, photos: number): void {
  const known = Math.min(surprise, largestSurprise);
  const size = Math.min(Math.max(photos, smallestLibrary), largestLibrary);
  out[at] = 1;
  out[at + 1] = score;
  out[at + 2] = Math.log(1 / size + Math.exp(-known / 2));
  out[at + 3] = known;
  out[at + 4] = score * known;
}

export class Relevance {
  readonly #calibration: Calibration | null;
  readonly #surprise: Surprise;

  /** @param calibration null where none could be fitted: then nothing is said of relevance, and every result is meant */
  constructor(calibration: Calibration | null, surprise: Surprise) {
    this.#calibration = calibration;
    this.#surprise = surprise;
  }

  /**
   * @param scores of the ranked photos (`SearchMatrix`), best first
   * @param photos how many were searched
   */
  judge(query: string, scores: Float32Array, photos: number): Judgement {
    const calibration = this.#calibration;
    if (!calibration) return { relevance: new Float32Array(), goodMatches: scores.length, sure: true };
    const surprise = this.#surprise(query);
    const relevance = scores.map((score) => probability(calibration, score, surprise, photos));
    return { relevance, ...cutOff(relevance) };
  }
}

/** @param relevance best first */
export function cutOff(relevance: Float32Array): Omit<Judgement, 'relevance'> {
  const best = relevance[0] ?? 0;
  const limit = Math.min(goodRelevance, nearBest(best));
  const below = relevance.findIndex((value) => value < limit);
  return { goodMatches: below === -1 ? relevance.length : below, sure: best >= goodRelevance };
}

const features = new Float64Array(width);

/** @param surprise of the query @param photos in the library */
export function probability(calibration: Calibration, score: number, surprise: number, photos: number): number {
  writeFeatures(features, 0, score, surprise, photos);
  const { bias, score: byScore, expected, surprise: bySurprise, scoreBySurprise } = calibration;
  const exponent = [bias, byScore, expected, bySurprise, scoreBySurprise].reduce(
    (sum, weight, i) => sum + weight * features[i]!,
    0,
  );
  return 1 / (1 + Math.exp(-exponent));
}

/** A query to a library, with the answers known. */
export interface LabelledSearch {
  readonly surprise: number;
  /** of all photos of the library */
  readonly scores: Float32Array;
  /** 1 where the photo is a match */
  readonly labels: Uint8Array;
}

export function fitCalibration(searches: readonly LabelledSearch[]): Calibration {
  const rows = searches.reduce((sum, { scores }) => sum + scores.length, 0);
  const all = new Float64Array(rows * width);
  const labels = new Uint8Array(rows);
  let row = 0;
  for (const search of searches) {
    labels.set(search.labels, row);
    for (const score of search.scores) {
      writeFeatures(all, row++ * width, score, search.surprise, search.scores.length);
    }
  }
  const [bias, score, expected, surprise, scoreBySurprise] = fitLogistic(all, labels, width);
  return calibrationSchema.parse({ bias, score, expected, surprise, scoreBySurprise });
}
