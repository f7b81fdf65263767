/** What a person reads instead of a probability. The limits are here and nowhere else. */

/** from the best on */
export const levels = ['sure', 'likely', 'possible', 'unlikely'] as const;
export type Level = (typeof levels)[number];

/** The least relevance of each level. How often each is right is measured in docs/model.md. */
export const leastRelevance: Readonly<Record<Level, number>> = { sure: 0.87, likely: 0.5, possible: 0.05, unlikely: 0 };

export function levelOf(relevance: number): Level {
  return levels.find((level) => relevance >= leastRelevance[level]) ?? 'unlikely';
}

export type LevelCounts = Readonly<Record<Level, number>>;

/** How many photos are on each level. */
export function countLevels(relevance: Float32Array): LevelCounts {
  const counts = { sure: 0, likely: 0, possible: 0, unlikely: 0 };
  for (const value of relevance) counts[levelOf(value)]++;
  return counts;
}
