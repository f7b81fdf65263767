/** What the library holds, folder by folder, and as a whole. */
import type { LibraryOverview, PhotoFolder } from '../../ipc/contract.ts';
import type { Store } from '../../store/store.ts';
import type { FolderStates } from './folder-states.ts';

/** @param model a photo counts as indexed if it has an embedding of this model */
export function overviewOf(store: Store, states: FolderStates, model: string): LibraryOverview {
  const counts = store.folders.counts(model);
  const leftOut = store.leftOut.counts();
  const missing = store.missing.counts();
  const keeping = missing.size > 0 ? store.folders.keepingMissing() : new Set<number>();
  const folders = store.folders.all().map((folder): PhotoFolder => {
    const { photos = 0, indexed = 0, failures = 0 } = counts.get(folder.id) ?? {};
    const lost = missing.get(folder.id) ?? 0;
    return {
      ...{ ...folder, excludes: [...folder.excludes], photos, indexed, failures },
      ...states.of(folder.id),
      missing: lost === 0 ? null : { photos: lost, keep: keeping.has(folder.id) },
      leftOut: leftOut.get(folder.id) ?? [],
    };
  });
  const sum = (key: 'photos' | 'indexed' | 'failures') => folders.reduce((total, folder) => total + folder[key], 0);
  const absent = folders.filter(({ absence }) => absence !== null).map(({ id }) => id);
  // A folder that was moved and added again has two rows for each photo, which is one photo.
  const twice =
    absent.length === 0 && missing.size === 0 ? { photos: 0, indexed: 0 } : store.missing.shownElsewhere(model, absent);
  return {
    folders,
    photos: sum('photos') - twice.photos,
    indexed: sum('indexed') - twice.indexed,
    failures: sum('failures'),
  };
}
