/**
 * Compares the schema of a database with what the migrations make. A database can come from somebody else or have been edited:
 * a trigger would run when a photo is added, a view could stand in the place of a table, an index of an expression would run
 * functions (https://www.sqlite.org/security.html).
 */
import Sqlite from 'better-sqlite3';
import { damaged, foreign } from './database-errors.ts';
import { migrations } from './migrations.ts';
import { registerFunctions } from './sql-functions.ts';

interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly sql: string | null;
}

type Schema = ReadonlyMap<string, SchemaRow>;

const expected = new Map<number, Schema>();

/**
 * @param version of the database: how many migrations made it
 * @returns statements that make the indexes that are missing: nothing is lost without one, but that it is fast
 * @throws DescryError `database-foreign` where it holds what no migration made, `database-corrupt` where anything else is missing
 */
export function checkSchema(database: Sqlite.Database, file: string, version: number): string[] {
  const found = schemaOf(database);
  const wanted = schemaOfVersion(version);
  for (const [name, { type, sql }] of found) {
    const known = wanted.get(name);
    if (!known) {
      // Statistics of the query planner: a migration deletes those of earlier versions.
      if (/^sqlite_stat\d$/.test(name) && type === 'table') continue;
      throw foreign(file, `holds the ${type} ${name}, which Descry did not make: another program has changed it`);
    }
    if (known.type !== type || normalised(known.sql) !== normalised(sql)) {
      throw foreign(
        file,
        `holds the ${type} ${name} in another form than Descry made it: another program has changed it`,
      );
    }
  }
  const missing: string[] = [];
  for (const [name, { type, sql }] of wanted) {
    if (found.has(name)) continue;
    if (type !== 'index' || sql === null) throw damaged(file, `its ${type} ${name} is missing`);
    missing.push(sql.replace(/^CREATE (UNIQUE )?INDEX/i, 'CREATE $1INDEX IF NOT EXISTS'));
  }
  return missing;
}

function schemaOf(database: Sqlite.Database): Schema {
  const rows = database.prepare<[], SchemaRow>('SELECT type, name, sql FROM sqlite_schema').all();
  return new Map(rows.map((row) => [row.name, row]));
}

function schemaOfVersion(version: number): Schema {
  const known = expected.get(version);
  if (known) return known;
  const fresh = new Sqlite(':memory:');
  try {
    registerFunctions(fresh);
    fresh.pragma('foreign_keys = OFF');
    for (const sql of migrations.slice(0, version)) fresh.exec(sql);
    const schema = schemaOf(fresh);
    expected.set(version, schema);
    return schema;
  } finally {
    fresh.close();
  }
}

/** Comments and spaces of a migration may have been worded anew since it made a library. */
function normalised(sql: string | null): string {
  return (sql ?? '')
    .replace(/--[^\n]*/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/ ?([(),]) ?/g, '$1')
    .trim();
}
