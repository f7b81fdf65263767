/**
 * Moves a damaged database aside and makes a new one: what the user chose from the damaged file where it can be read, else from
 * the rolling backup; what was computed, as far as it can be read. The rest is computed again by indexing.
 */
import { closeSync, existsSync, openSync, readSync, renameSync } from 'node:fs';
import path from 'node:path';
import { DescryError, errorMessage, reasonOf } from '../../../models/errors.ts';
import { explain } from '../../store/database-errors.ts';
import { readUserData } from '../../store/read-damaged.ts';
import { salvage } from '../../store/salvage.ts';
import { Store } from '../../store/store.ts';
import { userTables, type UserRows } from '../../store/user-data.ts';
import { firstFree } from '../shared/first-free.ts';
import type { Log } from '../shared/log.ts';
import { newestBackup } from './backup.ts';
import { isUsedByOthers } from './in-use.ts';

export interface Rebuilt {
  /** where the damaged file lies now */
  readonly movedTo: string;
  /** of the backup that was used, ms since the epoch; null: the damaged file could be read, or there was no backup */
  readonly backupAt: number | null;
  readonly folders: number;
  /** photos that need not be computed again */
  readonly photos: number;
}

/** Whether a file that cannot be opened is a library of Descry: another program's file is never moved. */
export function isOurs(home: string, file: string): boolean {
  return newestBackup(home) !== undefined || headerIsOurs(file);
}

function headerIsOurs(file: string): boolean {
  const header = Buffer.alloc(72);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, header, 0, header.length, 0);
  } finally {
    closeSync(handle);
  }
  // https://www.sqlite.org/fileformat.html: the name of the format, and the application's number at 68
  return header.toString('latin1', 0, 15) === 'SQLite format 3' && header.toString('latin1', 68, 72) === 'Dscr';
}

/** @throws DescryError where another process uses it, or it cannot be moved; it is left as it is then */
export function rebuildLibrary(home: string, file: string, log: Log, now = new Date()): Rebuilt {
  if (isUsedByOthers(home)) {
    throw new DescryError(
      'library-busy',
      `${file} is damaged and has to be built again, but another Descry uses it. Close that one, and try again.`,
      { parameters: { file } },
    );
  }
  const started = performance.now();
  const movedTo = moveAside(file, now);
  log.warn(`${file} is damaged: it was moved to ${movedTo} and is built again`);
  const backup = newestBackup(home);
  const warn = (message: string) => log.warn(message);
  const read = readUserData(movedTo, warn);
  const rows = Object.fromEntries(
    userTables.map((table) => [table, read.rows[table] ?? backup?.rows[table] ?? []]),
  ) as unknown as UserRows;
  const usedBackup = backup !== undefined && userTables.some((table) => read.rows[table] === undefined);
  const store = new Store(file, { onWarning: warn });
  try {
    store.userData.add(rows);
  } finally {
    store.close();
  }
  if (read.isCurrent) {
    const { rows: copied, incomplete } = salvage(file, movedTo, warn);
    const counts = Object.entries(copied).map(([table, count]) => `${count} ${table}`);
    log.info(
      `read from ${movedTo}: ${counts.join(', ')}; incomplete: ${incomplete.join(', ') || 'none'}; ` +
        `${Math.round(performance.now() - started)} ms`,
    );
  }
  const again = new Store(file);
  try {
    return {
      movedTo,
      backupAt: usedBackup ? backup.at : null,
      folders: again.folders.all().length,
      photos: again.photos.count(),
    };
  } finally {
    again.close();
  }
}

function moveAside(file: string, now: Date): string {
  const { dir, name, ext } = path.parse(file);
  const day = now.toISOString().slice(0, 10);
  const nameOf = (n: number) => path.join(dir, `${name}-damaged-${day}${n === 1 ? '' : `-${n}`}${ext}`);
  const target = firstFree(nameOf, existsSync);
  try {
    // First what SQLite reads with it: were only the file moved, a new one would get the old one's changes.
    for (const ending of ['-wal', '-shm', '']) {
      if (existsSync(file + ending)) renameSync(file + ending, target + ending);
    }
  } catch (error) {
    throw new DescryError(
      explain(file, error).code,
      `${file} is damaged and cannot be moved aside: ${reasonOf(error)}. Close other programs that use it, and try again.`,
      { cause: new Error(errorMessage(error)), parameters: { library: file } },
    );
  }
  return target;
}
