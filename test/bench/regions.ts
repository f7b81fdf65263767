/**
 * What regions cost: `npm run bench -- regions`. Time of the network with and without them (batches alternate, so that other load
 * on the machine affects both), bytes of the database for a photo, and the time that they add to a search among 100,000 photos.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Descry } from '../../electron/services/descry.ts';
import type { LoadedModel } from '../../electron/services/models/models.ts';
import { LibraryIndex } from '../../electron/services/search/library-index.ts';
import { lookedAt, rankByRegions } from '../../electron/services/search/regions.ts';
import { SearchMatrix } from '../../electron/services/search/search-matrix.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { Store } from '../../electron/store/store.ts';
import { resnet50Glove } from '../../models/resnet50-glove/index.ts';
import { regions, regionShare } from '../../models/resnet50-glove/regions.ts';
import { benchmark, median, processorMs, wallTime } from './common/measure.ts';
import { report } from './common/report.ts';
import { ratios } from './common/rows.ts';

const photos = 100_000;
const dimensions = 512;
const batch = 16;
const rounds = 9;
const folder = mkdtempSync(path.join(tmpdir(), 'descry-bench-regions-'));
const builtInModel = path.resolve(import.meta.dirname, '../../models/pretrained/default.safetensors');

await benchmark(async () => {
  try {
    await encoding();
    searching();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

async function timed(work: () => Promise<unknown>): Promise<{ wall: number; processor: number }> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  await work();
  return { wall: (performance.now() - started) / batch, processor: processorMs(before) / batch };
}

async function encoding(): Promise<void> {
  const descry = new Descry({ home: path.join(folder, 'home'), builtInModel });
  const encoder = await resnet50Glove.openPhotos(await descry.engine(), (await descry.weights()).files);
  const pixels = new Uint8Array(batch * 256 ** 2 * 3).map((_, i) => (i * 31 + (i >> 7)) % 256);
  const { features, regions: stored } = await encoder.encodeRegions!(pixels, batch);
  const model = await descry.models.current();
  await model.regions!.embed(features, stored, batch);
  const times = { without: [], with: [], whole: [], embedding: [] } as Record<
    string,
    Awaited<ReturnType<typeof timed>>[]
  >;
  for (let round = 0; round < rounds; round++) {
    times['without']!.push(await timed(() => encoder.encode(pixels, batch)));
    times['with']!.push(await timed(() => encoder.encodeRegions!(pixels, batch)));
    times['whole']!.push(await timed(() => model.embedFeatures(features, batch)));
    times['embedding']!.push(await timed(() => model.regions!.embed(features, stored, batch)));
  }
  for (const key of ['wall', 'processor'] as const) {
    const of = (name: string) => times[name]!.map((time) => time[key]);
    const sum = (...names: string[]) =>
      of(names[0]!).map((_, i) => names.reduce((total, name) => total + of(name)[i]!, 0));
    report({
      id: `regions.encoding.${key}`,
      what: `network and embedding of a photo with its regions, ${key} time`,
      ...{ against: 'the same without regions', unit: '×', asked: { atMost: 1.15 } },
      runs: ratios(sum('with', 'whole', 'embedding'), sum('without', 'whole')),
      raw: Object.fromEntries(Object.keys(times).map((name) => [`${name} ms`, of(name)])),
    });
  }
  await encoder.dispose();
  await descry.close();
}

function searching(): void {
  const file = path.join(folder, 'library.db');
  const store = new Store(file);
  const unit = (length: number) => {
    const row = Float32Array.from({ length }, () => Math.random() - 0.5);
    const norm = Math.hypot(...row);
    return row.map((value) => value / norm);
  };
  const fill = (step: (content: number) => void) =>
    store.transaction(() => {
      for (let content = 1; content <= photos; content++) step(content);
    });
  const embeddings = Array.from({ length: 500 }, () => unit(dimensions));
  const { id: folderId } = store.folders.add('/photos');
  const hash = Buffer.alloc(32);
  const feature = new Float32Array(2);
  const encoder = store.encoders.key({ id: 'resnet', version: 2 });
  fill((i) => {
    hash.writeUInt32LE(i);
    const content = store.contents.ensure(hash);
    const information = {
      width: 4000,
      height: 3000,
      camera: null,
      lens: null,
      exposure: null,
      aperture: null,
      iso: null,
    };
    store.contents.describe(content, { ...information, focal: null, taken: null, latitude: null, longitude: null });
    store.contents.setFeature(content, encoder, feature);
    store.contents.setEmbedding(content, 'model', embeddings[i % 500]!);
    store.photos.setContent(
      store.photos.upsert(folderId, { path: `/photos/${i}.jpg`, bytes: 1, modified: 1 }).id,
      content,
    );
  });
  const before = statSync(file).size + statSync(`${file}-wal`).size;
  const load = () => {
    const matrix = new SearchMatrix(dimensions);
    const reader = {
      add: (photo: number, level: number, integers: Int8Array) => matrix.setRounded(photo, level, integers),
      damaged: () => undefined,
    };
    for (let last: number | undefined = 0; last !== undefined;) {
      last = store.contents.embeddings('model', dimensions, reader, last, 2048);
    }
    return matrix;
  };
  const loadedBefore = Array.from({ length: 5 }, () => wallTime(load));
  const rows = Array.from({ length: 20 }, () =>
    Float32Array.from(Array.from({ length: regions.frames.length }, () => [...unit(dimensions)]).flat()),
  );
  const stored = new Uint8Array(regions.bytes);
  fill((content) => {
    store.regions.set(content, { encoder, version: regions.version }, stored);
    store.regions.setEmbeddings(content, 'model', rows[content % 20]!, regions.frames.length);
  });
  const after = statSync(file).size + statSync(`${file}-wal`).size;
  report({
    ...{ id: 'regions.bytes', what: 'regions in the database, a photo', unit: 'bytes' },
    runs: [(after - before) / photos],
    note: `${regions.bytes} bytes are stored, and ${regions.frames.length} × ${dimensions} / 2 embedded`,
  });
  const matrix = load();
  const columns = new LibraryIndex(store, silentLog).columns();
  const model = { id: 'model', frames: regions, regions: { share: regionShare } } as unknown as LoadedModel;
  const alone: number[] = [];
  const first: number[] = [];
  const again: number[] = [];
  for (let round = 0; round < 31; round++) {
    const query = unit(dimensions);
    const limit = 1000;
    const ranked = matrix.search(query, limit);
    alone.push(wallTime(() => matrix.search(query, limit)));
    const rank = rankByRegions(store, model, columns, () => undefined)!;
    first.push(wallTime(() => rank(ranked, query)));
    again.push(wallTime(() => rank(ranked, query)));
  }
  const what = `the regions of the best ${lookedAt}, added to a search among 100,000 photos`;
  report({ id: 'regions.search.first', what, unit: 'ms', runs: first, raw: { 'the search alone ms': alone } });
  report({
    ...{ id: 'regions.search.again', what: `${what}, of the same photos again`, unit: 'ms' },
    ...{ runs: again, asked: { atMost: 5 } },
  });
  const loaded = Array.from({ length: 5 }, () => wallTime(load));
  report({
    ...{ id: 'regions.loading', what: 'loading 100,000 embeddings, with regions in the database' },
    ...{ against: 'without', unit: '×', runs: loaded.map((time) => time / median(loadedBefore)) },
    raw: { 'with ms': loaded, 'without ms': loadedBefore },
  });
  store.close();
}
