/** The folders that a model is trained on: captioned datasets, and photos without captions beside them. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { readFlickr30k, type DatasetPhoto, type FlickrDataset } from '../../../models/datasets/flickr30k.ts';
import type { ReadDataset } from './dataset-reader.ts';
import { DescryError } from '../../../models/errors.ts';
import { plural } from '../../ipc/format.ts';
import { kindOf } from '../../vision/formats.ts';
import { Links } from '../library/links.ts';
import { pathFilter } from '../library/path-filter.ts';
import { scanFolder } from '../library/scan.ts';
import type { Log } from '../shared/log.ts';

export interface TrainingFolders {
  /** in Flickr30K's layout; at least one */
  readonly datasets: readonly string[];
  /** folders of photos without captions */
  readonly photos: readonly string[];
}

/** A photo of one of several folders. Its name is unique in its set only. */
export interface SetPhoto extends DatasetPhoto {
  /** name of its folder: see `setNames` */
  readonly set: string;
}

export interface ReadFolders {
  readonly datasets: readonly FlickrDataset[];
  /** of all folders, in their order; those without captions come last, in the split `train` */
  readonly photos: readonly SetPhoto[];
}

export interface ReadFoldersOptions {
  /** of the split of a dataset that has none */
  readonly seed?: number;
  readonly log: Pick<Log, 'warn'>;
  readonly signal?: AbortSignal | undefined;
  /** absent: in this process */
  readonly read?: ReadDataset | undefined;
}

/**
 * @throws DescryError as `readFlickr30k` and `readPhotoFolder` do
 */
export async function readFolders(
  folders: TrainingFolders,
  { seed, log, signal, read = readFlickr30k }: ReadFoldersOptions,
): Promise<ReadFolders> {
  const datasets: FlickrDataset[] = [];
  for (const folder of distinctFolders(folders.datasets)) {
    datasets.push(await read(folder, { ...(seed === undefined ? {} : { seed }), signal }));
  }
  const others = distinctFolders(folders.photos);
  const names = setNames([...datasets.map(({ root }) => root), ...others]);
  const photos = datasets.flatMap((dataset, i) => dataset.photos.map((photo) => ({ ...photo, set: names[i]! })));
  // A folder of photos may be that of a dataset, or lie in another one: no photo comes twice.
  const known = new Set(photos.map(({ file }) => file));
  for (const [i, folder] of others.entries()) {
    const set = names[datasets.length + i]!;
    for (const photo of await readPhotoFolder(folder, log, signal)) {
      if (known.has(photo.file)) continue;
      known.add(photo.file);
      photos.push({ ...photo, set });
    }
  }
  return { datasets, photos };
}

/** What of a dataset was left out, for the user. */
export function noticesOf({ root, report: { missingPhotos, malformedRows } }: FlickrDataset): string[] {
  const some = `${missingPhotos.slice(0, 3).join(', ')}${missingPhotos.length > 3 ? ', …' : ''}`;
  return [
    ...(missingPhotos.length > 0
      ? [`${root} lacks ${plural(missingPhotos.length, 'photo')} that its captions name (${some}); left out.`]
      : []),
    ...(malformedRows > 0
      ? [`${plural(malformedRows, 'row')} of the captions of ${root} could not be read; left out.`]
      : []),
  ];
}

/**
 * The photos in a folder and its subfolders, by the names of their files below it, in the order of these names.
 * @throws DescryError `not-found`, `not-a-folder`, `no-permission`; `dataset-invalid` where there are none
 */
export async function readPhotoFolder(
  folder: string,
  log: Pick<Log, 'warn'>,
  signal?: AbortSignal,
): Promise<DatasetPhoto[]> {
  const root = path.resolve(folder);
  const photos: DatasetPhoto[] = [];
  const options = {
    kindOf,
    accepts: pathFilter([]),
    links: new Links([{ path: await realpath(root).catch(() => root), excludes: [] }], kindOf),
  };
  for await (const { files, leftOut } of scanFolder(root, options)) {
    signal?.throwIfAborted();
    for (const { place, error } of leftOut) {
      if (error !== undefined) log.warn(`${place} cannot be read and is left out`);
    }
    for (const { path: file } of files) {
      const name = path.relative(root, file).split(path.sep).join('/');
      photos.push({ name, file, split: 'train', captions: [] });
    }
  }
  if (photos.length === 0) {
    throw new DescryError('dataset-invalid', `There are no photos in ${root}. Name a folder with photos.`);
  }
  return photos.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * A name for each folder: its last part, with as many of those before it as make it different from the others. The name is
 * in model files, which are given away, so it is no whole path.
 *
 * @param folders absolute, different from each other
 */
export function setNames(folders: readonly string[]): string[] {
  const parts = folders.map((folder) => folder.split(/[\\/]+/).filter((part) => part !== ''));
  const name = (folder: number, length: number) => parts[folder]!.slice(-length).join('/');
  return folders.map((_, folder) => {
    const others = folders.flatMap((_, other) => (other === folder ? [] : [other]));
    let length = 1;
    while (length < parts[folder]!.length && others.some((other) => name(other, length) === name(folder, length))) {
      length++;
    }
    return name(folder, length) || folders[folder]!;
  });
}

/** As absolute paths, each once. */
export function distinctFolders(folders: readonly string[]): string[] {
  return [...new Set(folders.map((folder) => path.resolve(folder)))];
}

/**
 * Leaves out what would make the measured recall too high, or counts twice: of the photos to train on those whose content is
 * in another dataset's val or test split, and of those without captions what has captions or came before.
 */
export function withoutRepeats<Photo extends SetPhoto & { readonly content: number }>(
  photos: readonly Photo[],
): { readonly kept: Photo[]; readonly heldElsewhere: number } {
  const captioned = photos.filter(({ captions }) => captions.length > 0);
  const heldBy = new Map<number, Set<string>>();
  for (const { content, set, split } of captioned) {
    if (split === 'train') continue;
    const sets = heldBy.get(content) ?? new Set();
    heldBy.set(content, sets.add(set));
  }
  const known = new Set(captioned.map(({ content }) => content));
  let heldElsewhere = 0;
  const kept = photos.filter(({ content, set, split, captions }) => {
    if (captions.length === 0) return !known.has(content) && known.add(content);
    const held = split === 'train' && [...(heldBy.get(content) ?? [])].some((other) => other !== set);
    if (held) heldElsewhere++;
    return !held;
  });
  return { kept, heldElsewhere };
}
