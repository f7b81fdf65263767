/** The answer to a search as a screen reader says it. */
import type { Ranking, UnderstoodPart } from '../../electron/ipc/contract.ts';
import { countLevels, matchesText } from '../../electron/ipc/format.ts';
import { texts } from '../base/texts.ts';

interface Found {
  readonly nothingKnown: boolean;
  readonly nothingLeft: boolean;
  readonly parts: readonly UnderstoodPart[];
  readonly examples: readonly unknown[];
}

/** How sure the photos are that are shown first; '' where none is even possible, or the model cannot tell. */
export function matchesIn({ relevance, goodMatches }: Pick<Ranking, 'relevance' | 'goodMatches'>): string {
  const { sure, likely, possible } = countLevels(relevance.subarray(0, goodMatches));
  if (sure + likely + possible === 0) return '';
  // With few possible ones, those that come close to the best are shown, too.
  return matchesText({ sure, likely, possible: goodMatches - sure - likely });
}

export function resultText(ranking: Ranking, { nothingKnown, nothingLeft, parts, examples }: Found): string {
  const { search, asking } = texts;
  if (nothingKnown) return search.unknownTitle;
  if (nothingLeft) return asking.nothingLeft.title(parts);
  if (ranking.relevance.length === 0) return rankedText(ranking, examples.length > 0);
  const matches = matchesIn(ranking);
  return matches === ''
    ? search.announceClosest(ranking.ranked)
    : search.announceResults(matches, ranking.ranked, ranking.tookMs);
}

/** Of photos without a relevance: filtered ones, those like others, or all of them, by a model that cannot tell. */
function rankedText({ order, ranked, ids, understood }: Ranking, isLike: boolean): string {
  const { search } = texts;
  const isDescribed = understood.description !== '';
  if (order === 'date') {
    return isLike || isDescribed ? search.announceNearest(ids.length, ranked) : search.announceTimeline(ranked);
  }
  return isDescribed && !isLike ? search.announceNotJudged(ranked) : search.announceRanked(ranked);
}
