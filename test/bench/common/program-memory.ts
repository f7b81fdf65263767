/** The memory of a program with all its processes, as Linux counts it. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessMemory {
  readonly pid: number;
  /** Chromium's name for its kind, or `main` */
  readonly kind: string;
  /** MB; pages that several processes share are counted in parts (proportional set size) */
  readonly pss: number;
}

/** @param pid of the main process @returns it and all processes below it; empty on other systems than Linux */
export function programMemory(pid: number): ProcessMemory[] {
  const children = new Map<number, number[]>();
  for (const name of safely(() => readdirSync('/proc')) ?? []) {
    if (!/^\d+$/.test(name)) continue;
    const status = safely(() => readFileSync(`/proc/${name}/stat`, 'latin1'));
    if (status === undefined) continue;
    // The program's name stands in brackets and may hold anything.
    const parent = Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: ProcessMemory[] = [];
  for (const pending = [pid]; pending.length > 0;) {
    const one = pending.pop()!;
    pending.push(...(children.get(one) ?? []));
    const rollup = safely(() => readFileSync(`/proc/${one}/smaps_rollup`, 'latin1'));
    const kilobytes = rollup === undefined ? undefined : /^Pss:\s+(\d+) kB/m.exec(rollup)?.[1];
    if (kilobytes !== undefined) found.push({ pid: one, kind: kindOf(one), pss: Number(kilobytes) / 1024 });
  }
  return found;
}

/** Waits until a program computes nothing any more, at most a minute: at its start much goes on in the background. */
export async function untilQuiet(pid: number): Promise<void> {
  const computed = () =>
    programMemory(pid).reduce((sum, { pid: one }) => {
      const status = safely(() => readFileSync(`/proc/${one}/stat`, 'latin1')) ?? '';
      // in hundredths of a second: in user mode and in the system
      const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
      return sum + Number(fields[11]) + Number(fields[12]);
    }, 0);
  for (let second = 0, before = computed(); second < 60; second++) {
    await sleep(1000);
    const now = computed();
    if (now - before < 8) return;
    before = now;
  }
}

export const totalOf = (processes: readonly ProcessMemory[]): number =>
  processes.reduce((sum, { pss }) => sum + pss, 0);

function kindOf(pid: number): string {
  const line = (safely(() => readFileSync(`/proc/${pid}/cmdline`, 'latin1')) ?? '').split('\0').join(' ');
  const kind = /--type=(\S+)/.exec(line)?.[1];
  if (kind === undefined) return 'main';
  return kind === 'utility' ? (/--utility-sub-type=(\S+)/.exec(line)?.[1] ?? kind) : kind;
}

function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // it ended meanwhile
  }
}
