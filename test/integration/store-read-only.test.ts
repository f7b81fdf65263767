/** A library where nothing can be written opens for searches and says so. With a real read-only mount, which needs root on Linux. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { indexFiles, many, scratch, tinyLibrary } from '../fixtures/tiny-library.ts';

const script = path.resolve(import.meta.dirname, '../fixtures/search-library.ts');
const canMount =
  process.platform === 'linux' &&
  spawnSync('unshare', ['-m', 'sh', '-c', 'mount --bind /tmp /tmp && mount -o remount,bind,ro /tmp']).status === 0;
if (!canMount) console.warn('SKIPPED: libraries on read-only disks, because this user cannot mount (unshare -m)');

interface Answer {
  readonly ids?: number[];
  readonly photos?: number;
  readonly readOnly?: string | null;
  readonly write?: { code: string; message: string } | null;
  readonly error?: { code: string; message: string };
}

let base: string;
let home: string;
let remove: () => void;
beforeEach(async () => {
  ({ folder: base, remove } = scratch('read-only'));
  const tiny = await tinyLibrary(base);
  home = tiny.home;
  await indexFiles(tiny, many(12));
  await tiny.descry.search.warmUp();
  await tiny.descry.close();
});
afterEach(() => remove());

function searchReadOnly(environment: Record<string, string> = {}): Answer {
  const mount = `mount --bind "${home}" "${home}" && mount -o remount,bind,ro "${home}"`;
  const out = execFileSync(
    'unshare',
    ['-m', 'sh', '-c', `${mount} && exec "${process.execPath}" "${script}" "${base}"`],
    {
      encoding: 'utf8',
      env: { ...process.env, ...environment },
    },
  );
  return JSON.parse(out.trim().split('\n').at(-1)!) as Answer;
}

function expectSearchable(answer: Answer): void {
  expect(answer.error).toBeUndefined();
  expect(answer).toMatchObject({ photos: 12, readOnly: expect.stringContaining('read-only') as string });
  expect(answer.ids).toHaveLength(12);
  expect(answer.write).toMatchObject({ code: 'no-permission' });
  expect(answer.write!.message).toMatch(/can be searched, but not changed: its disk .* is read-only/);
}

describe.skipIf(!canMount)('a library on a read-only disk', () => {
  it('is searched, and nothing is written', () => {
    const before = readdirSync(home);
    expectSearchable(searchReadOnly());
    expect(readdirSync(home)).toEqual(before);
  });

  it('is searched by a copy where the system does not let SQLite open it as unchanging', () => {
    expectSearchable(searchReadOnly({ SQLITE_USE_URI: '0' }));
  });

  it('is searched with the changes of a process that was killed, which are not in the file yet', () => {
    const writer = new Sqlite(path.join(home, 'library.db'));
    writer.exec("INSERT INTO folders (path) VALUES ('/more')");
    cpSync(path.join(home, 'library.db-wal'), path.join(base, 'wal'));
    cpSync(path.join(home, 'library.db'), path.join(base, 'db'));
    writer.close();
    cpSync(path.join(base, 'wal'), path.join(home, 'library.db-wal'));
    cpSync(path.join(base, 'db'), path.join(home, 'library.db'));
    expectSearchable(searchReadOnly());
  });

  it('that holds no library is not called a lack of permission', () => {
    rmSync(path.join(home, 'library.db'));
    expect(searchReadOnly().error).toMatchObject({
      code: 'no-permission',
      message: expect.stringMatching(/library\.db cannot be made: its disk .* is read-only/) as string,
    });
  });

  it('that is damaged or no database is named as it is anywhere', () => {
    writeFileSync(path.join(home, 'library.db'), 'this is a text and no database. '.repeat(200));
    expect(searchReadOnly().error).toMatchObject({ code: 'database-corrupt' });
  });
});
