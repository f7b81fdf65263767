/**
 * A start of the app with a library of 100,000 photos in real files, none of which has changed, against a bare Electron window in
 * the same run:
 *
 *     npm run bench -- start [--photos N] [--runs N] [--profiles DIR]
 *
 * The app is started with a sentence. From the start of its process to the visible window, to the first answer to the sentence, and
 * to the end of the scan; and until then the longest rounds of the event loops of the main process and of the library's process,
 * from their first moment on. `--profiles` has both processes write a profile of their first 20 s.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildApp, isStale } from '../../build/build.ts';
import { findElectron } from '../../build/scripts/electron.ts';
import { makeLargeLibrary } from './common/large-library.ts';
import { benchmark } from './common/measure.ts';
import { realFiles } from './common/real-files.ts';
import { report } from './common/report.ts';
import { ratios } from './common/rows.ts';
import { measureBareStart, measureStart, type BareStart, type ProcessUse, type Start } from './common/start.ts';

const root = path.resolve(import.meta.dirname, '../..');
const sentence = 'a dog on the grass';

await benchmark(async () => {
  const { values } = parseArgs({
    options: {
      photos: { type: 'string', default: '100000' },
      runs: { type: 'string', default: '5' },
      profiles: { type: 'string' },
    },
  });
  const [photos, runs] = [Number(values.photos), Number(values.runs)];
  const electron = await findElectron();
  if (await isStale()) await buildApp();
  const scratch = mkdtempSync(path.join(tmpdir(), 'descry-bench-start-'));
  try {
    const home = path.join(scratch, 'library');
    await makeLargeLibrary(home, root, photos, { files: await realFiles(path.join(scratch, 'photos')) });
    if (values.profiles !== undefined) {
      mkdirSync(values.profiles, { recursive: true });
      await measureStart(electron, root, home, sentence, path.resolve(values.profiles));
    }
    const starts: Start[] = [];
    const bare: BareStart[] = [];
    // The first of each fills the caches of the system.
    for (let run = -1; run < runs; run++) {
      const start = await measureStart(electron, root, home, sentence);
      const window = await measureBareStart(electron, scratch);
      if (run < 0) continue;
      starts.push(start);
      bare.push(window);
    }
    tell(photos, starts, bare);
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
});

function tell(photos: number, starts: readonly Start[], bareStarts: readonly BareStart[]): void {
  const bare = bareStarts.map(({ window }) => window);
  const against = 'a bare Electron window';
  const of = (key: 'window' | 'answered' | 'scanned') => starts.map((start) => start[key]);
  const raw = (key: 'window' | 'answered' | 'scanned') => ({ 'ours ms': of(key), 'bare ms': bare });
  const library = `${photos.toLocaleString('en')} photos`;
  report({
    ...{ id: `start.window.${photos}`, what: `start to the visible window, ${library}`, against, unit: '×' },
    ...{ runs: ratios(of('window'), bare), raw: raw('window') },
  });
  report({
    ...{ id: `start.answer.${photos}`, what: `start to the first answer, ${library}`, against, unit: '×' },
    ...{ runs: ratios(of('answered'), bare), raw: raw('answered'), asked: { atMost: 3 } },
  });
  report({
    id: `start.scanned.${photos}`,
    what: `start to the end of the scan, ${library}`,
    unit: 'ms',
    runs: of('scanned'),
  });
  report({
    ...{ id: 'start.stall.bare', what: 'main process of a bare Electron window, longest stall', unit: 'ms' },
    runs: bareStarts.map(({ longestStall }) => longestStall),
  });
  for (const [name, title] of [
    ['main', 'main process'],
    ['library', 'process of the library'],
  ] as const) {
    const each = (value: (use: ProcessUse) => number) => starts.map((start) => value(start[name]));
    report({
      id: `start.stall.${name}.${photos}`,
      what: `${title}, longest stall from launch to the end of the scan`,
      unit: 'ms',
      runs: each(({ stalls }) => stalls[0] ?? 0),
      ...(name === 'main' ? { asked: { below: 50 } } : {}),
      raw: { 'computing ms': each(({ computed }) => Math.max(0, ...computed)) },
    });
    report({
      id: `start.processor.${name}.${photos}`,
      what: `${title}, processor time until then`,
      unit: 'ms',
      runs: each(({ usedMs }) => usedMs),
    });
  }
}
