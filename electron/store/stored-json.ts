/** JSON in a column: what a damaged database holds there may be none. */
import type { Database } from './database.ts';

/**
 * @param what for the log: what is left out, or falls back to its default
 * @returns undefined where it is no JSON
 */
export function storedJson(database: Database, text: unknown, what: string): unknown {
  try {
    return JSON.parse(String(text)) as unknown;
  } catch {
    database.warn(`${what} is no JSON and is left out`);
    return undefined;
  }
}
