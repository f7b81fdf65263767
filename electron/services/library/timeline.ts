/** What the grid shows while nothing is searched for. */
import type { PhotoList } from '../../ipc/contract.ts';
import type { Descry } from '../descry.ts';
import { photoList } from '../search/photo-list.ts';

/**
 * Every photo that could be opened, newest first, but those of which an equal one is shown. Taken from the columns of the search,
 * which are in memory and are kept up to date with each photo: while photos are indexed the window asks every two seconds, and reading
 * all rows for it held up searches. A file that was changed stays in it as it was until it is indexed again.
 */
export async function timeline({ search, nearDuplicates }: Descry): Promise<PhotoList> {
  await search.index.load();
  const columns = search.index.columns();
  const rows = columns.newestFirst().filter((row) => columns.isListed(row));
  const ids = Int32Array.from(rows, (row) => columns.ids.data[row]!);
  return photoList(ids, columns, (contents) => nearDuplicates.stacksOf(contents));
}
