/**
 * Finds the photo files in a folder and its subfolders, and says of what it leaves out why (ipc/left-out.ts).
 *
 * A camera raw file, or a video, with the same name as a JPEG or HEIC beside it is one photo with that: cameras and phones write
 * both for one picture. Without one, the raw file is the photo.
 */
import type { Dirent } from 'node:fs';
import { access, constants, lstat, opendir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { DescryError, errorCode, systemCode } from '../../../models/errors.ts';
import type { LeftOutReason } from '../../ipc/left-out.ts';
import type { PhotoFile } from '../../store/photos.ts';
import type { Store } from '../../store/store.ts';
import type { Kind } from '../../vision/formats.ts';
import type { Links } from './links.ts';
import type { PathFilter } from './path-filter.ts';
import { absenceBy, absenceError, absenceOf } from './folder-place.ts';

export interface FoundFile extends PhotoFile {
  readonly changed: number | null;
}

export interface ScanFolderOptions {
  readonly kindOf: (file: string) => Kind | undefined;
  readonly accepts: PathFilter;
  /** the paths for `accepts` are relative to it; absent: the folder that is scanned */
  readonly root?: string;
  readonly links: Links;
  /**
   * Called with each file or folder that is, or may hold, a photo, and is not shown.
   * @param error the system's, where the reason is that it cannot be read
   */
  readonly onLeftOut: (place: string, reason: LeftOutReason, error?: unknown) => void;
  /** called with each folder that was there and is not there any more */
  readonly onGone?: (folder: string) => void;
}

interface Directory {
  readonly path: string;
  /** where it lies, if a link led there */
  readonly real: string | undefined;
}

/** Of photos that cameras write beside a raw file or a video. */
const writtenByCameras = /\.(?:jpe?g|jpe|hei[cf]|hif)$/i;
/** A file in the cloud, as macOS named it until 2023: `.IMG_1.jpg.icloud` */
const cloudName = /^\.(.+)\.icloud$/i;

/** A file's name without its extension; names that differ in upper and lower case only are the same. */
export const stemOf = (name: string): string => name.slice(0, name.length - path.extname(name).length).toLowerCase();

/** @throws DescryError when the folder itself cannot be read */
export async function* scanFolder(folder: string, options: ScanFolderOptions): AsyncGenerator<FoundFile> {
  await assertFolder(folder);
  yield* scanAll([{ path: folder, real: undefined }], { root: folder, ...options });
}

/** Whether it is a folder itself, and not a link to one. */
export async function isFolder(place: string): Promise<boolean> {
  return await lstat(place).then(
    (information) => information.isDirectory(),
    () => false,
  );
}

/** As `scanFolder`; one that cannot be read is left out. */
export async function* scanSubfolder(folder: string, options: ScanFolderOptions): AsyncGenerator<FoundFile> {
  try {
    yield* scanFolder(folder, options);
  } catch (error) {
    if (errorCode(error) === 'not-found') options.onGone?.(folder);
    else options.onLeftOut(folder, errorCode(error) === 'no-permission' ? 'folder-no-permission' : 'unreadable', error);
  }
}

/**
 * Only the files directly in a folder whose names without extension are given, and what links of these names lead to.
 * @param folder there may be no such folder any more
 * @param stems as `stemOf` gives them
 */
export async function* scanNames(
  folder: string,
  stems: ReadonlySet<string>,
  options: ScanFolderOptions & { readonly root: string },
): AsyncGenerator<FoundFile> {
  const linked: Directory[] = [];
  try {
    yield* scanDirectory({ path: folder, real: undefined }, options, linked, stems);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'not-found' && code !== 'not-a-folder') cannotRead(folder, 'folder', error, options);
  }
  yield* scanAll(linked, options);
}

async function* scanAll(
  pending: Directory[],
  options: ScanFolderOptions & { readonly root: string },
): AsyncGenerator<FoundFile> {
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    try {
      yield* scanDirectory(current, options, pending);
    } catch (error) {
      if (current.path === options.root) throw folderError(current.path, error);
      cannotRead(current.path, 'folder', error, options);
    }
  }
}

/** @param subfolders those of the directory, to which it adds; with `stems` only those that links lead to */
async function* scanDirectory(
  directory: Directory,
  options: ScanFolderOptions & { readonly root: string },
  subfolders: Directory[],
  stems?: ReadonlySet<string>,
): AsyncGenerator<FoundFile> {
  const { kindOf, accepts, root, onLeftOut } = options;
  const isText = textCheck(directory.path);
  const shown = new Set<string>();
  const companions: { file: string; stem: string; kind: 'raw' | 'video' }[] = [];
  for await (const entry of await opendir(directory.path, { bufferSize: 256 })) {
    const { name } = entry;
    const file = path.join(directory.path, name);
    const inCloud = name.startsWith('.') ? cloudName.exec(name)?.[1] : undefined;
    if (inCloud !== undefined && kindOf(inCloud) === 'photo' && (!stems || stems.has(stemOf(inCloud)))) {
      const original = path.join(directory.path, inCloud);
      if (accepts(path.relative(root, original))) onLeftOut(original, 'in-the-cloud');
      continue;
    }
    if ((stems && !stems.has(stemOf(name))) || !accepts(path.relative(root, file))) continue;
    if (name.includes('\uFFFD') && !(await isText(name))) {
      if (entry.isDirectory() || kindOf(name) !== undefined) onLeftOut(file, 'name-not-text');
      continue;
    }
    const target = await targetOf(entry, file, directory, options);
    if (target === undefined) continue;
    if (target === 'folder') {
      if (!stems) subfolders.push({ path: file, real: realOf(directory, name) });
    } else if ('real' in target) {
      subfolders.push({ path: file, real: target.real });
    } else if (target.kind !== 'photo') {
      companions.push({ file, stem: stemOf(name), kind: target.kind });
    } else {
      const found = await lookAt(file, options);
      if (!found) continue;
      if (writtenByCameras.test(name)) shown.add(stemOf(name));
      yield found;
    }
  }
  for (const { file, stem, kind } of companions) {
    if (shown.has(stem)) onLeftOut(file, kind === 'raw' ? 'raw-of-photo' : 'video-of-photo');
    else if (kind === 'video') onLeftOut(file, 'video');
    else {
      const found = await lookAt(file, options);
      if (found) yield found;
    }
  }
}

