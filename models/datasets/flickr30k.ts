/**
 * Reads a folder of photos and captions in Flickr30K's layout (Young et al. 2014), in the forms in which it is published:
 *
 *     photos     images/ · flickr30k_images/ (also twice, one in the other) · flickr30k-images/
 *     captions   captions.csv or results.csv (`image_name| comment_number| comment`) · results_20130124.token
 *                (`NAME.jpg#0<tab>caption`) · dataset_flickr30k.json
 *     split      split.csv (`image_name,split`) · Karpathy's dataset_flickr30k.json · else a seeded split by photo
 *
 * The text files are in the folder itself or in a folder of photos. No photo is opened here.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { DescryError, errorCode, reasonOf } from '../errors.ts';
import { readLines, type Line } from '../files/lines.ts';
import { FileRefused, openRegularFile, readRegularFile } from '../files/regular-file.ts';
import { CaptionReader, captionLimits, readKarpathy, SplitReader, type CaptionRow, type Split } from './files.ts';
import { seededSplit } from './split.ts';

export type { Split } from './files.ts';

export interface DatasetPhoto {
  /** as in the captions file */
  readonly name: string;
  /** absolute */
  readonly file: string;
  readonly split: Split;
  readonly captions: readonly string[];
}

/** Where the split came from: a file of the user's, Karpathy's file, or, where there is none, chance by the seed. */
export type SplitSource = { readonly kind: 'file' | 'karpathy'; readonly file: string } | { readonly kind: 'seed' };

export interface FlickrReport {
  /** captions of the photos that are used */
  readonly captions: number;
  /** names with captions and without a file; left out */
  readonly missingPhotos: readonly string[];
  /** files without captions; left out */
  readonly photosWithoutCaptions: number;
  /** photos with captions that are missing in the split file; left out */
  readonly photosWithoutSplit: number;
  /** caption rows that could not be read; left out */
  readonly malformedRows: number;
  /** caption rows that were read although a bar is missing */
  readonly recoveredRows: number;
  readonly splitSource: SplitSource;
  /** photos by split */
  readonly counts: Readonly<Record<Split, number>>;
}

export interface FlickrDataset {
  readonly root: string;
  /** in the order of the captions file */
  readonly photos: readonly DatasetPhoto[];
  readonly report: FlickrReport;
}

const imageFolders = ['images', 'flickr30k_images', 'flickr30k-images'];
const imageFile = /\.(?:jpe?g|png|webp)$/i;
const karpathyFile = 'dataset_flickr30k.json';
const layout =
  'Expected: photos in images/, flickr30k_images/ or flickr30k-images/, and their captions in captions.csv or results.csv ' +
  '(image_name| comment_number| comment), results_20130124.token or dataset_flickr30k.json.';

const invalid = (message: string, cause?: unknown) =>
  new DescryError('dataset-invalid', `${message} ${layout}`, { cause });

/** A photo's name for comparison: copies of the dataset differ in the case of extensions, and in .jpg or .jpeg. */
function nameKey(name: string): string {
  const { name: stem, ext } = path.parse(name);
  return stem + ext.toLowerCase().replace('.jpeg', '.jpg');
}

/** Names in a folder; none where the folder does not exist. */
async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (['not-found', 'not-a-folder'].includes(errorCode(error))) return [];
    throw invalid(`The folder ${folder} cannot be read: ${reasonOf(error)}.`, error);
  }
}

/** Paths of the photos, by `nameKey`, and every folder that may contain the text files. */
async function findPhotos(root: string): Promise<{ files: Map<string, string>; folders: string[] }> {
  const outer = imageFolders.map((name) => path.join(root, name));
  const inner = outer.flatMap((folder) => imageFolders.map((name) => path.join(folder, name)));
  const files = new Map<string, string>();
  for (const folder of [...outer, ...inner]) {
    for (const name of await list(folder)) {
      const key = nameKey(name);
      if (imageFile.test(name) && !name.startsWith('.') && !files.has(key)) files.set(key, path.join(folder, name));
    }
  }
  return { files, folders: [root, ...outer] };
}

export interface ReadOptions {
  /** of the split by photo, for a dataset that has none: the same seed gives the same split everywhere */
  readonly seed?: number;
  readonly signal?: AbortSignal | undefined;
}

type Cancellation = Pick<ReadOptions, 'signal'>;

/** What `read` makes of the first of `names` that is in any of the folders. */
async function readFirst<T>(
  folders: readonly string[],
  names: readonly string[],
  read: (file: string) => Promise<T>,
): Promise<(T & { file: string }) | undefined> {
  for (const name of names) {
    for (const folder of folders) {
      const file = path.join(folder, name);
      try {
        return { ...(await read(file)), file };
      } catch (error) {
        if (!['not-found', 'not-a-folder'].includes(errorCode(error))) throw unusable(file, error);
      }
    }
  }
  return undefined;
}

/** What is said of a text file that is not read. @param error kept as it is where the reading was cancelled */
function unusable(file: string, error: unknown): unknown {
  if (errorCode(error) === 'cancelled' || (error instanceof Error && error.name === 'AbortError')) return error;
  const system = error instanceof FileRefused || (error instanceof Error && 'code' in error);
  // The layout is not to blame where the file is found and cannot be opened.
  if (system)
    return new DescryError('dataset-invalid', `${file} cannot be read: ${reasonOf(error)}.`, { cause: error });
  return invalid(`${file} cannot be used: ${reasonOf(error)}.`, error);
}

