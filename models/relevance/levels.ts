/** What a person reads instead of a probability. The limits are here and nowhere else. */

export const levels = ['sure', 'likely', 'possible'] as const;
export type Level = (typeof levels)[number];

/**
 * The least relevance of each level, and of the good matches, which the window shows first (`cutOff`). How often each is
 * right is measured in docs/model.md.
 */
export const leastRelevance: Readonly<Record<Level | 'good', number>> = {
  sure: 0.8,
  likely: 0.5,
  good: 0.15,
  possible: 0.05,
};

/** @returns null: it is not even possible, at most the closest there is */
export function levelOf(relevance: number): Level | null {
  return levels.find((level) => relevance >= leastRelevance[level]) ?? null;
}