/** @returns a subfolder; a folder that a link led to; a file's kind; undefined: there is nothing to look at */
async function targetOf(
  entry: Dirent,
  file: string,
  { real }: Directory,
  options: ScanFolderOptions,
): Promise<'folder' | { readonly real: string } | { readonly kind: Kind } | undefined> {
  const { links, kindOf, onLeftOut } = options;
  if (entry.isSymbolicLink()) {
    try {
      const target = await links.follow(file);
      if (target && 'leftOut' in target) onLeftOut(file, target.leftOut);
      if (!target || 'leftOut' in target) return undefined;
      return target.folder ? { real: target.real } : { kind: target.kind };
    } catch (error) {
      cannotRead(file, 'file', error, options);
      return undefined;
    }
  }
  const isFolder = entry.isDirectory();
  const kind = kindOf(entry.name);
  if (!isFolder && kind === undefined) return undefined;
  // Of what was reached by a link, only that which was not reached before.
  if (real !== undefined && !links.isFirst(path.join(real, entry.name))) {
    onLeftOut(file, 'link-inside');
    return undefined;
  }
  if (isFolder) return 'folder';
  if (entry.isFile()) return { kind: kind! };
  onLeftOut(file, 'not-a-file');
  return undefined;
}

const realOf = ({ real }: Directory, name: string) => (real === undefined ? undefined : path.join(real, name));

/**
 * Whether a name of a folder is text. Node replaces the bytes of names that are not valid in UTF-8 (or UTF-16 on Windows); the
 * file cannot be opened by such a name.
 * @returns to be asked of names with the sign of replacement
 */
function textCheck(folder: string): (name: string) => Promise<boolean> {
  let texts: Set<string> | undefined;
  return async (name) => {
    texts ??= new Set(
      (await readdir(folder, { encoding: 'buffer' })).flatMap((bytes) => {
        const text = bytes.toString();
        return Buffer.from(text).equals(bytes) ? [text] : [];
      }),
    );
    return texts.delete(name); // another file may have a name that becomes the same text
  };
}

/** Says that a file is left out, where that is so. */
async function lookAt(file: string, options: ScanFolderOptions): Promise<FoundFile | undefined> {
  try {
    const found = await fileAt(file);
    if (typeof found !== 'string') return found;
    options.onLeftOut(file, found);
  } catch (error) {
    cannotRead(file, 'file', error, options);
  }
  return undefined;
}

function cannotRead(
  place: string,
  what: 'file' | 'folder',
  error: unknown,
  { onLeftOut, onGone }: ScanFolderOptions,
): void {
  const code = errorCode(error);
  if (code === 'not-found' || code === 'not-a-folder') onGone?.(place);
  else if (code === 'no-permission') onLeftOut(place, `${what}-no-permission`, error);
  else if (systemCode(error) === 'ENAMETOOLONG') onLeftOut(place, 'path-too-long');
  else onLeftOut(place, 'unreadable', error);
}

/** @returns undefined when there is no such file. @throws the system's error when it cannot be read */
async function fileAt(file: string): Promise<FoundFile | 'in-the-cloud' | 'not-a-file' | undefined> {
  try {
    const info = await stat(file);
    if (!info.isFile()) return 'not-a-file';
    // On macOS a placeholder has a size but no blocks (iCloud, Dropbox, OneDrive). On other systems the number of blocks cannot
    // be used: Windows and many network file systems on Linux do not report it.
    if (process.platform === 'darwin' && info.size > 4096 && info.blocks === 0) return 'in-the-cloud';
    const changed = Math.floor(info.ctimeMs);
    return {
      path: file,
      bytes: info.size,
      modified: Math.floor(info.mtimeMs),
      changed: changed > 0 ? changed : null, // FAT and some network file systems have none
    };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'not-found' || code === 'not-a-folder') return undefined;
    throw error;
  }
}

/**
 * @returns undefined when there is no such file, or it is a placeholder whose content is in the cloud: reading it would
 * download it
 * @throws the system's error when it cannot be read
 */
export async function describeFile(file: string): Promise<FoundFile | undefined> {
  const found = await fileAt(file);
  return typeof found === 'string' ? undefined : found;
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
  return error instanceof DescryError ? error : absenceError(folder, absenceBy(error), 0, error);
}
