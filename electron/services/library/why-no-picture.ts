/** Why a photo has no picture although no file of it failed to open: only what is found of its files and folders now. */
import { DescryError } from '../../../models/errors.ts';
import type { PhotoRow } from '../../store/photos.ts';
import type { Store } from '../../store/store.ts';
import { photoError } from '../../vision/photo-failure.ts';
import { absenceError, absenceOf, type Absence } from './folder-place.ts';
import { fileAt } from './scan.ts';

/** @param photos all that have the content */
export async function whyNoPicture(
  { folders }: Pick<Store, 'folders'>,
  photos: readonly PhotoRow[],
): Promise<DescryError> {
  const [first] = photos;
  if (!first) return new DescryError('not-found', 'The photo is not in the library any more.');
  let problem: DescryError | undefined;
  for (const { path } of photos) {
    const found = await fileAt(path).catch(photoError);
    if (found === undefined) continue;
    if (found instanceof DescryError) problem ??= found;
    else if (found === 'not-a-file') problem ??= new DescryError('not-found', `${path} is not a file any more.`);
    else if (found === 'in-the-cloud') {
      problem ??= new DescryError(
        'not-found',
        `${path} is kept in the cloud, and not on this computer now. Have it downloaded, then try again.`,
      );
    } else {
      return new DescryError(
        'photo-changed',
        `${path} has changed since it was indexed. It is shown when it has been read again.`,
      );
    }
  }
  if (problem) return problem;
  const folder = folders.get(first.folder);
  const absence = folder && (await absenceOf(folder.path, folders.disk(folder.id)));
  if (folder && absence) return absentFolder(folder.path, absence);
  return new DescryError(
    'not-found',
    `The file ${first.path} does not exist any more. If it was deleted by mistake, put it back from the bin or a backup.`,
  );
}

function absentFolder(folder: string, absence: Absence): DescryError {
  const newPlace = 'If it was moved, choose its new place in the library.';
  switch (absence.kind) {
    case 'gone':
      return new DescryError(
        'not-found',
        `The folder ${folder} is not there any more, though its disk is. ${newPlace}`,
      );
    case 'not-connected':
      return new DescryError(
        'not-found',
        `The disk of the folder ${folder} is not connected: nothing is mounted at ${absence.mount}. Connect it, and the photo is ` +
          'shown again.',
      );
    case 'not-found':
      return new DescryError(
        'not-found',
        `The folder ${folder} is not there now. If it is on a disk, connect the disk. ${newPlace}`,
      );
    case 'not-a-folder':
      return new DescryError(
        'not-found',
        `${folder} is a file now, not a folder. If the folder was moved, choose its new place in the library.`,
      );
    case 'no-permission':
      return new DescryError('no-permission', `The folder ${folder} may not be read.`);
    case 'unreadable':
      return new DescryError('photo-unavailable', absenceError(folder, absence, 0).message);
  }
}
