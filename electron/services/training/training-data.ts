/** Photos for training, with features from the cache. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { DescryError } from '../../../models/errors.ts';
import type { TrainingPhoto, TrainingSupport } from '../../../models/contract/training.ts';
import { readFlickr30k, type Split } from '../../../models/datasets/flickr30k.ts';
import type { DatasetReport, PhotoFolderReport } from '../../ipc/contract.ts';
import type { PhotoFile } from '../../store/photos.ts';
import type { Store } from '../../store/store.ts';
import type { Vision } from '../../vision/vision.ts';
import { extractFeatures, isCached, type WantedFeatures } from '../library/features.ts';
import type { Log } from '../shared/log.ts';
import { Rate } from '../shared/rate.ts';
import { describeFile } from '../library/scan.ts';
import type { ReadDataset } from './dataset-reader.ts';
import { readPhotoFolder, type SetPhoto } from './training-folders.ts';

export interface EncodedPhoto extends SetPhoto {
  readonly content: number;
}

export interface EncodingProgress {
  readonly done: number;
  readonly total: number;
  readonly photosPerSecond: number;
  /** these are the maps for fine-tuning, which come after the features */
  readonly maps?: true;
  /** these are captions, which an added encoder reads as it reads photos */
  readonly captions?: true;
}

export interface DatasetSource extends WantedFeatures {
  readonly store: Store;
  readonly vision: Vision;
  readonly log: Log;
}

/** Photos per request for features. */
const chunkSize = 64;
/** Bytes in the database for a dataset's photo, in addition to the feature: 734 measured. */
const otherBytesPerPhoto = 800;
/** Features are stored in half precision. */
const bytesPerNumber = 2;
/** Bytes of a photo's map, in half precision. */
export const mapBytes = (mapLength: number): number => mapLength * bytesPerNumber;
/** Of the built-in encoder, on two cores. */
const assumedPhotosPerSecond = 25;

export interface CheckOptions {
  readonly encoder?: string | undefined;
  readonly recipes?: TrainingSupport['recipes'];
  readonly signal?: AbortSignal | undefined;
}

/** Checks a dataset without computing anything: its content, what is missing, and the estimated effort of training. */
export async function checkDataset(
  source: CheckSource & { readonly mapLength: number; readonly readDataset?: ReadDataset | undefined },
  folder: string,
  { recipes, epochs, time, needsMaps }: Pick<TrainingSupport, 'recipes' | 'epochs' | 'time' | 'needsMaps'>,
  signal?: AbortSignal,
): Promise<DatasetReport> {
  const { root, photos, report } = await (source.readDataset ?? readFlickr30k)(folder, { signal });
  const mapped = report.counts.train + report.counts.val;
  return {
    path: root,
    photos: photos.length,
    captions: report.captions,
    missingPhotos: report.missingPhotos.length,
    malformedRows: report.malformedRows,
    photosWithoutCaptions: report.photosWithoutCaptions,
    photosWithoutSplit: report.photosWithoutSplit,
    splits: report.counts,
    splitSource: report.splitSource,
    trainingTimes: Object.fromEntries(
      Object.entries(recipes).map(([name, recipe]) => [
        name,
        {
          epochs: epochs(recipe),
          ...time(recipe, report.counts.train),
          ...(needsMaps(recipe)
            ? { maps: { seconds: secondsToOpen(mapped, source), bytes: mapped * mapBytes(source.mapLength) } }
            : {}),
        },
      ]),
    ),
    ...(await encodingEffort(source, photos, signal)),
  };
}

/** Checks a folder of photos without captions, also without computing anything. */
export async function checkPhotoFolder(
  source: CheckSource,
  folder: string,
  signal?: AbortSignal,
): Promise<PhotoFolderReport> {
  const photos = await readPhotoFolder(folder, source.log, signal);
  return { path: path.resolve(folder), photos: photos.length, ...(await encodingEffort(source, photos, signal)) };
}

type CheckSource = Pick<DatasetSource, 'store' | 'features' | 'log'> & {
  readonly featureLength: number;
  /** what is stored of a photo's regions; absent: nothing is */
  readonly regionBytes?: number;
  /** measured on this machine; null: it was not; absent: the encoder is the built-in one, of which a rate is assumed */
  readonly photosPerSecond?: number | null | undefined;
};

/** null: not known */
function secondsToOpen(photos: number, { photosPerSecond = assumedPhotosPerSecond }: CheckSource): number | null {
  if (photos === 0) return 0;
  return photosPerSecond === null ? null : photos / photosPerSecond;
}

async function encodingEffort(
  source: CheckSource,
  photos: readonly { readonly file: string }[],
  signal: AbortSignal | undefined,
): Promise<Pick<DatasetReport, 'toEncode' | 'secondsToEncode' | 'estimatedBytes'>> {
  let toEncode = 0;
  for (const photo of photos) {
    signal?.throwIfAborted();
    if (cachedContent(source, await describeFile(photo.file)) === undefined) toEncode++;
  }
  return {
    toEncode,
    secondsToEncode: secondsToOpen(toEncode, source),
    estimatedBytes: toEncode * (source.featureLength * bytesPerNumber + (source.regionBytes ?? 0) + otherBytesPerPhoto),
  };
}

