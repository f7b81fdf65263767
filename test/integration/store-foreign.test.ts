/** A library.db that somebody else made or changed: nothing in it is run, and no name in it is a path. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { Store } from '../../electron/store/store.ts';
import { ownPath } from '../../electron/services/photos/own-path.ts';
import { SettingsService } from '../../electron/services/settings.ts';
import { defaultSettings } from '../../electron/ipc/limits.ts';
import { libraryOfVersion1 } from '../fixtures/library-version-1.ts';
import { indexFiles, many, tinyLibrary } from '../fixtures/tiny-library.ts';

let scratch: string;
let file: string;
beforeEach(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'descry-foreign-'));
  file = path.join(scratch, 'library.db');
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

function change(sql: string, ...values: unknown[]): void {
  const plain = new Sqlite(file);
  plain.unsafeMode(true);
  if (values.length > 0) plain.prepare(sql).run(...values);
  else plain.exec(sql);
  plain.close();
}

function refusal(): { code: string; message: string } {
  try {
    new Store(file).close();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('it was opened');
}

test('an index that is missing is made again', () => {
  new Store(file).close();
  change('DROP INDEX photos_by_folder; DROP INDEX contents_by_metadata');
  new Store(file).close();
  const plain = new Sqlite(file, { readonly: true });
  const names = plain.prepare("SELECT name FROM sqlite_schema WHERE type = 'index'").pluck().all();
  plain.close();
  expect(names).toEqual(expect.arrayContaining(['photos_by_folder', 'contents_by_metadata']));
});

describe('a library with something in it that Descry did not make', () => {
  const additions = {
    'a trigger': 'CREATE TRIGGER spy AFTER INSERT ON photos BEGIN DELETE FROM folders; END',
    'a view': 'CREATE VIEW spy AS SELECT * FROM photos',
    'a table': 'CREATE TABLE spy (a)',
    'an index of an expression': "CREATE INDEX spy ON photos (path || 'x')",
    'a virtual table': 'CREATE VIRTUAL TABLE spy USING fts5(a)',
    'another form of a table': 'ALTER TABLE photos ADD COLUMN spy TEXT',
    'a view in the place of a table':
      'DROP TABLE searches; CREATE VIEW searches AS SELECT path AS text, 1 AS at FROM photos',
    'an index of another form': 'DROP INDEX photos_by_folder; CREATE INDEX photos_by_folder ON photos (abs(folder))',
  };
  for (const [name, sql] of Object.entries(additions)) {
    it(`(${name}) is refused, named and left as it is`, () => {
      new Store(file).close();
      change(sql);
      const before = readFileSync(file);
      const { code, message } = refusal();
      expect(code).toBe('database-foreign');
      expect(message).toMatch(/spy|photos|searches|photos_by_folder/);
      expect(message).toContain(file);
      expect(readFileSync(file)).toEqual(before);
    });
  }

  it('of an earlier version is refused before it is brought up to date', () => {
    const earlier = libraryOfVersion1(file);
    earlier.exec("CREATE TRIGGER spy AFTER UPDATE ON models BEGIN INSERT INTO settings VALUES ('spy', '1'); END");
    earlier.close();
    expect(refusal().code).toBe('database-foreign');
    const plain = new Sqlite(file, { readonly: true });
    expect(plain.pragma('user_version', { simple: true })).toBe(1);
    plain.close();
  });
});

it('a library without one of its tables is damaged', () => {
  new Store(file).close();
  change('DROP TABLE searches');
  expect(refusal()).toMatchObject({ code: 'database-corrupt', message: expect.stringContaining('searches') as string });
});

it('a library of version 1 whose schema is as it was made is brought up to date', () => {
  libraryOfVersion1(file).close();
  new Store(file).close();
  new Store(file).close();
});

describe('rows that cannot be used', () => {
  test('settings, excludes and saved searches that are no JSON or of another form fall back, and the log says so', () => {
    const store = new Store(file);
    store.folders.add('/photos');
    store.close();
    change("UPDATE folders SET excludes = '[broken'");
    change("INSERT INTO settings VALUES ('settings', '{no json')");
    change("INSERT INTO settings VALUES ('model', 'nothing')");
    change("INSERT INTO saved_searches (name, search) VALUES ('one', 'no json'), ('two', '[]')");
    const warnings: string[] = [];
    const opened = new Store(file, { onWarning: (message) => warnings.push(message) });
    expect(opened.folders.all()).toMatchObject([{ path: '/photos', excludes: [] }]);
    expect(opened.preferences.get('model')).toBeUndefined();
    expect(new SettingsService(opened).get()).toEqual(defaultSettings);
    expect(opened.savedSearches.all()).toEqual([]);
    for (const what of ['excludes', 'setting settings', 'setting model', 'saved search 1']) {
      expect(warnings.join('\n')).toContain(what);
    }
    opened.close();
  });

  test('one setting that cannot be read leaves the others', () => {
    const store = new Store(file);
    store.preferences.set('settings', { theme: 'dark', effort: 'absurd', thumbnailSize: 1e9, unknown: 1 });
    expect(new SettingsService(store).get()).toEqual({ ...defaultSettings, theme: 'dark' });
    store.preferences.set('settings', 'text');
    expect(new SettingsService(store).get()).toEqual(defaultSettings);
    store.close();
  });
});

describe('names of files in the database', () => {
  it('of photos lead to photos below their folder only', () => {
    const store = new Store(file);
    const { id: folder } = store.folders.add(path.join(scratch, 'photos'));
    const add = (name: string) =>
      store.photos.upsert(folder, { path: path.resolve(scratch, name), bytes: 1, modified: 1 }).id;
    expect(ownPath(store, add('photos/sub/a.jpg'))).toBe(path.join(scratch, 'photos/sub/a.jpg'));
    for (const name of ['photos/run.sh', 'photos/a.desktop', 'a.jpg', 'photos-private/a.jpg', '/etc/passwd']) {
      expect(ownPath(store, add(name))).toBeUndefined();
    }
    expect(ownPath(store, 1_000_000)).toBeUndefined();
    store.close();
  });

  it('of models are no paths: a model with another file is left out, and its file is not deleted', async () => {
    const tiny = await tinyLibrary(scratch);
    await indexFiles(tiny, many(1));
    const victim = path.join(scratch, 'victim.txt');
    writeFileSync(victim, 'mine');
    await tiny.descry.close();
    file = tiny.descry.store.file;
    const names = ['../../victim.txt', victim, 'sub/evil.safetensors', '..', 'evil.safetensors\0'];
    for (const [i, name] of names.entries()) {
      change('INSERT INTO models VALUES (?, ?, 1, ?, 1)', `evil${i}`, name, '{}');
    }
    change('INSERT INTO models VALUES (?, ?, 1, ?, 1)', '../../victim', '../../victim.safetensors', '{}');
    const again = await tiny.reopen().catch(() => undefined);
    const { models } = again!.descry;
    expect((await models.list()).map(({ id }) => id)).not.toContain('evil0');
    for (const id of ['evil0', 'evil1', 'evil2', 'evil3', 'evil4', '../../victim']) {
      await expect(again!.descry.removeModel(id)).rejects.toMatchObject({ code: 'model-unknown' });
    }
    expect(existsSync(victim)).toBe(true);
    await again!.descry.close();
  });
});
