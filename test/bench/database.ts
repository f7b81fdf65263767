/**
 * What a photo takes in the database: `npm run bench -- database`. A few dozen photos (real ones where they lie beside the checkout,
 * else drawn ones) are indexed by the program itself, and their rows are repeated, so that what is stored once for a library
 * counts as little as in a large one. Then the same rows as an earlier version stored them: how long packing takes, how small the
 * file gets, and how fast features are read in both forms.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { Descry } from '../../electron/services/descry.ts';
import { PackingUpdate } from '../../electron/services/library/packing.ts';
import { projectRegions } from '../../electron/services/models/region-projection.ts';
import type { LoadedModel } from '../../electron/services/models/models.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { Store } from '../../electron/store/store.ts';
import { regions } from '../../models/resnet50-glove/regions.ts';
import { testAssets } from '../fixtures/assets.ts';
import { drawPhotos } from '../fixtures/drawn-photos.ts';
import { encoderOfVersion8, libraryOfVersion8, modelOfVersion8 } from '../fixtures/library-version-8.ts';
import { sharedPhotos } from '../fixtures/shared-photos.ts';
import { benchmark, CannotMeasure, processorTime, wallTime } from './common/measure.ts';
import { report } from './common/report.ts';
import { ratios } from './common/rows.ts';

const indexed = 96;
const photos = 10_000;
const rounds = 5;
const read = 1024;
const folder = mkdtempSync(path.join(tmpdir(), 'descry-bench-database-'));
const builtInModel = path.resolve(import.meta.dirname, '../../models/pretrained/default.safetensors');

interface Example {
  readonly feature: Float32Array;
  readonly embedding: Float32Array;
  readonly regions: Uint8Array;
  readonly regionEmbeddings: Float32Array;
}

await benchmark(async () => {
  try {
    await testAssets();
    const home = path.join(folder, 'home');
    const descry = new Descry({ home, builtInModel });
    try {
      const model = await descry.models.current();
      const examples = await index(descry, model);
      await conversion(examples, model);
      repeat(descry.store, model, examples);
      await descry.nearDuplicates.run();
      await descry.close();
      forgetPairs(path.join(home, 'library.db'));
      bytes(path.join(home, 'library.db'), 'database.bytes', 'database a photo', 5.5);
    } finally {
      await descry.close().catch(() => undefined);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

async function index(descry: Descry, model: LoadedModel): Promise<Example[]> {
  const place = path.join(folder, 'photos');
  mkdirSync(place);
  const real = sharedPhotos('flickr/images')?.slice(0, indexed);
  if (real) for (const file of real) copyFileSync(file, path.join(place, path.basename(file)));
  else await drawPhotos(place, { count: indexed, width: 500, height: 375, seed: 7 });
  const { id } = await descry.library.add(place);
  await descry.library.scan(id);
  await descry.indexer.run();
  await descry.regions.run();
  const { store } = descry;
  const wanted = { encoder: model.features, version: regions.version };
  const found: Example[] = [];
  for (const { content } of store.photos.inFolder(id)) {
    const feature = store.contents.feature(content!, model.features);
    const embedding = store.contents.embedding(content!, model.id);
    const stored = store.regions.get(content!, wanted);
    if (!feature || !embedding || !stored || !model.regions)
      throw new CannotMeasure(`a photo of ${place} was not indexed`);
    const regionEmbeddings = await model.regions.embed(feature, stored, 1);
    found.push({ feature, embedding, regions: Uint8Array.from(stored), regionEmbeddings });
  }
  return found;
}

function hashOf(i: number): Buffer {
  const hash = Buffer.alloc(32, 0xff);
  hash.writeUInt32BE(Math.imul(i, 0x9e3779b1) >>> 0);
  return hash;
}

/** Photos that are rows only, each with what one of the examples has. */
function repeat(
  { contents, folders, photos: table, previews, regions: own, transaction }: Store,
  model: LoadedModel,
  examples: readonly Example[],
): void {
  const { id } = folders.add(path.join(folder, 'a folder that is away', 'Pictures', '2019'));
  transaction(() => {
    for (let i = 0; i < photos; i++) {
      const { feature, embedding, regions: stored, regionEmbeddings } = examples[i % examples.length]!;
      const content = contents.ensure(hashOf(i));
      contents.describe(content, {
        ...{ width: 4000, height: 3000, camera: 'Canon EOS 5D Mark II', lens: null, exposure: 0.01, aperture: 4 },
        ...{ iso: 200, focal: 35, taken: 1.5e12 + i * 1e6, latitude: 48 + i / 1e5, longitude: 11 },
      });
      const name = `IMG_${String(i).padStart(6, '0')}.jpg`;
      const file = { path: path.join(folders.get(id)!.path, name), bytes: 5_000_000, modified: 1.5e12 + i };
      table.setContent(table.upsert(id, file).id, content);
      contents.setFeature(content, model.features, feature);
      contents.setEmbedding(content, model.id, embedding);
      own.set(content, { encoder: model.features, version: regions.version }, stored);
      own.setEmbeddings(content, model.id, regionEmbeddings, regions.frames.length, embedding);
      previews.set(content, Buffer.alloc(25, i));
    }
  });
}

