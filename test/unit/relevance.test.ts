import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../models/math/random.ts';
import {
  fitCalibration,
  cutOff,
  goodRelevance,
  probability,
  Relevance,
  type Calibration,
  type LabelledSearch,
} from '../../models/relevance/relevance.ts';
import { reportRelevance } from '../../models/relevance/relevance-report.ts';

const truth: Calibration = { bias: -1, score: 5, expected: 1, surprise: -0.2, scoreBySurprise: 0.6 };

/** Searches whose matches are drawn from the curve itself. */
function drawnSearches(count: number, photos: number, seed = 3): LabelledSearch[] {
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  return Array.from({ length: count }, () => {
    const surprise = 12 * random.uniform();
    const scores = Float32Array.from({ length: photos }, () => 0.1 + 0.2 * normal());
    const labels = Uint8Array.from(scores, (score) =>
      random.uniform() < probability(truth, score, surprise, photos) ? 1 : 0,
    );
    return { surprise, scores, labels };
  });
}

describe('the fit', () => {
  it('recovers the curve that the matches were drawn from, for each size of library', () => {
    const fitted = fitCalibration([
      ...drawnSearches(3000, 20, 1),
      ...drawnSearches(600, 100, 2),
      ...drawnSearches(60, 1000, 3),
    ]);
    for (const photos of [20, 100, 1000]) {
      for (const surprise of [1, 5, 10]) {
        for (const score of [0.1, 0.4, 0.6]) {
          const [fittedTo, drawnFrom] = [fitted, truth].map((curve) => probability(curve, score, surprise, photos));
          const logOdds = (p: number) => Math.log(p / (1 - p));
          expect(Math.abs(logOdds(fittedTo!) - logOdds(drawnFrom!))).toBeLessThan(0.35);
        }
      }
    }
  });

  it('predicts as many matches as there are', () => {
    const searches = drawnSearches(500, 50);
    const fitted = fitCalibration(searches);
    let [predicted, observed] = [0, 0];
    for (const { scores, labels, surprise } of searches) {
      scores.forEach((score) => (predicted += probability(fitted, score, surprise, scores.length)));
      labels.forEach((label) => (observed += label));
    }
    expect(predicted / observed).toBeCloseTo(1, 2);
  });

  it('stays finite where matches and others do not overlap, where nothing differs, and with one photo or none', () => {
    const search = (scores: number[], labels: number[]) => ({
      surprise: 3,
      scores: Float32Array.from(scores),
      labels: Uint8Array.from(labels),
    });
    const cases = [
      [search([0.9, 0.1], [1, 0]), search([0.1, 0.9], [0, 1])],
      [search([0.5, 0.5], [1, 0])],
      [search([0.3], [1])],
      [search([0.3, 0.2], [0, 0])],
      [],
    ];
    for (const searches of cases) {
      const fitted = fitCalibration(searches);
      expect(Object.values(fitted).every(Number.isFinite)).toBe(true);
    }
  });
});

describe('the curve', () => {
  it('expects more matches of common words, and of a specific sentence fewer in a large library', () => {
    const curve: Calibration = { bias: 0, score: 5, expected: 1, surprise: 0, scoreBySurprise: 0 };
    expect(probability(curve, 0.4, 2, 1000)).toBeGreaterThan(10 * probability(curve, 0.4, 14, 1000));
    expect(probability(curve, 0.4, 14, 35)).toBeGreaterThan(10 * probability(curve, 0.4, 14, 1000));
    const common = probability(curve, 0.4, 1, 35) / probability(curve, 0.4, 1, 1000);
    expect(common).toBeLessThan(1.2);
  });

  it('judges libraries beyond those of the fit as the nearest of these, and limits the surprise', () => {
    expect(probability(truth, 0.4, 9, 1)).toBe(probability(truth, 0.4, 9, 10));
    expect(probability(truth, 0.4, 9, 100_000)).toBe(probability(truth, 0.4, 9, 1000));
    expect(probability(truth, 0.4, 1e9, 200)).toBe(probability(truth, 0.4, 15, 200));
  });
});

