/** Where the window keeps its own data. What it does on a read-only disk is in test/e2e/read-only-library.test.ts. */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { windowData } from '../../electron/shell/data-folder.ts';

let scratch: string;
beforeEach(async () => (scratch = await mkdtemp(path.join(tmpdir(), 'descry-data-folder-'))));
afterEach(() => rm(scratch, { recursive: true, force: true }));

test('with the library where that can be written or made', async () => {
  const home = path.join(scratch, 'home');
  expect(windowData(home, scratch)).toBe(home);
  await mkdir(path.join(home, 'window'), { recursive: true });
  expect(windowData(home, scratch)).toBe(home);
});

test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
  'with the caches where it cannot be written, each library in a folder of its own',
  async () => {
    const homes = [path.join(scratch, 'one'), path.join(scratch, 'other')];
    for (const home of homes) {
      await mkdir(home);
      await chmod(home, 0o500);
    }
    const [one, other] = homes.map((home) => windowData(home, path.join(scratch, 'caches')));
    expect(path.dirname(one!)).toBe(path.join(scratch, 'caches', 'read-only'));
    expect(other).not.toBe(one);
    expect(windowData(homes[0]!, path.join(scratch, 'caches'))).toBe(one);
  },
);
