import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../models/math/random.ts';
import {
  fitCalibration,
  cutOff,
  pairWeights,
  probability,
  Relevance,
  type Calibration,
  type LabelledSearch,
} from '../../models/relevance/relevance.ts';
import { countLevels, leastRelevance, levelOf } from '../../models/relevance/levels.ts';
import { reportRelevance } from '../../models/relevance/relevance-report.ts';

const truth: Calibration = {
  bias: -1,
  score: 5,
  expected: 1,
  surprise: -0.2,
  scoreBySurprise: 0.6,
  largestLibrary: 1000,
};
const goodRelevance = leastRelevance.possible;

/** Searches whose matches are drawn from the curve itself; of the matches, the share `mentioned` is labelled. */
function drawnSearches(count: number, photos: number, seed = 3, mentioned = 1): LabelledSearch[] {
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  return Array.from({ length: count }, () => {
    const surprise = 12 * random.uniform();
    const scores = Float32Array.from({ length: photos }, () => 0.1 + 0.2 * normal());
    const labels = Uint8Array.from(scores, (score) =>
      random.uniform() < probability(truth, score, surprise, photos) * mentioned ? 1 : 0,
    );
    return { surprise, size: photos, scores, labels, own: false, mentioned };
  });
}

describe('the fit', () => {
  it.each([
    ['of all matches', 1],
    ['of which four in ten are labelled', 0.4],
  ])('recovers the curve that the matches were drawn from, for each size of library: %s', (_, mentioned) => {
    const fitted = fitCalibration([
      ...drawnSearches(3000, 20, 1, mentioned),
      ...drawnSearches(600, 100, 2, mentioned),
      ...drawnSearches(60, 1000, 3, mentioned),
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
      size: scores.length,
      scores: Float32Array.from(scores),
      labels: Uint8Array.from(labels),
      own: false,
      mentioned: 0.9,
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

describe('a library that is larger than what is known', () => {
  const known = { scores: new Float32Array(101), own: true };

  it('is the own photo and others that each stand for several, and counts as much as a small one', () => {
    const weights = pairWeights({ ...known, size: 1001 });
    expect(weights[1]! / weights[0]!).toBeCloseTo(10, 4);
    expect(new Set(weights.subarray(1)).size).toBe(1);
    expect(weights.reduce((sum, weight) => sum + weight)).toBeCloseTo(101, 3);
  });

  it('changes nothing where all photos are known, or none is the own', () => {
    expect([...pairWeights({ ...known, size: 101 })]).toEqual(new Array(101).fill(1));
    expect([...pairWeights({ ...known, own: false, size: 1001 })]).toEqual(new Array(101).fill(1));
  });

  it('gives the same relevance as a library whose photos are all known', () => {
    const random = seededRandom(5);
    const search = (size: number, photos: number): LabelledSearch => ({
      surprise: 12,
      size,
      own: true,
      mentioned: 1,
      scores: Float32Array.from({ length: photos }, (_, i) => (i === 0 ? 0.2 : 0) + random.uniform()),
      labels: Uint8Array.from({ length: photos }, (_, i) => (i === 0 ? 1 : 0)),
    });
    const searches = (photos: number, count: number) => Array.from({ length: count }, () => search(2000, photos));
    const [whole, part] = [fitCalibration(searches(2000, 100)), fitCalibration(searches(200, 1000))];
    expect([whole.largestLibrary, part.largestLibrary]).toEqual([2000, 2000]);
    for (const score of [0.4, 0.8, 1.1]) {
      const [a, b] = [whole, part].map((curve) => probability(curve, score, 12, 2000));
      expect(Math.abs(Math.log(a! / (1 - a!)) - Math.log(b! / (1 - b!)))).toBeLessThan(0.8);
    }
  });
});

describe('the levels', () => {
  it('go down with the relevance', () => {
    expect([1, leastRelevance.sure, leastRelevance.sure - 0.001].map(levelOf)).toEqual(['sure', 'sure', 'likely']);
    expect([leastRelevance.likely, leastRelevance.possible, 0].map(levelOf)).toEqual([
      'likely',
      'possible',
      'unlikely',
    ]);
  });

  it('are counted, each photo once', () => {
    expect(countLevels(Float32Array.of(1, 0.99, leastRelevance.likely + 0.01, 0.001))).toEqual({
      sure: 2,
      likely: 1,
      possible: 0,
      unlikely: 1,
    });
  });
});

describe('the curve', () => {
  it('expects more matches of common words, and of a specific sentence fewer in a large library', () => {
    const curve: Calibration = { ...truth, bias: 0, score: 5, expected: 1, surprise: 0, scoreBySurprise: 0 };
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
    expect(goodMatches(0.15, 0.035, 0.033)).toBe(2);
    expect(goodMatches(0.1, 0.03, 0.016, 0.014)).toBe(3);
    expect(goodMatches(0.001, 0.0003, 0.00011, 0.00009)).toBe(3);
  });

  it('never leaves all out while there are results', () => {
    for (const best of [1, 0.5, goodRelevance, 0.1, 1e-3, 1e-30, 0]) expect(goodMatches(best, 0)).toBeGreaterThan(0);
    expect(goodMatches()).toBe(0);
  });

  it('is sure where the best one is, however many come near it', () => {
    const sure = (...relevance: number[]) => cutOff(Float32Array.from(relevance)).sure;
    expect(sure(leastRelevance.sure + 0.001, 0.01)).toBe(true);
    expect(sure(leastRelevance.sure - 0.001, 0.7, 0.7, 0.7)).toBe(false);
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
  const searches = (mentioned = 1) =>
    drawnSearches(400, 40, 9, mentioned).map((search) => ({
      ...search,
      kind: 'phrase' as const,
      others: new Float32Array(),
    }));

  it('shows a curve as reliable if the matches were drawn from it, and an overconfident one as unreliable', () => {
    for (const mentioned of [1, 0.5]) {
      const reliable = reportRelevance(truth, 40, searches(mentioned));
      const overconfident = reportRelevance({ ...truth, bias: truth.bias + 2 }, 40, searches(mentioned));
      expect(reliable.bins.reduce((sum, { pairs }) => sum + pairs, 0)).toBe(400 * 40);
      for (const { pairs, labelledPredicted: predicted, observed } of reliable.bins) {
        if (pairs > 200)
          expect(Math.abs(predicted - observed)).toBeLessThan(4 * Math.sqrt((predicted * (1 - predicted)) / pairs));
      }
      expect(
        overconfident.bins.some(
          ({ pairs, labelledPredicted, observed }) => pairs > 200 && labelledPredicted > 1.4 * observed,
        ),
      ).toBe(true);
      expect(overconfident.loss).toBeGreaterThan(reliable.loss);
    }
  });

  it('says how often each level is right, by the labels and with what these leave out', () => {
    const { levels } = reportRelevance(truth, 40, searches(0.5));
    expect(Object.values(levels).reduce((sum, { pairs }) => sum + pairs, 0)).toBe(400 * 40);
    for (const [level, { pairs, labelled, matches }] of Object.entries(levels)) {
      expect(matches).toBeCloseTo(2 * labelled, 5);
      if (level === 'likely' && pairs > 200) {
        expect(matches).toBeGreaterThan(leastRelevance.likely);
        expect(matches).toBeLessThan(leastRelevance.sure);
      }
    }
  });

  const curve: Calibration = { ...truth, bias: 0, score: 10, expected: 0, surprise: 0, scoreBySurprise: 0 };
  const logit = (p: number) => Math.log(p / (1 - p)) / 10;
  const search = (relevance: number[], labels: number[], others: number[] = []) => ({
    kind: 'phrase' as const,
    surprise: 0,
    size: relevance.length + others.length,
    own: false,
    mentioned: 1,
    scores: Float32Array.from(relevance, logit),
    labels: Uint8Array.from(labels),
    others: Float32Array.from(others, logit),
  });

  it('counts what the cut-off keeps', () => {
    const report = reportRelevance(curve, 4, [
      search([0.95, 0.9, 0.01, 0.01], [1, 0, 1, 0]),
      search([0.3, 0.01, 0.01, 0.99], [1, 0, 0, 1]),
      search([0.1, 0.01, 0.01, 0.01], [0, 0, 0, 0]),
    ]);
    const { captions, phrases, withoutMatch, sureSearches } = report;
    expect(captions).toBeNull();
    expect(phrases).toMatchObject({
      queries: 2,
      shown: 2,
      recall: 0.75,
      precision: 0.75,
      found: 1,
      sure: 1,
      likely: 1,
    });
    expect(withoutMatch).toMatchObject({ queries: 1, recall: 0, precision: 0, found: 0, sure: 0, likely: 0 });
    expect(sureSearches).toEqual({ queries: 2, right: 1, rightWithMatch: 1 });
  });

  it('has photos without captions in the library, and does not count them as wrong', () => {
    const { phrases, sureSearches, bins } = reportRelevance(curve, 4, [search([0.3, 0.01], [1, 0], [0.99, 0.98])]);
    expect(phrases).toMatchObject({ queries: 1, shown: 3, recall: 1, precision: 1, sure: 1 });
    expect(sureSearches).toEqual({ queries: 1, right: 0, rightWithMatch: 0 });
    expect(bins.reduce((sum, { pairs }) => sum + pairs, 0)).toBe(2);
  });
});
