/** A new search for photos like some of the library, from the grid or the large view. */
import { navigation } from './navigation.svelte.ts';
import { search } from './search.svelte.ts';
import { viewer } from './viewer.svelte.ts';

/** @param contents of the photos (`photoList.contents`); the field has the focus then, for words that narrow it */
export function searchLike(contents: readonly number[]): void {
  viewer.close();
  search.like(contents);
  navigation.focusSearch();
}
