/** What a person reads instead of a probability. The limits are here and nowhere else. */

export const levels = ['sure', 'likely', 'possible'] as const;
export type Level = (typeof levels)[number];

/** The least relevance of each level; how often each is right is measured in docs/model.md. */
export const leastRelevance: Readonly<Record<Level, number>> = { sure: 0.7, likely: 0.35, possible: 0.1 };

/** @returns null: it is not even possible, at most the closest there is */
export function levelOf(relevance: number): Level | null {
  return levels.find((level) => relevance >= leastRelevance[level]) ?? null;
}

export type LevelCounts = Readonly<Record<Level, number>>;

/** How many of these photos are on each level, each counted once. */
export function countLevels(relevance: Float32Array): LevelCounts {
  const counts = { sure: 0, likely: 0, possible: 0 };
  for (const value of relevance) {
    const level = levelOf(value);
    if (level) counts[level]++;
  }
  return counts;
}
