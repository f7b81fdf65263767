/** Patterns of what is left out of a folder, as they are edited: one a line. */
import { limits } from '../../electron/ipc/limits.ts';

export const parseExcludes = (text: string): string[] => [
  ...new Set(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  ),
];

export const excludesFit = (excludes: readonly string[]): boolean =>
  excludes.length <= limits.excludes && excludes.every((pattern) => pattern.length <= limits.excludeLength);
