/** Making the folder of a library. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeFolder } from '../../electron/services/shared/paths.ts';

const base = mkdtempSync(path.join(tmpdir(), 'descry-make-folder-'));
afterAll(() => rmSync(base, { recursive: true }));

test('makes the folders above it, and leaves one that is there', () => {
  const folder = path.join(base, 'a', 'b', 'c');
  makeFolder(folder);
  makeFolder(folder);
  expect(statSync(folder).isDirectory()).toBe(true);
  makeFolder(path.parse(base).root);
});

test('says that a file is in the way', () => {
  const file = path.join(base, 'file');
  writeFileSync(file, '');
  expect(() => makeFolder(file)).toThrow(/EEXIST/);
  expect(() => makeFolder(path.join(file, 'below'))).toThrow(/ENOTDIR/);
});

// where Node's own recursion never ends
test.runIf(process.platform === 'linux')('ends where a folder cannot be made', () => {
  expect(() => makeFolder('/proc/nowhere/library')).toThrow(/ENOENT/);
});
