/** The answer to a search as a screen reader says it. */
import type { Ranking, UnderstoodPart } from '../../electron/ipc/contract.ts';
import { texts } from '../base/texts.ts';

interface Found {
  readonly nothingKnown: boolean;
  readonly nothingLeft: boolean;
  readonly parts: readonly UnderstoodPart[];
}

export function resultText(ranking: Ranking, { nothingKnown, nothingLeft, parts }: Found): string {
  const { search, asking } = texts;
  if (nothingKnown) return search.unknownTitle;
  if (nothingLeft) return asking.nothingLeft.title(parts);
  if (ranking.relevance.length === 0) {
    return (ranking.order === 'date' ? search.announceTimeline : search.announceRanked)(ranking.ranked);
  }
  return ranking.sure
    ? search.announceResults(ranking.goodMatches, ranking.ranked, ranking.tookMs)
    : search.announceClosest(ranking.ranked);
}