/**
 * Computes the features that are not cached yet. It can be interrupted at any photo, and the next call continues there.
 *
 * @yields after each chunk
 * @returns the photos that could be encoded; broken ones are left out and logged
 */
export async function* encodePhotos(
  source: DatasetSource,
  photos: readonly SetPhoto[],
  signal?: AbortSignal,
): AsyncGenerator<EncodingProgress, EncodedPhoto[]> {
  const { store, vision, log } = source;
  const encoded: EncodedPhoto[] = [];
  const waiting: { photo: SetPhoto; file: PhotoFile }[] = [];
  for (const photo of photos) {
    const file = await describeFile(photo.file).catch(() => undefined);
    const content = cachedContent(source, file);
    if (content !== undefined) encoded.push({ ...photo, content });
    else if (file) waiting.push({ photo, file });
    else log.warn(`${photo.file} cannot be read and is left out`);
  }
  const total = waiting.length;
  const rate = new Rate();
  const roots = await realFolders(waiting.map(({ file }) => file.path));
  const extract = async (chunk: typeof waiting) => {
    const files = chunk.map(({ file }) => ({ path: file.path, content: null }));
    return { chunk, results: await extractFeatures(store, vision, source, files, roots) };
  };
  // Two chunks at once: one is decoded while the other is encoded.
  const inProgress = new Set<Promise<unknown>>();
  const extractNext = () => {
    if (waiting.length === 0) return undefined;
    const extraction = extract(waiting.splice(0, chunkSize));
    const ended = extraction.catch(() => undefined).finally(() => inProgress.delete(ended));
    inProgress.add(ended);
    return extraction;
  };
  let done = 0;
  try {
    signal?.throwIfAborted();
    let next = extractNext();
    while (next) {
      const current = next;
      signal?.throwIfAborted();
      next = extractNext();
      const { chunk, results } = await current;
      keep(chunk, results);
      done += chunk.length;
      rate.add(chunk.length);
      yield { done, total, photosPerSecond: rate.perSecond() };
    }
  } finally {
    // Also after an abort: the caller may close the database and the worker as soon as this has ended.
    await Promise.all(inProgress);
  }
  // In the order of the folders, so that the batches depend only on the seed and not on the state of the cache.
  const place = new Map(photos.map((photo, i) => [photo.file, i]));
  return encoded.sort((a, b) => place.get(a.file)! - place.get(b.file)!);

  function keep(chunk: typeof waiting, results: Awaited<ReturnType<typeof extractFeatures>>): void {
    store.transaction(() => {
      results.forEach((result, i) => {
        const { photo, file } = chunk[i]!;
        if ('failure' in result) {
          log.warn(`${file.path} is left out: ${result.failure.reason}`);
          return;
        }
        store.datasets.set(file, result.content);
        encoded.push({ ...photo, content: result.content });
      });
    });
  }
}

/**
 * The folders that files lie in now, with every link resolved, for `Roots`. A dataset may be made of links to photos elsewhere:
 * what its owner has arranged is read, and a link that is changed during the run leads nowhere.
 *
 * @returns none that is below another one
 */
export async function realFolders(files: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const file of files) {
    // one that is gone is refused when it is opened
    const real = await realpath(file).catch(() => undefined);
    if (real !== undefined) found.add(path.dirname(real));
  }
  return [...found].filter((folder) => {
    for (
      let below = folder, above = path.dirname(folder);
      above !== below;
      [below, above] = [above, path.dirname(above)]
    ) {
      if (found.has(above)) return false;
    }
    return true;
  });
}

function cachedContent(
  { store, ...wanted }: Pick<DatasetSource, 'store' | 'features' | 'regionVersion'>,
  file: PhotoFile | undefined,
): number | undefined {
  const content = file && store.datasets.content(file);
  return content !== undefined && isCached(store, wanted, content) ? content : undefined;
}

/**
 * The photos of the given splits with their features, read on demand.
 * @throws DescryError `dataset-invalid` where the splits have none with captions
 */
export function withFeatures(
  { store, features, regionVersion }: Pick<DatasetSource, 'store' | 'features' | 'regionVersion'>,
  photos: readonly EncodedPhoto[],
  splits: readonly Split[],
): TrainingPhoto[] {
  const chosen = photos.filter(({ split }) => splits.includes(split));
  if (!chosen.some(({ captions }) => captions.length > 0)) {
    const folders = new Set(photos.filter(({ captions }) => captions.length > 0).map(({ file }) => path.dirname(file)));
    const nowhere =
      folders.size === 0 ? 'The dataset has' : `${[...folders].join(' and ')} ${folders.size === 1 ? 'has' : 'have'}`;
    throw new DescryError(
      'dataset-invalid',
      `${nowhere} no photos that can be opened in the split ${splits.join(' and ')}. Name another split, or check split.csv and the photos.`,
    );
  }
  return chosen.map(({ name, set, split, captions, content }) => ({
    name,
    set,
    split,
    captions,
    feature: () => store.contents.feature(content, features)!,
    regions: () =>
      regionVersion === undefined
        ? undefined
        : store.regions.get(content, { encoder: features, version: regionVersion }),
  }));
}
