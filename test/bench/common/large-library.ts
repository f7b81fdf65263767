/**
 * A library of many photos that exist as rows only: each has its own content, feature, regions and embeddings, a date, and two of
 * three a place, but no file. Their folder does not exist, so that Descry treats it as a disconnected disk and keeps the photos.
 *
 * The rows are written by the classes of the checkout that is measured, so that the library has that checkout's format. It first
 * indexes a few dozen photos, and the numbers of all others are mixtures of two of these with noise: so similar photos lie
 * close together, as real ones do, and the nearest of a sentence differ by as little.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import Sqlite from 'better-sqlite3';
import sharp from 'sharp';
import type * as DescryModule from '../../../electron/services/descry.ts';
import type { Descry } from '../../../electron/services/descry.ts';
import type * as ThumbnailsModule from '../../../electron/services/library/thumbnails.ts';
import type { PhotoFile } from '../../../electron/store/photos.ts';
import { seededRandom, type Random } from '../../../models/math/random.ts';
import { testAssets } from '../../fixtures/assets.ts';
import { drawPhotos } from '../../fixtures/drawn-photos.ts';
import { sharedPhotos } from '../../fixtures/shared-photos.ts';
import { CannotMeasure } from './measure.ts';

export interface LargeLibraryOptions {
  /** the files that the rows stand for; absent: none, in a folder that does not exist */
  readonly files?: { readonly folder: string; readonly file: (index: number) => PhotoFile };
  /** how many photos, from the newest on, have a thumbnail in the cache; 0 where absent */
  readonly thumbnails?: number;
}

/** photos that are really indexed, and that the others are made of */
const indexed = 72;
/** rows of one transaction, and photos with features and regions of their own */
const atOnce = 5000;
const distinct = atOnce;
const firstDay = Date.UTC(2005, 0, 1);
const years20 = Date.UTC(2025, 0, 1) - firstDay;
const cities = [2988507, 2643743, 2950159, 3169070, 5128581, 2867714, 2761369, 3143244, 2759794, 3067696];
const cameras = ['Canon EOS 5D', 'Canon EOS 5D Mark II', 'NIKON D90', 'Apple iPhone 6', null];
const noDetails = { lens: null, exposure: null, aperture: null, iso: null, focal: null };

/**
 * @param home an empty folder, which becomes the library; 100,000 photos take a minute of processor time
 * @param checkout whose code makes the library
 */
export async function makeLargeLibrary(
  home: string,
  checkout: string,
  photos: number,
  options: LargeLibraryOptions = {},
): Promise<void> {
  await testAssets();
  const load = (file: string) => import(pathToFileURL(path.join(checkout, file)).href) as Promise<unknown>;
  const { Descry } = (await load('electron/services/descry.ts')) as typeof DescryModule;
  const builtInModel = path.join(checkout, 'models/pretrained/default.safetensors');
  const descry = new Descry({ home, builtInModel });
  try {
    const examples = await indexSome(descry, home);
    const hashes = addPhotos(descry, examples, photos, options.files ?? away(home));
    if (options.thumbnails) {
      const { Thumbnails } = (await load('electron/services/library/thumbnails.ts')) as typeof ThumbnailsModule;
      await addThumbnails(Thumbnails, descry.thumbnails.folder, hashes.slice(-options.thumbnails));
    }
  } finally {
    // With statistics of these rows, as Descry leaves them when it is closed.
    await descry.close();
  }
}

function away(home: string): NonNullable<LargeLibraryOptions['files']> {
  const folder = path.join(home, 'folder-that-is-away');
  const file = (i: number) => ({ path: path.join(folder, `${i}.jpg`), bytes: 1_000_000, modified: firstDay + i });
  return { folder, file };
}

interface Example {
  readonly feature: Float32Array;
  readonly embedding: Float32Array;
  readonly preview: Uint8Array | null;
  readonly regions: Uint8Array | undefined;
  readonly regionEmbeddings: Float32Array | undefined;
}

interface Examples {
  readonly all: readonly Example[];
  /** key of the encoder, and the model that the embeddings are of */
  readonly encoder: string;
  readonly model: string;
  readonly regionsVersion: number;
  readonly frames: number;
}

