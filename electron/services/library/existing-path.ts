/** The file of a photo, or of an equal one where that is not there. */
import { existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import type { PhotoRow } from '../../store/photos.ts';
import type { Store } from '../../store/store.ts';

const isThere = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );

/** @returns the photo's own path where no file of this content is there */
export async function existingPath(
  { photos }: Pick<Store, 'photos'>,
  photo: Pick<PhotoRow, 'path' | 'content'>,
): Promise<string> {
  if (photo.content === null || (await isThere(photo.path))) return photo.path;
  for (const { path } of photos.ofContent(photo.content)) if (await isThere(path)) return path;
  return photo.path;
}

/** As `existingPath`, of photos by id; only those with copies are looked for. */
export function existingPaths({ photos }: Pick<Store, 'photos'>, ids: Iterable<number>): string[] {
  return Array.from(ids, (id) => {
    const { path, content } = photos.get(id)!;
    const copies = content === null ? [] : photos.ofContent(content);
    if (copies.length < 2 || existsSync(path)) return path;
    return copies.find((copy) => existsSync(copy.path))?.path ?? path;
  });
}
