/**
 * How long until the window can be seen, against a bare Electron window in the same run: `xvfb-run -a node
 * test/bench/window.ts [RUNS]`. Both are started in turn; the medians are compared.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildApp, isStale } from '../../build/build.ts';
import { findElectron } from '../../build/scripts/electron.ts';

const root = path.resolve(import.meta.dirname, '../..');
const flags = ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];

export interface StartTimes {
  /** medians, ms from the start of the process to the visible window */
  readonly descry: number;
  readonly bare: number;
  readonly ratio: number;
}

export async function measureWindow(runs: number): Promise<StartTimes> {
  const electron = await findElectron();
  if (await isStale()) await buildApp();
  const home = await mkdtemp(path.join(tmpdir(), 'descry-bench-'));
  try {
    const descry: number[] = [];
    const bare: number[] = [];
    // The first of each fills the caches of the disk.
    for (let run = -1; run < runs; run++) {
      const times = [await startDescry(electron, path.join(home, 'descry')), await startBare(electron, home)] as const;
      if (run < 0) continue;
      descry.push(times[0]);
      bare.push(times[1]);
    }
    return { descry: median(descry), bare: median(bare), ratio: median(descry) / median(bare) };
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

async function startDescry(electron: string, home: string): Promise<number> {
  const log = path.join(home, 'logs', 'descry.log');
  await rm(log, { force: true });
  const child = spawn(electron, [...flags, root], { env: { ...process.env, DESCRY_HOME: home }, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    for (let waited = 0; waited < 30_000; waited += 50) {
      await sleep(50);
      const shown = /window shown (\d+) ms/.exec(await readFile(log, 'utf8').catch(() => ''))?.[1];
      if (shown) return Number(shown);
    }
    throw new Error('the window did not open within 30 s');
  } finally {
    child.kill();
    await ended;
  }
}

function startBare(electron: string, home: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(electron, [...flags, path.join(root, 'test/fixtures/bare-electron')], {
      env: { ...process.env, BARE_HOME: path.join(home, 'bare') },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.on('data', (text) => (output += String(text)));
    child.once('error', reject);
    child.once('exit', () => {
      const shown = /shown (\d+)/.exec(output)?.[1];
      if (shown) resolve(Number(shown));
      else reject(new Error('the bare window did not open'));
    });
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

if (import.meta.main) {
  const { descry, bare, ratio } = await measureWindow(Number(process.argv[2] ?? 7));
  console.log(`window visible: Descry ${descry} ms, bare Electron ${bare} ms, ratio ${ratio.toFixed(2)}`);
}
