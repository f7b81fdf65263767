/** What the library knows of one folder that is scanned: a scan of a million photos does not have all of their rows in memory. */
import path from 'node:path';
import type { PhotoRow } from '../../store/photos.ts';
import type { Store } from '../../store/store.ts';

/** Rows per statement: about 2 ms. */
const atOnce = 1000;

/**
 * The rows of the photos in a folder, and of those below it that no scan will come to, because their subfolder is not there or is
 * left out.
 *
 * @param below the subfolders that are scanned, too: their photos are left to that
 */
export function* knownPhotos(
  { photos }: Pick<Store, 'photos'>,
  folder: string,
  below: readonly string[],
): Generator<PhotoRow[]> {
  const inside = folder.endsWith(path.sep) ? folder : folder + path.sep;
  const gaps = below.map((place) => place + path.sep);
  // In the order of the database's index.
  gaps.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  let from = inside;
  for (const gap of [...gaps, undefined]) {
    const to = gap ?? behind(inside);
    for (;;) {
      const rows = photos.between(from, to, atOnce);
      if (rows.length > 0) yield rows;
      if (rows.length < atOnce) break;
      from = `${rows.at(-1)!.path}\0`; // the first text after it
    }
    if (gap !== undefined) from = behind(gap);
  }
}

/** The first text after all that begin with this one, which ends with the separator. */
const behind = (inside: string) => inside.slice(0, -1) + String.fromCharCode(path.sep.charCodeAt(0) + 1);
