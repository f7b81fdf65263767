/** Opens the library's SQLite database: write-ahead log, foreign keys, migrations, and errors that a user understands. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { DescryError, errorCode, errorMessage } from '../../models/errors.ts';
import { localClock } from '../ipc/wall-clock.ts';
import { migrations } from './migrations.ts';
import { timeInName } from './name-time.ts';

type Read<Result = unknown> = (...parameters: unknown[]) => Result;

/** A connection that prepares each statement once, so that the repositories can write their SQL where they use it. */
export class Database {
  readonly #sqlite: Sqlite.Database;
  readonly #file: string;
  readonly #statements = new Map<string, unknown>();

  constructor(sqlite: Sqlite.Database, file: string) {
    this.#sqlite = sqlite;
    this.#file = file;
  }

  prepare<Parameters extends unknown[] | object = unknown[], Result = unknown>(
    sql: string,
  ): Sqlite.Statement<Parameters extends unknown[] ? Parameters : [Parameters], Result> {
    type Prepared = Sqlite.Statement<Parameters extends unknown[] ? Parameters : [Parameters], Result>;
    let statement = this.#statements.get(sql) as Prepared | undefined;
    if (!statement) {
      statement = this.#explained(() => this.#sqlite.prepare<Parameters, Result>(sql) as Prepared);
      this.#explainErrorsOf(statement);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Makes the statement throw what users can understand. Without this, a file that cannot be read gives SQLite's own words. */
  #explainErrorsOf(statement: Sqlite.Statement): void {
    const explained = this.#explained;
    const [get, all, run, iterate] = [statement.get, statement.all, statement.run, statement.iterate].map((method) =>
      method.bind(statement),
    ) as [Read, Read, Read, Read<IterableIterator<unknown>>];
    Object.assign(statement, {
      get: (...parameters: unknown[]) => explained(() => get(...parameters)),
      all: (...parameters: unknown[]) => explained(() => all(...parameters)),
      run: (...parameters: unknown[]) => explained(() => run(...parameters)),
      *iterate(...parameters: unknown[]) {
        const rows = explained(() => iterate(...parameters));
        try {
          for (let row = explained(() => rows.next()); row.done !== true; row = explained(() => rows.next())) {
            yield row.value;
          }
        } finally {
          rows.return?.();
        }
      },
    });
  }

  readonly #explained = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw isSqliteError(error) ? explain(this.#file, error) : error;
    }
  };

  /**
   * An atomic transaction. IMMEDIATE takes the write lock at once, so that a transaction cannot fail when it starts to write.
   * @throws DescryError in place of SQLite's errors: `library-busy`, `disk-full`, `database-corrupt`, …
   */
  transaction<T>(work: () => T): T {
    if (this.#sqlite.inTransaction) return work();
    return this.#explained(() => this.#sqlite.transaction(work).immediate());
  }

  /** Several reads of the same snapshot; other processes can write meanwhile. */
  snapshot<T>(read: () => T): T {
    return this.#sqlite.inTransaction ? read() : this.#explained(() => this.#sqlite.transaction(read).deferred());
  }

  /** https://www.sqlite.org/pragma.html#pragma_data_version; it reads the header of the log only. */
  dataVersion(): number {
    return this.#explained(() => this.#sqlite.pragma('data_version', { simple: true }) as number);
  }

  close(): void {
    this.#sqlite.close();
  }
}

export interface DatabaseOptions {
  /** How long a writer waits for another process (the window, and a `descry index` at the same time). */
  readonly busyTimeoutMs?: number;
}

/**
 * @throws DescryError `database-newer`, `database-corrupt`, `library-busy`, `no-permission`, `disk-full`; nothing that the
 * file holds is changed in these cases
 */
export function openDatabase(file: string, { busyTimeoutMs = 10_000 }: DatabaseOptions = {}): Database {
  let database: Sqlite.Database | undefined;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    database = new Sqlite(file, { timeout: busyTimeoutMs });
    checkIdentity(database, file);
    database.pragma('journal_mode = WAL');
    // With a write-ahead log, NORMAL is safe if the program crashes; only a power failure can lose the last transactions.
    database.pragma('synchronous = NORMAL');
    database.pragma('cache_size = -65536');
    database.function('local_clock', { deterministic: true }, (ms) => asInteger(localClock(Number(ms))));
    database.function('name_time', { deterministic: true }, (file) => asInteger(timeInName(String(file))));
    migrate(database);
    database.pragma('foreign_keys = ON');
    // What is deleted is overwritten: a folder that the user removed must not be readable in the file.
    database.pragma('secure_delete = ON');
    return new Database(database, file);
  } catch (error) {
    database?.close();
    throw explain(file, error);
  }
}

/** For a column of whole numbers: without it SQLite gets a real number. */
const asInteger = (value: number | null): bigint | null => (value === null ? null : BigInt(value));

/** Marks a file as a Descry library in SQLite's own header, so that another program's database is never written to. */
const applicationId = 0x44736372;

function checkIdentity(database: Sqlite.Database, file: string): void {
  const tables = database.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get();
  if (tables === 0) return; // new
  if (database.pragma('application_id', { simple: true }) !== applicationId) {
    throw new DescryError(
      'database-corrupt',
      `${file} is a database of another program. Nothing in it was changed. ${otherFolder}`,
      { parameters: { library: file } },
    );
  }
  const version = database.pragma('user_version', { simple: true }) as number;
  if (version > migrations.length) {
    throw new DescryError(
      'database-newer',
      `${file} was written by a newer Descry (its version is ${version}, this program reads up to ${migrations.length}). ` +
        `Update Descry. ${otherFolder}`,
      { parameters: { library: file } },
    );
  }
}

function migrate(database: Sqlite.Database): void {
  // Without pending migrations no write lock is taken, because a search would have to wait for another process's indexing.
  if (database.pragma('user_version', { simple: true }) === migrations.length) return;
  // Replacing a table requires foreign keys to be off (https://www.sqlite.org/lang_altertable.html#otheralter): dropping the
  // old table would delete the rows that refer to it. They cannot be switched inside a transaction.
  database.pragma('foreign_keys = OFF');
  const step = database.transaction(() => {
    const version = database.pragma('user_version', { simple: true }) as number;
    for (const sql of migrations.slice(version)) database.exec(sql);
    if (version === migrations.length) return;
    database.pragma(`application_id = ${applicationId}`);
    database.pragma(`user_version = ${migrations.length}`);
  });
  // IMMEDIATE: if two processes start at the same time, the second waits and then has nothing to do.
  step.immediate();
}

const isSqliteError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_');

const otherFolder = 'Or choose another folder for the library.';

function explain(file: string, error: unknown): DescryError {
  if (error instanceof DescryError) return error;
  const code = errorCode(error);
  const messages: Partial<Record<typeof code, string>> = {
    'database-corrupt': `${file} cannot be read as a Descry library. Move it away (the photos are not affected) and index again. ${otherFolder}`,
    'library-busy': `${file} is being written by another program. Close it, or wait until it is done, and try again.`,
    'disk-full': `The disk that holds ${file} is full. Make room and try again; nothing already stored is lost.`,
    'no-permission': `${file} may not be opened or written. Give your user permission. ${otherFolder}`,
    'not-a-folder': `The folder of ${file} cannot be made, because a file has its name. ${otherFolder}`,
  };
  const otherwise = `${file} cannot be used: ${errorMessage(error)}. ${otherFolder}`;
  const message = messages[code] ?? otherwise;
  const parameters = message.endsWith(otherFolder) ? { library: file } : { file };
  return new DescryError(code, message, { cause: error, parameters });
}
