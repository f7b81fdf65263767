/** The database file under bad conditions: other programs, other versions, damage, crashes, several processes. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Database, openDatabase } from '../../electron/store/database.ts';
import { migrations } from '../../electron/store/migrations.ts';
import { Store } from '../../electron/store/store.ts';
import { libraryOfVersion1 } from '../fixtures/library-version-1.ts';

let scratch: string;
let file: string;
beforeEach(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'descry-store-file-'));
  file = path.join(scratch, 'home', 'library.db');
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

function refused(code: string, options = {}): string {
  try {
    new Store(file, options).close();
  } catch (error) {
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toContain(file);
    return (error as Error).message;
  }
  throw new Error(`expected ${code}`);
}

/** Overwrites all pages but those of the schema, without which the file would be refused as it is opened. */
function damageTables(value: number): void {
  const plain = new Sqlite(file, { readonly: true });
  const bytesPerPage = plain.pragma('page_size', { simple: true }) as number;
  const schema = new Set(plain.prepare("SELECT pageno FROM dbstat WHERE name = 'sqlite_schema'").pluck().all());
  plain.close();
  const bytes = readFileSync(file);
  for (let page = 1; page <= bytes.length / bytesPerPage; page++) {
    if (!schema.has(page)) bytes.fill(value, (page - 1) * bytesPerPage, page * bytesPerPage);
  }
  writeFileSync(file, bytes);
}

