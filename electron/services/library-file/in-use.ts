/**
 * Which processes have a library open, so that one that ended without closing it is noticed. Each has a file of its own in a
 * folder beside the database; several programs may use a library at the same time.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { isRunning } from '../../store/is-running.ts';

const folderOf = (home: string) => path.join(home, 'in-use');
/** A library on a network disk is used from several computers: of the others' processes nothing is known. */
const host = hostname().replace(/[^a-zA-Z0-9-]/g, '');
const entryName = /^([a-zA-Z0-9-]*)\.(\d+)\.\d+$/;
const suspicion = 'damaged';
let opened = 0;

export interface Marked {
  /** to be called when the library was closed */
  leave(): void;
}

/** Notes that this process has the library open. Where that cannot be written, nothing is noted. */
export function markInUse(home: string): Marked {
  const file = path.join(folderOf(home), `${host}.${process.pid}.${++opened}`);
  try {
    mkdirSync(folderOf(home), { recursive: true, mode: 0o700 });
    writeFileSync(file, '', { mode: 0o600 });
  } catch {
    return { leave: () => undefined };
  }
  return {
    leave: () => {
      try {
        rmSync(file, { force: true });
      } catch {
        // It then looks as if the process had been killed, and the database is checked once more.
      }
    },
  };
}

/** Processes of this computer that did not close the library, by the names of their files. */
export function endedUncleanly(home: string): string[] {
  return entries(home).flatMap(({ name, pid }) => (isRunning(pid) ? [] : [name]));
}

/** Whether another process has the library open. */
export function isUsedByOthers(home: string): boolean {
  return entries(home).some(({ pid }) => pid !== process.pid && isRunning(pid));
}

/** To be called after the database was checked. */
export function forgetEnded(home: string, names: readonly string[]): void {
  for (const name of [...names, suspicion]) rmSync(path.join(folderOf(home), name), { force: true });
}

/** Notes that the database was found to be damaged while it was used. */
export function noteDamage(home: string, what: string): void {
  try {
    mkdirSync(folderOf(home), { recursive: true, mode: 0o700 });
    writeFileSync(path.join(folderOf(home), suspicion), what, { mode: 0o600 });
  } catch {
    // a full disk: it is noticed again
  }
}

export function isDamageNoted(home: string): boolean {
  return names(home).includes(suspicion);
}

function entries(home: string): { name: string; pid: number }[] {
  return names(home).flatMap((name) => {
    const [, on, pid] = entryName.exec(name) ?? [];
    return on === host ? [{ name, pid: Number(pid) }] : [];
  });
}

function names(home: string): string[] {
  try {
    return readdirSync(folderOf(home));
  } catch {
    return [];
  }
}
