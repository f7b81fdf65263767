/**
 * Copies what can still be read of a damaged database into a new one. SQLite reads a table up to the first damaged page; so
 * the rows are copied in ranges of their numbers, and a range that cannot be read is halved until only the rows on damaged pages
 * are left out. What was copied is checked when it is used (sound-numbers.ts).
 */
import Sqlite from 'better-sqlite3';
import { errorMessage, systemCode } from '../../models/errors.ts';
import { protect } from './database.ts';

export interface Salvaged {
  /** rows by table */
  readonly rows: Readonly<Record<string, number>>;
  /** tables of which something could not be read */
  readonly incomplete: readonly string[];
}

interface Table {
  readonly name: string;
  /** which rows: those that they belong to must be there */
  readonly where: string;
  /** a column that is given differently */
  readonly as?: Readonly<Record<string, string>>;
}

/** In the order in which they refer to each other. `o` is the row in the damaged database. */
const rowTables: readonly Table[] = [
  { name: 'contents', where: 'length(o.hash) = 32' },
  {
    name: 'photos',
    where: `EXISTS (SELECT 1 FROM main.folders f WHERE f.id = o.folder AND substr(o.path, 1, length(f.path)) = f.path
      AND (substr(o.path, length(f.path) + 1, 1) IN ('/', '\\') OR substr(f.path, -1) IN ('/', '\\')))`,
    as: { content: '(SELECT c.id FROM main.contents c WHERE c.id = o.content)' },
  },
  { name: 'previews', where: 'EXISTS (SELECT 1 FROM main.contents c WHERE c.id = o.content)' },
  { name: 'features', where: 'EXISTS (SELECT 1 FROM main.contents c WHERE c.id = o.content)' },
  { name: 'embeddings', where: 'EXISTS (SELECT 1 FROM main.contents c WHERE c.id = o.content)' },
  {
    name: 'regions',
    where: 'EXISTS (SELECT 1 FROM main.features f WHERE f.content = o.content AND f.encoder = o.encoder)',
  },
  { name: 'region_directions', where: '1' },
  {
    name: 'region_embeddings',
    where: `EXISTS (SELECT 1 FROM main.embeddings e WHERE e.model = o.model AND e.content = o.content)
      AND (o.directions IS NULL OR EXISTS (SELECT 1 FROM main.region_directions d WHERE d.id = o.directions AND d.model = o.model))`,
  },
];
/** Without numbers of rows: copied as a whole, or not at all. */
const wholeTables: readonly Table[] = [
  { name: 'dataset_photos', where: 'EXISTS (SELECT 1 FROM main.contents c WHERE c.id = o.content)' },
];

/** Rows per statement while nothing is damaged. */
const range = 2048;
/** Of a table; each costs less than 0.1 ms. */
const mostUnreadable = 50_000;

/**
 * @param into the new database: folders and encoders are in it
 * @param from the damaged one, of the same version
 */
export function salvage(into: string, from: string, warn: (message: string) => void): Salvaged {
  const database = new Sqlite(into);
  const rows: Record<string, number> = {};
  const incomplete = new Set<string>();
  try {
    protect(database);
    database.pragma('synchronous = NORMAL');
    database.pragma('foreign_keys = ON');
    database.prepare('ATTACH ? AS damaged').run(from);
    for (const table of rowTables) {
      const sql = insertOf(database, table);
      const copy = database.prepare<[number, number]>(`${sql} AND o.rowid BETWEEN ? AND ?`);
      const budget = { left: mostUnreadable };
      rows[table.name] = 0;
      for (let first = 1, last = lastRow(database, table.name); first <= last; first += range) {
        const end = Math.min(last, first + range - 1);
        rows[table.name]! += copyRange(copy, first, end, budget, () => incomplete.add(table.name));
      }
    }
    for (const table of wholeTables) {
      try {
        rows[table.name] = database.prepare(insertOf(database, table)).run().changes;
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        incomplete.add(table.name);
      }
    }
  } catch (error) {
    // A full disk, or a table that is missing: the rest is computed again.
    warn(`not all could be read from ${from}: ${errorMessage(error)}`);
    incomplete.add('others');
  } finally {
    database.close();
  }
  return { rows, incomplete: [...incomplete] };
}

function insertOf(database: Sqlite.Database, { name, where, as = {} }: Table): string {
  const columns = database.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(name);
  const values = columns.map((column) => as[column] ?? `o.${column}`);
  return `INSERT OR IGNORE INTO main.${name} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM damaged.${name} o WHERE ${where}`;
}

/** The highest number of a row; where that page is damaged, the highest that could be. */
function lastRow(database: Sqlite.Database, table: string): number {
  for (const sql of [
    `SELECT max(rowid) FROM damaged.${table}`,
    `SELECT seq FROM damaged.sqlite_sequence WHERE name = '${table}'`,
    'SELECT 4 * max(seq) FROM damaged.sqlite_sequence',
  ]) {
    try {
      const last = database.prepare<[], number | null>(sql).pluck().get();
      if (typeof last === 'number') return Math.min(last, 2 ** 31);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
    }
  }
  return 0;
}

/** @param budget how many ranges may still be unreadable: of a table that cannot be read at all, not each row is tried */
function copyRange(
  copy: Sqlite.Statement<[number, number]>,
  first: number,
  last: number,
  budget: { left: number },
  onUnreadable: () => void,
): number {
  try {
    return copy.run(first, last).changes;
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    if (first === last || --budget.left < 0) {
      onUnreadable();
      return 0;
    }
    const middle = Math.floor((first + last) / 2);
    const lower = copyRange(copy, first, middle, budget, onUnreadable);
    return lower + copyRange(copy, middle + 1, last, budget, onUnreadable);
  }
}

/** Damage, or a value that the table does not accept. */
function isUnreadable(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB|CONSTRAINT|MISMATCH)/.test(systemCode(error));
}
