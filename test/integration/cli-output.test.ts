/** Where the command line's output goes, from where its paths count, and who may read what it writes. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testAssets } from '../fixtures/assets.ts';
import { drawPhotos } from '../fixtures/drawn-photos.ts';
import { runCli } from '../fixtures/run-cli.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const root = path.resolve(import.meta.dirname, '../..');
const { folder: base, remove } = scratch('cli-output');
const home = path.join(base, 'home');
const photos = path.join(base, 'photos');
const environment = { DESCRY_HOME: home };

beforeAll(async () => {
  await testAssets();
  await drawPhotos(photos, { count: 2, width: 320, height: 240 });
  const { code } = await runCli(['index', photos], { environment });
  expect(code).toBe(0);
});
afterAll(remove);

const commands: readonly (readonly string[])[] = [
  ['--help'],
  ['--version'],
  ['index', photos],
  ['search', 'a dog'],
  ['search', '--after', '2001', '--json'],
  ['explain', 'a dog in june'],
  ['similar', path.join(photos, 'drawn-00000.jpg')],
  ['duplicates'],
  ['folders'],
  ['models'],
  ['status', '--json'],
  ['nonsense', '--json'],
];

describe.skipIf(!existsSync('/dev/full'))('output', () => {
  it.each(commands)('%s %s … to a full disk: the reason and exit code 1, no stack', async (...args) => {
    const full = openSync('/dev/full', 'w');
    const { code, err } = await runCli(args, { environment, stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    expect(code).toBe(1);
    expect(err).toContain('The output could not be written: the disk is full.\n');
    expect(err).not.toMatch(/^\s+at /m);
  });

  it('to a pipe that is closed ends quietly, with exit code 0', () => {
    for (const args of ['search --after 2001', '--help', 'status --json']) {
      const command = `set -o pipefail; "${process.execPath}" electron/cli.ts ${args} | true`;
      const { status, stderr } = spawnSync('bash', ['-c', command], {
        cwd: root,
        env: { ...process.env, ...environment },
        encoding: 'utf8',
      });
      expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' });
    }
  });

  it('of errors to a full disk, or to nobody, changes nothing of the answer', async () => {
    const full = openSync('/dev/full', 'w');
    const { code, out } = await runCli(['search', '', '--json'], { environment, stdio: ['ignore', 'pipe', full] });
    closeSync(full);
    expect({ code, out: JSON.parse(out) as unknown }).toMatchObject({ code: 1, out: { error: {} } });
  });
});

describe('with --json', () => {
  it('what libraries print goes to standard error, and only our answer to standard output', async () => {
    // As libheif in WebAssembly does, at any moment after the start.
    const noisy = path.join(base, 'noisy.mjs');
    writeFileSync(
      noisy,
      `const timer = setInterval(() => {
         console.log('library: a complaint'); console.info('x'); process.stdout.write('written by a library\\n');
       }, 1); timer.unref();`,
    );
    const { code, out, err } = await runCli(['search', 'a dog', '--json'], {
      environment,
      node: ['--import', `file://${noisy}`],
    });
    const own = out.slice(out.indexOf('{'));
    expect({ code, lines: own.trim().split('\n').length }).toEqual({ code: 0, lines: 1 });
    expect(JSON.parse(own)).toMatchObject({ query: 'a dog' });
    expect(err).toContain('library: a complaint');
    expect(err).toContain('written by a library');
  });
});

describe('folders that cannot be used', () => {
  it.each([
    '/proc/nowhere',
    path.join(root, 'package.json'),
    path.join(root, 'package.json', 'x'),
    `/${'x'.repeat(300)}`,
  ])(
    'for the library or the weights are named, without a stack: %s',
    async (folder) => {
      const asHome = await runCli(['status', '--home', folder]);
      const asWeights = await runCli(['search', 'a dog'], { environment: { ...environment, DESCRY_ASSETS: folder } });
      for (const { code, err } of [asHome, asWeights]) {
        expect(code).toBe(1);
        expect(err).toContain(folder);
        expect(err).toContain('another folder');
        expect(err).not.toMatch(/^\s+at |E[A-Z]+:/m);
      }
      expect(asHome.err).toContain('DESCRY_HOME');
      expect(asWeights.err).toContain('DESCRY_ASSETS');
    },
    30_000,
  );
});

describe('npm run, called from another folder', () => {
  const npm = (args: readonly string[], cwd: string, more: Record<string, string> = {}) =>
    spawnSync('npm', args, {
      cwd,
      env: { ...cleanEnvironment(), ...more },
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });

  /** Without what the npm that runs the tests has set. */
  function cleanEnvironment(): NodeJS.ProcessEnv {
    return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$)/i.test(name)));
  }

  it('takes relative folders from where the user is', () => {
    const { stdout, status } = npm(
      ['--prefix', root, 'run', '--silent', 'descry', '--', 'index', 'photos', '--home', 'mine', '--json'],
      base,
    );
    expect({ status, answer: JSON.parse(stdout) as unknown }).toMatchObject({ status: 0, answer: { photos: 2 } });
    expect(existsSync(path.join(base, 'mine', 'library.db'))).toBe(true);
    expect(existsSync(path.join(root, 'mine'))).toBe(false);
  }, 60_000);

  it('does not believe a variable of another script that runs above it', () => {
    const runProgram = (cwd: string, more: Record<string, string>) =>
      spawnSync(
        process.execPath,
        [path.join(root, 'build/scripts/run.mjs'), 'electron/cli.ts', 'folders', '--home', 'stale'],
        { cwd, env: { ...cleanEnvironment(), ...more }, encoding: 'utf8' },
      );
    const there = path.join(base, 'there');
    mkdirSync(there);
    // run by hand in `there`, inside a shell that `npm run` opened in another folder
    expect(runProgram(there, { INIT_CWD: base, npm_lifecycle_event: 'descry' }).status).toBe(0);
    expect([existsSync(path.join(there, 'stale')), existsSync(path.join(base, 'stale'))]).toEqual([true, false]);
  }, 60_000);
});

describe.skipIf(process.platform === 'win32')('what Descry writes', () => {
  it('is its user’s alone, also with a umask that hides nothing', () => {
    const own = path.join(base, 'parent', 'own');
    const command = (args: string) =>
      `"${process.execPath}" electron/cli.ts ${args} --home "${own}" --json > /dev/null || exit 1`;
    const { status } = spawnSync(
      'bash',
      ['-c', ['umask 000', command(`index "${photos}"`), command('search "a dog"'), command('duplicates')].join('\n')],
      { cwd: root, encoding: 'utf8' },
    );
    expect(status).toBe(0);
    expect(readdirSync(own)).toContain('library.db');
    expect(statSync(own).mode & 0o777).toBe(0o700);
  }, 60_000);
});
