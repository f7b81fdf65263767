/** A library whose database is damaged: noticed, moved aside and built again, with all that the user chose. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newestBackup } from '../../electron/services/library-file/backup.ts';
import { problemsOf } from '../../electron/store/damage-check.ts';
import { damagePages } from '../fixtures/damage-pages.ts';
import { indexFiles, many, scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';

let tiny: TinyLibrary;
let file: string;
let home: string;
let remove: () => void;
const photos = 60;

beforeEach(async () => {
  let folder: string;
  ({ folder, remove } = scratch('library-file'));
  tiny = await tinyLibrary(folder);
  ({ home } = tiny);
  file = tiny.descry.store.file;
  await indexFiles(tiny, many(photos));
  await tiny.descry.regions.run();
  const { store, settings } = tiny.descry;
  const [row] = store.folders.all();
  store.folders.setExcludes(row!.id, ['private/**']);
  settings.set({ theme: 'dark', effort: 'low' });
  store.preferences.rememberSearch('a dog', 5, 10);
  store.savedSearches.save({
    name: 'dogs',
    search: { text: 'a dog', filter: {}, literal: [], like: [], order: 'relevance' },
  });
  store.favourites.set([store.photos.byPath(path.join(tiny.photos, '7.jpg'))!.id], true);
});
afterEach(async () => {
  await tiny.descry.close();
  remove();
});

const rebuild = { file: { onDamage: 'rebuild' } } as const;
const query = () => tiny.descry.search.query('a dog on the grass', { limit: 100 });
const asideOf = () => readdirSync(home).filter((name) => name.startsWith('library-damaged-'));

/** All that the user chose is there again. */
function expectUserData(): void {
  const { store, settings } = tiny.descry;
  expect(store.folders.all()).toMatchObject([{ path: tiny.photos, excludes: ['private/**'] }]);
  expect(settings.get()).toMatchObject({ theme: 'dark', effort: 'low' });
  expect(store.preferences.recentSearches(5)).toEqual(['a dog']);
  expect(store.savedSearches.all()).toMatchObject([{ name: 'dogs', search: { text: 'a dog' } }]);
}

async function indexAgain(): Promise<number> {
  const described = tiny.vision.described.length;
  const [row] = tiny.descry.store.folders.all();
  await tiny.descry.library.scan(row!.id);
  await tiny.descry.indexer.run();
  await tiny.descry.regions.run();
  return tiny.vision.described.length - described;
}

