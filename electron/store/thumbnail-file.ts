/**
 * The thumbnails' own database: a cache, in a file of its own beside the library, in which nothing is that cannot be made again.
 *
 * One file in place of one for each thumbnail: reading takes a tenth of the time, the size is known without looking at every file, and
 * the time of use is kept in a row. Where the file is damaged, or was deleted, an empty one takes its place.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import Sqlite from 'better-sqlite3';

/** Another version has another name. */
const fileName = 'thumbnails-1.db';
const schema = `
  CREATE TABLE IF NOT EXISTS thumbnails (
    id INTEGER PRIMARY KEY,
    -- the first bytes of the photo's SHA-256
    name BLOB NOT NULL UNIQUE,
    -- ms since the epoch
    used INTEGER NOT NULL,
    data BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS thumbnails_by_use ON thumbnails (used);`;
/** Another process may be writing. */
const busyTimeoutMs = 2000;
/** Thumbnails that are deleted in one transaction: about 20 ms. */
const removedAtOnce = 64;
/** Of a thumbnail. */
const usualBytes = 20_000;
/** Pages that are given back to the system at a time. */
const pagesAtOnce = 1000;

export interface KeptThumbnail {
  readonly data: Buffer;
  /** ms since the epoch */
  readonly used: number;
}

export class ThumbnailFile {
  readonly #folder: string;
  #opened: Sqlite.Database | undefined;
  readonly #statements = new Map<string, Sqlite.Statement>();

  /** @param folder made, with the file in it, when it is first used */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws the system's or SQLite's error where it cannot be read */
  get(name: Uint8Array): KeptThumbnail | undefined {
    return this.#run(
      (run) => run('SELECT data, used FROM thumbnails WHERE name = ?').get(name) as KeptThumbnail | undefined,
    );
  }

  has(name: Uint8Array): boolean {
    return this.#run((run) => run('SELECT 1 FROM thumbnails WHERE name = ?').get(name) !== undefined);
  }

  /** In one transaction; one that is there stays. */
  put(thumbnails: readonly { readonly name: Uint8Array; readonly data: Uint8Array; readonly used: number }[]): void {
    this.#transaction((run) => {
      const insert = run('INSERT OR IGNORE INTO thumbnails (name, used, data) VALUES (?, ?, ?)');
      for (const { name, used, data } of thumbnails) insert.run(name, Math.round(used), data);
    });
  }

  noteUse(name: Uint8Array, used: number): void {
    this.#run((run) => run('UPDATE thumbnails SET used = ? WHERE name = ?').run(Math.round(used), name));
  }

  remove(names: readonly Uint8Array[]): void {
    this.#transaction((run) => {
      const remove = run('DELETE FROM thumbnails WHERE name = ?');
      for (const name of names) remove.run(name);
    });
  }

  /**
   * Deletes some of those that were used least recently.
   * @param bytes that are to be freed; it may take several calls
   * @returns how many
   */
  removeOldest(bytes: number): number {
    const count = Math.min(removedAtOnce, Math.max(1, Math.floor(bytes / usualBytes)));
    return this.#transaction(
      (run) =>
        run('DELETE FROM thumbnails WHERE id IN (SELECT id FROM thumbnails ORDER BY used LIMIT ?)').run(count).changes,
    );
  }

  /** Bytes of the pages in use; 0 without a thumbnail. */
  bytes(): number {
    return this.#run((run) => {
      if (run('SELECT 1 FROM thumbnails LIMIT 1').get() === undefined) return 0;
      const pages = this.#pragma('page_count') - this.#pragma('freelist_count');
      return pages * this.#pragma('page_size');
    });
  }

  /** Gives some of the space of what was deleted back to the system. @returns whether there is more */
  shrink(): boolean {
    return this.#run(() => {
      if (this.#pragma('freelist_count') === 0) return false;
      this.#open().pragma(`incremental_vacuum(${pagesAtOnce})`);
      return this.#pragma('freelist_count') > 0;
    });
  }

  /**
   * Deletes the file: at once, where deleting each row would take seconds for a large cache.
   * @throws the system's error where another process has it open and the system does not allow it (Windows)
   */
  async delete(): Promise<void> {
    this.close();
    const [database, ...others] = this.#files() as [string, ...string[]];
    if (!existsSync(database)) return;
    // Out of the way first: another call may make a new one meanwhile.
    renameSync(database, `${database}.deleted`);
    for (const file of others) rmSync(file, { force: true });
    await rm(`${database}.deleted`, { force: true });
  }

  close(): void {
    this.#statements.clear();
    this.#opened?.close();
    this.#opened = undefined;
  }

  #pragma(name: string): number {
    return this.#open().pragma(name, { simple: true }) as number;
  }

  #transaction<T>(work: (run: (sql: string) => Sqlite.Statement) => T): T {
    return this.#run((run) =>
      this.#open()
        .transaction(() => work(run))
        .immediate(),
    );
  }

  /** Again with an empty file where the present one is damaged. */
  #run<T>(work: (run: (sql: string) => Sqlite.Statement) => T): T {
    const prepared = (sql: string) => {
      const statement = this.#statements.get(sql) ?? this.#open().prepare(sql);
      this.#statements.set(sql, statement);
      return statement;
    };
    try {
      this.#open();
      return work(prepared);
    } catch (error) {
      if (!isDamaged(error)) throw error;
      this.close();
      for (const file of this.#files()) rmSync(file, { force: true });
      return work(prepared);
    }
  }

  /** The database, and its log, which SQLite ignores where it is not this one's. */
  #files(): string[] {
    return ['', '-wal', '-shm'].map((end) => path.join(this.#folder, fileName + end));
  }

  #open(): Sqlite.Database {
    if (this.#opened) return this.#opened;
    mkdirSync(this.#folder, { recursive: true });
    const database = new Sqlite(path.join(this.#folder, fileName), { timeout: busyTimeoutMs });
    try {
      // Before the first table: a later one would need a VACUUM.
      database.pragma('auto_vacuum = INCREMENTAL');
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = NORMAL');
      database.pragma('trusted_schema = OFF');
      database.pragma('cell_size_check = ON');
      // What is deleted is overwritten, as in the library.
      database.pragma('secure_delete = ON');
      database.pragma('cache_size = -4096');
      database.exec(schema);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#opened = database;
    return database;
  }
}

const isDamaged = (error: unknown) =>
  error instanceof Sqlite.SqliteError &&
  (/^SQLITE_(?:CORRUPT|NOTADB)/.test(error.code) || /no such (?:table|column)|has no column/.test(error.message));
