/** How long until the window can be seen, against a bare Electron window in the same run: `npm run bench -- window [--runs N]`. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildApp, isStale } from '../../build/build.ts';
import { findElectron } from '../../build/scripts/electron.ts';
import { flags, root } from '../fixtures/electron.ts';
import { benchmark, CannotMeasure, median } from './common/measure.ts';
import { report } from './common/report.ts';
import { ratios } from './common/rows.ts';

export interface StartTimes {
  /** medians, ms from the start of the process to the visible window */
  readonly descry: number;
  readonly bare: number;
  readonly ratio: number;
  /** ms, of each run */
  readonly runs: { readonly descry: readonly number[]; readonly bare: readonly number[] };
}

/**
 * Starts the window of each checkout and a bare one in turn, all with the Electron of this checkout.
 *
 * @param checkouts folders; all but this checkout must be built
 * @returns for each of them
 */
export async function measureWindows(checkouts: readonly string[], runs: number): Promise<StartTimes[]> {
  const electron = await findElectron();
  if (await isStale()) await buildApp();
  const home = await mkdtemp(path.join(tmpdir(), 'descry-bench-'));
  try {
    const descry = checkouts.map((): number[] => []);
    const bare: number[] = [];
    // The first of each fills the caches of the disk.
    for (let run = -1; run < runs; run++) {
      for (const [i, checkout] of checkouts.entries()) {
        const shown = await startDescry(electron, checkout, path.join(home, `descry-${i}`));
        if (run >= 0) descry[i]!.push(shown);
      }
      const shown = await startBare(electron, home);
      if (run >= 0) bare.push(shown);
    }
    return descry.map((times) => ({
      descry: median(times),
      bare: median(bare),
      ratio: median(times) / median(bare),
      runs: { descry: times, bare },
    }));
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

async function startDescry(electron: string, checkout: string, home: string): Promise<number> {
  const log = path.join(home, 'logs', 'descry.log');
  await rm(log, { force: true });
  const child = spawn(electron, [...flags, checkout], { env: { ...process.env, DESCRY_HOME: home }, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    for (let waited = 0; waited < 30_000; waited += 50) {
      await sleep(50);
      const shown = /window shown (\d+) ms/.exec(await readFile(log, 'utf8').catch(() => ''))?.[1];
      if (shown) return Number(shown);
    }
    throw new CannotMeasure(`the window of ${checkout} did not open within 30 s`);
  } finally {
    child.kill();
    await ended;
  }
}

/**
 * @param watch has its event loop watched as that of the app (common/start.ts)
 * @returns ms from the start of the process to the visible window
 */
export function startBare(
  electron: string,
  home: string,
  watch?: { readonly args: readonly string[]; readonly env: Record<string, string> },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(electron, [...flags, ...(watch?.args ?? []), path.join(root, 'test/fixtures/bare-electron')], {
      env: { ...process.env, BARE_HOME: path.join(home, 'bare'), ...watch?.env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.on('data', (text) => (output += String(text)));
    child.once('error', reject);
    child.once('exit', () => {
      const shown = /shown (\d+)/.exec(output)?.[1];
      if (shown) resolve(Number(shown));
      else reject(new CannotMeasure('the bare window did not open'));
    });
  });
}

if (import.meta.main) {
  await benchmark(async () => {
    const { values } = parseArgs({ options: { runs: { type: 'string', default: '7' } } });
    const { runs } = (await measureWindows([root], Number(values.runs)))[0]!;
    report({
      ...{ id: 'window.shown', what: 'start to the visible window, an empty library', unit: '×' },
      against: 'a bare Electron window',
      runs: ratios(runs.descry, runs.bare),
      raw: { 'ours ms': runs.descry, 'bare ms': runs.bare },
      asked: { atMost: 1.25 },
    });
  });
}