describe('the cut-off', () => {
  const goodMatches = (...relevance: number[]) => cutOff(Float32Array.from(relevance)).goodMatches;

  it('keeps what is relevant enough', () => {
    expect(goodMatches(0.9, 0.5, goodRelevance + 0.001, goodRelevance - 0.001)).toBe(3);
  });

  it('keeps what comes near the best one, the nearer the likelier that is', () => {
    expect(goodMatches(0.3, 0.14, 0.13)).toBe(2);
    expect(goodMatches(0.1, 0.03, 0.016, 0.014)).toBe(3);
    expect(goodMatches(0.001, 0.0003, 0.00011, 0.00009)).toBe(3);
  });

  it('never leaves all out while there are results', () => {
    for (const best of [1, 0.5, goodRelevance, 0.1, 1e-3, 1e-30, 0]) expect(goodMatches(best, 0)).toBeGreaterThan(0);
    expect(goodMatches()).toBe(0);
  });

  it('is sure where the best one is relevant enough, however many come near it', () => {
    const sure = (...relevance: number[]) => cutOff(Float32Array.from(relevance)).sure;
    expect(sure(goodRelevance + 0.001, 0.01)).toBe(true);
    expect(sure(goodRelevance - 0.001, 0.19, 0.19, 0.19)).toBe(false);
    expect(sure()).toBe(false);
  });
});

describe('the judgement', () => {
  const words = (query: string) => query.split(' ').length * 3;

  it('gives each result its relevance, best first, by the words of the query and the size of the library', () => {
    const relevance = new Relevance(truth, words);
    const { relevance: judged } = relevance.judge('a dog', Float32Array.of(0.6, 0.3, 0.1), 200);
    [0.6, 0.3, 0.1].forEach((score, i) => expect(judged[i]).toBeCloseTo(probability(truth, score, 6, 200), 5));
  });

  it('gives no relevance without a calibration, and counts every result as good', () => {
    expect(new Relevance(null, words).judge('a dog', Float32Array.of(0.5, -0.5), 2)).toEqual({
      relevance: new Float32Array(),
      goodMatches: 2,
      sure: true,
    });
  });

  it('accepts a search without results', () => {
    const judged = new Relevance(truth, words).judge('a dog', new Float32Array(), 0);
    expect(judged).toEqual({ relevance: new Float32Array(), goodMatches: 0, sure: false });
  });
});

describe('the report', () => {
  const searches = (kind: 'caption' | 'phrase') => drawnSearches(400, 40, 9).map((search) => ({ ...search, kind }));

  it('shows a curve as reliable if the matches were drawn from it, and an overconfident one as unreliable', () => {
    const reliable = reportRelevance(truth, 40, searches('phrase'));
    const overconfident = reportRelevance({ ...truth, bias: truth.bias + 2 }, 40, searches('phrase'));
    expect(reliable.bins.reduce((sum, { pairs }) => sum + pairs, 0)).toBe(400 * 40);
    for (const { pairs, predicted, observed } of reliable.bins) {
      if (pairs > 200)
        expect(Math.abs(predicted - observed)).toBeLessThan(4 * Math.sqrt((predicted * (1 - predicted)) / pairs));
    }
    expect(overconfident.bins.some(({ pairs, predicted, observed }) => pairs > 200 && predicted > 1.5 * observed)).toBe(
      true,
    );
    expect(overconfident.loss).toBeGreaterThan(reliable.loss);
  });

  it('counts what the cut-off keeps', () => {
    const curve: Calibration = { bias: 0, score: 10, expected: 0, surprise: 0, scoreBySurprise: 0 };
    const logit = (p: number) => Math.log(p / (1 - p)) / 10;
    const search = (relevance: number[], labels: number[]) => ({
      kind: 'phrase' as const,
      surprise: 0,
      scores: Float32Array.from(relevance, logit),
      labels: Uint8Array.from(labels),
    });
    const { captions, phrases, withoutMatch } = reportRelevance(curve, 4, [
      search([0.9, 0.8, 0.01, 0.01], [1, 0, 1, 0]),
      search([0.3, 0.01, 0.01, 0.9], [1, 0, 0, 1]),
      search([0.1, 0.01, 0.01, 0.01], [0, 0, 0, 0]),
    ]);
    expect(captions).toBeNull();
    expect(phrases).toMatchObject({ queries: 2, shown: 2, recall: 0.75, precision: 0.75, found: 1, sure: 1 });
    expect(withoutMatch).toMatchObject({ queries: 1, shown: 1, recall: 0, precision: 0, found: 0, sure: 0 });
  });
});
