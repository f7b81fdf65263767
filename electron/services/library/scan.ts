/**
 * Finds the photo files in a folder and its subfolders, and says of what it leaves out why (ipc/left-out.ts).
 *
 * A camera raw file, or a video, with the same name as a JPEG or HEIC beside it is one photo with that: cameras and phones write
 * both for one picture. Without one, the raw file is the photo.
 */
import { access, constants, lstat, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { DescryError, errorCode, isNotThere, systemCode } from '../../../models/errors.ts';
import type { LeftOutReason } from '../../ipc/left-out.ts';
import type { PhotoFile } from '../../store/photos.ts';
import type { Store } from '../../store/store.ts';
import type { Kind } from '../../vision/formats.ts';
import type { Links } from './links.ts';
import type { PathFilter } from './path-filter.ts';
import { absenceBy, absenceError, absenceOf } from './folder-place.ts';
import { entryTypes, factsPerEntry, readerOf, type FolderListing, type FolderReader } from './folder-reader.ts';

export interface FoundFile extends PhotoFile {
  /** without its folder */
  readonly name: string;
  readonly changed: number | null;
}

/** A file or folder that is, or may hold, a photo, and is not shown. */
export interface LeftOutPlace {
  readonly place: string;
  readonly reason: LeftOutReason;
  /** the system's, where the reason is that it cannot be read */
  readonly error?: unknown;
}

/** What was found directly in a folder. */
export interface FolderFound {
  readonly folder: string;
  /** false: it could not be read, and nothing is known of what lies in it */
  readonly read: boolean;
  readonly files: readonly FoundFile[];
  /** folders in it that are read afterwards */
  readonly below: readonly string[];
  readonly leftOut: readonly LeftOutPlace[];
  /** folders that were there and are not there any more */
  readonly gone: readonly string[];
}

export interface ScanFolderOptions {
  readonly kindOf: (file: string) => Kind | undefined;
  readonly accepts: PathFilter;
  /** the paths for `accepts` are relative to it; absent: the folder that is scanned */
  readonly root?: string;
  readonly links: Links;
  /** absent: this process reads */
  readonly reader?: FolderReader;
  /** called with each folder before it is read, but not with those that links lead to: who watches it from then on misses nothing */
  readonly onFolder?: ((folder: string) => void) | undefined;
}

type RootedOptions = ScanFolderOptions & { readonly root: string };

interface Directory {
  readonly path: string;
  /** where it lies, if a link led there */
  readonly real: string | undefined;
}

/** Of photos that cameras write beside a raw file or a video. */
const writtenByCameras = /\.(?:jpe?g|jpe|hei[cf]|hif)$/i;
/** A file in the cloud, as macOS named it until 2023: `.IMG_1.jpg.icloud` */
const cloudName = /^\.(.+)\.icloud$/i;
/** Folders that are read while what was found in one is compared. */
const readAhead = 3;

/** A file's name without its extension; names that differ in upper and lower case only are the same. */
export const stemOf = (name: string): string => name.slice(0, name.length - path.extname(name).length).toLowerCase();

/**
 * Folder by folder: of a large library only what was found in a few folders is in memory.
 * @throws DescryError when the folder itself cannot be read
 */
export async function* scanFolder(folder: string, options: ScanFolderOptions): AsyncGenerator<FolderFound> {
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
export async function* scanSubfolder(folder: string, options: ScanFolderOptions): AsyncGenerator<FolderFound> {
  try {
    yield* scanFolder(folder, options);
  } catch (error) {
    const found = nothingFound(folder);
    if (isNotThere(error)) found.gone.push(folder);
    else {
      const reason = errorCode(error) === 'no-permission' ? 'folder-no-permission' : 'unreadable';
      found.leftOut.push({ place: folder, reason, error });
    }
    yield found;
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
  options: RootedOptions,
): AsyncGenerator<FolderFound> {
  const linked: Directory[] = [];
  const reader = readerOf((name) => stems.has(stemOf(name)) && options.kindOf(name) !== undefined);
  try {
    yield await look({ path: folder, real: undefined }, await reader.read(folder), options, linked, stems);
  } catch (error) {
    if (isNotThere(error)) return;
    const found = nothingFound(folder);
    cannotRead(folder, 'folder', error, found);
    yield found;
  }
  yield* scanAll(linked, options);
}

async function* scanAll(pending: Directory[], options: RootedOptions): AsyncGenerator<FolderFound> {
  const reader = options.reader ?? readerOf((name) => options.kindOf(name) !== undefined);
  const listings = new Map<Directory, Promise<FolderListing>>();
  const read = (directory: Directory) => {
    let listing = listings.get(directory);
    if (listing) return listing;
    if (directory.real === undefined) options.onFolder?.(directory.path);
    listing = reader.read(directory.path);
    listing.catch(() => undefined); // told when it is this folder's turn
    listings.set(directory, listing);
    return listing;
  };
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    const listing = read(current);
    for (const next of pending.slice(-readAhead).reverse()) void read(next);
    listings.delete(current);
    try {
      yield await look(current, await listing, options, pending);
    } catch (error) {
      if (current.path === options.root) throw folderError(current.path, error);
      const found = nothingFound(current.path);
      cannotRead(current.path, 'folder', error, found);
      yield found;
    }
  }
}

interface Found extends FolderFound {
  read: boolean;
  readonly files: FoundFile[];
  readonly below: string[];
  readonly leftOut: LeftOutPlace[];
  readonly gone: string[];
}

const nothingFound = (folder: string): Found => ({ folder, read: false, files: [], below: [], leftOut: [], gone: [] });

/** @param subfolders those of the directory, to which it adds; with `stems` only those that links lead to */
async function look(
  directory: Directory,
  { names, types, facts, errors }: FolderListing,
  options: RootedOptions,
  subfolders: Directory[],
  stems?: ReadonlySet<string>,
): Promise<FolderFound> {
  const { kindOf, root } = options;
  const found = nothingFound(directory.path);
  found.read = true;
  const isText = textCheck(directory.path);
  const accepts = options.accepts.inside(path.relative(root, directory.path));
  const base = directory.path.endsWith(path.sep) ? directory.path : directory.path + path.sep;
  const companions: { name: string; kind: 'raw' | 'video'; entry: number }[] = [];
  const take = (photo: FoundFile | LeftOutReason | undefined, file: string) => {
    if (typeof photo === 'string') found.leftOut.push({ place: file, reason: photo });
    else if (photo) found.files.push(photo);
  };
  /** What the listing does not tell is asked for. */
  const lookAt = async (file: string) => {
    try {
      take(await fileAt(file), file);
    } catch (error) {
      cannotRead(file, 'file', error, found);
    }
  };
  /** @returns whether the listing tells of it: to wait for each file would cost more than the rest */
  const isTold = (file: string, entry: number) => {
    const error = errors.get(entry);
    const at = entry * factsPerEntry;
    if (error && !isNotThere(error)) cannotRead(file, 'file', error, found);
    if (error) return true;
    if (types[entry] !== entryTypes.file || Number.isNaN(facts[at])) return false;
    take(fileOf(file, names[entry]!, facts, at), file);
    return true;
  };
  for (let entry = 0; entry < names.length; entry++) {
    const name = names[entry]!;
    const inCloud = name.startsWith('.') ? cloudName.exec(name)?.[1] : undefined;
    if (inCloud !== undefined && kindOf(inCloud) === 'photo' && (!stems || stems.has(stemOf(inCloud)))) {
      if (accepts(inCloud)) found.leftOut.push({ place: base + inCloud, reason: 'in-the-cloud' });
      continue;
    }
    if ((stems && !stems.has(stemOf(name))) || !accepts(name)) continue;
    const file = base + name;
    const type = types[entry]!;
    if (name.includes('\uFFFD') && !(await isText(name))) {
      if (type === entryTypes.folder || kindOf(name) !== undefined)
        found.leftOut.push({ place: file, reason: 'name-not-text' });
      continue;
    }
    const target =
      type === entryTypes.link
        ? await linked(file, options, found)
        : entryKind(type, file, name, directory, options, found);
    if (target === undefined) continue;
    if (target === 'folder') {
      if (stems) continue;
      subfolders.push({ path: file, real: directory.real === undefined ? undefined : path.join(directory.real, name) });
      found.below.push(file);
    } else if (typeof target === 'object') {
      subfolders.push({ path: file, real: target.real });
      found.below.push(file);
    } else if (target !== 'photo') {
      companions.push({ name, kind: target, entry });
    } else if (!isTold(file, entry)) {
      await lookAt(file);
    }
  }
  if (companions.length > 0) {
    const shown = new Set(
      found.files.filter(({ name }) => writtenByCameras.test(name)).map(({ name }) => stemOf(name)),
    );
    for (const { name, kind, entry } of companions) {
      const place = base + name;
      if (shown.has(stemOf(name))) {
        found.leftOut.push({ place, reason: kind === 'raw' ? 'raw-of-photo' : 'video-of-photo' });
      } else if (kind === 'video') found.leftOut.push({ place, reason: 'video' });
      else if (!isTold(place, entry)) await lookAt(place);
    }
  }
  return found;
}

/** @returns a folder that a link led to; a file's kind; undefined: there is nothing to look at */
async function linked(
  file: string,
  { links }: RootedOptions,
  found: Found,
): Promise<{ readonly real: string } | Kind | undefined> {
  try {
    const target = await links.follow(file);
    if (target && 'leftOut' in target) found.leftOut.push({ place: file, reason: target.leftOut });
    if (!target || 'leftOut' in target) return undefined;
    return target.folder ? { real: target.real } : target.kind;
  } catch (error) {
    cannotRead(file, 'file', error, found);
    return undefined;
  }
}

/** Of what is no link. @returns a subfolder; a file's kind; undefined: there is nothing to look at */
function entryKind(
  type: number,
  file: string,
  name: string,
  { real }: Directory,
  { links, kindOf }: RootedOptions,
  found: Found,
): 'folder' | Kind | undefined {
  const isFolder = type === entryTypes.folder;
  const kind = kindOf(name);
  if (!isFolder && kind === undefined) return undefined;
  // Of what was reached by a link, only that which was not reached before.
  if (real !== undefined && !links.isFirst(path.join(real, name))) {
    found.leftOut.push({ place: file, reason: 'link-inside' });
    return undefined;
  }
  if (isFolder) return 'folder';
  if (type === entryTypes.file) return kind;
  found.leftOut.push({ place: file, reason: 'not-a-file' });
  return undefined;
}

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

function cannotRead(place: string, what: 'file' | 'folder', error: unknown, { leftOut, gone }: Found): void {
  if (isNotThere(error)) gone.push(place);
  else if (errorCode(error) === 'no-permission') leftOut.push({ place, reason: `${what}-no-permission`, error });
  else if (systemCode(error) === 'ENAMETOOLONG') leftOut.push({ place, reason: 'path-too-long' });
  else leftOut.push({ place, reason: 'unreadable', error });
}

/** @param facts as in `FolderListing`, from `at` on */
function fileOf(file: string, name: string, facts: Float64Array, at: number): FoundFile | 'in-the-cloud' {
  const bytes = facts[at]!;
  // On macOS a placeholder has a size but no blocks (iCloud, Dropbox, OneDrive). On other systems the number of blocks cannot
  // be used: Windows and many network file systems on Linux do not report it.
  if (process.platform === 'darwin' && bytes > 4096 && facts[at + 3] === 0) return 'in-the-cloud';
  const changed = Math.floor(facts[at + 2]!);
  return {
    path: file,
    name,
    bytes,
    modified: Math.floor(facts[at + 1]!),
    changed: changed > 0 ? changed : null, // FAT and some network file systems have none
  };
}

/** @returns undefined when there is no such file. @throws the system's error when it cannot be read */
export async function fileAt(file: string): Promise<FoundFile | 'in-the-cloud' | 'not-a-file' | undefined> {
  try {
    const info = await stat(file);
    if (!info.isFile()) return 'not-a-file';
    return fileOf(file, path.basename(file), Float64Array.of(info.size, info.mtimeMs, info.ctimeMs, info.blocks), 0);
  } catch (error) {
    if (isNotThere(error)) return undefined;
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
