/**
 * Opens a library where nothing can be written: a CD, a disk that is mounted read-only, a folder without permission.
 *
 * In write-ahead mode SQLite makes two files beside the database also to read it, unless the file is opened as one that nobody
 * changes (https://www.sqlite.org/wal.html#read_only_databases). better-sqlite3 takes that as an address, and only if the
 * environment says so before its native part is loaded (addon.cpp, ConfigureURI); on Windows the native part does not see what
 * is set here. Where that does not work, or changes of a killed process wait in the log beside the database, a copy in the
 * folder for temporary files is opened.
 */
import { accessSync, chmodSync, constants, copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import Sqlite from 'better-sqlite3';
import { systemCode } from '../../models/errors.ts';

process.env['SQLITE_USE_URI'] ??= '1';

export interface OpenedReadOnly {
  readonly database: Sqlite.Database;
  /** to be called after the database was closed */
  readonly release: () => void;
}

/** @returns why the library cannot be written; undefined: it can, or there is none */
export function whyReadOnly(file: string): string | undefined {
  return existsSync(file) ? whyNotWritten([path.dirname(file), file]) : undefined;
}

/** @returns why no library can be made in this folder, which exists; undefined: it can, or the folder does not exist */
export function whyNotMade(file: string): string | undefined {
  const folder = path.dirname(file);
  return existsSync(folder) ? whyNotWritten([folder]) : undefined;
}

function whyNotWritten(places: readonly string[]): string | undefined {
  for (const place of places) {
    try {
      accessSync(place, constants.W_OK);
    } catch (error) {
      const isReadOnlyDisk = systemCode(error) === 'EROFS';
      return isReadOnlyDisk ? `its disk (${place}) is read-only` : `your user may not write to ${place}`;
    }
  }
  return undefined;
}

/**
 * @param prepare brings a copy up to date, so that it can be read
 * @param isReadable whether the database can be used as it is; without changing it
 */
export function openReadOnly(
  file: string,
  timeout: number,
  isReadable: (database: Sqlite.Database) => boolean,
  prepare: (database: Sqlite.Database) => void,
): OpenedReadOnly {
  if (!hasUnmerged(file)) {
    for (const address of [`${pathToFileURL(file).href}?immutable=1`, file]) {
      const database = readable(address, timeout, isReadable);
      if (database) return { database, release: () => undefined };
    }
  }
  return openCopy(file, timeout, prepare);
}

function readable(
  address: string,
  timeout: number,
  isReadable: (database: Sqlite.Database) => boolean,
): Sqlite.Database | undefined {
  let database: Sqlite.Database | undefined;
  try {
    database = new Sqlite(address, { readonly: true, fileMustExist: true, timeout });
    if (isReadable(database)) return database;
  } catch (error) {
    database?.close();
    if (/^SQLITE_(CANTOPEN|READONLY|PERM)/.test(systemCode(error))) {
      return undefined;
    }
    throw error;
  }
  database.close();
  return undefined;
}

/** Whether changes wait beside the database that are not in it yet. */
function hasUnmerged(file: string): boolean {
  return (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** @throws the system's error, such as ENOSPC */
function openCopy(file: string, timeout: number, prepare: (database: Sqlite.Database) => void): OpenedReadOnly {
  const folder = mkdtempSync(path.join(tmpdir(), 'descry-library-'));
  const release = () => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = path.join(folder, 'library.db');
    for (const ending of ['', '-wal']) {
      if (!existsSync(file + ending)) continue;
      copyFileSync(file + ending, copy + ending);
      chmodSync(copy + ending, 0o600);
    }
    const writable = new Sqlite(copy, { timeout });
    try {
      prepare(writable);
    } finally {
      writable.close();
    }
    return { database: new Sqlite(copy, { readonly: true, timeout }), release };
  } catch (error) {
    release();
    throw error;
  }
}