describe('a damaged library', () => {
  it('is built again: all that the user chose comes back, and only photos on damaged pages are computed again', async () => {
    const before = await query();
    await tiny.descry.close();
    damagePages(file, 0.05, 'features');
    expect(problemsOf(file)).not.toEqual([]);
    tiny = await tiny.reopen({ file: { onDamage: 'rebuild', checkFirst: true } });
    expect(tiny.descry.file.rebuilt).toBeNull(); // closed properly, and checked less than a week ago
    tiny.descry.file.foundDamaged('a query failed');
    tiny = await tiny.reopen(rebuild);
    const { rebuilt } = tiny.descry.file;
    expect(rebuilt).toMatchObject({ folders: 1, photos });
    expect(asideOf()).toContain(path.basename(rebuilt!.movedTo));
    expectUserData();
    const computed = await indexAgain();
    expect(computed).toBeGreaterThan(0);
    expect(computed).toBeLessThan(photos / 2);
    const after = await query();
    expect(after.ranked).toBe(before.ranked);
    expect(tiny.descry.store.favourites.all().size).toBe(1);
    expect(problemsOf(file, true)).toEqual([]);
  });

  const damages: Record<string, () => void> = {
    'all tables are overwritten': () => damagePages(file, 1),
    'the tables of settings and folders are overwritten': () => {
      for (const table of ['settings', 'folders', 'searches', 'saved_searches']) damagePages(file, 1, table);
      mkdirSync(path.join(home, 'in-use'), { recursive: true });
      writeFileSync(path.join(home, 'in-use', 'damaged'), '');
    },
    'its first page is overwritten': () => {
      const bytes = readFileSync(file);
      writeFileSync(file, bytes.fill(0, 0, 4096));
    },
    'it was cut off': () => writeFileSync(file, readFileSync(file).subarray(0, 5000)),
    'a table is missing': () => {
      const plain = new Sqlite(file);
      plain.exec('DROP TABLE searches');
      plain.close();
    },
  };
  for (const [name, damage] of Object.entries(damages)) {
    it(`is built again where ${name}`, async () => {
      await tiny.descry.close();
      damage();
      // What a query at run time leaves behind.
      mkdirSync(path.join(home, 'in-use'), { recursive: true });
      writeFileSync(path.join(home, 'in-use', 'damaged'), 'a query failed');
      tiny = await tiny.reopen(rebuild);
      expect(tiny.descry.file.rebuilt).not.toBeNull();
      expectUserData();
      await indexAgain();
      expect((await query()).ids).toHaveLength(photos);
      expect(tiny.descry.store.favourites.all().size).toBe(1);
      expect(existsSync(tiny.descry.file.rebuilt!.movedTo)).toBe(true);
      tiny = await tiny.reopen(rebuild);
      expect(tiny.descry.file.rebuilt, 'once').toBeNull();
    });
  }

  it.each(['settings', 'folders', 'searches', 'saved_searches'])(
    'is built again at once where the table %s, which every start reads, cannot be read',
    async (table) => {
      await tiny.descry.close();
      damagePages(file, 1, table);
      tiny = await tiny.reopen(rebuild);
      expect(tiny.descry.file.rebuilt).toMatchObject({ folders: 1, photos });
      expect(tiny.descry.file.rebuilt!.backupAt).not.toBeNull();
      expectUserData();
    },
  );

  it('is named and left as it is where nobody asked for more', async () => {
    await tiny.descry.close();
    writeFileSync(file, readFileSync(file).fill(0, 0, 4096));
    const before = readFileSync(file);
    await expect(tiny.reopen()).rejects.toMatchObject({
      code: 'database-corrupt',
      message: expect.stringContaining(file) as string,
    });
    expect(readFileSync(file)).toEqual(before);
    expect(asideOf()).toEqual([]);
  });

  it('is not moved while another program uses it', async () => {
    await tiny.descry.close();
    writeFileSync(file, readFileSync(file).fill(0, 0, 4096));
    const other = readdirSync(home); // its parent is alive as long as this test
    expect(other).toContain('in-use');
    tiny.descry.store.close();
    const { hostname } = await import('node:os');
    writeFileSync(path.join(home, 'in-use', `${hostname().replace(/[^a-zA-Z0-9-]/g, '')}.${process.ppid}.1`), '');
    await expect(tiny.reopen(rebuild)).rejects.toMatchObject({ code: 'library-busy' });
    expect(asideOf()).toEqual([]);
  });

  it('damage that a query meets is noted for the next start, and told', async () => {
    await tiny.descry.close();
    damagePages(file, 1, 'photos');
    const told: string[] = [];
    tiny = await tiny.reopen({ file: { onDamage: 'rebuild', onDamaged: (error) => told.push(error.message) } });
    expect(() => tiny.descry.store.photos.columnsReader()(1000)).toThrow(
      expect.objectContaining({ code: 'database-corrupt' }) as Error,
    );
    expect(told[0]).toContain(file);
    tiny = await tiny.reopen(rebuild);
    expect(tiny.descry.file.rebuilt).not.toBeNull();
    expectUserData();
  });
});

