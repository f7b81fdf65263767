/**
 * Lists the photo files in a folder and its subfolders.
 *
 * Left out: hidden files and folders, AppleDouble files (`._*`), thumbnails of systems and cameras, cloud placeholders
 * (files whose content is not on this disk: reading them would download them) and files that the user excluded. Symbolic
 * links are not followed, so that the scan cannot loop and no photo is found twice.
 */
import { access, constants, opendir, stat } from 'node:fs/promises';
import path from 'node:path';
import picomatch from 'picomatch';
import { DescryError, errorCode, reasonOf } from '../../../models/errors.ts';
import type { Store } from '../../store/store.ts';
import { absenceOf } from './folder-place.ts';

export interface FoundFile {
  readonly path: string;
  readonly bytes: number;
  /** ms since the epoch */
  readonly modified: number;
}

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

export type PathFilter = (relativePath: string) => boolean;

/** @param excludes picomatch patterns below the folder, such as `Screenshots`, `Trips/2019/**` or `*.gif` */
export function pathFilter(excludes: readonly string[]): PathFilter {
  // Users may write folders with a slash at the end, and a slash or a dot at the beginning.
  const patterns = excludes
    .map((pattern) => pattern.trim().replace(/^\.?\/+|(?<!\/)\/+$/g, ''))
    .filter((p) => p !== '');
  // A pattern with a slash is a path below the folder; one without is a name at any depth.
  const places = matcher(patterns.filter((pattern) => pattern.includes('/')));
  const names = matcher(patterns.filter((pattern) => !pattern.includes('/')));
  return (relative) => {
    const posix = relative.split(path.sep).join('/');
    const parts = posix.split('/');
    if (parts.some((part) => leftOutFiles.test(part) || leftOutFolders.has(part.toLowerCase()))) return false;
    if (derivativeFolders.test(posix)) return false;
    // Parent folders are checked, too, because the watcher checks single files.
    return !parts.some((part, depth) => names(part) || places(parts.slice(0, depth + 1).join('/')));
  };
}

function matcher(patterns: string[]): (text: string) => boolean {
  return patterns.length > 0 ? picomatch(patterns, { dot: true, nocase: true }) : () => false;
}

/**
 * @param root the paths for `accepts` are relative to it; default: the folder itself
 * @param onSkipped called with each file or folder that cannot be read
 * @throws DescryError when the folder itself cannot be read
 */
export async function* scanFolder(
  folder: string,
  isPhoto: (file: string) => boolean,
  accepts: PathFilter,
  onSkipped: (place: string, error: unknown) => void,
  root = folder,
): AsyncGenerator<FoundFile> {
  await assertFolder(folder);
  const pending = [folder];
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    try {
      for await (const entry of await opendir(current, { bufferSize: 256 })) {
        const file = path.join(current, entry.name);
        if (!accepts(path.relative(root, file))) continue;
        if (entry.isDirectory()) pending.push(file);
        else if (entry.isFile() && isPhoto(file)) {
          const found = await describeFile(file).catch((error: unknown) => onSkipped(file, error));
          if (found) yield found;
        }
      }
    } catch (error) {
      if (current === folder) throw folderError(folder, error);
      onSkipped(current, error);
    }
  }
}

/**
 * @returns undefined when there is no such file, or it is a placeholder whose content is in the cloud
 * @throws the system's error when it cannot be read
 */
export async function describeFile(file: string): Promise<FoundFile | undefined> {
  try {
    const info = await stat(file);
    // On macOS a placeholder has a size but no blocks (iCloud, Dropbox, OneDrive). On other systems the number of blocks cannot
    // be used: Windows and many network file systems on Linux do not report it.
    const placeholder = process.platform === 'darwin' && info.size > 4096 && info.blocks === 0;
    if (!info.isFile() || placeholder) return undefined;
    return { path: file, bytes: info.size, modified: Math.floor(info.mtimeMs) };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'not-found' || code === 'not-a-folder') return undefined;
    throw error;
  }
}

/** @throws DescryError `not-found`, `not-a-folder`, `no-permission` */
export async function assertFolder(folder: string): Promise<void> {
  try {
    if (!(await stat(folder)).isDirectory()) {
      throw new DescryError(
        'not-a-folder',
        `${folder} is a file, not a folder. Name the folder that holds your photos.`,
        { parameters: { file: folder } },
      );
    }
    await access(folder, constants.R_OK | constants.X_OK);
  } catch (error) {
    throw folderError(folder, error);
  }
}

/** The ids of the registered folders that can be read now: photos of a disconnected disk have not failed. */
export async function foldersThere({ folders }: Pick<Store, 'folders'>): Promise<Set<number>> {
  const there = new Set<number>();
  for (const { id, path } of folders.all()) {
    if (!(await absenceOf(path, folders.disk(id)))) there.add(id);
  }
  return there;
}

function folderError(folder: string, error: unknown): DescryError {
  if (error instanceof DescryError) return error;
  const code = errorCode(error);
  if (code === 'not-found' || code === 'not-a-folder') {
    return new DescryError(
      'not-found',
      `There is no folder ${folder}. Check the spelling, or connect the disk it is on.`,
      { parameters: { folder } },
    );
  }
  if (code === 'no-permission') {
    return new DescryError(
      'no-permission',
      `The folder ${folder} may not be read. Give your user permission to read it.`,
      { parameters: { folder } },
    );
  }
  return new DescryError('internal', `The folder ${folder} could not be read: ${reasonOf(error)}.`, {
    cause: error,
  });
}
