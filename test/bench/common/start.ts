/** One start of the app with a library, watched from outside: until the first answer, until the scan has ended, and how often it stalled. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environment, flags } from '../../fixtures/electron.ts';
import { startBare } from '../window.ts';
import { CannotMeasure } from './measure.ts';

export interface Start {
  /** ms from the start of the process to the visible window */
  readonly window: number;
  /** … to the first answer to the sentence that the app was started with */
  readonly answered: number;
  /** … to the end of the scan of the library's folder */
  readonly scanned: number;
  /** until the end of the scan; of the main process and of the library's process */
  readonly main: ProcessUse;
  readonly library: ProcessUse;
}

export interface ProcessUse {
  /** ms of the rounds of the event loop that took more than 10 ms, longest first */
  readonly stalls: readonly number[];
  /** of these, ms of processor time of the process's threads */
  readonly computed: readonly number[];
  /** ms of processor time */
  readonly usedMs: number;
  /** bytes in memory, at most */
  readonly rss: number;
}

interface Told {
  readonly at: number;
  readonly process?: 'main' | 'library';
  readonly ms?: number;
  readonly cpuMs?: number;
  readonly usedMs?: number;
  readonly rss?: number;
  readonly answered?: number;
}

const preload = path.join(import.meta.dirname, 'watch-start.cjs');

/** Where the preloaded script writes what it sees, and that it is preloaded. */
const watched = (told: string) => ({ args: ['-r', preload], env: { DESCRY_BENCH_START: told } });

function eventsIn(told: string): Told[] {
  if (!existsSync(told)) return [];
  const lines = readFileSync(told, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Told);
}

export interface BareStart {
  /** ms from the start of the process to the visible window */
  readonly window: number;
  /** ms, of the main process */
  readonly longestStall: number;
}

/** A bare Electron window, watched in the same way. */
export async function measureBareStart(electron: string, scratch: string): Promise<BareStart> {
  const told = path.join(scratch, 'bare.jsonl');
  rmSync(told, { force: true });
  const window = await startBare(electron, scratch, watched(told));
  return { window, longestStall: Math.max(0, ...eventsIn(told).map(({ ms }) => ms ?? 0)) };
}

/**
 * @param checkout a folder with a built app
 * @param home a library with photos that have files (real-files.ts)
 * @param profiles a folder for profiles of both processes
 */
export async function measureStart(
  electron: string,
  checkout: string,
  home: string,
  sentence: string,
  profiles?: string,
): Promise<Start> {
  const told = path.join(home, 'start.jsonl');
  const log = path.join(home, 'logs', 'descry.log');
  rmSync(log, { force: true });
  rmSync(told, { force: true });
  const { args, env } = watched(told);
  const child = spawn(electron, [...flags, ...args, checkout, sentence], {
    env: environment(home, {
      ...env,
      ...(profiles === undefined ? {} : { DESCRY_BENCH_PROFILES: profiles }),
    }),
    stdio: 'ignore',
  });
  const started = Date.now();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    const seen = (pattern: RegExp) => (existsSync(log) ? pattern.exec(readFileSync(log, 'utf8')) : null);
    let window: number | undefined;
    let scannedAt: number | undefined;
    let answered: number | undefined;
    while (window === undefined || scannedAt === undefined || answered === undefined) {
      await sleep(25);
      if (Date.now() - started > 180_000) throw new CannotMeasure(`${checkout} had not scanned after three minutes`);
      window ??= Number(seen(/window shown (\d+) ms/)?.[1] ?? NaN) || undefined;
      if (seen(/: \d+ photos, \d+ new/)) scannedAt ??= Date.now();
      answered ??= eventsIn(told).find((event) => event.answered !== undefined)?.answered;
    }
    if (profiles !== undefined) await sleep(15_000);
    await sleep(300);
    const until = eventsIn(told).filter(({ at }) => at <= scannedAt + 300);
    const use = (name: 'main' | 'library'): ProcessUse => {
      const own = until.filter((event) => event.process === name);
      const long = own.filter(({ ms }) => ms !== undefined).sort((a, b) => b.ms! - a.ms!);
      return {
        stalls: long.map(({ ms }) => ms!),
        computed: long.map(({ cpuMs }) => cpuMs!),
        usedMs: Math.max(0, ...own.map(({ usedMs }) => usedMs ?? 0)),
        rss: Math.max(0, ...own.map(({ rss }) => rss ?? 0)),
      };
    };
    return { window, answered, scanned: scannedAt - started, main: use('main'), library: use('library') };
  } finally {
    child.kill();
    await ended;
  }
}
