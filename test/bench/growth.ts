/**
 * How cost grows with the number of photos: `npm run bench -- growth` for 1,000, 10,000 and 100,000, with `--million` for
 * 1,000,000, too (whose database takes several GB in the folder for temporary files), `--sizes 1000,5000` for others.
 *
 * The photos are rows (common/large-library.ts) with files that can be found, and not read: hard links to one file, a thousand in
 * a folder. test/bench/common/growth-chart.ts draws the figures.
 */
import { linkSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { ElectronApplication } from '@playwright/test';
import { buildApp, isStale } from '../../build/build.ts';
import { findElectron } from '../../build/scripts/electron.ts';
import { Descry } from '../../electron/services/descry.ts';
import type { PhotoFile } from '../../electron/store/photos.ts';
import { drawPhotos } from '../fixtures/drawn-photos.ts';
import { sharedPhotos } from '../fixtures/shared-photos.ts';
import { makeLargeLibrary } from './common/large-library.ts';
import { benchmark, CannotMeasure } from './common/measure.ts';
import { report } from './common/report.ts';

const root = path.resolve(import.meta.dirname, '../..');
const builtInModel = path.join(root, 'models/pretrained/default.safetensors');
/** Linux' file systems allow 65,000 links to a file. */
const linksOfOne = 50_000;
const inFolder = 1000;
const starts = 5;
const newPhotos = 48;
const sentences = ['a dog on the grass', 'children having fun', 'a boat on the sea', 'two men playing football'];
const colours = ['red', 'blue', 'green', 'white', 'black'];

await benchmark(async () => {
  const { values } = parseArgs({
    options: { sizes: { type: 'string', default: '1000,10000,100000' }, million: { type: 'boolean', default: false } },
  });
  const sizes = [...values.sizes.split(',').map(Number), ...(values.million ? [1_000_000] : [])];
  await findElectron();
  if (await isStale()) await buildApp();
  for (const photos of sizes) {
    const scratch = mkdtempSync(path.join(tmpdir(), 'descry-bench-growth-'));
    try {
      process.stderr.write(`making a library of ${photos.toLocaleString('en-US')} photos …\n`);
      await measure(photos, scratch);
    } finally {
      rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    }
  }
});

async function measure(photos: number, scratch: string): Promise<void> {
  const [home, folder] = [path.join(scratch, 'home'), path.join(scratch, 'files')];
  mkdirSync(home);
  const file = linkedFiles(folder, photos);
  await makeLargeLibrary(home, root, photos, { files: { folder, file }, thumbnails: Math.min(photos, 500) });
  const row = (name: string, what: string, unit: string, runs: readonly number[]) => ({
    ...{ id: `growth.${name}.${photos}`, what: `${photos.toLocaleString('en-US')} photos: ${what}`, unit, runs },
  });

  const bytes = ['', '-wal'].map(
    (end) => statSync(path.join(home, `library.db${end}`), { throwIfNoEntry: false })?.size,
  );
  report(row('database', 'database, a photo', 'kB', [(bytes[0]! + (bytes[1] ?? 0)) / photos / 1000]));

  const { first, searches, memory } = await inWindow(home, photos);
  report(row('start', 'from the start of the program to the first answer', 's', first));
  report(row('search', 'a sentence to its photos, asked by the page', 'ms', searches));
  report(row('memory', "memory of the library's process after 20 searches", 'MB', memory));

  const descry = new Descry({ home, builtInModel });
  try {
    const id = descry.store.folders.all().find((one) => one.path === folder)!.id;
    const [scans, walks]: [number[], number[]] = [[], []];
    for (let round = 0; round < 3; round++) {
      walks.push(await seconds(() => walk(folder)));
      scans.push(
        await seconds(async () => {
          const { found } = await descry.library.scan(id);
          if (found !== photos) throw new CannotMeasure(`${found} of ${photos} files were found`);
        }),
      );
    }
    report({ ...row('scan', 'scan of an unchanged library', 's', scans), raw: { 'a plain stat walk s': walks } });
    const model = await descry.models.current();
    const again = descry.store.photos.pendingCount({ model: model.id, encoder: model.features });
    if (again > 0) throw new CannotMeasure(`${again} of ${photos} photos were taken for changed ones`);
    const more = path.join(scratch, 'new');
    await someNewPhotos(more);
    const added = await descry.library.add(more);
    await descry.library.scan(added.id);
    // The network is opened by the first.
    await descry.search.query(await form('a dog'), { limit: 1 });
    const took = await seconds(async () => {
      const { indexed } = await descry.indexer.run();
      if (indexed < newPhotos / 2) throw new CannotMeasure(`${indexed} of ${newPhotos} new photos were indexed`);
    });
    report(row('indexing', `${newPhotos} new photos are indexed`, 'photos/s', [newPhotos / took]));
  } finally {
    await descry.close();
  }
}

async function form(text: string) {
  const { searchForm } = await import('../../electron/ipc/contract.ts');
  return searchForm.parse({ text });
}

/** @returns the i-th file as a scan finds it */
function linkedFiles(folder: string, photos: number): (i: number) => PhotoFile {
  const originals: Stats[] = [];
  const place = (i: number) => path.join(folder, String(Math.floor(i / inFolder)), `${i}.jpg`);
  for (let i = 0; i < photos; i++) {
    if (i % inFolder === 0) mkdirSync(path.dirname(place(i)), { recursive: true });
    if (i % linksOfOne === 0) writeFileSync(place(i), `This is no photo, and is not opened: ${i}.`);
    else linkSync(place(i - (i % linksOfOne)), place(i));
  }
  // Linking changes the time of the last change.
  for (let i = 0; i < photos; i += linksOfOne) originals.push(statSync(place(i)));
  return (i) => {
    const { size, mtimeMs, ctimeMs } = originals[Math.floor(i / linksOfOne)]!;
    return { path: place(i), bytes: size, modified: Math.floor(mtimeMs), changed: Math.floor(ctimeMs) };
  };
}

async function someNewPhotos(folder: string): Promise<void> {
  const real = sharedPhotos('flickr/images')?.slice(100, 100 + newPhotos);
  if (!real) return void (await drawPhotos(folder, { count: newPhotos, width: 500, height: 375, seed: 11 }));
  mkdirSync(folder);
  for (const file of real) writeFileSync(path.join(folder, path.basename(file)), readFileSync(file));
}

interface InWindow {
  /** s */
  readonly first: number[];
  /** ms */
  readonly searches: number[];
  /** MB */
  readonly memory: number[];
}

/** The program is started several times; in the last one it is searched. */
async function inWindow(home: string, photos: number): Promise<InWindow> {
  // Only now: it looks for Electron when it is loaded.
  const { launchDescry } = await import('../fixtures/electron.ts');
  const first: number[] = [];
  for (let start = 0; ; start++) {
    const began = performance.now();
    const electron = await launchDescry({ home, timeout: 120_000 });
    try {
      const page = await electron.firstWindow();
      const answered = await page.evaluate(async (wanted) => {
        const end = performance.now() + 300_000;
        while (performance.now() < end) {
          const answer = await window.descry.invoke('search.query', { text: 'a dog', limit: 100 });
          if (answer.ok && answer.value.ranked >= wanted) return true;
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        return false;
      }, photos);
      if (!answered) throw new CannotMeasure(`${photos} photos could not be searched within five minutes`);
      // The first start fills the caches of the disk.
      if (start > 0) first.push((performance.now() - began) / 1000);
      if (start < starts) continue;
      // The scan at the start is not what is measured here.
      await sleep(5000 + photos / 5);
      const searches = await page.evaluate(
        async (texts) => {
          const times: number[] = [];
          for (const text of texts) {
            const asked = performance.now();
            await window.descry.invoke('search.query', { text, limit: 500 });
            times.push(performance.now() - asked);
          }
          return times;
        },
        sentences.flatMap((sentence) => colours.map((colour) => `${sentence} with ${colour} colours`)),
      );
      return { first, searches, memory: [await libraryMemory(electron)] };
    } finally {
      await electron.close();
    }
  }
}

/** @returns MB: the share of the shared memory counted where the system tells (PSS), else the working set */
async function libraryMemory(electron: ElectronApplication): Promise<number> {
  const processes = await electron.evaluate(({ app }) =>
    app.getAppMetrics().map(({ pid, name, serviceName, memory }) => ({
      ...{ pid, name: `${name ?? ''} ${serviceName ?? ''}` },
      kB: memory.workingSetSize,
    })),
  );
  const library = processes.find(({ name }) => /descry library/i.test(name));
  if (!library) throw new CannotMeasure("the library's process was not found");
  try {
    const rollup = readFileSync(`/proc/${library.pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)![1]) / 1000;
  } catch {
    return library.kB / 1000;
  }
}

/** What any program must do that looks whether files have changed. */
async function walk(folder: string): Promise<void> {
  for await (const entry of await opendir(folder)) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      for (const name of readdirSync(place)) await stat(path.join(place, name));
    } else await stat(place);
  }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
