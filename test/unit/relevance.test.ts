import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../models/two-branch/random.ts';
import {
  backgroundOf,
  fitCalibration,
  goodRelevance,
  probability,
  Relevance,
  meanOfNearest,
} from '../../models/two-branch/relevance.ts';

const random = seededRandom(3);
const normal = () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());

describe('the fit', () => {
  it('recovers a known logistic curve from its own samples', () => {
    const truth = { bias: -4, score: 3, lead: 8 };
    const captions = 300;
    const photos = 200;
    const similarities = new Float32Array(captions * photos);
    const backgrounds = new Float32Array(captions);
    const photoOf = new Int32Array(captions);
    for (let c = 0; c < captions; c++) {
      const centre = normal() * 0.2;
      const background = centre + 0.2;
      backgrounds[c] = background;
      // One photo a caption is the match: drawn by the curve itself, so that its odds are the truth.
      let best = -Infinity;
      for (let p = 0; p < photos; p++) {
        const score = centre + 0.15 * normal();
        similarities[c * photos + p] = score;
        const chance = probability(truth, score, background);
        const drawn = Math.log(chance) - Math.log(-Math.log(1 - random.uniform()));
        if (drawn > best) [best, photoOf[c]] = [drawn, p];
      }
    }
    const fitted = fitCalibration(similarities, photos, photoOf, backgrounds);
    expect(Number.isFinite(fitted.bias)).toBe(true);
    // Within a query only the sum of both weights tells photos apart, and it must come back as it was drawn.
    expect(fitted.lead + fitted.score).toBeGreaterThan(0.8 * (truth.lead + truth.score));
    expect(fitted.lead + fitted.score).toBeLessThan(1.2 * (truth.lead + truth.score));
    // Calibrated: as many matches are predicted as there are.
    let predicted = 0;
    similarities.forEach((score, i) => (predicted += probability(fitted, score, backgrounds[Math.floor(i / photos)]!)));
    expect(predicted / captions).toBeCloseTo(1, 1);
  });

  it('recovers a curve in one variable exactly enough', () => {
    // no spread among the backgrounds: only the score speaks, and p(match) is drawn from the curve
    const photos = 2;
    const pairs = 40_000;
    const similarities = new Float32Array(pairs * photos);
    const photoOf = new Int32Array(pairs);
    const backgrounds = new Float32Array(pairs);
    for (let c = 0; c < pairs; c++) {
      const score = normal();
      const isMatch = random.uniform() < 1 / (1 + Math.exp(-(0.5 + 2 * score)));
      similarities[c * photos] = score;
      similarities[c * photos + 1] = -score;
      photoOf[c] = isMatch ? 0 : 1;
    }
    // the second photo is the mirror image of the first: p = σ(w·score) + the bias cancels
    const { score, lead, bias } = fitCalibration(similarities, photos, photoOf, backgrounds);
    expect(Math.abs(bias)).toBeLessThan(0.6);
    expect(score + lead).toBeGreaterThan(1.4);
    expect(score + lead).toBeLessThan(2.2);
  });

  it('stays finite where matches and others do not overlap, where nothing differs, and with one photo', () => {
    const cases = [
      { similarities: Float32Array.of(0.9, 0.1, 0.1, 0.9), photos: 2, photoOf: Int32Array.of(0, 1) },
      { similarities: new Float32Array(4).fill(0.5), photos: 2, photoOf: Int32Array.of(0, 1) },
      { similarities: Float32Array.of(0.3), photos: 1, photoOf: Int32Array.of(0) },
    ];
    for (const { similarities, photos, photoOf } of cases) {
      const backgrounds = new Float32Array(photoOf.length).fill(0.2);
      const fitted = fitCalibration(similarities, photos, photoOf, backgrounds);
      expect(Object.values(fitted).every(Number.isFinite)).toBe(true);
    }
  });
});

describe('the judgement', () => {
  const reference = Float32Array.of(1, 0, 0, 1, -1, 0);
  const query = Float32Array.of(0.6, 0.8);

  it('takes the nearest reference photos for the background', () => {
    expect(backgroundOf(query, reference)).toBeCloseTo((0.6 + 0.8 - 0.6) / 3);
    expect(meanOfNearest(Float32Array.from({ length: 100 }, (_, i) => i))).toBe(94.5);
  });

  it('never says that nothing is meant while there are results', () => {
    for (const bias of [-200, -20, -5, 0, 5, 200]) {
      for (const scores of [[0.9], [0.1, 0.05], [0.5, 0.5, 0.5], [-0.9, -0.95]]) {
        const { goodMatches, relevance } = new Relevance({ bias, score: 2, lead: 1 }, reference).judge(
          query,
          Float32Array.from(scores),
        );
        expect(goodMatches).toBeGreaterThan(0);
        expect(goodMatches).toBeLessThanOrEqual(scores.length);
        expect(relevance).toHaveLength(scores.length);
        expect([...relevance].every((value) => value >= 0 && value <= 1)).toBe(true);
      }
    }
  });

  it('counts what is relevant enough, or nearly as relevant as the best', () => {
    const relevance = new Relevance({ bias: 0, score: 10, lead: 0 }, reference);
    const logit = (p: number) => Math.log(p / (1 - p)) / 10;
    const judge = (...wanted: number[]) => relevance.judge(query, Float32Array.from(wanted, logit)).goodMatches;
    expect(judge(0.9, 0.5, goodRelevance + 0.001, goodRelevance - 0.001)).toBe(3);
    expect(judge(0.004, 0.003, 0.00041, 0.00039)).toBe(3);
  });

  it('says nothing of relevance, and takes everything as meant, where it has no curve or no background', () => {
    for (const judge of [
      new Relevance(null, reference),
      new Relevance({ bias: 0, score: 1, lead: 1 }, new Float32Array()),
    ]) {
      expect(judge.judge(query, Float32Array.of(0.5, -0.5))).toEqual({
        relevance: new Float32Array(),
        goodMatches: 2,
      });
    }
  });

  it('has nothing to say about no results', () => {
    const judged = new Relevance({ bias: 0, score: 1, lead: 1 }, reference).judge(query, new Float32Array());
    expect(judged).toEqual({ relevance: new Float32Array(), goodMatches: 0 });
  });
});
