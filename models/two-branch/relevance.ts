/**
 * From cosine similarities to relevance: how likely is it that a person would call this photo a match?
 *
 * A raw cosine says little: "a dog" scores 0.5 on every second photo, "a man juggling" 0.3 on the right one. So a score is
 * also held against what the query finds among a fixed set of reference photos, which travels with the model and does not
 * depend on the user's library, and a logistic curve is fitted to the val split (Platt 1999). Its bias holds for libraries
 * of about a thousand photos, the size of that split.
 */
import { z } from 'zod';

export const calibrationSchema = z.object({
  bias: z.number(),
  /** weight of the cosine itself */
  score: z.number(),
  /** weight of the cosine's lead over the query's background */
  lead: z.number(),
});
export type Calibration = z.infer<typeof calibrationSchema>;

export interface Judgement {
  /** 0–1, one per score; empty where nothing is known of it */
  readonly relevance: Float32Array;
  /** how many from the top are probably meant */
  readonly goodMatches: number;
}

/**
 * Results with at least this relevance are taken to be meant. The number is low because only one photo counts as right on
 * val, though a person would accept others.
 */
export const goodRelevance = 0.01;
/**
 * … and so are those that come near the best one, where even that is hardly relevant: a user's photos are not Flickr's.
 * On val both together show 19 of 1,000 photos in the median and keep 76 % of the right ones above the fold.
 */
const shareOfBest = 0.1;
/** The nearest reference photos that make the background: their mean tells more than that of all (NLL 4.54 against 4.78). */
const nearestPhotos = 10;

export class Relevance {
  readonly #calibration: Calibration | null;
  readonly #reference: Float32Array;

  /**
   * @param calibration null where none could be fitted: then nothing is said of relevance, and every result counts as meant
   * @param reference embeddings of reference photos [photos, dimensions]; without any there is no background to hold a
   *   score against, as without a calibration
   */
  constructor(calibration: Calibration | null, reference: Float32Array) {
    this.#calibration = calibration;
    this.#reference = reference;
  }

  /**
   * @param query embedding [dimensions]
   * @param scores cosines of the ranked photos, best first
   */
  judge(query: Float32Array, scores: Float32Array): Judgement {
    const calibration = this.#calibration;
    if (!calibration || this.#reference.length === 0) {
      return { relevance: new Float32Array(), goodMatches: scores.length };
    }
    const background = backgroundOf(query, this.#reference);
    const relevance = scores.map((score) => probability(calibration, score, background));
    const limit = Math.min(goodRelevance, (relevance[0] ?? 0) * shareOfBest);
    const below = relevance.findIndex((value) => value < limit);
    return { relevance, goodMatches: below === -1 ? relevance.length : below };
  }
}

/**
 * How near the query comes to photos that have nothing to do with the library: the mean cosine of the nearest ones.
 *
 * @param query [dimensions] @param reference [photos, dimensions]
 */
export function backgroundOf(query: Float32Array, reference: Float32Array): number {
  const dimensions = query.length;
  const scores = new Float32Array(reference.length / dimensions);
  for (let photo = 0; photo < scores.length; photo++) {
    let dot = 0;
    for (let i = 0, at = photo * dimensions; i < dimensions; i++, at++) dot += query[i]! * reference[at]!;
    scores[photo] = dot;
  }
  return meanOfNearest(scores);
}

/** Of a query's cosines on the reference photos. */
export function meanOfNearest(scores: Float32Array): number {
  const nearest = scores.slice().sort().subarray(-nearestPhotos);
  return nearest.reduce((sum, score) => sum + score, 0) / Math.max(1, nearest.length);
}

export function probability({ bias, score: byScore, lead }: Calibration, score: number, background: number): number {
  return 1 / (1 + Math.exp(-(bias + byScore * score + lead * (score - background))));
}

/** Weight of the penalty on large weights, which alone keeps them finite where matches and others do not overlap. */
const ridge = 1e-3;

/**
 * Fits the logistic curve by Newton's method (three parameters, a convex problem). A step that makes the fit worse is
 * halved: with one match among a thousand pairs the first full steps overshoot.
 *
 * @param similarities [captions, photos] on the val split
 * @param photoOf for each caption the row of its photo: the one photo known to be a match
 * @param backgrounds of each caption
 */
export function fitCalibration(
  similarities: Float32Array,
  photos: number,
  photoOf: Int32Array,
  backgrounds: Float32Array,
): Calibration {
  const derivatives = (weights: readonly number[]) =>
    logisticDerivatives(weights, similarities, photos, photoOf, backgrounds);
  let weights: readonly number[] = [0, 0, 0];
  let present = derivatives(weights);
  for (let round = 0; round < 50; round++) {
    const step = solve3(present.hessian, present.gradient);
    let share = 1;
    let next = present;
    let moved = weights;
    do {
      moved = weights.map((value, i) => value - share * step[i]!);
      next = derivatives(moved);
      share /= 2;
    } while (!(next.loss <= present.loss) && share > 1e-4);
    if (!(next.loss <= present.loss)) break;
    [weights, present] = [moved, next];
    if (step.every((value) => Math.abs(value) < 1e-6)) break;
  }
  const [bias, score, lead] = weights as [number, number, number];
  return { bias, score, lead };
}

function logisticDerivatives(
  weights: readonly number[],
  similarities: Float32Array,
  photos: number,
  photoOf: Int32Array,
  backgrounds: Float32Array,
): { loss: number; gradient: number[]; hessian: number[][] } {
  const [bias, w1, w2] = weights as [number, number, number];
  const gradient = weights.map((weight) => ridge * weight);
  const hessian = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? ridge : 0)));
  let loss = weights.reduce((sum, weight) => sum + (ridge * weight ** 2) / 2, 0);
  for (let caption = 0; caption < photoOf.length; caption++) {
    const background = backgrounds[caption]!;
    for (let photo = 0; photo < photos; photo++) {
      const score = similarities[caption * photos + photo]!;
      const features = [1, score, score - background];
      const exponent = bias + w1 * features[1]! + w2 * features[2]!;
      const isMatch = photoOf[caption] === photo;
      const p = 1 / (1 + Math.exp(-exponent));
      const error = p - (isMatch ? 1 : 0);
      // log(1 + exp(±exponent)) without overflow
      loss += Math.max(0, isMatch ? -exponent : exponent) + Math.log1p(Math.exp(-Math.abs(exponent)));
      const curvature = p * (1 - p);
      for (let i = 0; i < 3; i++) {
        gradient[i]! += error * features[i]!;
        for (let j = 0; j < 3; j++) hessian[i]![j]! += curvature * features[i]! * features[j]!;
      }
    }
  }
  return { loss, gradient, hessian };
}

/** Solves the 3 × 3 system by Gaussian elimination with pivoting. */
function solve3(matrix: readonly number[][], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let column = 0; column < 3; column++) {
    const pivot = rows
      .slice(column)
      .reduce((best, row) => (Math.abs(row[column]!) > Math.abs(best[column]!) ? row : best));
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(column, 0, pivot);
    for (let row = 0; row < 3; row++) {
      if (row === column) continue;
      const factor = rows[row]![column]! / pivot[column]!;
      for (let k = column; k < 4; k++) rows[row]![k]! -= factor * pivot[k]!;
    }
  }
  return rows.map((row, i) => row[3]! / row[i]!);
}
