/**
 * The duration of a search: ranking 100,000 cached embeddings compared with usearch's exact search, loading them, and the wall
 * time of `descry search` from process start: `npm run bench -- search`. Ratios and medians of one run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exactSearch, MetricKind } from 'usearch';
import type { SearchFilter } from '../../electron/ipc/contract.ts';
import { Gazetteer } from '../../electron/services/places/gazetteer.ts';
import { countFacets } from '../../electron/services/search/facets.ts';
import { LibraryIndex } from '../../electron/services/search/library-index.ts';
import { DensePhotoSet } from '../../electron/services/search/photo-set.ts';
import { rowLength, SearchMatrix } from '../../electron/services/search/search-matrix.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { Store } from '../../electron/store/store.ts';
import { drawPhotos } from '../fixtures/drawn-photos.ts';
import { sharedPhotos } from '../fixtures/shared-photos.ts';
import { benchmark, CannotMeasure, median, milliseconds as ms, processorTime, wallTime } from './common/measure.ts';

const photos = 100_000;
const dimensions = 512;
const limit = 500;
const gazetteer = Gazetteer.open();
const cameras = ['Canon EOS 5D', 'Canon EOS 5D Mark II', 'NIKON D90', 'Apple iPhone 6', null];
const folder = mkdtempSync(path.join(tmpdir(), 'descry-bench-search-'));
await benchmark(async () => {
  try {
    ranking();
    loading();
    await processStart();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Both on the same rows, alternating, so that other load on the machine affects both. */
function ranking(): void {
  const rows = new Float32Array(photos * dimensions);
  for (let row = 0; row < photos; row++) {
    let squares = 0;
    for (let i = row * dimensions; i < (row + 1) * dimensions; i++) squares += (rows[i] = Math.random() - 0.5) ** 2;
    for (let i = row * dimensions; i < (row + 1) * dimensions; i++) rows[i]! /= Math.sqrt(squares);
  }
  const ids = Int32Array.from({ length: photos }, (_, i) => i + 1);
  const padded = new Float32Array(photos * rowLength(dimensions));
  for (let row = 0; row < photos; row++) {
    padded.set(rows.subarray(row * dimensions, (row + 1) * dimensions), row * rowLength(dimensions));
  }
  const matrix = SearchMatrix.of(dimensions, ids, padded);
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < 31; round++) {
    const query = rows.slice(round * dimensions, (round + 1) * dimensions);
    bare.push(wallTime(() => exactSearch(rows, query, dimensions, limit, MetricKind.IP, 0)));
    ours.push(wallTime(() => matrix.search(query, limit)));
  }
  const ratio = median(ours.map((time, i) => time / bare[i]!));
  console.log(
    `ranking ${photos} × ${dimensions}, first ${limit}: ${ms(median(ours))}, usearch bare ${ms(median(bare))}, ratio ${ratio.toFixed(2)} (asked ≤ 1.5)`,
  );
  filtered(matrix, rows);
}

/** Searches among a share of the photos, by filters that change with every search (`other`) and that stay (`same`). */
function filtered(matrix: SearchMatrix, rows: Float32Array): void {
  console.log(
    'among a share of them:  other filter     ratio   same filter     ratio   (asked ≤ 1.2 × the search among all)',
  );
  for (const share of [0.001, 0.01, 0.1, 0.19, 0.3, 0.5, 0.9]) {
    const sets = Array.from({ length: 2 }, () => {
      const set = new DensePhotoSet();
      for (let id = 1; id <= photos; id++) if (Math.random() < share) set.add(id);
      return set;
    });
    const times = Array.from({ length: 15 }, (_, round) => {
      const query = rows.slice(round * dimensions, (round + 1) * dimensions);
      const all = wallTime(() => matrix.search(query, limit));
      const other = wallTime(() => matrix.search(query, limit, sets[round % 2]));
      const same = wallTime(() => matrix.search(query, limit, sets[round % 2]));
      return { all, other, same };
    });
    const [other, same] = (['other', 'same'] as const).map((kind) => ({
      time: median(times.map((time) => time[kind])),
      ratio: median(times.map((time) => time[kind] / time.all)),
    }));
    const columns = [other!, same!].map(
      ({ time, ratio }) => `${ms(time).padStart(12)}  ${ratio.toFixed(2).padStart(8)}`,
    );
    console.log(`${`${share * 100} %`.padStart(21)}  ${columns.join('  ')}`);
  }
}

