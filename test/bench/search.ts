/**
 * Searches in libraries of 1,000, 10,000 and 100,000 photos, and with `DESCRY_BENCH_MILLION=1` of 1,000,000 (10 GB of disk, 6 GB
 * of memory, 15 minutes): a query against usearch's exact search, memory, loading, the start of `descry search`; filters; and
 * embeddings of another model against the matrix product alone: `npm run bench -- search`. Ratios and medians of one run.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import type { SearchFilter } from '../../electron/ipc/contract.ts';
import { Descry } from '../../electron/services/descry.ts';
import { reproject } from '../../electron/services/models/reprojection.ts';
import { Gazetteer } from '../../electron/services/places/gazetteer.ts';
import { countFacets } from '../../electron/services/search/facets.ts';
import { LibraryIndex } from '../../electron/services/search/library-index.ts';
import { DensePhotoSet } from '../../electron/services/search/photo-set.ts';
import { SearchMatrix } from '../../electron/services/search/search-matrix.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { Store } from '../../electron/store/store.ts';
import { asRows } from '../../models/contract/embedder.ts';
import { seededRandom } from '../../models/math/random.ts';
import { makeLargeLibrary } from './common/large-library.ts';
import { benchmark, CannotMeasure, wallTime } from './common/measure.ts';
import { report, reportMissing } from './common/report.ts';
import { ratios } from './common/rows.ts';
import type { SearchFigures } from './common/search-process.ts';

const checkout = path.resolve(import.meta.dirname, '../..');
const sizes = [1000, 10_000, 100_000];
const million = 1_000_000;
const folder = mkdtempSync(path.join(tmpdir(), 'descry-bench-search-'));
const named = (photos: number) => `${photos.toLocaleString('en')} photos`;

await benchmark(async () => {
  try {
    for (const photos of sizes) {
      const home = path.join(folder, String(photos));
      await makeLargeLibrary(home, checkout, photos);
      await measure(home, photos);
      if (photos === 10_000) await projection(home, photos);
      if (photos === 100_000) columns(new Store(path.join(home, 'library.db')));
      rmSync(home, { recursive: true });
    }
    filtered();
    if (process.env['DESCRY_BENCH_MILLION'] === '1') {
      const home = path.join(folder, String(million));
      await makeLargeLibrary(home, checkout, million);
      await measure(home, million);
    } else {
      const what = `query, ${named(million)}, sentence → ids`;
      reportMissing({ id: `search.query.${million}`, what, missing: 'set DESCRY_BENCH_MILLION=1' });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

async function measure(home: string, photos: number): Promise<void> {
  const run = await watched([path.join(import.meta.dirname, 'common/search-process.ts'), home, checkout]);
  const figures = JSON.parse(run.stdout) as SearchFigures;
  const { queryMs, exactMs, exactBytesMs, firstAnswerMs, loadMs, longestGapMs, readMb, memoryMb, recall } = figures;
  const what = `query, ${named(photos)}, sentence → ids`;
  const isAsked = photos >= 100_000;
  report({
    ...{ id: `search.query.${photos}`, what, against: 'exact search of usearch in that matrix, single precision' },
    ...{ unit: '×', runs: ratios(queryMs, exactMs), raw: { 'ours ms': queryMs, 'usearch ms': exactMs } },
    ...(isAsked ? { asked: { atMost: 1.3 } } : {}),
  });
  report({
    ...{
      id: `search.query-bytes.${photos}`,
      what,
      against: 'exact search of usearch in its 8 bits',
    },
    ...{ unit: '×', runs: ratios(queryMs, exactBytesMs), raw: { 'usearch ms': exactBytesMs } },
  });
  report({
    ...{ id: `search.first-answer.${photos}`, what: `first answer while one types, ${named(photos)}`, unit: 'ms' },
    runs: firstAnswerMs,
  });
  report({
    ...{ id: `search.recall.${photos}`, what: `recall@100, ${named(photos)}`, unit: '' },
    ...{ against: 'double precision over what is stored', runs: recall, asked: { atLeast: 0.999 } },
    value: recall.reduce((sum, value) => sum + value, 0) / recall.length,
  });
  report({
    ...{
      id: `search.load.${photos}`,
      what: `loading what a search needs, ${named(photos)}`,
      unit: 'ms',
      runs: [loadMs],
    },
    note: `${Math.round(readMb)} MB read; the longest time without an answer was ${Math.round(longestGapMs)} ms`,
  });
  if (Number.isFinite(memoryMb)) {
    report({
      ...{ id: `search.memory.${photos}`, what: `memory of the searching process, ${named(photos)}`, unit: 'MB' },
      ...{ runs: [memoryMb], ...(photos === million ? { asked: { atMost: 1200 } } : {}) },
    });
  }
  // By this Node: the launcher of `npm run descry` starts another process, whose memory would not be seen.
  const command = [path.join(checkout, 'electron/cli.ts')];
  const starts: Watched[] = [];
  for (let i = 0; i < 5; i++) {
    starts.push(await watched([...command, 'search', 'a dog on the grass', '--json', '--home', home]));
  }
  const node = Array.from({ length: 5 }, () => wallTime(() => spawnSync(process.execPath, ['-e', ''])));
  report({
    ...{ id: `search.start.${photos}`, what: `descry search, process start included, ${named(photos)}`, unit: 'ms' },
    ...{ runs: starts.map(({ ms }) => ms), raw: { 'node alone ms': node } },
    note: `at most ${Math.round(Math.max(...starts.map(({ peakMb }) => peakMb)))} MB at its peak`,
  });
}

interface Watched {
  readonly stdout: string;
  readonly ms: number;
  /** the most memory it had at once; 0 where the system does not tell */
  readonly peakMb: number;
}

