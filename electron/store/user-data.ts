/** The rows of a library that no photo can give back: what the user chose, named and marked. They are small. */
import type { Database } from './database.ts';

/** a column's value as JSON; bytes as hexadecimal digits */
export type StoredValue = string | number | null | { readonly hex: string };
export type UserRow = Readonly<Record<string, StoredValue>>;
export type UserRows = Readonly<Record<UserTable, readonly UserRow[]>>;
export type UserTable = (typeof userTables)[number];

/** The encoders belong to it because the features in the cache are known by their keys. */
export const userTables = [
  'folders',
  'settings',
  'searches',
  'saved_searches',
  'favourites',
  'models',
  'encoders',
  'model_encoders',
] as const;

export class UserData {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  all(): UserRows {
    const read = (table: UserTable) =>
      this.#database.prepare<[], Record<string, unknown>>(`SELECT * FROM ${table}`).all().map(storedRow);
    return this.#database.snapshot(
      () => Object.fromEntries(userTables.map((table) => [table, read(table)])) as Record<UserTable, UserRow[]>,
    );
  }

  /**
   * Adds the rows that are not there. Columns that this version does not have are left out, and so are rows that a table does not
   * accept.
   * @returns how many were added
   */
  add(rows: Partial<UserRows>): number {
    let added = 0;
    this.#database.transaction(() => {
      for (const table of userTables) {
        const known = this.#columns(table);
        for (const row of rows[table] ?? []) {
          // Only names of the table's own columns come into the statement.
          const names = known.filter((name) => Object.hasOwn(row, name));
          if (names.length === 0) continue;
          try {
            added += this.#database
              .prepare(
                `INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
              )
              .run(...names.map((name) => fromStored(row[name]!))).changes;
          } catch (error) {
            this.#database.warn(`a row of ${table} cannot be restored: ${String(error)}`);
          }
        }
      }
    });
    return added;
  }

  #columns(table: UserTable): string[] {
    return this.#database.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table);
  }
}

/** A row as JSON. */
export function storedRow(row: Readonly<Record<string, unknown>>): UserRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toStored(value)]));
}

function toStored(value: unknown): StoredValue {
  if (Buffer.isBuffer(value)) return { hex: value.toString('hex') };
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

function fromStored(value: StoredValue): string | number | bigint | Buffer | null {
  if (typeof value === 'object' && value !== null) return Buffer.from(value.hex, 'hex');
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
}
