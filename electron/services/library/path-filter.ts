/** Which files and folders below a library's folder are looked at, by their paths. */
import path from 'node:path';
import picomatch from 'picomatch';

const leftOutFolders = new Set([
  '$recycle.bin',
  'system volume information',
  '@eadir', // Synology's thumbnails
  'node_modules',
  'lost+found',
]);
const leftOutFiles = /^(?:\._|\.)|^thumbs\.db$|^desktop\.ini$|\.(?:icloud|tmp|part|crdownload)$/i;
/** A photo library package of macOS keeps the originals and thousands of pictures derived from them. */
const derivativeFolders = /\.photoslibrary[\\/]resources(?:[\\/]|$)|\.lrdata(?:[\\/]|$)/i;

export interface PathFilter {
  /** @param relativePath below the library's folder */
  (relativePath: string): boolean;
  /**
   * The same for what lies in a folder that was accepted, by name: the folder's own path is looked at once, and not for each of
   * its files.
   *
   * @param folder relative; empty: the library's folder itself
   */
  inside(folder: string): (name: string) => boolean;
}

/**
 * What is looked at: all but hidden files and folders, AppleDouble files (`._*`), thumbnails of systems and cameras, unfinished
 * downloads, and what the user excluded.
 *
 * @param excludes patterns below the folder, such as `Screenshots`, `Trips/2019/**` or `*.{gif,png}`: `*`, `**`, `?`, `[…]` and `{…}`
 * of picomatch; those that are too costly leave nothing out
 */
export function pathFilter(excludes: readonly string[]): PathFilter {
  const isExcluded = excludeFilter(excludes);
  const accepts = (relative: string) => {
    const posix = relative.split(path.sep).join('/');
    if (posix.split('/').some(isLeftOut)) return false;
    return !derivativeFolders.test(posix) && !isExcluded(relative);
  };
  const inside = (folder: string) => {
    const isExcludedName = isExcluded.inside(folder);
    const mayBeOriginals = /\.photoslibrary$/i.test(folder);
    return (name: string) => {
      if (isLeftOut(name) || isExcludedName(name)) return false;
      return !((mayBeOriginals || /\.lrdata$/i.test(name)) && derivativeFolders.test(`${folder}/${name}`));
    };
  };
  return Object.assign(accepts, { inside });
}

const isLeftOut = (name: string) => leftOutFiles.test(name) || leftOutFolders.has(name.toLowerCase());

/** Only what the user excluded. */
export function excludeFilter(excludes: readonly string[]): PathFilter {
  // Users may write folders with a slash at the end, and a slash or a dot at the beginning.
  const patterns = excludes
    .map((pattern) => pattern.trim().replace(/^\.?\/+|(?<!\/)\/+$/g, ''))
    .filter((p) => p !== '' && !isTooCostly(p));
  // A pattern with a slash is a path below the folder; one without is a name at any depth.
  const places = matcher(patterns.filter((pattern) => pattern.includes('/')));
  const names = matcher(patterns.filter((pattern) => !pattern.includes('/')));
  const isExcluded = (relative: string) => {
    const parts = relative.split(path.sep);
    // Parent folders are checked, too, because the watcher checks single files.
    return parts.some((part, depth) => names(part) || places(parts.slice(0, depth + 1).join('/')));
  };
  const inside = (folder: string) => {
    if (patterns.length === 0) return () => false;
    const above = folder === '' ? '' : `${folder.split(path.sep).join('/')}/`;
    return (name: string) => names(name) || places(above + name);
  };
  return Object.assign(isExcluded, { inside });
}

/** In one name, of `*` and `{…}`; and `**` in a path. Written by hand, more are hardly ever useful. */
const mostWildcards = 4;
/** in one name, of `{…}` */
const mostAlternatives = 32;

/**
 * Whether a pattern may take very long: a regular expression tries all ways to divide a name among its wildcards. With twelve `*` one
 * name of 34 characters took 12 s. Such a pattern leaves nothing out; a library of another origin may hold one.
 */
export function isTooCostly(pattern: string): boolean {
  const parts = pattern.split('/');
  const count = (text: string, wanted: RegExp) => text.match(wanted)?.length ?? 0;
  return (
    parts.filter((part) => part === '**').length > mostWildcards ||
    parts.some((part) => count(part, /\*+|\{/g) > mostWildcards || count(part, /,/g) > mostAlternatives)
  );
}

/** Parentheses, `+` and `|` are parts of names, as in `IMG (1).jpg`. In picomatch they make groups, which may be nested without end. */
const asNames = (pattern: string) =>
  pattern.replace(/\\.|[()+|]/gs, (found) => (found.length > 1 ? found : `\\${found}`));

function matcher(patterns: string[]): (text: string) => boolean {
  return patterns.length > 0 ? picomatch(patterns.map(asNames), { dot: true, nocase: true }) : () => false;
}
