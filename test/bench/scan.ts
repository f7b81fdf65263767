/**
 * The second scan of a library in which nothing has changed, against the fastest plain walk that reads all names and asks for size
 * and time of each file: `npm run bench -- scan [--photos N] [--runs N]`. Both are done in turn, on files that the system has in
 * memory.
 */
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Descry } from '../../electron/services/descry.ts';
import { makeLargeLibrary } from './common/large-library.ts';
import { benchmark, CannotMeasure, processorMs } from './common/measure.ts';
import { realFiles } from './common/real-files.ts';
import { report } from './common/report.ts';
import { ratios } from './common/rows.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** @returns how many files there are */
function walk(folder: string): number {
  let files = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const place = `${folder}${path.sep}${entry.name}`;
    if (entry.isDirectory()) files += walk(place);
    else if (lstatSync(place).size >= 0) files++;
  }
  return files;
}

interface Times {
  readonly wall: number[];
  readonly processor: number[];
  /** the longest that the event loop was held up */
  readonly longest: number[];
}

async function timed(times: Times, work: () => unknown): Promise<void> {
  let [longest, last] = [0, performance.now()];
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  const before = process.cpuUsage();
  const started = performance.now();
  await work();
  times.wall.push(performance.now() - started);
  times.processor.push(processorMs(before));
  clearInterval(timer);
  times.longest.push(longest);
}

await benchmark(async () => {
  const { values } = parseArgs({
    options: { photos: { type: 'string', default: '100000' }, runs: { type: 'string', default: '5' } },
  });
  const [photos, runs] = [Number(values.photos), Number(values.runs)];
  const scratch = mkdtempSync(path.join(tmpdir(), 'descry-bench-scan-'));
  try {
    const [home, folder] = [path.join(scratch, 'library'), path.join(scratch, 'photos')];
    await makeLargeLibrary(home, root, photos, { files: await realFiles(folder) });
    const descry = new Descry({ home, builtInModel: path.join(root, 'models/pretrained/default.safetensors') });
    try {
      const { id } = descry.library.folders().find((one) => one.path === folder)!;
      const [plain, scan] = [0, 0].map((): Times => ({ wall: [], processor: [], longest: [] })) as [Times, Times];
      // The first of each fills the caches of the system.
      const unmeasured = (): Times => ({ wall: [], processor: [], longest: [] });
      for (let run = -1; run < runs; run++) {
        await timed(run < 0 ? unmeasured() : plain, () => walk(folder));
        await timed(run < 0 ? unmeasured() : scan, async () => {
          const { found, added, removed } = await descry.library.scan(id);
          if (found !== photos || added + removed > 0) throw new CannotMeasure('the scan found changes');
        });
      }
      const common = { against: 'a plain walk, readdir and lstat', unit: '×', asked: { atMost: 2 } } as const;
      report({
        ...common,
        id: `scan.unchanged.wall.${photos}`,
        what: `second scan of ${photos.toLocaleString('en')} unchanged files, time`,
        runs: ratios(scan.wall, plain.wall),
        raw: { 'scan ms': scan.wall, 'walk ms': plain.wall },
      });
      report({
        ...common,
        id: `scan.unchanged.processor.${photos}`,
        what: `second scan of ${photos.toLocaleString('en')} unchanged files, processor time`,
        runs: ratios(scan.processor, plain.processor),
        raw: { 'scan ms': scan.processor, 'walk ms': plain.processor },
      });
      report({
        id: `scan.unchanged.longest.${photos}`,
        what: 'longest that the process which scans did not answer',
        unit: 'ms',
        runs: scan.longest,
        asked: { below: 50 },
      });
    } finally {
      await descry.close();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
});