/** Rows of one example are near-duplicates of each other only because they were repeated. */
function forgetPairs(file: string): void {
  const database = new Sqlite(file);
  database.exec('DELETE FROM similar_pairs; VACUUM');
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}

function bytes(file: string, id: string, what: string, atMost?: number): void {
  const database = new Sqlite(file, { readonly: true });
  const count = database.prepare<[], number>('SELECT count(*) FROM contents').pluck().get()!;
  const tables = database
    .prepare<[], { name: string; bytes: number }>(
      `SELECT coalesce(s.tbl_name, d.name) AS name, sum(d.pgsize) AS bytes FROM dbstat d LEFT JOIN sqlite_schema s ON s.name = d.name
       GROUP BY 1 ORDER BY 2 DESC`,
    )
    .all();
  database.close();
  const perPhoto = statSync(file).size / count;
  report({
    ...{ id, what, unit: 'kB', runs: [perPhoto / 1000] },
    ...(atMost === undefined ? {} : { asked: { atMost } }),
    raw: Object.fromEntries(
      tables.slice(0, 8).map((table) => [`${table.name} bytes`, [Math.round(table.bytes / count)]]),
    ),
    note: `${tables
      .slice(0, 8)
      .map((table) => `${table.name} ${Math.round(table.bytes / count)}`)
      .join(', ')} bytes, with their indexes`,
  });
}

/** The same rows, as version 8 stored them. */
async function conversion(examples: readonly Example[], model: LoadedModel): Promise<void> {
  const file = path.join(folder, 'earlier', 'library.db');
  libraryOfVersion8(file, photos, (i) => examples[i % examples.length]!);
  bytes(file, 'database.bytes.before', 'database a photo, as version 8 stored it (without previews and sketches)');
  const before = new Store(file);
  const key = before.encoders.key(encoderOfVersion8);
  const contents = Array.from({ length: read }, (_, i) => i + 1);
  const reading = (store: Store) => () => store.contents.featureRows(contents, key, model.featureLength);
  reading(before)();
  const half = Array.from({ length: rounds }, () => processorTime(reading(before)));
  const packing = new PackingUpdate({
    ...{ store: before, regions: [regions], log: silentLog },
    pace: { mayGoOn: () => Promise.resolve(), rest: () => Promise.resolve() },
  });
  const started = performance.now();
  await packing.run();
  const packed = performance.now();
  const earlier = { ...model, id: modelOfVersion8, features: key };
  await projectRegions(before, earlier, () => Promise.resolve());
  const done = performance.now();
  const rewriting = wallTime(() => before.space.rewrite());
  const each = (ms: number) => (ms / photos) * 100;
  report({
    ...{ id: 'database.packing.100000', what: 'packing the rows of an earlier version, for 100,000 photos', unit: 's' },
    runs: [each(done - started)],
    raw: {
      'features, regions, embeddings s': [each(packed - started)],
      'embeddings of regions s': [each(done - packed)],
      'writing the file anew s': [each(rewriting)],
    },
    note: `in steps of a few ms, beside searches; then the file is written anew in ${each(rewriting).toFixed(1)} s`,
  });
  reading(before)();
  const inBytes = Array.from({ length: rounds }, () => processorTime(reading(before)));
  before.close();
  bytes(file, 'database.bytes.converted', 'database a photo, packed and written anew');
  report({
    ...{ id: 'database.features.read', what: 'reading features, packed', against: 'in half precision', unit: '×' },
    runs: ratios(inBytes, half),
    raw: {
      'packed µs a feature': inBytes.map((ms) => (ms / read) * 1000),
      'half µs a feature': half.map((ms) => (ms / read) * 1000),
    },
    note: `${Math.round((read * model.featureLength * 4) / 1e3 / Math.min(...inBytes))} MB/s of numbers`,
  });
}
