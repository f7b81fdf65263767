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
