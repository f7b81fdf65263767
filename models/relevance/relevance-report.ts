/** Reliability of the predicted relevance, and precision and recall of the cut-off, on searches with known matches. */
import { cutOff, probability, type Calibration, type LabelledSearch } from './relevance.ts';
import type { LabelQuery } from './match-labels.ts';

export interface JudgedSearch extends LabelledSearch {
  readonly kind: LabelQuery['kind'];
}

export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly pairs: number;
  /** mean relevance */
  readonly predicted: number;
  /** share of matches */
  readonly observed: number;
}

export interface CutOffReport {
  readonly queries: number;
  /** median number of photos above the cut-off */
  readonly shown: number;
  /** share of a query's matches above the cut-off, mean over the queries */
  readonly recall: number;
  /** share of matches among the photos above the cut-off, mean over the queries */
  readonly precision: number;
  /** share of queries with a match above the cut-off */
  readonly found: number;
  /** share of queries with a sure match */
  readonly sure: number;
}

export interface RelevanceReport {
  /** photos per library */
  readonly photos: number;
  /** negative log likelihood per query */
  readonly loss: number;
  readonly bins: ReliabilityBin[];
  /** null where there was no such query */
  readonly captions: CutOffReport | null;
  readonly phrases: CutOffReport | null;
  readonly withoutMatch: CutOffReport | null;
}

const edges = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.85, 1];

export function reportRelevance(
  calibration: Calibration,
  photos: number,
  searches: readonly JudgedSearch[],
): RelevanceReport {
  const bins = edges.slice(1).map((to, i) => ({ from: edges[i]!, to, pairs: 0, predicted: 0, observed: 0 }));
  let loss = 0;
  const judged = searches.map(({ surprise, scores, labels, kind }) => {
    const ranked = Array.from(scores, (score, i) => ({
      relevance: probability(calibration, score, surprise, scores.length),
      match: labels[i] === 1,
    })).sort((a, b) => b.relevance - a.relevance);
    for (const { relevance, match } of ranked) {
      const bin = bins.find(({ to }) => relevance < to) ?? bins.at(-1)!;
      bin.pairs++;
      bin.predicted += relevance;
      if (match) bin.observed++;
      loss -= Math.log(Math.max(1e-12, match ? relevance : 1 - relevance));
    }
    const { goodMatches, sure } = cutOff(Float32Array.from(ranked, ({ relevance }) => relevance));
    const found = ranked.slice(0, goodMatches).filter(({ match }) => match).length;
    return { kind, matches: ranked.filter(({ match }) => match).length, goodMatches, found, sure };
  });
  const cutOffReport = (of: typeof judged): CutOffReport | null => {
    if (of.length === 0) return null;
    const mean = (value: (search: (typeof of)[number]) => number) =>
      of.reduce((sum, search) => sum + value(search), 0) / of.length;
    const shown = of.map(({ goodMatches }) => goodMatches).sort((a, b) => a - b);
    return {
      queries: of.length,
      shown: shown[Math.floor(shown.length / 2)]!,
      recall: mean(({ found, matches }) => found / Math.max(1, matches)),
      precision: mean(({ found, goodMatches }) => found / Math.max(1, goodMatches)),
      found: mean(({ found }) => (found > 0 ? 1 : 0)),
      sure: mean(({ sure }) => (sure ? 1 : 0)),
    };
  };
  const withMatch = judged.filter(({ matches }) => matches > 0);
  return {
    photos,
    loss: loss / Math.max(1, searches.length),
    bins: bins.map((bin) => ({
      ...bin,
      predicted: bin.predicted / Math.max(1, bin.pairs),
      observed: bin.observed / Math.max(1, bin.pairs),
    })),
    captions: cutOffReport(withMatch.filter(({ kind }) => kind === 'caption')),
    phrases: cutOffReport(withMatch.filter(({ kind }) => kind === 'phrase')),
    withoutMatch: cutOffReport(judged.filter(({ matches }) => matches === 0)),
  };
}
