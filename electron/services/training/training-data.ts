/** A captioned dataset as the trainer needs it: features from the cache, sentences prepared, split by split. */
import path from 'node:path';
import { DescryError } from '../../../models/errors.ts';
import {
  readCaptionFile,
  readFlickr30k,
  type DatasetPhoto,
  type FlickrDataset,
  type Split,
} from '../../../models/datasets/flickr30k.ts';
import { imageInputs, type ImageSpec } from '../../../models/two-branch/image-input.ts';
import { tokenize } from '../../../models/text/tokenizer.ts';
import type { SentenceEncoder } from '../../../models/text/sentence-encoder.ts';
import type { Captions, Pairs } from '../../../models/two-branch/batches.ts';
import type { DatasetReport } from '../../ipc/contract.ts';
import type { PhotoFile } from '../../store/photos.ts';
import type { Store } from '../../store/store.ts';
import type { Vision } from '../../vision/vision.ts';
import { extractFeatures } from '../library/features.ts';
import type { Log } from '../shared/log.ts';
import { Rate } from '../shared/rate.ts';
import { describeFile } from '../library/scan.ts';

export interface EncodedPhoto extends DatasetPhoto {
  readonly content: number;
}

export interface EncodingProgress {
  readonly done: number;
  readonly total: number;
  readonly photosPerSecond: number;
}

export interface DatasetSource {
  readonly store: Store;
  readonly vision: Vision;
  /** id of the image encoder */
  readonly encoder: string;
  readonly log: Log;
}

/** Photos per request to the eyes. */
const chunkSize = 64;
/** In the database, with all that it keeps of a dataset's photo: 8,926 measured, 8,192 of them the feature. */
const bytesPerPhoto = 9000;
/** Assumed where nothing has been measured on this machine yet: ResNet50 on two cores. */
const assumedPhotosPerSecond = 25;

/** Looks at a dataset without computing anything: what is there, what is missing, what training on it will take. */
export async function checkDataset(
  source: Pick<DatasetSource, 'store' | 'encoder'>,
  folder: string,
  secondsPerEpoch: (trainingPhotos: number) => number,
  epochs: number,
): Promise<DatasetReport> {
  const { root, photos, report } = await readFlickr30k(folder);
  let toEncode = 0;
  for (const photo of photos) if (cachedContent(source, await describeFile(photo.file)) === undefined) toEncode++;
  return {
    path: root,
    photos: photos.length,
    captions: report.captions,
    missingPhotos: report.missingPhotos.length,
    malformedRows: report.malformedRows,
    splits: report.counts,
    splitSource: report.splitSource,
    toEncode,
    estimatedSeconds: toEncode / assumedPhotosPerSecond + epochs * secondsPerEpoch(report.counts.train),
    estimatedBytes: toEncode * bytesPerPhoto,
  };
}

/**
 * Computes the features that are not cached yet. It can be interrupted at any photo and goes on there.
 *
 * @yields after each chunk
 * @returns the photos that could be encoded; broken ones are left out and logged
 */
