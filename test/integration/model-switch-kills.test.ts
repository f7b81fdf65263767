/** kill -9 of a program that changes the model: what it encoded is not encoded again, and the change is made by the next one. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { testAssets } from '../fixtures/assets.ts';
import { many, scratch } from '../fixtures/tiny-library.ts';
import { indexed, twoEncoders } from '../fixtures/two-encoders.ts';

const program = path.resolve(import.meta.dirname, '../fixtures/switching-process.ts');
let base: { folder: string; remove: () => void };
beforeEach(async () => {
  base = scratch('model-switch-kills');
  await testAssets();
});
afterEach(() => base.remove());

/** @param after requests for features after which it is killed; undefined: it may end */
async function change(after?: number): Promise<{ signal: NodeJS.Signals | null; printed: string }> {
  const child = spawn(process.execPath, [program, base.folder, 'tiny'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (piece: Buffer) => {
    printed += piece.toString();
    if (after !== undefined && printed.split('\n').length > after) child.kill('SIGKILL');
  });
  return new Promise((resolve) => child.once('close', (_, signal) => resolve({ signal, printed })));
}

/** Numbers of the rows of the second encoder's features: one that is computed again is another row. */
function rows(): number[] {
  const database = new Sqlite(path.join(base.folder, 'home', 'library.db'), { readonly: true });
  try {
    return database
      .prepare<[], number>("SELECT rowid FROM features WHERE encoder LIKE 'colours-of-nine-fields%' ORDER BY rowid")
      .pluck()
      .all();
  } finally {
    database.close();
  }
}

it('a change that is killed goes on where it was', async () => {
  let two = await twoEncoders(base.folder);
  await indexed(two, many(120));
  await two.descry.close();
  let kept: number[] = [];
  for (const after of [3, 5]) {
    expect(await change(after)).toMatchObject({ signal: 'SIGKILL' });
    const now = rows();
    expect(now).toEqual(expect.arrayContaining(kept));
    expect(now.length).toBeLessThan(120);
    kept = now;
  }
  expect(kept.length).toBeGreaterThan(0);
  two = await twoEncoders(base.folder);
  expect(two.descry.models.inUse()).toBe('default');
  expect(await two.descry.search.query('a dog', { limit: 1000 })).toMatchObject({ model: 'default', ranked: 120 });
  expect(two.descry.switching.wanted()).toBe('tiny');
  await two.descry.close();
  const last = await change();
  expect(last).toMatchObject({ signal: null, printed: expect.stringContaining('done') });
  expect(rows()).toEqual(expect.arrayContaining(kept));
  expect(rows()).toHaveLength(120);
  two = await twoEncoders(base.folder);
  expect(await two.descry.search.query('a dog', { limit: 1000 })).toMatchObject({ model: 'tiny', ranked: 120 });
  expect(two.descry.switching.wanted()).toBeUndefined();
  await two.descry.close();
});