/** Runs Node, and looks at its memory from time to time. */
async function watched(args: readonly string[]): Promise<Watched> {
  const started = performance.now();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args]);
  const [out, errors]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (data: Buffer) => out.push(data));
  child.stderr.on('data', (data: Buffer) => errors.push(data));
  let peakMb = 0;
  const look = setInterval(() => {
    try {
      const [, kb] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))!;
      peakMb = Math.max(peakMb, Number(kb) / 1000);
    } catch {
      // another system than Linux, or it has ended
    }
  }, 20);
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearInterval(look);
  if (status !== 0) throw new CannotMeasure(Buffer.concat(errors).toString());
  return { stdout: Buffer.concat(out).toString(), ms: performance.now() - started, peakMb };
}

/** All embeddings of a library are deleted and computed anew; in turn with the product of as many features in memory. */
async function projection(home: string, photos: number): Promise<void> {
  const builtInModel = path.join(checkout, 'models/pretrained/default.safetensors');
  const descry = new Descry({ home, builtInModel });
  const model = await descry.models.current();
  const sample = descry.store.contents.sample(model.features, 256).map(({ feature }) => feature);
  const rows = asRows(sample);
  const alone: number[] = [];
  const all: number[] = [];
  const forget = new Sqlite(path.join(home, 'library.db'));
  for (let round = 0; round < 3; round++) {
    let started = performance.now();
    for (let done = 0; done < photos; done += sample.length) await model.embedFeatures(rows, sample.length);
    alone.push(performance.now() - started);
    forget.prepare('DELETE FROM embeddings WHERE model = ?').run(model.id);
    started = performance.now();
    await reproject(descry.store, model);
    all.push(performance.now() - started);
  }
  forget.close();
  await descry.close();
  report({
    ...{
      id: 'search.projection',
      what: `embeddings of ${named(photos)} from cached features, photos a second`,
      unit: '×',
    },
    ...{ against: 'the matrix product alone', runs: ratios(alone, all), asked: { atLeast: 0.5 } },
    raw: { 'product ms': alone, 'projection ms': all },
  });
}

