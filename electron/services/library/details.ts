/** What the window shows of one photo. */
import path from 'node:path';
import { DescryError } from '../../../models/errors.ts';
import type { NamedPlace, PhotoDetails } from '../../ipc/contract.ts';
import { photoTime } from '../../store/photo-time.ts';
import type { Store } from '../../store/store.ts';
import { photoKind } from './photo-kind.ts';

/**
 * Of a hidden photo, which a window may show for a moment still, the file is that of an equal one.
 *
 * @param place of the gazetteer, by its number
 * @param hidden photos whose files are not there, though those of equal ones are (`LibraryIndex.hidden`)
 * @throws DescryError `not-found`
 */
export function photoDetails(
  store: Store,
  id: number,
  place: (id: number) => NamedPlace | undefined,
  hidden: ReadonlySet<number>,
): PhotoDetails {
  const copies = store.photos.copies(id).filter((copy) => !hidden.has(copy.id));
  const shown = hidden.has(id) ? copies.shift()?.id : id;
  const photo = shown === undefined ? undefined : store.photos.information(shown);
  if (!photo) throw new DescryError('not-found', 'The photo is not in the library any more.');
  const { content, latitude, longitude, width, height, camera, lens, exposure, aperture, iso, focal, damage } = photo;
  return {
    ...{ id, content, camera, lens, exposure, aperture, iso, focal, damage, path: photo.path, bytes: photo.bytes },
    name: path.basename(photo.path),
    folder: path.dirname(photo.path),
    width: width ?? 0,
    height: height ?? 0,
    taken: photoTime(photo),
    modifiedAt: photo.modified,
    kind: photoKind(photo),
    favourite: content !== null && store.favourites.has(content),
    location: latitude === null || longitude === null ? null : { latitude, longitude },
    place: (photo.place !== null && place(photo.place)) || null,
    copies: copies.map((copy) => copy.path),
  };
}
