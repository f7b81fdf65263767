/**
 * From scores to relevance: the probability that a person would call this photo a match.
 *
 * The raw cosine is not enough: "a dog" scores 0.5 on every photo with a dog, and "a man juggling two oranges" the same on any
 * man in a street. The difference is in the query: of a thousand photos, common words match a hundred, a whole sentence one.
 * So relevance is a logistic function (Platt 1999) of the score, of the share of matching photos that the query's words let
 * expect, and of how rare these words are. It is fitted on the val split, with labels from the photos' captions
 * (`match-labels.ts`), which do not say all that a photo shows (`mentions.ts`).
 */
import { z } from 'zod';
import type { Surprise } from '../text/surprise.ts';
import { fitLogistic } from '../math/logistic.ts';
import { leastRelevance } from './levels.ts';

/** The range of library sizes in the fit; other sizes count as the nearest of these. */
const smallestLibrary = 10;
export const largestLibrary = 10_000;
/** … of models of earlier versions */
const earlierLargestLibrary = 1000;

/** The weights of the logistic function, by input. */
export const calibrationSchema = z.object({
  bias: z.number(),
  score: z.number(),
  expected: z.number(),
  surprise: z.number(),
  /** a high score means more for a specific query */
  scoreBySurprise: z.number(),
  /** size of the largest library of the fit, in photos */
  largestLibrary: z.number().default(earlierLargestLibrary),
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

/**
 * Possible matches are good ones. If the best result is little more than possible, or less, those close to it are, too: in a
 * large library no single photo reaches a high probability for a long sentence, and a user's photos differ from those of the
 * fit. The higher the best relevance, the closer to it another must be. The effect is in docs/model.md.
 */
const nearBest = (best: number) => best * Math.max(0.1, 1.5 * best);

/**
 * Who says "without B" expects B on many of the photos: its odds are this many times those on any photo of the library
 * (adjustment to another prior, Saerens et al. 2002, eq. 2.4; tuned in docs/search.md).
 */
const negatedOdds = 2;

/** Larger values count as this one: beyond it, words occur once or never in the captions. */
const largestSurprise = 15;
const width = 5;

/**
 * Writes the inputs of the logistic function, in the order of the schema.
 *
 * The expected share of matches is 1/n, for the one photo that a user looks for, plus the square root of the product of the
 * words' frequencies. The root, because the words of a caption are not independent (NLL 92.8; 99.0 with the plain product).
 */
function writeFeatures(out: Float64Array, at: number, score: number, surprise: number, photos: number): void {
  const known = Math.min(surprise, largestSurprise);
  const size = Math.max(photos, smallestLibrary);
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
  const limit = Math.min(leastRelevance.possible, nearBest(best));
  const below = relevance.findIndex((value) => value < limit);
  return { goodMatches: below === -1 ? relevance.length : below, sure: best >= leastRelevance.sure };
}

const features = new Float64Array(width);

/** @param surprise of the query @param photos in the library */
export function probability(calibration: Calibration, score: number, surprise: number, photos: number): number {
  writeFeatures(features, 0, score, surprise, Math.min(photos, calibration.largestLibrary));
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
  /** of the library, in photos */
  readonly size: number;
  /** of the photos that are known, at most `size`; the query's own photo is first, if it is one of them */
  readonly scores: Float32Array;
  /** 1 where the photo is labelled as a match */
  readonly labels: Uint8Array;
  /** the first photo is the query's own, which is a match for certain */
  readonly own: boolean;
  /** probability that a match is labelled as one */
  readonly mentioned: number;
}

export function fitCalibration(searches: readonly LabelledSearch[]): Calibration {
  const rows = searches.reduce((sum, { scores }) => sum + scores.length, 0);
  const all = new Float64Array(rows * width);
  const labels = new Uint8Array(rows);
  const counts = new Float32Array(rows);
  const found = new Float32Array(rows);
  let row = 0;
  for (const search of searches) {
    const { scores, surprise, size, own, mentioned } = search;
    labels.set(search.labels, row);
    const weights = pairWeights(search);
    scores.forEach((score, i) => {
      counts[row] = weights[i]!;
      found[row] = own && i === 0 ? 1 : mentioned;
      writeFeatures(all, row++ * width, score, surprise, size);
    });
  }
  const [bias, score, expected, surprise, scoreBySurprise] = fitLogistic(
    { features: all, labels, counts, found },
    width,
  );
  const largest = Math.max(smallestLibrary, ...searches.map(({ size }) => size));
  return calibrationSchema.parse({ bias, score, expected, surprise, scoreBySurprise, largestLibrary: largest });
}

/**
 * How much each photo of a search counts in the fit. A library of 10,000 photos is the query's own and 9,999 others. Where
 * fewer are known, each of the others stands for several. The sum is the number of photos that are known, whatever they stand
 * for, so that all sizes count alike.
 */
export function pairWeights({ size, scores, own }: Pick<LabelledSearch, 'size' | 'scores' | 'own'>): Float32Array {
  const known = scores.length;
  const weights = new Float32Array(known).fill(1);
  if (!own || size <= known) return weights;
  weights.fill((known * (size - 1)) / (size * (known - 1)), 1);
  weights[0] = known / size;
  return weights;
}
