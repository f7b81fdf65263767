import { existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** Whether `inner` is below `outer`: /photos-private is not below /photos. Both absolute, links resolved. */
export function isBelow(inner: string, outer: string): boolean {
  const relative = path.relative(outer, inner);
  return relative !== '' && relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/** Whether `inner` is below `outer`, or the same. */
export function isInside(inner: string, outer: string): boolean {
  return path.relative(outer, inner) === '' || isBelow(inner, outer);
}

/**
 * Makes a folder with those above it. Node's own `recursive` goes on for ever where the folder above is there and the system
 * says that it is not, as it does below /proc.
 *
 * @param folder absolute
 * @throws the system's error
 */
export function makeFolder(folder: string): void {
  const above = path.dirname(folder);
  if (above !== folder && !existsSync(above)) makeFolder(above);
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
