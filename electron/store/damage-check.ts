/** Looks for damage in the structure of a library's database. */
import Sqlite from 'better-sqlite3';
import { errorCode, errorMessage } from '../../models/errors.ts';

/**
 * Reads the whole file: about a second for 1 GB in the system's cache, else what the disk takes (docs/architecture.md).
 *
 * @param thorough also compares the indexes with their tables, which takes several times as long
 * @returns what SQLite says is wrong; empty: nothing
 */
export function problemsOf(file: string, thorough = false): string[] {
  let database: Sqlite.Database | undefined;
  try {
    database = new Sqlite(file, { readonly: true, fileMustExist: true });
    database.pragma('cell_size_check = ON');
    const rows = database.pragma(`${thorough ? 'integrity_check' : 'quick_check'}(5)`) as Record<string, unknown>[];
    return rows
      .flatMap((row) => String(Object.values(row)[0]).split('\n'))
      .filter((text) => text !== 'ok' && !text.startsWith('***'));
  } catch (error) {
    if (errorCode(error) === 'database-corrupt') return [errorMessage(error)];
    throw error;
  } finally {
    database?.close();
  }
}