describe('a file without a byte in place of the library', () => {
  it('is taken for a damaged one, and the backup comes back', async () => {
    await tiny.descry.close();
    writeFileSync(file, '');
    await expect(tiny.reopen({ file: { onDamage: 'refuse' } })).rejects.toMatchObject({ code: 'database-corrupt' });
    expect(statSync(file).size).toBe(0);
    tiny = await tiny.reopen(rebuild);
    expect(tiny.descry.file.rebuilt).not.toBeNull();
    expectUserData();
  });

  it('is a new library where no backup knows a folder', async () => {
    await tiny.descry.close();
    rmSync(path.join(home, 'backups'), { recursive: true });
    writeFileSync(file, '');
    tiny = await tiny.reopen(rebuild);
    expect(tiny.descry.file.rebuilt).toBeNull();
    expect(asideOf()).toEqual([]);
  });
});

describe('another file than a library', () => {
  it('in its place is never moved', async () => {
    await tiny.descry.close();
    rmSync(path.join(home, 'backups'), { recursive: true });
    writeFileSync(file, 'this is a text and no database. '.repeat(200));
    await expect(tiny.reopen(rebuild)).rejects.toMatchObject({ code: 'database-corrupt' });
    rmSync(file);
    const other = new Sqlite(file);
    other.exec('CREATE TABLE bookmarks (url TEXT)');
    other.close();
    await expect(tiny.reopen(rebuild)).rejects.toMatchObject({ code: 'database-foreign' });
    expect(asideOf()).toEqual([]);
  });
});

describe('a process that ends without closing the library', () => {
  it('makes a check due, until one was made', async () => {
    tiny = await tiny.reopen();
    expect(tiny.descry.file.isCheckDue()).toBe(false);
    const script = path.resolve(import.meta.dirname, '../fixtures/leave-library-open.ts');
    expect(spawnSync(process.execPath, [script, home], { stdio: 'inherit' }).signal).toBe('SIGKILL');
    tiny = await tiny.reopen();
    expect(tiny.descry.file.isCheckDue()).toBe(true);
    tiny.descry.file.checked();
    tiny = await tiny.reopen();
    expect(tiny.descry.file.isCheckDue()).toBe(false);
    expect(tiny.descry.file.isCheckDue(Date.now() + 8 * 24 * 3_600_000)).toBe(true);
  });
});

describe('the rolling backup', () => {
  const files = () => readdirSync(path.join(home, 'backups')).sort();
  const day = 24 * 3_600_000;

  it('is a file a day for three days, for this user only', async () => {
    const { backup } = tiny.descry.file;
    const { store } = tiny.descry;
    for (let n = 1; n <= 5; n++) {
      store.preferences.set('changed', n);
      backup.keep({}, Date.now() + n * day);
    }
    backup.keep({}, Date.now() + 6 * day); // nothing changed
    expect(files()).toHaveLength(3);
    expect(newestBackup(home)!.rows.settings).toContainEqual({ key: 'changed', value: '5' });
    for (const name of files()) expect(statSync(path.join(home, 'backups', name)).mode & 0o077).toBe(0);
  });

  it('forgets what the user deletes', async () => {
    const { backup } = tiny.descry.file;
    backup.keep({}, Date.now() - 2 * day);
    backup.keep({}, Date.now() - day);
    const text = () =>
      files()
        .map((name) => readFileSync(path.join(home, 'backups', name), 'utf8'))
        .join('');
    expect(text()).toContain('a dog');
    tiny.descry.store.preferences.forgetSearch();
    tiny.descry.store.savedSearches.remove(tiny.descry.store.savedSearches.all()[0]!.id);
    await expect.poll(text).not.toContain('a dog');
    tiny.descry.library.remove(tiny.descry.library.folders()[0]!.id);
    await expect.poll(text).not.toContain(tiny.photos);
  });

  it('that cannot be read is passed over for the one before it', async () => {
    tiny.descry.file.backup.keep({}, Date.now() - day);
    const before = newestBackup(home)!;
    for (const text of [
      '',
      '{',
      '[]',
      '{"version":1,"at":1,"rows":{"folders":[{"path":{"hex":"xy"}}]}}',
      '{"version":2}',
    ]) {
      writeFileSync(path.join(home, 'backups', 'library-2999-01-01.json'), text);
      expect(newestBackup(home)!.rows.searches).toEqual(before.rows.searches);
    }
  });
});
