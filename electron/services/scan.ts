/**
 * Walks a photo folder and says which photo files it holds.
 *
 * Left out: hidden files and folders, AppleDouble files (`._*`), the thumbnails that systems and cameras write, cloud
 * placeholders (files whose content is not on this disk: reading them would download them) and what the user excluded.
 * Symbolic links are not followed, so that a loop cannot trap the scan and no photo is found twice.
 */
import { opendir, stat } from 'node:fs/promises';
import path from 'node:path';
import picomatch from 'picomatch';
import { DescryError } from '../../models/errors.ts';

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
/** A photo library package of macOS keeps the originals beside thousands of derivatives. */
const derivativeFolders = /\.photoslibrary[\\/]resources(?:[\\/]|$)|\.lrdata(?:[\\/]|$)/i;

export type PathFilter = (relativePath: string) => boolean;

/** @param excludes picomatch patterns below the folder, such as `Screenshots/**` or `*.gif` */
export function pathFilter(excludes: readonly string[]): PathFilter {
  const excluded =
    excludes.length > 0 ? picomatch([...excludes], { dot: true, nocase: true, basename: true }) : () => false;
  return (relative) => {
    const posix = relative.split(path.sep).join('/');
    const parts = posix.split('/');
    if (parts.some((part) => leftOutFiles.test(part) || leftOutFolders.has(part.toLowerCase()))) return false;
    return !derivativeFolders.test(posix) && !excluded(posix);
  };
}

/**
 * @throws DescryError when the folder itself cannot be read; what cannot be read inside it is reported to `onSkipped`
 */
export async function* scanFolder(
  folder: string,
  isPhoto: (file: string) => boolean,
  accepts: PathFilter,
  onSkipped: (folder: string, error: unknown) => void,
): AsyncGenerator<FoundFile> {
  await assertFolder(folder);
  const pending = [folder];
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    try {
      for await (const entry of await opendir(current, { bufferSize: 256 })) {
        const file = path.join(current, entry.name);
        if (!accepts(path.relative(folder, file))) continue;
        if (entry.isDirectory()) pending.push(file);
        else if (entry.isFile() && isPhoto(file)) {
          const found = await describeFile(file);
          if (found) yield found;
        }
      }
    } catch (error) {
      if (current === folder) throw folderError(folder, error);
      onSkipped(current, error);
    }
  }
}

/** @returns undefined when the file is gone, or is a placeholder whose content lies in the cloud */
export async function describeFile(file: string): Promise<FoundFile | undefined> {
  try {
    const info = await stat(file);
    // A placeholder claims a size and occupies no block (OneDrive, iCloud, Dropbox on Unix; Windows reports no blocks).
    const placeholder = process.platform !== 'win32' && info.size > 4096 && info.blocks === 0;
    if (!info.isFile() || placeholder) return undefined;
    return { path: file, bytes: info.size, modified: Math.floor(info.mtimeMs) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function assertFolder(folder: string): Promise<void> {
  try {
    if (!(await stat(folder)).isDirectory()) {
      throw new DescryError(
        'not-a-folder',
        `${folder} is a file, not a folder. Name the folder that holds your photos.`,
      );
    }
  } catch (error) {
    throw folderError(folder, error);
  }
}

function folderError(folder: string, error: unknown): DescryError {
  if (error instanceof DescryError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') {
    return new DescryError(
      'not-found',
      `There is no folder ${folder}. Check the spelling, or plug in the disk it is on.`,
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new DescryError(
      'no-permission',
      `The folder ${folder} may not be read. Give your user permission to read it.`,
    );
  }
  return new DescryError('internal', `The folder ${folder} could not be read: ${String(error)}`, { cause: error });
}
