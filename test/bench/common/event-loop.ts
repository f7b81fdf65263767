/**
 * Delays of an event loop, measured in its process by a timer of 1 ms.
 *
 * On a machine with other work, a timer is also late because its thread waits for a processor. Linux reports the time that a
 * thread has run and the time that it has waited (/proc/PID/task/TID/schedstat, first and second field, in ns, updated every
 * few ms). In the remaining time it slept, was blocked, or the virtual machine was suspended.
 */
import { spawn } from 'node:child_process';
import type * as FileSystem from 'node:fs';
import type * as PerfHooks from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import type { ElectronApplication } from '@playwright/test';

export interface Stall {
  /** when it ended, ms since the epoch */
  readonly at: number;
  /** between two rounds of the timer */
  readonly ms: number;
  /** of these, not spent waiting for a processor; on other systems than Linux all of them */
  readonly ownMs: number;
  /** of these, spent computing; on other systems than Linux all of them */
  readonly computedMs: number;
}

export interface Stalls {
  /** the longest thousand of more than 4 ms, longest first */
  readonly stalls: readonly Stall[];
  /** ms: the longest delay that Node's own `monitorEventLoopDelay` saw at a resolution of 1 ms */
  readonly histogramMax: number;
}

export interface Watch {
  stop(): Promise<Stalls>;
}

interface WatchedGlobal {
  descryWatch?: () => Stalls;
}

/** Watches the main process of an Electron. */
export async function watchMainProcess(electron: ElectronApplication): Promise<Watch> {
  await electron.evaluate((_electron, source) => {
    // The debugger's function has no `require` of its own, and `require.main` is not there either.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const load = (process.mainModule as NodeJS.Module).require.bind(process.mainModule);
    // A function from this file, as text: the debugger that evaluates it has no modules.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    const start = new Function(`return (${source})`)() as typeof watchThisProcess;
    (globalThis as WatchedGlobal).descryWatch = start(
      load('node:perf_hooks') as typeof PerfHooks,
      load('node:fs') as typeof FileSystem,
    );
  }, watchThisProcess.toString());
  return { stop: () => electron.evaluate(() => (globalThis as WatchedGlobal).descryWatch!()) };
}

/** A control: a process that only measures its own event loop, whose delays are caused by other programs. */
export function watchIdleProcess(): Watch {
  const program = `
    const stop = (${watchThisProcess.toString()})(require('node:perf_hooks'), require('node:fs'));
    process.stdin.once('end', () => console.log(JSON.stringify(stop()))).resume();`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answer = new Promise<Stalls>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => resolve(JSON.parse(line) as Stalls));
    child.once('error', reject);
  });
  return {
    stop: () => {
      child.stdin.end();
      return answer;
    },
  };
}

/** Its source text runs in the measured process, so it must not refer to anything else in this file. @returns ends it */
function watchThisProcess(
  { monitorEventLoopDelay }: typeof PerfHooks,
  { openSync, readSync }: typeof FileSystem,
): () => Stalls {
  const stalls: Stall[] = [];
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  const buffer = Buffer.alloc(100);
  let schedule: number | undefined;
  try {
    schedule = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  } catch {
    // not Linux
  }
  /** ms that this thread has computed, and waited for a processor, so far */
  const used = () => {
    if (schedule === undefined) return undefined;
    const [computed, waited] = buffer.toString('latin1', 0, readSync(schedule, buffer, 0, 100, 0)).split(' ');
    return { computed: Number(computed) / 1e6, waited: Number(waited) / 1e6 };
  };
  let last: { now: number; used: ReturnType<typeof used> } | undefined;
  let timer: NodeJS.Timeout;
  const round = () => {
    const present = { now: performance.now(), used: used() };
    const ms = last === undefined ? 0 : present.now - last.now;
    if (last === undefined) histogram.enable();
    else if (ms > 4) {
      stalls.push({
        at: Date.now(),
        ms,
        ownMs: Math.max(0, ms - ((present.used?.waited ?? 0) - (last.used?.waited ?? 0))),
        computedMs: present.used && last.used ? present.used.computed - last.used.computed : ms,
      });
    }
    last = present;
    timer = setTimeout(round, 1);
  };
  // Started later, so that the call that starts it is not measured.
  timer = setTimeout(round, 50);
  return () => {
    clearTimeout(timer);
    histogram.disable();
    return { stalls: stalls.sort((a, b) => b.ms - a.ms).slice(0, 1000), histogramMax: histogram.max / 1e6 };
  };
}
