import path from 'node:path';
import { joinedLeftOut, leftOutReasons, type LeftOutCount, type LeftOutReason } from '../ipc/left-out.ts';
import type { Database } from './database.ts';

export interface LeftOutRow {
  readonly path: string;
  readonly reason: LeftOutReason;
}

/**
 * Files and folders below the library's folders that are not shown, each with the reason. All are kept by name: the watcher
 * brings single files up to date, and a row takes about 200 bytes where a photo takes 5,000.
 */
export class LeftOut {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** By folder, in the order of `leftOutReasons`. */
  counts(): Map<number, LeftOutCount[]> {
    const rows = this.#database
      .prepare<[], { folder: number; reason: string; count: number }>(
        'SELECT folder, reason, count(*) AS count FROM left_out GROUP BY folder, reason',
      )
      .all();
    const byFolder = new Map<number, LeftOutCount[]>();
    for (const { folder, reason, count } of rows) {
      byFolder.set(folder, [...(byFolder.get(folder) ?? []), { reason: known(reason), count }]);
    }
    return new Map([...byFolder].map(([folder, counts]) => [folder, joinedLeftOut([counts])]));
  }

  /** By path. @param limit -1: all */
  list(folder: number, reason: LeftOutReason, offset = 0, limit = -1): string[] {
    return this.#database
      .prepare<[number, string, number, number], string>(
        'SELECT path FROM left_out WHERE folder = ? AND reason = ? ORDER BY path LIMIT ? OFFSET ?',
      )
      .pluck()
      .all(folder, reason, limit, offset);
  }

  /**
   * After a scan of the whole folder. Only what is different is written.
   * @returns whether something was
   */
  replace(folder: number, now: ReadonlyMap<string, LeftOutReason>): boolean {
    const before = this.#database
      .prepare<[number], { path: string; reason: string }>('SELECT path, reason FROM left_out WHERE folder = ?')
      .all(folder);
    const same = new Set<string>();
    const outdated: string[] = [];
    for (const row of before) {
      if (now.get(row.path) === row.reason) same.add(row.path);
      else outdated.push(row.path);
    }
    outdated.forEach((path) => this.#remove(path));
    let added = 0;
    for (const [path, reason] of now) {
      if (same.has(path)) continue;
      this.#add(folder, path, reason);
      added++;
    }
    return outdated.length + added > 0;
  }

  /**
   * After a part of a folder was looked at.
   * @param places files and folders of which nothing is left out now but what `now` says
   * @returns whether something changed
   */
  update(folder: number, places: Iterable<string>, now: ReadonlyMap<string, LeftOutReason>): boolean {
    const before = new Map<string, string>();
    for (const place of places) for (const row of this.#below(place)) before.set(row.path, row.reason);
    let changed = false;
    for (const path of before.keys()) {
      if (now.has(path)) continue;
      this.#remove(path);
      changed = true;
    }
    for (const [path, reason] of now) {
      if (before.get(path) === reason) continue;
      this.#add(folder, path, reason);
      changed = true;
    }
    return changed;
  }

  #below(place: string): { path: string; reason: string }[] {
    const prefix = place + path.sep;
    return this.#database
      .prepare<[string, string, string], { path: string; reason: string }>(
        // A range, as in Photos.below: it uses the index, and paths may hold % and _.
        'SELECT path, reason FROM left_out WHERE path = ? OR (path >= ? AND path < ?)',
      )
      .all(place, prefix, prefix.slice(0, -1) + String.fromCharCode(path.sep.charCodeAt(0) + 1));
  }

  #add(folder: number, path: string, reason: LeftOutReason): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO left_out (path, folder, reason) VALUES (?, ?, ?)')
      .run(path, folder, reason);
  }

  #remove(path: string): void {
    this.#database.prepare('DELETE FROM left_out WHERE path = ?').run(path);
  }
}

/** Another version of the program may know more reasons. */
function known(reason: string): LeftOutReason {
  return leftOutReasons.find((one) => one === reason) ?? 'unreadable';
}
