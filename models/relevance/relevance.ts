/**
 * From scores to relevance: the probability that a person would call this photo a match.
 *
 * The raw cosine is not enough: "a dog" scores 0.5 on every photo with a dog, and "a man juggling two oranges" the same on any
 * man in a street. The difference is in the query: of a thousand photos, common words match a hundred, a whole sentence one.
 * So relevance is a logistic function (Platt 1999) of the score, of the share of matching photos that the query's words let
 * expect, and of how rare these words are. It is fitted on the val split, with labels from the photos' captions
 * (`match-labels.ts`).
 */
import { z } from 'zod';
import type { Surprise } from '../text/surprise.ts';
import { fitLogistic } from '../math/logistic.ts';

/** The weights of the logistic function, by input. */
export const calibrationSchema = z.object({
  bias: z.number(),
  score: z.number(),
  expected: z.number(),
  surprise: z.number(),
  /** a high score means more for a specific query */
  scoreBySurprise: z.number(),
});
export type Calibration = z.infer<typeof calibrationSchema>;

export interface Judgement {
  /** 0–1, one per score; empty without a calibration */
  readonly relevance: Float32Array;
  /** how many results from the top are probably relevant */
  readonly goodMatches: number;
  /** whether the best one is relevant enough to be called a match */
  readonly sure: boolean;
}

/** Results with at least this relevance count as good matches. */
export const goodRelevance = 0.2;
/**
 * If even the best result is less relevant, those close to it count as good matches, too: in a large library no single photo
 * reaches a high probability for a long sentence, and a user's photos differ from Flickr's. The higher the best relevance,
 * the closer to it another must be. The effect is in docs/model.md.
 */
const nearBest = (best: number) => best * Math.max(0.1, 1.5 * best);

/**
 * Who says "without B" expects B on many of the photos: its odds are this many times those on any photo of the library
 * (adjustment to another prior, Saerens et al. 2002, eq. 2.4; tuned in docs/search.md).
 */
const negatedOdds = 2;

/** Larger values count as this one: beyond it, words occur once or never in the captions. */
const largestSurprise = 15;
/** The range of library sizes in the fit; other sizes count as the nearest of these. */
const smallestLibrary = 10;
const largestLibrary = 1000;

const width = 5;

/**
 * Writes the inputs of the logistic function, in the order of the schema.
 *
 * The expected share of matches is 1/n, for the one photo that a user looks for, plus the square root of the product of the
 * words' frequencies. The root, because the words of a caption are not independent (NLL 92.8; 99.0 with the plain product).
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

/** What must not be seen. */
export interface Negated {
  readonly sentence: string;
  /** of the same photos */
  readonly scores: Float32Array;
}

export class Relevance {
  readonly #calibration: Calibration | null;
  readonly #surprise: Surprise;

  /** @param calibration null where none could be fitted: then there is no relevance, and every result counts as a good match */
  constructor(calibration: Calibration | null, surprise: Surprise) {
    this.#calibration = calibration;
    this.#surprise = surprise;
  }

  /**
   * @param scores of the ranked photos (`SearchMatrix`), best first
   * @param photos how many were searched
   * @param negated what must not be seen, with the scores of the same photos
   */
  judge(query: string, scores: Float32Array, photos: number, negated: readonly Negated[] = []): Judgement {
    const calibration = this.#calibration;
    if (!calibration) return { relevance: new Float32Array(), goodMatches: scores.length, sure: true };
    const surprise = this.#surprise(query);
    const relevance = scores.map((score) => probability(calibration, score, surprise, photos));
    for (const { sentence, scores: own } of negated) {
      const ownSurprise = this.#surprise(sentence);
      relevance.forEach((value, i) => {
        const seen = probability(calibration, own[i]!, ownSurprise, photos);
        relevance[i] = value * (1 - (negatedOdds * seen) / (1 + (negatedOdds - 1) * seen));
      });
    }
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
