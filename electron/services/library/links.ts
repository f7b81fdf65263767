/**
 * Where symbolic links lead, during one scan.
 *
 * A link to what the scan finds anyway is no second photo. One to a place inside the library's folders that the scan does not
 * look into, such as the hidden folder in which git-annex keeps all files, is followed: once for each place, so that a loop
 * ends. One that leads outside of all folders of the library is not followed: only what the user added is shown.
 */
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Kind } from '../../vision/formats.ts';
import type { LeftOutReason } from '../../ipc/left-out.ts';
import { isInside } from '../shared/paths.ts';
import { excludeFilter, pathFilter, type PathFilter } from './path-filter.ts';
import { systemCode } from '../../../models/errors.ts';

/** A folder that photos may be shown from. */
export interface ShownFolder {
  /** with links resolved */
  readonly path: string;
  readonly excludes: readonly string[];
}

export type LinkTarget =
  | { readonly folder: true; readonly real: string }
  | { readonly folder: false; readonly real: string; readonly kind: Kind }
  | { readonly leftOut: LeftOutReason };

interface Root {
  readonly path: string;
  readonly accepts: PathFilter;
  readonly excluded: PathFilter;
}

export class Links {
  readonly #roots: readonly Root[];
  readonly #kindOf: (file: string) => Kind | undefined;
  readonly #seen = new Set<string>();

  constructor(folders: readonly ShownFolder[], kindOf: (file: string) => Kind | undefined) {
    this.#roots = folders.map(({ path, excludes }) => ({
      path,
      accepts: pathFilter(excludes),
      excluded: excludeFilter(excludes),
    }));
    this.#kindOf = kindOf;
  }

  /** Whether the scan comes to this place by a link for the first time. @param real with links resolved */
  isFirst(real: string): boolean {
    if (this.#seen.has(real)) return false;
    this.#seen.add(real);
    return true;
  }

  /**
   * @returns what to look at; why it is left out; undefined where it is neither a photo nor a folder, or the user excluded it
   * @throws the system's error where that cannot be told
   */
  async follow(link: string): Promise<LinkTarget | undefined> {
    let real, info;
    try {
      real = await realpath(link);
      info = await stat(real);
    } catch (error) {
      if (leadsNowhere(error)) return { leftOut: 'link-nowhere' };
      throw error;
    }
    const folder = info.isDirectory();
    const kind = this.#kindOf(link);
    if (!folder && kind === undefined) return undefined;
    if (!folder && !info.isFile()) return { leftOut: 'not-a-file' };
    const root = this.#roots.find(({ path }) => isInside(real, path));
    if (!root) return { leftOut: 'link-outside' };
    const relative = path.relative(root.path, real);
    const isFound = relative === '' || (root.accepts(relative) && (folder || this.#kindOf(real) !== undefined));
    if (isFound) return { leftOut: 'link-inside' };
    if (root.excluded(relative)) return undefined;
    if (!this.isFirst(real)) return { leftOut: 'link-inside' };
    return kind === undefined || folder ? { folder: true, real } : { folder: false, real, kind };
  }
}

function leadsNowhere(error: unknown): boolean {
  const code = systemCode(error);
  // ELOOP: a link that leads to itself, or by way of too many others. UNKNOWN: what Windows says of a broken junction.
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || (code === 'UNKNOWN' && path.sep === '\\');
}
