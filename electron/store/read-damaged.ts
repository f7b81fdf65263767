/** Reads what the user chose from a damaged database, table by table. */
import Sqlite from 'better-sqlite3';
import { errorMessage } from '../../models/errors.ts';
import { protect } from './database.ts';
import { migrations } from './migrations.ts';
import { checkSchema } from './schema-check.ts';
import { storedRow, userTables, type UserRow, type UserTable } from './user-data.ts';

export interface ReadUserData {
  /** of the tables that could be read as a whole */
  readonly rows: Partial<Record<UserTable, readonly UserRow[]>>;
  /** it is of this version, and as this version made it */
  readonly isCurrent: boolean;
}

export function readUserData(file: string, warn: (message: string) => void): ReadUserData {
  const rows: Partial<Record<UserTable, readonly UserRow[]>> = {};
  let isCurrent = false;
  let database: Sqlite.Database | undefined;
  try {
    database = new Sqlite(file, { fileMustExist: true });
    protect(database);
    const version = Number(database.pragma('user_version', { simple: true }));
    checkSchema(database, file, version);
    isCurrent = version === migrations.length;
    for (const table of userTables) {
      try {
        rows[table] = database.prepare<[], Record<string, unknown>>(`SELECT * FROM ${table}`).all().map(storedRow);
      } catch (error) {
        warn(`the table ${table} cannot be read: ${errorMessage(error)}`);
      }
    }
  } catch (error) {
    warn(`${file} cannot be read: ${errorMessage(error)}`);
  } finally {
    database?.close();
  }
  return { rows, isCurrent };
}
