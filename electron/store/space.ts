import { statfsSync } from 'node:fs';
import path from 'node:path';
import type { Database } from './database.ts';

/** Bytes of the database's file. */
export interface FileSpace {
  readonly bytes: number;
  /** of pages that hold nothing: rows were deleted, or written anew in fewer bytes */
  readonly free: number;
  /** whether the file can give them back in steps */
  readonly inSteps: boolean;
}

/** https://www.sqlite.org/pragma.html#pragma_auto_vacuum */
export const autoVacuum = { none: 0, full: 1, incremental: 2 } as const;

/** Of the whole file's free pages these stay: they are used again soon. */
const keptFree = 1_000_000;

/**
 * Gives space that the database's file does not need any more back to the disk.
 *
 * A library of this version does it in steps (`step`): SQLite moves pages from the end of the file into free ones, and cuts it. In one
 * of an earlier version pages do not know who refers to them, so that it has to be written anew once (`rewrite`).
 */
export class Space {
  readonly #database: Database;
  readonly #file: string;

  constructor(database: Database, file: string) {
    this.#database = database;
    this.#file = file;
  }

  state(): FileSpace {
    const page = this.#number('page_size');
    return {
      bytes: page * this.#number('page_count'),
      free: page * this.#number('freelist_count'),
      inSteps: this.#number('auto_vacuum') === autoVacuum.incremental,
    };
  }

  /** Cuts up to `pages` free pages off, in one transaction. @returns whether there are more */
  step(pages: number): boolean {
    const { free, inSteps } = this.state();
    if (!inSteps || free <= keptFree) return false;
    this.#database.transaction(() => this.#database.cutPages(pages));
    return this.state().free > keptFree;
  }

  /** Whether a third of the file, and not only a little, could be given back by writing it anew. */
  isRewriteDue(): boolean {
    const { bytes, free, inSteps } = this.state();
    return !inSteps && free > 4 * keptFree && free > bytes / 3;
  }

  /**
   * Writes the file anew (VACUUM): about ten seconds for 100,000 photos, in which only reading is possible. It is one transaction:
   * a process that is killed, or a full disk, leaves the file as it was. Twice the bytes that are left are needed on the disk meanwhile.
   *
   * @returns false where the disk has not enough room
   * @throws DescryError `library-busy`, `disk-full`, …
   */
  rewrite(): boolean {
    const { bytes, free } = this.state();
    const folder = path.dirname(this.#file);
    if ((this.freeOnDisk() ?? 0) < 3 * (bytes - free) + 100e6) return false;
    // Beside the library, because the folder for temporary files may be in memory.
    const before = process.env['SQLITE_TMPDIR'];
    process.env['SQLITE_TMPDIR'] = folder;
    try {
      this.#database.pragma(`auto_vacuum = ${autoVacuum.incremental}`);
      this.#database.vacuum();
      this.#database.pragma('wal_checkpoint(TRUNCATE)');
    } finally {
      if (before === undefined) delete process.env['SQLITE_TMPDIR'];
      else process.env['SQLITE_TMPDIR'] = before;
    }
    return true;
  }

  /** Bytes that the disk of the file has free; null: the system does not say. */
  freeOnDisk(): number | null {
    try {
      const { bavail, bsize } = statfsSync(path.dirname(this.#file));
      return bavail * bsize;
    } catch {
      return null;
    }
  }

  #number(pragma: string): number {
    return Number(this.#database.pragma(pragma));
  }
}
