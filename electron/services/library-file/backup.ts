/**
 * A rolling backup of what no photo can give back (store/user-data.ts): one file a day, of the last three days on which something
 * changed. What the user deletes (a folder, searches) is deleted from all of them, because it must not be readable any more.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { errorMessage } from '../../../models/errors.ts';
import type { Store } from '../../store/store.ts';
import { userTables, type UserRows } from '../../store/user-data.ts';
import type { Log } from '../shared/log.ts';
import { writeAtomicallySync } from '../shared/write-file.ts';

const kept = 3;
/** A larger file is none of ours: of 100,000 favourites it has 10 MB. */
const mostBytes = 256e6;
const fileName = /^library-\d{4}-\d{2}-\d{2}\.json$/;
const folderOf = (home: string) => path.join(home, 'backups');

const value = z.union([z.string(), z.number(), z.null(), z.object({ hex: z.string().regex(/^([0-9a-f]{2})*$/) })]);
const rowList = z.array(z.record(z.string(), value));
const backupFile = z.object({
  version: z.literal(1),
  /** ms since the epoch */
  at: z.number(),
  rows: z.object(Object.fromEntries(userTables.map((table) => [table, rowList.default([])]))),
});

export interface Backup {
  readonly at: number;
  readonly rows: UserRows;
}

/** The newest backup that can be read; undefined: there is none. */
export function newestBackup(home: string): Backup | undefined {
  for (const file of backups(home)) {
    try {
      if (statSync(file).size > mostBytes) continue;
      const parsed = backupFile.safeParse(JSON.parse(readFileSync(file, 'utf8')));
      if (parsed.success) return { at: parsed.data.at, rows: parsed.data.rows as unknown as UserRows };
    } catch {
      // The one before it is as good as what is left.
    }
  }
  return undefined;
}

export class RollingBackup {
  readonly #store: Store;
  readonly #home: string;
  readonly #log: Log;

  constructor(store: Store, home: string, log: Log) {
    this.#store = store;
    this.#home = home;
    this.#log = log;
  }

  get exists(): boolean {
    return backups(this.#home).length > 0;
  }

  /** Writes what has changed since the last backup. A failure is only logged. @param forget deletes all earlier ones */
  keep({ forget = false } = {}, now = Date.now()): void {
    try {
      const rows = this.#store.userData.all();
      const last = newestBackup(this.#home);
      if (!last || JSON.stringify(last.rows) !== JSON.stringify(rows)) this.#write(rows, now);
      backups(this.#home)
        .slice(forget ? 1 : kept)
        .forEach((file) => rmSync(file, { force: true }));
    } catch (error) {
      this.#log.warn(`no backup of folders, settings and searches could be written: ${errorMessage(error)}`);
    }
  }

  #write(rows: UserRows, now: number): void {
    const folder = folderOf(this.#home);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = path.join(folder, `library-${new Date(now).toISOString().slice(0, 10)}.json`);
    // Paths, places and searches: for this user only.
    writeAtomicallySync(file, JSON.stringify({ version: 1, at: now, rows }), { mode: 0o600 });
  }
}

/** newest first */
function backups(home: string): string[] {
  try {
    const names = readdirSync(folderOf(home)).filter((name) => fileName.test(name));
    return names
      .sort()
      .reverse()
      .map((name) => path.join(folderOf(home), name));
  } catch {
    return [];
  }
}
