import { expect, test } from 'vitest';
import { damaged, explain, foreign, isDamage, isDatabaseError } from '../../electron/store/database-errors.ts';
import { DescryError } from '../../models/errors.ts';

const sqlite = (code: string) => Object.assign(new Error('SQLite says so'), { code });
const file = '/home/anna/library.db';

test.each([
  ['SQLITE_FULL', 'disk-full', 'Make room'],
  ['SQLITE_IOERR_READ', 'disk-error', 'Check the disk'],
  ['SQLITE_IOERR_SHMMAP', 'disk-error', 'Check the disk'],
  ['SQLITE_READONLY_DBMOVED', 'no-permission', 'Give your user permission'],
  ['SQLITE_CANTOPEN', 'no-permission', 'Give your user permission'],
  ['SQLITE_NOTADB', 'database-corrupt', 'Move it away'],
  ['SQLITE_CORRUPT_VTAB', 'database-corrupt', 'Move it away'],
  ['SQLITE_BUSY_SNAPSHOT', 'library-busy', 'Close it'],
])('%s is %s, with the file and what to do', (code, expected, todo) => {
  const error = explain(file, sqlite(code));
  expect(error).toMatchObject({ code: expected });
  expect(error.message).toContain(file);
  expect(error.message).toContain(todo);
  expect(isDatabaseError(error)).toBe(true);
  expect(isDamage(error)).toBe(expected === 'database-corrupt');
});

test('a write to a library that was opened for reading says why it cannot be changed', () => {
  const error = explain(file, sqlite('SQLITE_READONLY'), { readOnly: 'its disk (/media/cd) is read-only' });
  expect(error.message).toMatch(/can be searched, but not changed: its disk \(\/media\/cd\) is read-only/);
});

test('errors of folders and photos are none of the database', () => {
  for (const error of [new DescryError('disk-full', 'x'), sqlite('ENOENT'), new Error('x'), undefined]) {
    expect(isDatabaseError(error)).toBe(false);
  }
  expect([foreign(file, 'x'), damaged(file)].every(isDatabaseError)).toBe(true);
});
