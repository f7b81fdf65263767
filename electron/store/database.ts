/** Opens the library's SQLite database: write-ahead log, foreign keys, migrations, and errors that a user understands. */
import { lstatSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { DescryError, reasonOf, systemCode } from '../../models/errors.ts';
import { requireRegular, FileRefused } from '../../models/files/regular-file.ts';
import { cannotBeMade, damaged, explain, foreign, isDamage, isSqliteError, otherFolder } from './database-errors.ts';
import { migrations } from './migrations.ts';
import { openReadOnly, whyNotMade, whyReadOnly } from './read-only.ts';
import { checkSchema } from './schema-check.ts';
import { registerFunctions } from './sql-functions.ts';

type Read<Result = unknown> = (...parameters: unknown[]) => Result;

/** A connection that prepares each statement once, so that the repositories can write their SQL where they use it. */
export class Database {
  readonly #sqlite: Sqlite.Database;
  readonly #file: string;
  readonly #statements = new Map<string, unknown>();
  readonly #options: DatabaseOptions & OpenDatabase;

  constructor(sqlite: Sqlite.Database, file: string, options: DatabaseOptions & OpenDatabase = {}) {
    this.#sqlite = sqlite;
    this.#file = file;
    this.#options = options;
  }

  /** why nothing can be written; undefined: it was opened for writing */
  get readOnly(): string | undefined {
    return this.#options.readOnly;
  }

  /** The user deleted what must not be readable any more. */
  forgotten(): void {
    this.#options.onForget?.();
  }

  /** For the log: a row cannot be used, and is left out. */
  warn(message: string): void {
    this.#options.onWarning?.(`${this.#file}: ${message}`);
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
      if (!isSqliteError(error)) throw error;
      const explained = explain(this.#file, error, this.#options);
      if (isDamage(explained)) this.#options.onDamaged?.(explained);
      throw explained;
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

  /** @returns the first value that a pragma gives */
  pragma(source: string): unknown {
    return this.#explained(() => this.#sqlite.pragma(source, { simple: true }));
  }

  /** Writes the whole file anew; outside of a transaction. Numbers of rows stay, because each table has an index. */
  vacuum(): void {
    this.#explained(() => this.#sqlite.exec('VACUUM'));
  }

  /** Cuts free pages off the end of the file. */
  cutPages(pages: number): void {
    this.#explained(() => this.#sqlite.exec(`PRAGMA incremental_vacuum(${pages})`));
  }

  /** Reads much that is not read again soon, without keeping it in memory: what is freed later is not given back to the system. */
  once<T>(read: () => T): T {
    this.#sqlite.pragma(`cache_size = ${cacheOnce}`);
    try {
      return this.#explained(read);
    } finally {
      this.#sqlite.pragma(`cache_size = ${cacheSize}`);
    }
  }

  /** https://www.sqlite.org/pragma.html#pragma_data_version; it reads the header of the log only. */
  dataVersion(): number {
    return this.#explained(() => this.#sqlite.pragma('data_version', { simple: true }) as number);
  }

  close(): void {
    this.#sqlite.close();
    this.#options.release?.();
  }
}

export interface DatabaseOptions {
  /** How long a writer waits for another process (the window, and a `descry index` at the same time). */
  readonly busyTimeoutMs?: number;
  /** a row that cannot be used was left out */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** the file was found to be damaged when it was read or written; called before the error is thrown */
  readonly onDamaged?: ((error: DescryError) => void) | undefined;
  /** see `Store.onForget` */
  readonly onForget?: (() => void) | undefined;
}

interface OpenDatabase {
  readonly readOnly?: string | undefined;
  /** called after the connection was closed */
  readonly release?: () => void;
}

/**
 * Opens or makes a library. Where it cannot be written, it is opened for reading: `Database.readOnly` says why.
 *
 * @throws DescryError `database-newer`, `database-corrupt`, `database-foreign`, `library-busy`, `no-permission`, `disk-full`;
 * nothing that the file holds is changed in these cases
 */
export function openDatabase(file: string, options: DatabaseOptions = {}): Database {
  const { busyTimeoutMs = 10_000 } = options;
  const readOnly = whyReadOnly(file);
  let database: Sqlite.Database | undefined;
  try {
    assertFile(file);
    if (readOnly !== undefined) {
      const opened = openReadOnly(
        file,
        busyTimeoutMs,
        (found) => isUpToDate(found, file),
        (copy) => setUp(copy, file),
      );
      database = opened.database;
      protect(database);
      return new Database(database, file, { ...options, readOnly, release: opened.release });
    }
    mkdirSync(path.dirname(file), { recursive: true });
    database = new Sqlite(file, { timeout: busyTimeoutMs });
    // Only a file without tables takes this: space.ts.
    database.pragma('auto_vacuum = INCREMENTAL');
    setUp(database, file);
    return new Database(database, file, options);
  } catch (error) {
    database?.close();
    throw explain(file, error, { readOnly });
  }
}

/**
 * SQLite calls a folder, a pipe and a link that leads nowhere "unable to open" or a disk error, which names a wrong cause.
 * @throws DescryError `database-foreign`; `no-permission` where there is none and none can be made
 */
function assertFile(file: string): void {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found) return requireRegular(found);
  } catch (error) {
    if (error instanceof FileRefused) throw foreign(file, `is no database: ${reasonOf(error)}`);
    if (!isLinkLoop(error)) return; // SQLite meets the same error
  }
  if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) throw foreign(file, 'is a link that leads nowhere');
  const why = whyNotMade(file);
  if (why !== undefined) throw cannotBeMade(file, why);
}

const isLinkLoop = (error: unknown) => systemCode(error) === 'ELOOP';

function setUp(database: Sqlite.Database, file: string): void {
  protect(database);
  // One state of the file: another process may be bringing it up to date.
  const indexes = database.transaction(() => checkIdentity(database, file)).deferred();
  database.pragma('journal_mode = WAL');
  // With a write-ahead log, NORMAL is safe if the program crashes; only a power failure can lose the last transactions.
  database.pragma('synchronous = NORMAL');
  registerFunctions(database);
  if (indexes.length > 0) database.transaction(() => indexes.forEach((sql) => database.exec(sql))).immediate();
  migrate(database);
  database.pragma('foreign_keys = ON');
  // What is deleted is overwritten: a folder that the user removed must not be readable in the file.
  database.pragma('secure_delete = ON');
}

/** Of pages in memory: KiB, negative. */
const cacheSize = -65_536;
const cacheOnce = -4096;

/** Against a file that somebody else made (https://www.sqlite.org/security.html); better-sqlite3 sets SQLITE_DBCONFIG_DEFENSIVE. */
export function protect(database: Sqlite.Database): void {
  database.pragma('trusted_schema = OFF');
  database.pragma('cell_size_check = ON');
  database.pragma(`cache_size = ${cacheSize}`);
}

/** @throws DescryError as `checkIdentity` */
function isUpToDate(database: Sqlite.Database, file: string): boolean {
  protect(database);
  checkIdentity(database, file);
  return database.pragma('user_version', { simple: true }) === migrations.length;
}

/** Marks a file as a Descry library in SQLite's own header, so that another program's database is never written to. */
const applicationId = 0x44736372;

/** @returns as `checkSchema` */
function checkIdentity(database: Sqlite.Database, file: string): string[] {
  const tables = database.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get();
  if (tables === 0) return []; // new
  if (database.pragma('application_id', { simple: true }) !== applicationId) {
    throw foreign(file, 'is a database of another program');
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
  if (version < 1) throw damaged(file, `its version is ${version}`);
  return checkSchema(database, file, version);
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
