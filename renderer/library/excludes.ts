/** Exclude patterns as they are edited: one a line. */
export const parseExcludes = (text: string): string[] => [
  ...new Set(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  ),
];

/** The contract's limits. */
export const excludesFit = (excludes: readonly string[]): boolean =>
  excludes.length <= 100 && excludes.every((pattern) => pattern.length <= 500);
