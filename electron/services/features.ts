/**
 * Photo files → contents with a cached feature. The indexer and the training of captioned datasets both stand on this,
 * so that a photo is decoded and encoded once, whoever asks first.
 */
import type { Store } from '../store/store.ts';
import type { PhotoFailure, Vision } from '../vision/vision.ts';

export type Extracted =
  | { readonly content: number; readonly reused: boolean }
  | { readonly failure: PhotoFailure; readonly content?: number };

export interface FileToExtract {
  readonly path: string;
  /** where the file's content is known already */
  readonly content: number | null;
}

/**
 * Hashes, decodes and encodes what is not cached yet, and stores the features.
 *
 * @param encoder id of the image encoder, the cache's key beside the content
 * @returns an entry per file, in order: its content and whether the feature was there before, or why it failed
 */
export async function extractFeatures(
  store: Store,
  vision: Vision,
  encoder: string,
  files: readonly FileToExtract[],
): Promise<Extracted[]> {
  const identified = await identify(store, vision, files);
  const missing = new Map<number, string>();
  identified.forEach((entry, i) => {
    if (!('failure' in entry) && !store.contents.hasFeature(entry.content, encoder)) {
      missing.set(entry.content, files[i]!.path);
    }
  });
  const failures = await describe(store, vision, encoder, missing);
  const described = new Set(missing.keys());
  return identified.map((entry): Extracted => {
    if ('failure' in entry) return entry;
    const failure = failures.get(entry.content);
    if (failure) return { failure, content: entry.content };
    // Of several files of one new content the first is the one that was computed.
    return { content: entry.content, reused: !described.delete(entry.content) };
  });
}

type Identified = { readonly content: number } | { readonly failure: PhotoFailure };

async function identify(store: Store, vision: Vision, files: readonly FileToExtract[]): Promise<Identified[]> {
  const unknown = files.filter((file) => file.content === null);
  const identities = unknown.length > 0 ? await vision.identify(unknown.map((file) => file.path)) : [];
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
  vision: Vision,
  encoder: string,
  pathOf: ReadonlyMap<number, string>,
): Promise<Map<number, PhotoFailure>> {
  const failures = new Map<number, PhotoFailure>();
  if (pathOf.size === 0) return failures;
  const contents = [...pathOf.keys()];
  const descriptions = await vision.describe([...pathOf.values()]);
  store.transaction(() => {
    descriptions.forEach((description, i) => {
      const content = contents[i]!;
      if ('failure' in description) {
        failures.set(content, description.failure);
      } else {
        store.contents.describe(content, description.information);
        store.contents.setFeature(content, encoder, description.feature);
      }
    });
  });
  return failures;
}