test('is made with its folder, in write-ahead mode, at the newest version', () => {
  const store = new Store(file);
  store.folders.add('/photos');
  store.close();
  const plain = new Sqlite(file);
  expect(plain.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(plain.pragma('user_version', { simple: true })).toBe(migrations.length);
  plain.close();
  const again = new Store(file);
  expect(again.folders.all()).toHaveLength(1);
  again.close();
});

test('of a newer Descry is refused and left as it is', () => {
  new Store(file).close();
  const newer = new Sqlite(file);
  newer.pragma(`user_version = ${migrations.length + 1}`);
  newer.close();
  const before = readFileSync(file);
  expect(refused('database-newer')).toMatch(/newer Descry.*choose another folder for the library/);
  expect(readFileSync(file)).toEqual(before);
});

test('of another program is refused and left as it is', () => {
  mkdirSync(path.dirname(file));
  const other = new Sqlite(file);
  other.exec('CREATE TABLE bookmarks (url TEXT)');
  other.pragma('user_version = 1');
  other.close();
  const before = readFileSync(file);
  expect(refused('database-foreign')).toContain('another program');
  expect(readFileSync(file)).toEqual(before);
  expect(readdirSync(path.dirname(file))).toEqual(['library.db']);
});

test.skipIf(process.platform === 'win32')('that is a folder, a pipe or a link to nowhere is called what it is', () => {
  mkdirSync(file, { recursive: true });
  expect(refused('database-foreign')).toContain('it is a folder');
  rmSync(file, { recursive: true });
  execFileSync('mkfifo', [file]);
  expect(refused('database-foreign')).toContain('it is a named pipe');
  rmSync(file);
  for (const target of ['nowhere', 'library.db']) {
    symlinkSync(target, file);
    expect(refused('database-foreign')).toContain('a link that leads nowhere');
    rmSync(file);
  }
});

test('that is no database is refused and left as it is', () => {
  mkdirSync(path.dirname(file));
  writeFileSync(file, 'this is a text and no database. '.repeat(100));
  const before = readFileSync(file);
  refused('database-corrupt');
  expect(readFileSync(file)).toEqual(before);
});

test('whose tables are damaged is named when it is used', () => {
  const store = new Store(file);
  const { id } = store.folders.add('/photos');
  store.transaction(() => {
    for (let i = 0; i < 2000; i++) store.photos.upsert(id, { path: `/photos/${i}.jpg`, bytes: 1, modified: 1 });
  });
  store.close();
  damageTables(0xa5);
  const damaged = new Store(file);
  const use = () =>
    damaged.transaction(() => damaged.photos.upsert(id, { path: '/photos/x.jpg', bytes: 1, modified: 1 }));
  expect(use).toThrow(expect.objectContaining({ code: 'database-corrupt' }) as Error);
  damaged.close();
});

test('in the place of a folder, and a folder in the place of a file', () => {
  writeFileSync(path.join(scratch, 'home'), '');
  expect(() => new Store(file)).toThrow(
    expect.objectContaining({ message: expect.stringContaining('choose another folder') as string }) as Error,
  );
  rmSync(path.join(scratch, 'home'));
  mkdirSync(file, { recursive: true });
  refused('database-foreign');
});

test('that another process is writing: waits, then says so; what is stored stays', () => {
  const store = new Store(file);
  store.folders.add('/photos');
  const other = new Sqlite(file);
  other.exec('BEGIN IMMEDIATE');
  const impatient = openDatabase(file, { busyTimeoutMs: 50 });
  const write = () => impatient.transaction(() => undefined);
  expect(write).toThrow(expect.objectContaining({ code: 'library-busy' }) as Error);
  expect(store.folders.all()).toHaveLength(1); // readers go on
  expect(impatient.snapshot(() => impatient.prepare('SELECT count(*) FROM photos').pluck().get())).toBe(0);
  other.exec('ROLLBACK');
  write();
  [impatient, other, store].forEach((connection) => connection.close());
});

test('on a full disk keeps what it had', () => {
  new Store(file).close();
  const sqlite = new Sqlite(file);
  sqlite.pragma(`max_page_count = ${(sqlite.pragma('page_count', { simple: true }) as number) + 2}`);
  const full = new Database(sqlite, file);
  const add = full.prepare('INSERT INTO settings (key, value) VALUES (?, ?)');
  full.transaction(() => add.run('kept', 'x'));
  const fill = () => full.transaction(() => add.run('large', 'x'.repeat(100_000)));
  expect(fill).toThrow(
    expect.objectContaining({ code: 'disk-full', message: expect.stringContaining(file) as string }) as Error,
  );
  expect(full.prepare('SELECT key FROM settings').pluck().all()).toEqual(['kept']);
  full.close();
});

const script = path.resolve(import.meta.dirname, '../fixtures/write-library.ts');
const start = (mode: string) => spawn(process.execPath, [script, file, mode], { stdio: ['ignore', 'pipe', 'inherit'] });

test('that several processes make at the same moment', async () => {
  const codes = await Promise.all([1, 2, 3, 4].map(async () => ((await once(start('open'), 'close')) as [number])[0]));
  expect(codes).toEqual([0, 0, 0, 0]);
  new Store(file).close();
});

test('of a process killed while writing: whole batches, and nothing is damaged', async () => {
  const child = start('write');
  let batches = 0;
  child.stdout.on('data', (data) => {
    batches += String(data).split('\n').length - 1;
    if (batches >= 20) child.kill('SIGKILL');
  });
  expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
  const store = new Store(file);
  expect(store.photos.count() % 10).toBe(0);
  expect(store.photos.count()).toBeGreaterThanOrEqual(batches * 10);
  store.close();
  const plain = new Sqlite(file);
  expect(plain.pragma('integrity_check', { simple: true })).toBe('ok');
  plain.close();
});

test('keeps no statistics of the query planner: those of a small library would slow down the large one that it becomes', () => {
  const statistics = () => {
    const plain = new Sqlite(file, { readonly: true });
    const tables = plain.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'").all();
    plain.close();
    return tables;
  };
  const earlier = libraryOfVersion1(file);
  earlier.exec("INSERT INTO folders (path) VALUES ('/photos'); ANALYZE");
  earlier.close();
  expect(statistics()).not.toEqual([]);
  for (let opened = 0; opened < 2; opened++) {
    new Store(file).close();
    expect(statistics()).toEqual([]);
  }
});

test('that is damaged in the middle is named, with what to do, whatever reads it', () => {
  const store = new Store(file);
  const folder = store.folders.add('/photos');
  store.transaction(() => {
    for (let i = 0; i < 2000; i++) store.photos.upsert(folder.id, { path: `/photos/${i}.jpg`, bytes: 1, modified: 1 });
  });
  store.close();
  damageTables(0xab);
  const damaged = new Store(file);
  for (const read of [
    () => damaged.folders.all(),
    () => damaged.photos.inFolder(folder.id),
    () => damaged.photos.columnsReader()(1000),
    () => damaged.photos.upsert(folder.id, { path: '/photos/new.jpg', bytes: 1, modified: 1 }),
  ]) {
    expect(read).toThrow(expect.objectContaining({ code: 'database-corrupt', message: expect.stringContaining(file) }));
  }
  damaged.close();
});
