/** A new search for photos like these. */
import { limits } from '../../electron/ipc/limits.ts';
import { search } from './search.svelte.ts';

/** @param contents of photos of the library; of many the first that a search takes */
export function moreLikeThis(contents: readonly number[]): void {
  const asking = search as { like?(contents: readonly number[]): void };
  asking.like?.(contents.slice(0, limits.examples));
}
