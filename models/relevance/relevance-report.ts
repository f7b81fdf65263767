/** Reliability of the predicted relevance, of its levels and of the cut-off, on searches with labelled matches. */
import { leastRelevance, levelOf, levels, type Level } from './levels.ts';
import { cutOff, probability, type Calibration, type LabelledSearch } from './relevance.ts';
import type { LabelQuery } from './match-labels.ts';

export interface JudgedSearch extends LabelledSearch {
  readonly kind: LabelQuery['kind'];
  /** scores of further photos of the library, of which it is not known whether they match: they have no captions */
  readonly others: Float32Array;
}

export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly pairs: number;
  /** mean relevance */
  readonly predicted: number;
  /** share of matches by the captions that the relevance predicts: captions leave out some of what a photo shows */
  readonly labelledPredicted: number;
  /** share of matches by the captions */
  readonly observed: number;
}

export interface LevelReport {
  /** pairs of query and photo on this level */
  readonly pairs: number;
  /** share of matches by the captions */
  readonly labelled: number;
  /** estimated share of matches, where each labelled one stands for those that captions leave out, too */
  readonly matches: number;
}

/** Searches that say that they have a sure match. */
export interface SureReport {
  readonly queries: number;
  /** share with a match, by the captions, among the photos called sure */
  readonly right: number;
  /** the same of searches in libraries that have a match by the captions */
  readonly rightWithMatch: number;
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
  /** share of queries with a likely match or a sure one */
  readonly likely: number;
}

export interface RelevanceReport {
  /** photos per library, at most */
  readonly photos: number;
  /** negative log likelihood per query */
  readonly loss: number;
  readonly bins: ReliabilityBin[];
  readonly levels: Readonly<Record<Level, LevelReport>>;
  readonly sureSearches: SureReport;
  /** null where there was no such query */
  readonly captions: CutOffReport | null;
  readonly phrases: CutOffReport | null;
  readonly withoutMatch: CutOffReport | null;
}

interface JudgedPhoto {
  readonly relevance: number;
  /** null: it is not known */
  readonly match: boolean | null;
  /** probability that the label says so if it is one */
  readonly mentioned: number;
}

const edges = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.85, 1];

export function reportRelevance(
  calibration: Calibration,
  photos: number,
  searches: readonly JudgedSearch[],
): RelevanceReport {
  const bins = edges.slice(1).map((to, i) => ({ from: edges[i]!, to, ...noPairs() }));
  const byLevel = { sure: noPairs(), likely: noPairs(), possible: noPairs(), unlikely: noPairs() };
  let loss = 0;
  const judged = searches.map((search) => {
    const ranked = rank(calibration, search);
    const known = ranked.filter(({ match }) => match !== null);
    for (const photo of known) {
      add(bins.find(({ to }) => photo.relevance < to) ?? bins.at(-1)!, photo);
      add(byLevel[levelOf(photo.relevance)], photo);
      const labelled = photo.mentioned * photo.relevance;
      loss -= Math.log(Math.max(1e-12, photo.match ? labelled : 1 - labelled));
    }
    const { goodMatches, sure } = cutOff(Float32Array.from(ranked, ({ relevance }) => relevance));
    const shown = ranked.slice(0, goodMatches).filter(({ match }) => match !== null);
    const best = ranked[0]?.relevance ?? 0;
    return {
      kind: search.kind,
      matches: known.filter(({ match }) => match).length,
      goodMatches,
      known: shown.length,
      found: shown.filter(({ match }) => match).length,
      sure,
      likely: best >= leastRelevance.likely,
      right: ranked.some(({ relevance, match }) => match === true && levelOf(relevance) === 'sure'),
    };
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
      precision: mean(({ found, known }) => found / Math.max(1, known)),
      found: mean(({ found }) => (found > 0 ? 1 : 0)),
      sure: mean(({ sure }) => (sure ? 1 : 0)),
      likely: mean(({ likely }) => (likely ? 1 : 0)),
    };
  };
  const withMatch = judged.filter(({ matches }) => matches > 0);
  const share = (of: typeof judged) => of.filter(({ right }) => right).length / Math.max(1, of.length);
  const sure = judged.filter((search) => search.sure);
  return {
    photos,
    loss: loss / Math.max(1, searches.length),
    bins: bins.map(({ from, to, ...sums }) => {
      const { pairs, predicted, labelledPredicted, labelled } = means(sums);
      return { from, to, pairs, predicted, labelledPredicted, observed: labelled };
    }),
    levels: Object.fromEntries(
      levels.map((level) => {
        const { pairs, labelled, matches } = means(byLevel[level]);
        return [level, { pairs, labelled, matches }];
      }),
    ) as Record<Level, LevelReport>,
    sureSearches: {
      queries: sure.length,
      right: share(sure),
      rightWithMatch: share(sure.filter(({ matches }) => matches > 0)),
    },
    captions: cutOffReport(withMatch.filter(({ kind }) => kind === 'caption')),
    phrases: cutOffReport(withMatch.filter(({ kind }) => kind === 'phrase')),
    withoutMatch: cutOffReport(judged.filter(({ matches }) => matches === 0)),
  };
}

/** The photos of a library, best first. */
function rank(calibration: Calibration, search: JudgedSearch): JudgedPhoto[] {
  const { surprise, size, scores, labels, own, mentioned, others } = search;
  const relevance = (score: number) => probability(calibration, score, surprise, size);
  const photos: JudgedPhoto[] = Array.from(scores, (score, i) => ({
    relevance: relevance(score),
    match: labels[i] === 1,
    mentioned: own && i === 0 ? 1 : mentioned,
  }));
  others.forEach((score) => photos.push({ relevance: relevance(score), match: null, mentioned }));
  return photos.sort((a, b) => b.relevance - a.relevance);
}

interface Pairs {
  pairs: number;
  /** sums over the pairs */
  predicted: number;
  labelledPredicted: number;
  labelled: number;
  matches: number;
}
const noPairs = (): Pairs => ({ pairs: 0, predicted: 0, labelledPredicted: 0, labelled: 0, matches: 0 });

function add(sums: Pairs, { relevance, match, mentioned }: JudgedPhoto): void {
  sums.pairs++;
  sums.predicted += relevance;
  sums.labelledPredicted += relevance * mentioned;
  if (!match) return;
  sums.labelled++;
  sums.matches += 1 / mentioned;
}

function means({ pairs, predicted, labelledPredicted, labelled, matches }: Pairs): Pairs {
  const of = Math.max(1, pairs);
  return {
    pairs,
    predicted: predicted / of,
    labelledPredicted: labelledPredicted / of,
    labelled: labelled / of,
    matches: matches / of,
  };
}