async function indexSome(descry: Descry, home: string): Promise<Examples> {
  const folder = path.join(home, 'indexed-photos');
  const real = sharedPhotos('flickr/images')?.slice(0, indexed);
  if (real) {
    mkdirSync(folder, { recursive: true });
    for (const file of real) copyFileSync(file, path.join(folder, path.basename(file)));
  } else await drawPhotos(folder, { count: indexed, width: 500, height: 375, seed: 7 });
  const { id } = await descry.library.add(folder);
  await descry.library.scan(id);
  await descry.indexer.run();
  // With these photos the directions are found along which embeddings of regions are stored.
  await descry.regions.run();
  const { contents, photos, regions } = descry.store;
  const model = await descry.models.current();
  const wanted = model.frames && { encoder: model.features, version: model.frames.version };
  const all: Example[] = [];
  for (const { content } of photos.inFolder(id)) {
    const feature = contents.feature(content!, model.features);
    const embedding = contents.embedding(content!, model.id);
    if (!feature || !embedding) throw new CannotMeasure(`a photo of ${folder} was not indexed`);
    const stored = wanted ? regions.get(content!, wanted) : undefined;
    all.push({
      ...{ feature, embedding, regions: stored },
      preview: 'previews' in descry.store ? descry.store.previews.of([content!])[0]! : null,
      regionEmbeddings: stored && (await model.regions?.embed(feature, stored, 1)),
    });
  }
  return {
    ...{ all, encoder: model.features, model: model.id },
    ...{ regionsVersion: model.frames?.version ?? 0, frames: model.frames?.frames.length ?? 0 },
  };
}

/** @returns the hash of each photo's bytes */
function addPhotos(
  { store, gazetteer }: Descry,
  examples: Examples,
  photos: number,
  { folder, file }: NonNullable<LargeLibraryOptions['files']>,
): Buffer[] {
  const random = seededRandom(1);
  const { encoder, model, regionsVersion, frames } = examples;
  const places = cities.map((id) => ({ id, ...gazetteer.position(id)!, country: gazetteer.place(id)!.country }));
  const { id: folderId } = store.folders.add(folder);
  const hashes: Buffer[] = [];
  const add = (i: number) => {
    const hash = Buffer.alloc(32, 0xff);
    hash.writeUInt32BE(Math.imul(i, 0x9e3779b1) >>> 0);
    hash.writeUInt32BE(i, 4);
    hashes.push(hash);
    const content = store.contents.ensure(hash);
    const place = i % 3 === 0 ? undefined : places[i % places.length]!;
    store.contents.describe(content, {
      ...{ width: 4000, height: i % 3 === 0 ? 5000 : 3000, camera: cameras[i % cameras.length]!, ...noDetails },
      taken: Math.round(firstDay + (i / photos) * years20),
      latitude: place ? place.latitude + random.uniform() * 0.3 - 0.15 : null,
      longitude: place ? place.longitude + random.uniform() * 0.3 - 0.15 : null,
    });
    if (place) store.contents.setPlace(content, place.id, place.country);
    store.photos.setContent(store.photos.upsert(folderId, file(i)).id, content);
    const [one, other] = [
      examples.all[random.below(examples.all.length)]!,
      examples.all[random.below(examples.all.length)]!,
    ];
    // Most photos resemble one of the examples; some lie between two.
    const share = random.uniform() ** 3 / 2;
    const whole = i < distinct;
    if (whole) store.contents.setFeature(content, encoder, mixedFeature(one.feature, other.feature, share, random));
    const embedding = mixedEmbedding(one.embedding, other.embedding, share, random);
    store.contents.setEmbedding(content, model, embedding);
    // Versions before the ninth of the database have none.
    if (one.preview && 'previews' in store) store.previews.set(content, one.preview);
    if (!whole || !one.regions || !one.regionEmbeddings) return;
    store.regions.set(content, { encoder, version: regionsVersion }, one.regions);
    // They differ from the photo's embedding as those of the example do.
    const regions = one.regionEmbeddings.map((value, k) => {
      const at = k % embedding.length;
      return value - one.embedding[at]! + embedding[at]!;
    });
    store.regions.setEmbeddings(content, model, regions, frames, embedding);
  };
  for (let first = 0; first < photos; first += atOnce) {
    const lastBefore = first === 0 ? 0 : lastContent(store.file);
    store.transaction(() => {
      for (let i = first; i < Math.min(photos, first + atOnce); i++) add(i);
    });
    if (first >= distinct) copyRows(store.file, lastBefore);
  }
  return hashes;
}