function loading(): void {
  const store = new Store(path.join(folder, 'library.db'));
  const embedding = new Float32Array(dimensions).fill(1 / Math.sqrt(dimensions));
  store.transaction(() => {
    const { id } = store.folders.add('/photos');
    const hash = Buffer.alloc(32);
    for (let i = 0; i < photos; i++) {
      hash.writeUInt32LE(i);
      const content = store.contents.ensure(hash);
      store.contents.setEmbedding(content, 'model', embedding);
      store.photos.setContent(store.photos.upsert(id, { path: `/photos/${i}.jpg`, bytes: 1, modified: 1 }).id, content);
    }
  });
  const empty = { lens: null, exposure: null, aperture: null, iso: null, focal: null };
  const cities = [2988507, 2643743, 2950159, 3169070, 5128581, 2867714, 2761369, 3143244, 2759794, 3067696];
  store.transaction(() => {
    for (let content = 1; content <= photos; content++) {
      const city = cities[content % cities.length]!;
      const { latitude, longitude } = gazetteer.position(city)!;
      const isLocated = content % 3 > 0;
      store.contents.describe(content, {
        ...{ width: 4000, height: 3000, camera: cameras[content % cameras.length]!, ...empty },
        taken: Date.UTC(2005, 0, 1 + (content % 7000)),
        latitude: isLocated ? latitude + Math.random() * 0.3 - 0.15 : null,
        longitude: isLocated ? longitude + Math.random() * 0.3 - 0.15 : null,
      });
      if (isLocated) store.contents.setPlace(content, city, gazetteer.place(city)!.country);
    }
  });
  columns(store);
  const load = () => {
    const { photos: ids, embeddings } = store.contents.searchable('model', dimensions, rowLength(dimensions));
    SearchMatrix.of(dimensions, ids, embeddings);
  };
  const wall = Array.from({ length: 5 }, () => wallTime(load));
  const processor = Array.from({ length: 5 }, () => processorTime(load));
  store.close();
  console.log(
    `loading ${photos} embeddings: ${ms(median(wall))}, ${ms(median(processor))} of processor time (asked < 500 ms on an idle machine)`,
  );
}

/** Filters and counts of 100,000 photos, of which two of three have a place: once, and again while nothing changes. */
function columns(store: Store): void {
  const index = new LibraryIndex(store, silentLog);
  const loading = wallTime(() => index.columns());
  const before = process.memoryUsage().arrayBuffers;
  const all = index.columns();
  console.log(`columns of ${all.size} photos: loaded in ${ms(loading)}`);
  const filters: Record<string, SearchFilter> = {
    'two years': { from: '2012-01-01', to: '2013-12-31' },
    'a place': { place: gazetteer.place(2988507)! },
    'a camera and a country': { camera: 'canon', country: 'FR' },
  };
  for (const [title, filter] of Object.entries(filters)) {
    let chosen = 0;
    const first = wallTime(() => (chosen = all.passing(filter, gazetteer).size));
    const again = Array.from({ length: 9 }, () => wallTime(() => all.select(filter, gazetteer)));
    console.log(`filtered by ${title}: ${chosen} photos, first ${ms(first)}, again ${ms(median(again))}`);
  }
  const others = new Uint8Array(all.size).fill(1);
  const count = () =>
    countFacets({ columns: all, places: gazetteer, filter: filters['two years']!, others, roots: ['/photos'] });
  const first = wallTime(count);
  const again = Array.from({ length: 9 }, () => wallTime(count));
  console.log(`counted: first ${ms(first)}, again ${ms(median(again))} (asked < 50 ms)`);
  console.log(`in the order of time: ${ms(wallTime(() => all.newestFirst()))}`);
  console.log(`${Math.round((process.memoryUsage().arrayBuffers - before) / 1e6)} MB kept for masks, places and order`);
}

async function processStart(): Promise<void> {
  // As `npm run descry` starts it, less npm's own time.
  const root = path.resolve(import.meta.dirname, '../..');
  const start = [path.join(root, 'build/scripts/run.mjs'), path.join(root, 'electron/cli.ts')];
  const run = (...args: string[]) => {
    const started = performance.now();
    const { status, stderr } = spawnSync(process.execPath, [...start, ...args, '--home', path.join(folder, 'home')]);
    if (status !== 0) throw new CannotMeasure(stderr.toString());
    return performance.now() - started;
  };
  const drawn = path.join(folder, 'photos');
  const seed = sharedPhotos('photos/seed');
  if (!seed) await drawPhotos(drawn, { count: 35, width: 640, height: 480 });
  run('index', seed ? path.dirname(seed[0]!) : drawn);
  const search = Array.from({ length: 7 }, () => run('search', 'a dog on the grass', '--json'));
  const folders = Array.from({ length: 7 }, () => run('folders', '--json'));
  const node = Array.from({ length: 7 }, () => wallTime(() => spawnSync(process.execPath, ['-e', ''])));
  console.log(
    `descry search, process start included: ${ms(median(search))} (asked < 1500 ms); of it a command without the model ${ms(median(folders))}, Node alone ${ms(median(node))}`,
  );
}
