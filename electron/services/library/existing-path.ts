/** The file of a photo, or of an equal one where that is not there. */
import { existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Store } from '../../store/store.ts';

/** @returns the first of these files that is there; the first where none is */
export async function firstThere(files: readonly [string, ...string[]]): Promise<string> {
  for (const file of files) {
    const there = await access(file).then(
      () => true,
      () => false,
    );
    if (there) return file;
  }
  return files[0];
}

/** The files of photos; of those with copies, one that is there. */
export function existingPaths({ photos }: Pick<Store, 'photos'>, ids: Iterable<number>): string[] {
  return Array.from(ids, (id) => {
    const { path, content } = photos.get(id)!;
    const copies = content === null ? [] : photos.ofContent(content);
    if (copies.length < 2 || existsSync(path)) return path;
    return copies.find((copy) => existsSync(copy.path))?.path ?? path;
  });
}

/**
 * Photos of a folder, with the equal photos that are shown in place of those whose files are not there: a search in a folder that
 * was moved finds its photos at their new place.
 */
export function withShownCopies(
  { photos }: Pick<Store, 'photos'>,
  ids: ReadonlySet<number>,
  hidden: ReadonlySet<number>,
): Set<number> {
  const all = new Set(ids);
  for (const id of ids) {
    const content = hidden.has(id) ? photos.get(id)?.content : undefined;
    if (content != null) photos.ofContent(content).forEach((copy) => all.add(copy.id));
  }
  return all;
}