/** Reads a file of rows as a stream. @param take is given each line */
async function readRows(file: string, take: (line: Line) => void, { signal }: Cancellation): Promise<void> {
  const { handle, found } = await openRegularFile(file);
  try {
    if (found.size > captionLimits.rowFileBytes) {
      throw new FileRefused(`it is longer than ${captionLimits.rowFileBytes.toLocaleString('en')} bytes`);
    }
    for await (const lines of readLines(handle, { longest: captionLimits.lineLength, signal })) lines.forEach(take);
  } finally {
    await handle.close();
  }
}

async function readCaptionRows(file: string, options: Cancellation) {
  const reader = new CaptionReader(file.endsWith('.token') ? 'tokens' : 'table');
  await readRows(file, (line) => reader.add(line), options);
  return reader.table;
}

async function findSplits(folders: readonly string[], options: Cancellation) {
  return readFirst(folders, ['split.csv'], async (file) => {
    const reader = new SplitReader();
    await readRows(file, (line) => reader.add(line), options);
    return { splits: reader.splits };
  });
}

async function findKarpathy(folders: readonly string[], { signal }: Cancellation) {
  return readFirst(folders, [karpathyFile], async (file) => {
    const bytes = await readRegularFile(file, { largest: captionLimits.jsonBytes, signal });
    return readKarpathy(new TextDecoder().decode(bytes));
  });
}

type Karpathy = Awaited<ReturnType<typeof findKarpathy>>;

async function findCaptions(root: string, folders: readonly string[], karpathy: Karpathy, options: Cancellation) {
  const found = await readFirst(folders, ['captions.csv', 'results.csv', 'results_20130124.token'], (file) =>
    readCaptionRows(file, options),
  );
  if (found) {
    if (found.rows.length > 0) return found;
    throw invalid(`${found.file} has no captions that can be read (${found.malformed} malformed rows).`);
  }
  if (karpathy) return { file: karpathy.file, rows: karpathy.rows, malformed: 0, recovered: 0 };
  throw invalid(`There are no captions in ${root}.`);
}

/**
 * @throws DescryError not-found or not-a-folder for the root; dataset-invalid, with file and expected layout, where
 * photos or captions are missing, do not match each other, or are beyond a limit of `captionLimits`; the signal's reason
 */
export async function readFlickr30k(folder: string, { seed = 1, signal }: ReadOptions = {}): Promise<FlickrDataset> {
  const root = path.resolve(folder);
  try {
    await readdir(root);
  } catch (error) {
    throw new DescryError(errorCode(error), `The dataset ${root} cannot be opened: ${reasonOf(error)}. ${layout}`, {
      cause: error,
    });
  }
  const { files, folders } = await findPhotos(root);
  const splitTable = await findSplits(folders, { signal });
  const karpathy = await findKarpathy(folders, { signal });
  const captionTable = await findCaptions(root, folders, karpathy, { signal });
  const { rows, malformed, recovered, file: captionsFile } = captionTable;
  if (files.size === 0) throw invalid(`There are no photos in ${root}.`);

  const captions = new Map<string, { name: string; file: string; captions: string[] }>();
  const missing = new Set<string>();
  for (const { name, caption } of rows) {
    const key = nameKey(name);
    const file = files.get(key);
    if (file === undefined) {
      missing.add(name);
      continue;
    }
    const photo = captions.get(key);
    if (photo) photo.captions.push(caption);
    else captions.set(key, { name, file, captions: [caption] });
  }
  if (captions.size === 0) {
    throw invalid(`None of the ${missing.size} photos that ${captionsFile} names is in ${root}.`);
  }

  const splitSource: SplitSource = splitTable
    ? { kind: 'file', file: path.basename(splitTable.file) }
    : karpathy
      ? { kind: 'karpathy', file: karpathyFile }
      : { kind: 'seed' };
  const named = splitTable?.splits ?? karpathy?.splits ?? seededSplit([...captions.keys()], seed);
  const splits = new Map([...named].map(([name, split]) => [nameKey(name), split]));

  const photos: DatasetPhoto[] = [];
  const counts = { train: 0, val: 0, test: 0 };
  for (const [key, photo] of captions) {
    const split = splits.get(key);
    if (split === undefined) continue;
    photos.push({ ...photo, split });
    counts[split]++;
  }
  if (photos.length === 0)
    throw invalid(`${splitTable?.file ?? karpathy?.file ?? root} names none of the photos with captions.`);
  return {
    root,
    photos,
    report: {
      captions: photos.reduce((sum, photo) => sum + photo.captions.length, 0),
      missingPhotos: [...missing],
      photosWithoutCaptions: files.size - captions.size,
      photosWithoutSplit: captions.size - photos.length,
      malformedRows: malformed,
      recoveredRows: recovered,
      splitSource,
      counts,
    },
  };
}

/**
 * Captions without photos: a file in one of the forms above.
 *
 * @throws DescryError not-found; dataset-invalid where it is no regular file, is beyond a limit of `captionLimits`, or holds no
 * captions that can be read; the signal's reason
 */
export async function readCaptionFile(file: string, options: Cancellation = {}): Promise<CaptionRow[]> {
  let table: Awaited<ReturnType<typeof readCaptionRows>>;
  try {
    table = await readCaptionRows(file, options);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'internal') throw unusable(file, error);
    throw new DescryError(code, `The captions ${file} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
  if (table.rows.length === 0) throw invalid(`${file} has no captions that can be read.`);
  return table.rows;
}
