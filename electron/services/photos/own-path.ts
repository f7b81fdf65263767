/** The path by which a file of the library is opened in another program, copied or deleted. */
import type { Store } from '../../store/store.ts';
import { isPhoto } from '../../vision/formats.ts';
import { isInside } from '../shared/paths.ts';

/**
 * A database can be edited: only of photos below the folder that they belong to.
 * @returns undefined for a photo that is not in the library (any more), too
 */
export function ownPath({ photos, folders }: Pick<Store, 'photos' | 'folders'>, id: number): string | undefined {
  const photo = photos.get(id);
  const folder = photo && folders.get(photo.folder);
  return photo && folder && isPhoto(photo.path) && isInside(photo.path, folder.path) ? photo.path : undefined;
}