function lastContent(file: string): number {
  return withDatabase(file, (database) => database.prepare<[], number>('SELECT max(id) FROM contents').pluck().get()!);
}

/**
 * Contents after this one get the features and regions of earlier ones: packing others for each would take most of the time, and
 * nothing that is measured with so many photos depends on them but the bytes that they take.
 */
function copyRows(file: string, lastBefore: number): void {
  withDatabase(file, (database) => {
    const [first, last] = [lastBefore + 1, lastBefore + atOnce];
    for (const table of ['features', 'regions', 'region_embeddings']) {
      const columns = database.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table);
      const values = columns.map((name) => (name === 'content' ? 'contents.id' : `source.${name}`));
      database
        .prepare(
          `INSERT INTO ${table} (${columns.join(', ')}) SELECT ${values.join(', ')}
           FROM contents JOIN ${table} AS source ON source.content = contents.id - ?
           WHERE contents.id BETWEEN ? AND ?`,
        )
        .run(atOnce, first, last);
    }
  });
}

/** Not the store's own connection, so that this works with the code of any checkout. */
function withDatabase<Result>(file: string, work: (database: Sqlite.Database) => Result): Result {
  const database = new Sqlite(file);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** Each number of it is multiplied by one between 0 and 2, so that what was not negative stays so: the cosine is about 0.87. */
function mixedFeature(one: Float32Array, other: Float32Array, share: number, random: Random): Float32Array {
  const result = new Float32Array(one.length);
  // A number of 32 bits gives four factors: the random numbers would take longest otherwise.
  for (let i = 0, bits = 0; i < result.length; i++, bits >>>= 8) {
    if (i % 4 === 0) bits = random.below(2 ** 32);
    result[i] = ((bits & 255) / 127.5) * ((1 - share) * one[i]! + share * other[i]!);
  }
  return result;
}

/** Of norm 1, with noise of 0.2 to 1.2 times its length: the cosine with what is mixed is 0.98 to 0.64. */
function mixedEmbedding(one: Float32Array, other: Float32Array, share: number, random: Random): Float32Array {
  const noise = (0.2 + random.uniform()) * Math.sqrt(3 / one.length);
  const result = new Float32Array(one.length);
  let squares = 0;
  for (let i = 0, bits = 0; i < result.length; i++, bits >>>= 8) {
    if (i % 4 === 0) bits = random.below(2 ** 32);
    result[i] = (1 - share) * one[i]! + share * other[i]! + noise * ((bits & 255) / 127.5 - 1);
    squares += result[i]! ** 2;
  }
  const scale = 1 / Math.sqrt(squares);
  return result.map((value) => value * scale);
}

/** By the cache's own code, with two dozen drawn pictures of 512 pixels, as large as those of real photos. */
async function addThumbnails(
  Cache: typeof ThumbnailsModule.Thumbnails,
  folder: string,
  hashes: readonly Buffer[],
): Promise<void> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'descry-bench-thumbnails-'));
  try {
    const drawn = await drawPhotos(scratch, { count: 24, width: 512, height: 384, seed: 9 });
    const pictures = await Promise.all(drawn.map(async (file) => new Uint8Array(await sharp(file).webp().toBuffer())));
    let next = 0;
    const vision = {
      thumbnail: ({ path: file }: { path: string }) =>
        Promise.resolve({ bytes: pictures[Number(file) % pictures.length]!, hash: hashes[Number(file)]! }),
    };
    const cache = new Cache(folder, vision as never, () => Infinity, console);
    const writer = async () => {
      for (let i = next++; i < hashes.length; i = next++) await cache.make(hashes[i]!, String(i), []);
    };
    await Promise.all(Array.from({ length: 8 }, writer));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
