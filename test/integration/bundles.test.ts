/** The programs that are bundled for today's Electron hold nothing of the stand-in, and those for the stand-in load it first. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { buildPrograms } from '../../build/bundles.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'descry-bundles-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function programs(standIn: boolean): Promise<Map<string, string>> {
  const outdir = path.join(scratch, standIn ? 'stand-in' : 'electron');
  await buildPrograms({ standIn, outdir });
  const names = readdirSync(outdir).filter((name) => /\.[cm]js$/.test(name));
  return new Map(names.map((name) => [name, readFileSync(path.join(outdir, name), 'utf8')]));
}

test('for today’s Electron', async () => {
  const found = await programs(false);
  expect([...found.keys()]).toEqual(expect.arrayContaining(['main.cjs', 'preload.cjs', 'vision.cjs', 'cli.mjs']));
  const traces = /stand-in|hasSubscribers: ?(false|!1)|\.runtime\b|webUtils ?\?\?=/;
  expect([...found].filter(([, source]) => traces.test(source)).map(([name]) => name)).toEqual([]);
});

test('for the stand-in', async () => {
  const found = await programs(true);
  const withoutIt = ['cli.mjs', 'preload.cjs', 'stand-in.cjs'];
  for (const [name, source] of found) {
    const first = source.split('\n').find((line) => !line.startsWith('"use strict"'));
    expect([name, first === `require('./stand-in.cjs');`]).toEqual([name, !withoutIt.includes(name)]);
  }
  expect(found.get('preload.cjs')).toMatch(/webUtils ?\?\?=/);
  expect(found.get('stand-in.cjs')).toContain('better_sqlite3.node');
});