export async function* encodeDataset(
  source: DatasetSource,
  dataset: FlickrDataset,
  signal?: AbortSignal,
): AsyncGenerator<EncodingProgress, EncodedPhoto[]> {
  const { store, vision, encoder, log } = source;
  const encoded: EncodedPhoto[] = [];
  const waiting: { photo: DatasetPhoto; file: PhotoFile }[] = [];
  for (const photo of dataset.photos) {
    const file = await describeFile(photo.file).catch(() => undefined);
    const content = cachedContent(source, file);
    if (content !== undefined) encoded.push({ ...photo, content });
    else if (file) waiting.push({ photo, file });
    else log.warn(`${photo.file} cannot be read and is left out`);
  }
  const total = waiting.length;
  const rate = new Rate();
  const extract = async (chunk: typeof waiting) => {
    const files = chunk.map(({ file }) => ({ path: file.path, content: null }));
    return { chunk, results: await extractFeatures(store, vision, encoder, files) };
  };
  // Two chunks under way: one is decoded while the other is in the network.
  const underWay = new Set<Promise<unknown>>();
  const extractNext = () => {
    if (waiting.length === 0) return undefined;
    const extraction = extract(waiting.splice(0, chunkSize));
    const ended = extraction.catch(() => undefined).finally(() => underWay.delete(ended));
    underWay.add(ended);
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
    // Also after an abort: whoever stops may close the database and the eyes at once.
    await Promise.all(underWay);
  }
  // In the order of the dataset, however the cache was filled: the seed alone decides the batches.
  const place = new Map(dataset.photos.map((photo, i) => [photo.file, i]));
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

function cachedContent(
  { store, encoder }: Pick<DatasetSource, 'store' | 'encoder'>,
  file: PhotoFile | undefined,
): number | undefined {
  const content = file && store.datasets.content(file);
  return content !== undefined && store.contents.hasFeature(content, encoder) ? content : undefined;
}

/** The photos of the given splits with their captions, as inputs of the network. */
export function makePairs(
  store: Store,
  encoder: string,
  photos: readonly EncodedPhoto[],
  splits: readonly Split[],
  text: SentenceEncoder,
  image: ImageSpec,
): Pairs {
  const chosen = photos.filter((photo) => splits.includes(photo.split));
  if (chosen.length === 0) {
    const folder = photos[0] ? path.dirname(photos[0].file) : 'the dataset';
    throw new DescryError(
      'dataset-invalid',
      `${folder} has no photos that can be opened in the split ${splits.join(' and ')}. Name another split, or check split.csv and the photos.`,
    );
  }
  let images: Float32Array | undefined;
  // One by one, so that what the network does not read is not gathered first.
  chosen.forEach(({ content }, row) => {
    const inputs = imageInputs(store.contents.feature(content, encoder)!, 1, image);
    images ??= new Float32Array(chosen.length * inputs.length);
    images.set(inputs, row * inputs.length);
  });
  const prepared = text.prepare(chosen.flatMap(({ captions }) => captions));
  return {
    photos: chosen.length,
    images: images!,
    textInputs: text.dimensions,
    vectorInputs: text.vectorDimensions,
    photoOf: Int32Array.from(chosen.flatMap(({ captions }, row) => captions.map(() => row))),
    fillTexts: (captions, out) => text.fill(prepared, captions, out),
  };
}

/**
 * The captions that the text branch learns from before it sees a photo, by photo: those of the train split, and those of
 * a file of captions without photos. What belongs to a val or test photo is left out of the file, by the photo's number
 * and by its very words, or the recall that is measured on them would be a lie.
 */
export async function captionGroups(file: string | null, photos: readonly EncodedPhoto[]): Promise<string[][]> {
  const train = photos.filter(({ split }) => split === 'train');
  const groups = new Map(train.map(({ name, captions }) => [photoNumber(name), [...captions]]));
  if (file === null) return [...groups.values()];
  const held = photos.filter(({ split }) => split !== 'train');
  const heldNumbers = new Set(held.map(({ name }) => photoNumber(name)));
  const heldWords = new Set(held.flatMap(({ captions }) => captions.map(wordsOf)));
  const more = new Map<string, string[]>();
  for (const { name, caption } of await readCaptionFile(file)) {
    const number = photoNumber(name);
    if (heldNumbers.has(number) || groups.has(number)) continue;
    more.set(number, [...(more.get(number) ?? []), caption]);
  }
  const seen = (captions: readonly string[]) => captions.some((caption) => heldWords.has(wordsOf(caption)));
  return [...groups.values(), ...[...more.values()].filter((captions) => !seen(captions))];
}

/** Flickr names its files 1000268201_693b08cb0e.jpg, Flickr30K 1000268201.jpg. */
const photoNumber = (name: string) => /^\d+/.exec(name)?.[0] ?? name;
const wordsOf = (caption: string) => tokenize(caption).join(' ');

export function makeCaptions(groups: readonly (readonly string[])[], text: SentenceEncoder): Captions {
  const prepared = text.prepare(groups.flat());
  return {
    photos: groups.length,
    textInputs: text.dimensions,
    photoOf: Int32Array.from(groups.flatMap((captions, group) => captions.map(() => group))),
    fillTexts: (captions, out) => text.fill(prepared, captions, out),
  };
}
