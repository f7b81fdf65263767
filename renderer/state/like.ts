/** A new search for photos like some of the library, from the grid or the large view. */
import { limits } from '../../electron/ipc/limits.ts';
import { navigation } from './navigation.svelte.ts';
import { search } from './search.svelte.ts';
import { viewer } from './viewer.svelte.ts';

/**
 * The field has the focus then, for words that narrow the search.
 * @param contents of photos of the library; of many the first that a search takes
 */
export function moreLikeThis(contents: readonly number[]): void {
  viewer.close();
  search.like(contents.slice(0, limits.examples));
  navigation.focusSearch();
}
