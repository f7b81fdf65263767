/** `npm run doctor` on a machine where nothing is installed yet, and `descry doctor`. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runCli } from '../fixtures/run-cli.ts';
import { scratch } from '../fixtures/tiny-library.ts';
import { testAssets } from '../fixtures/assets.ts';

const root = path.resolve(import.meta.dirname, '../..');
const { folder, remove } = scratch('doctor');
afterAll(remove);

interface Answer {
  readonly well: boolean;
  readonly checks: readonly { id: string; state: string; found: string; help: Record<string, string> }[];
}

/** A Node of the system, older than ours, as a user has it before anything is installed; ours where there is none. */
function systemNode(): string {
  const { status, stdout } = spawnSync('/usr/bin/node', ['--version'], { encoding: 'utf8' });
  return status === 0 && Number.parseInt(stdout.slice(1), 10) >= 18 ? '/usr/bin/node' : process.execPath;
}

it('npm run doctor runs before the dependencies are installed, and installs nothing', () => {
  const checkout = path.join(folder, 'checkout');
  for (const file of ['package.json', 'package-lock.json', 'build/scripts', 'electron/services/doctor']) {
    cpSync(path.join(root, file), path.join(checkout, file), { recursive: true });
  }
  const out = execFileSync(systemNode(), ['build/scripts/doctor.mjs', '--json'], {
    cwd: checkout,
    encoding: 'utf8',
    env: { ...process.env, DESCRY_HOME: path.join(folder, 'library') },
  });
  const { checks } = JSON.parse(out) as Answer;
  const states = Object.fromEntries(checks.map(({ id, state }) => [id, state]));
  expect(states).toMatchObject({ node: 'good', npm: 'good', dependencies: 'weak', home: 'good', engine: 'weak' });
  expect(existsSync(path.join(checkout, 'node_modules'))).toBe(false);
  expect(existsSync(path.join(folder, 'library'))).toBe(false);
});

it('descry doctor measures the engine, and says what else it found', async () => {
  await testAssets();
  const { code, out } = await runCli(['doctor', '--json', '--home', path.join(folder, 'library')]);
  const { well, checks } = JSON.parse(out) as Answer;
  expect(code).toBe(well ? 0 : 1);
  const found = Object.fromEntries(checks.map(({ id, found }) => [id, found]));
  expect(Object.keys(found)).toEqual(expect.arrayContaining(['node', 'home', 'disk', 'weights', 'engine']));
  const speed = /(\d+\.\d) photos a second/.exec(found['engine']!)?.[1];
  expect(Number(speed)).toBeGreaterThan(0);
  expect(existsSync(path.join(folder, 'library'))).toBe(false); // asked, not made
});

it('what is missing is said, with exit code 1 and how to get it', async () => {
  const file = path.join(folder, 'file');
  writeFileSync(file, '');
  const assets = path.join(folder, 'assets');
  mkdirSync(assets);
  const { code, out } = await runCli(['doctor', '--home', path.join(file, 'library')], {
    environment: { DESCRY_ASSETS: assets },
  });
  expect(code).toBe(1);
  expect(out).toMatch(/^missing +Library +.*file is no folder$/m);
  expect(out).toContain('name another folder in DESCRY_HOME');
  expect(out).toMatch(/^weak +Weights +not in .*assets yet/m);
  expect(out).toMatch(/^1 of \d+ missing\.$/m);
});
