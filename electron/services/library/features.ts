/**
 * Photo files → contents with a cached feature. The indexer and the training on captioned datasets both use this, so that a
 * photo is decoded and encoded once.
 */
import type { PhotoPart } from '../../../models/contract/encoder.ts';
import type { Store } from '../../store/store.ts';
import type { Description, PhotoFailure, Roots, Vision } from '../../vision/vision.ts';
import type { Thumbnails } from './thumbnails.ts';

export type Extracted =
  | { readonly content: number; readonly reused: boolean }
  | { readonly failure: PhotoFailure; readonly content?: number };
/** Another process computes it. */
export interface Claimed {
  readonly claimed: true;
}

/** Which features are wanted. */
export interface WantedFeatures {
  /** id of the encoder that makes them */
  readonly encoder: string;
  /** their key in the cache */
  readonly features: string;
  /** how many numbers one has; absent: any count is taken from the cache */
  readonly featureLength?: number | undefined;
  /** the version of the regions that are wanted, too; absent: they are stored where a photo is opened anyway */
  readonly regionVersion?: number | undefined;
  /** where they are not the encoder's own: those of a fine-tuned model */
  readonly part?: PhotoPart | undefined;
}

export interface FileToExtract {
  readonly path: string;
  /** where the file's content is known already */
  readonly content: number | null;
}

/** Where thumbnails go that are made while photos are indexed. */
export type ThumbnailPlace = Pick<Thumbnails, 'hasRoom' | 'keep'>;

/** Opens the files of a request. */
interface PhotoReader {
  readonly vision: Vision;
  readonly roots: Roots;
  /** absent: the window does not show these photos */
  readonly thumbnails?: ThumbnailPlace | undefined;
}

/**
 * Hashes, decodes and encodes what is not cached yet, and stores the features. A file that has other bytes when it is decoded
 * than when it was hashed is read once more; if it changes again, it fails with `photo-changed`.
 *
 * @param roots absent: the files are photos of the library
 * @returns an entry per file, in order: its content and whether the feature was there before, or why it failed
 */
export async function extractFeatures(
  store: Store,
  vision: Vision,
  wanted: WantedFeatures,
  files: readonly FileToExtract[],
  roots: Roots = store.folders.paths(),
): Promise<Extracted[]> {
  const reader = { vision, roots };
  return readAgainIfChanged(files, async (some) => {
    const identified = await identify(store, reader, some);
    return extract(store, reader, wanted, identified, toCompute(store, wanted, some, identified));
  });
}

/**
 * As `extractFeatures`, but what another process computes at the moment is left to it (store/claims.ts).
 * @param thumbnails photos that the window shows: their thumbnails and previews are made of the same decoding
 */
export async function extractUnclaimed(
  store: Store,
  vision: Vision,
  wanted: WantedFeatures,
  files: readonly FileToExtract[],
  thumbnails?: ThumbnailPlace,
): Promise<(Extracted | Claimed)[]> {
  const reader = { vision, roots: store.folders.paths(), thumbnails };
  return readAgainIfChanged(files, async (some) => {
    const identified = await identify(store, reader, some);
    const missing = toCompute(store, wanted, some, identified);
    const { own, others } = claimContents(store, wanted, missing);
    try {
      const extracted = await extract(store, reader, wanted, identified, missing);
      return extracted.map((entry): Extracted | Claimed =>
        'content' in entry && entry.content !== undefined && others.has(entry.content) ? { claimed: true } : entry,
      );
    } finally {
      store.claims.release('content', own);
    }
  });
}

async function readAgainIfChanged<Entry extends Extracted | Claimed>(
  files: readonly FileToExtract[],
  read: (files: readonly FileToExtract[]) => Promise<Entry[]>,
): Promise<Entry[]> {
  const extracted = await read(files);
  const again = extracted.flatMap((entry, i) =>
    'failure' in entry && entry.failure.code === 'photo-changed' ? [i] : [],
  );
  if (again.length === 0) return extracted;
  const second = await read(again.map((i) => ({ path: files[i]!.path, content: null })));
  again.forEach((i, place) => (extracted[i] = second[place]!));
  return extracted;
}

/** @returns of each content that is not cached, the first of its files */
function toCompute(
  store: Store,
  wanted: WantedFeatures,
  files: readonly FileToExtract[],
  identified: readonly Identified[],
): Map<number, string> {
  const missing = new Map<number, string>();
  identified.forEach((entry, i) => {
    if (!('failure' in entry) && !isCached(store, wanted, entry.content)) {
      if (!missing.has(entry.content)) missing.set(entry.content, files[i]!.path);
    }
  });
  return missing;
}

async function extract(
  store: Store,
  reader: PhotoReader,
  wanted: WantedFeatures,
  identified: readonly Identified[],
  missing: ReadonlyMap<number, string>,
): Promise<Extracted[]> {
  const { described, failures } = await describeOnce(store, reader, wanted, missing);
  return identified.map((entry): Extracted => {
    if ('failure' in entry) return entry;
    const failure = failures.get(entry.content);
    if (failure) return { failure, content: entry.content };
    // If several files have the same new content, it was computed from the first one.
    return { content: entry.content, reused: !described.delete(entry.content) };
  });
}

/**
 * Claims the contents in `missing`, and removes those from it that another process computes, or has just finished.
 * @returns what was claimed, and what another process computes
 */