/** Searches among a share of 100,000 photos, by filters that change with every search (`other`) and that stay (`same`). */
function filtered(): void {
  const [photos, dimensions, limit] = [100_000, 704, 500];
  const random = seededRandom(3);
  const matrix = new SearchMatrix(dimensions);
  const unit = () => {
    const row = Float32Array.from({ length: dimensions }, () => random.uniform() - 0.5);
    const norm = Math.hypot(...row);
    return row.map((value) => value / norm);
  };
  for (let id = 1; id <= photos; id++) matrix.set(id, unit());
  for (const share of [0.001, 0.01, 0.1, 0.19, 0.3, 0.5, 0.9]) {
    const sets = Array.from({ length: 2 }, () => {
      const set = new DensePhotoSet();
      for (let id = 1; id <= photos; id++) if (random.uniform() < share) set.add(id);
      return set;
    });
    const times = Array.from({ length: 15 }, (_, round) => {
      const query = unit();
      const all = wallTime(() => matrix.search(query, limit));
      const other = wallTime(() => matrix.search(query, limit, sets[round % 2]));
      const same = wallTime(() => matrix.search(query, limit, sets[round % 2]));
      return { all, other, same };
    });
    for (const kind of ['other', 'same'] as const) {
      const title = kind === 'other' ? 'another filter each time' : 'the same filter as before';
      report({
        id: `search.filtered.${share}.${kind}`,
        what: `search among ${share * 100} % of ${named(photos)}, ${title}`,
        ...{ against: 'a search among all', unit: '×', asked: { atMost: 1.2 } },
        runs: times.map((time) => time[kind] / time.all),
      });
    }
  }
}

/** Filters and counts of 100,000 photos, of which two of three have a place: once, and again while nothing changes. */
function columns(store: Store): void {
  const gazetteer = Gazetteer.open();
  const index = new LibraryIndex(store, silentLog);
  const loading = wallTime(() => index.columns());
  const before = process.memoryUsage().arrayBuffers;
  const all = index.columns();
  report({ id: 'search.columns', what: `loading the columns of ${named(all.size)}`, unit: 'ms', runs: [loading] });
  const filters: Record<string, SearchFilter> = {
    'two years': { from: '2012-01-01', to: '2013-12-31' },
    'a place': { place: gazetteer.place(2988507)! },
    'a camera and a country': { camera: 'canon', country: 'FR' },
  };
  for (const [title, filter] of Object.entries(filters)) {
    let chosen = 0;
    const first = wallTime(() => (chosen = all.passing(filter, gazetteer).size));
    const again = Array.from({ length: 9 }, () => wallTime(() => all.select(filter, gazetteer)));
    report({
      ...{ id: `search.filter.${title}`, what: `the photos that pass a filter by ${title}`, unit: 'ms', runs: again },
      note: `${chosen} photos; the first time ${first.toFixed(1)} ms`,
    });
  }
  const others = new Uint8Array(all.size).fill(1);
  const count = () =>
    countFacets({
      columns: all,
      places: gazetteer,
      filter: filters['two years']!,
      others,
      roots: store.folders.all().map(({ path: root }) => root),
    });
  const first = wallTime(count);
  const again = Array.from({ length: 9 }, () => wallTime(count));
  report({
    ...{ id: 'search.counts', what: 'counts for filters by hand', unit: 'ms', runs: again, asked: { below: 50 } },
    note: `the first time ${first.toFixed(1)} ms`,
  });
  report({
    ...{
      id: 'search.order',
      what: 'all photos in the order of time',
      unit: 'ms',
      runs: [wallTime(() => all.newestFirst())],
    },
    note: `${Math.round((process.memoryUsage().arrayBuffers - before) / 1e6)} MB are kept for masks, places and order`,
  });
  store.close();
}
