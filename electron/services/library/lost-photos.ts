/** Photos that could not be indexed: whether their folder is there, and whether it is being emptied. */
import type { PhotoRow } from '../../store/photos.ts';
import type { Store } from '../../store/store.ts';
import { absenceOf } from './folder-place.ts';
import { Vanished } from './vanished.ts';

/** The folders of these photos that can be read: photos of a disconnected disk have not failed. */
export async function reachableFolders(store: Store, failed: readonly PhotoRow[]): Promise<Set<number>> {
  const reachable = new Set<number>();
  for (const id of new Set(failed.map(({ folder }) => folder))) {
    const folder = store.folders.get(id);
    if (folder && !(await absenceOf(folder.path, store.folders.disk(id)))) reachable.add(id);
  }
  return reachable;
}

/** The folders that seem to be emptied: see `Vanished`. @param lost photos whose files are not there */
export async function emptiedFolders(store: Store, lost: readonly PhotoRow[]): Promise<Set<number>> {
  const emptied = new Set<number>();
  const vanished = new Vanished(store);
  for (const [folder, photos] of Map.groupBy(lost, (row) => row.folder)) {
    if (await vanished.isBeingEmptied(folder, photos)) emptied.add(folder);
  }
  return emptied;
}