function claimContents(
  store: Store,
  wanted: WantedFeatures,
  missing: Map<number, string>,
): { own: Set<number>; others: Set<number> } {
  const computing = inProgress.get(store);
  return store.transaction(() => {
    const candidates = [...missing.keys()].filter((content) => !computing?.has(keyOf(wanted, content)));
    const own = store.claims.take('content', candidates);
    const others = new Set<number>();
    for (const content of candidates) {
      const cached = isCached(store, wanted, content);
      if (!cached && !own.has(content)) others.add(content);
      if (cached || !own.has(content)) missing.delete(content);
    }
    return { own, others };
  });
}

const keyOf = ({ features, regionVersion }: WantedFeatures, content: number) =>
  `${features} ${regionVersion ?? ''} ${content}`;

/** Whether all that is wanted of a content is there. A damaged feature is deleted, and is not. */
export function isCached(
  store: Store,
  { features, featureLength, regionVersion }: Pick<WantedFeatures, 'features' | 'featureLength' | 'regionVersion'>,
  content: number,
): boolean {
  return (
    store.contents.hasSoundFeature(content, features, featureLength) &&
    (regionVersion === undefined || store.regions.has(content, { encoder: features, version: regionVersion }))
  );
}

/** Contents that are being computed: copies of a photo may be in two concurrent requests. */
const inProgress = new WeakMap<Store, Map<string, Promise<PhotoFailure | undefined>>>();

/** @returns the contents that this call computed, and for each of `missing` that could not be computed, why */
async function describeOnce(
  store: Store,
  reader: PhotoReader,
  wanted: WantedFeatures,
  missing: ReadonlyMap<number, string>,
): Promise<{ described: Set<number>; failures: Map<number, PhotoFailure> }> {
  const computing = inProgress.get(store) ?? new Map<string, Promise<PhotoFailure | undefined>>();
  inProgress.set(store, computing);
  const key = (content: number) => keyOf(wanted, content);
  const others = [...missing.keys()].filter((content) => computing.has(key(content)));
  const theirs = Promise.all(others.map(async (content) => [content, await computing.get(key(content))] as const));
  theirs.catch(() => undefined); // a failure is thrown where it is awaited below
  const own = new Map([...missing].filter(([content]) => !computing.has(key(content))));
  const result = describe(store, reader, wanted, own);
  for (const content of own.keys()) {
    const one = result.then((failures) => failures.get(content)).finally(() => computing.delete(key(content)));
    one.catch(() => undefined); // callers that wait for it get the error; there may be none
    computing.set(key(content), one);
  }
  const failures = new Map(await result);
  for (const [content, failure] of await theirs) if (failure) failures.set(content, failure);
  return { described: new Set(own.keys()), failures };
}

type Identified = { readonly content: number } | { readonly failure: PhotoFailure };

async function identify(
  store: Store,
  { vision, roots }: PhotoReader,
  files: readonly FileToExtract[],
): Promise<Identified[]> {
  const unknown = files.filter((file) => file.content === null);
  const paths = unknown.map((file) => file.path);
  const identities = paths.length > 0 ? await vision.identify(paths, roots, { keep: true }) : [];
  const identityOf = new Map(unknown.map((file, i) => [file, identities[i]!]));
  return store.transaction(() =>
    files.map((file): Identified => {
      if (file.content !== null) return { content: file.content };
      const identity = identityOf.get(file)!;
      return 'failure' in identity ? identity : { content: store.contents.ensure(identity.hash) };
    }),
  );
}

async function describe(
  store: Store,
  { vision, roots, thumbnails }: PhotoReader,
  wanted: WantedFeatures,
  pathOf: ReadonlyMap<number, string>,
): Promise<Map<number, PhotoFailure>> {
  const failures = new Map<number, PhotoFailure>();
  if (pathOf.size === 0) return failures;
  const contents = [...pathOf.keys()];
  const pictures = thumbnails && { thumbnails: thumbnails.hasRoom() };
  const descriptions = await vision.describe([...pathOf.values()], wanted.encoder, wanted.part, roots, pictures);
  const made: { hash: Uint8Array; bytes: Uint8Array }[] = [];
  const outdated = new Set(store.encoders.outdated(wanted.features));
  store.transaction(() => {
    descriptions.forEach((description, i) => {
      const content = contents[i]!;
      if (!isOf(store, content, description)) {
        failures.set(content, { code: 'photo-changed', reason: 'The file was changed while it was read.' });
      } else if ('failure' in description) {
        failures.set(content, description.failure);
      } else {
        store.contents.describe(content, description.information);
        // Embeddings are made of the feature: one that is there already is not replaced when its photo is read for its regions.
        if (!store.contents.hasFeature(content, wanted.features)) {
          store.contents.setFeature(content, wanted.features, description.feature);
        }
        if (description.pictures) {
          const { preview, thumbnail } = description.pictures;
          store.previews.set(content, preview);
          if (thumbnail) made.push({ hash: description.hash, bytes: thumbnail });
        }
        if (description.regions) {
          const { version, data } = description.regions;
          store.regions.set(content, { encoder: wanted.features, version }, data);
        }
        // The new feature takes its space in the database. Features of other encoders stay.
        for (const key of outdated) store.contents.removeFeatures(key, content);
      }
    });
  });
  thumbnails?.keep(made);
  return failures;
}

/** Whether what was decoded, or could not be, are the bytes of the content. */
function isOf(store: Store, content: number, { hash }: Description): boolean {
  const wanted = store.contents.hash(content);
  // Where the content was deleted meanwhile nothing is stored.
  return hash === undefined || wanted === undefined || wanted.equals(hash);
}
