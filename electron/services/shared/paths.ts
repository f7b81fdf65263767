import { existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

export { isBelow, isInside } from '../../../models/files/inside.ts';

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
