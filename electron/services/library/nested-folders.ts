import path from 'node:path';
import { DescryError } from '../../../models/errors.ts';
import { isInside } from '../shared/paths.ts';

/**
 * A folder inside another one of the library would have its photos twice.
 * @param what where the others are, such as "in the library already"
 * @throws DescryError `nested-folder`
 */
export function assertNotNested(real: string, others: readonly string[], what: string): void {
  const outer = others.find((other) => other !== real && isInside(real, other));
  if (outer !== undefined) {
    throw new DescryError(
      'nested-folder',
      `${real} is inside ${outer}, which is ${what} with all its subfolders. Leave it out.`,
      { parameters: { folder: real, outer } },
    );
  }
  const inner = others.find((other) => other !== real && isInside(other, real));
  if (inner !== undefined) {
    throw new DescryError(
      'nested-folder',
      `${real} holds ${inner}, which is ${what}. Remove that folder from the library first, then add this one.`,
      { parameters: { folder: real, inner } },
    );
  }
}

/** Whether a place lies below one of some folders. */
export function isBelowOne(place: string, folders: ReadonlySet<string>): boolean {
  for (let above = path.dirname(place); folders.size > 0; above = path.dirname(above)) {
    if (folders.has(above)) return true;
    if (above === path.dirname(above)) break;
  }
  return false;
}
