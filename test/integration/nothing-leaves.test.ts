/**
 * Nothing leaves the computer: once the weights are there, the command line opens no socket, resolves no name and writes
 * nothing outside the library. Checked by strace, because dependencies may do so without our code.
 * test/e2e/nothing-leaves.test.ts does the same for the window.
 */
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { longestSentence } from '../../electron/ipc/limits.ts';
import { testAssets } from '../fixtures/assets.ts';
import { drawDataset, plainEnvironment, straceArguments, violations, whyNoStrace } from '../fixtures/strace.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const cli = path.resolve(import.meta.dirname, '../../electron/cli.ts');
const { folder: base, remove } = scratch('leaves');
const at = (...names: string[]) => path.join(base, ...names);
const environment = { ...plainEnvironment({ home: at('home'), temporary: at('tmp') }), DESCRY_HOME: at('library') };
let weights: string;
let images: string;

beforeAll(async () => {
  weights = path.dirname(path.dirname((await testAssets()).glove));
  const drawn = await drawDataset(at('dataset'), 12);
  images = drawn.images;
  writeFileSync(at('dataset', 'captions.csv'), drawn.captions);
});
afterAll(remove);

interface Answer {
  readonly code: number | null;
  readonly signal: string | null;
  readonly json: unknown;
}

function run(program: string, args: readonly string[]): Promise<Answer> {
  const child = spawn(program, args, {
    cwd: base,
    env: { ...environment, DESCRY_ASSETS: weights },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (piece: Buffer) => (text += piece.toString()));
  return new Promise((resolve) =>
    child.on('close', (code, signal) => {
      const last = text.trim().split('\n').at(-1);
      resolve({ code, signal, json: last ? (JSON.parse(last) as unknown) : undefined });
    }),
  );
}

const descry = (...args: string[]) => run(process.execPath, [cli, ...args, '--json']);

const reason = whyNoStrace();
describe.skipIf(reason !== undefined)(`watched by strace${reason ? ` (${reason})` : ''}`, () => {
  it.each([
    ['index', [() => images]],
    ['search', [() => 'a dog on the grass']],
    ['train', ['--dataset', () => at('dataset'), '--recipe', 'seed', '--epochs', '1', '--name', 'mine']],
    ['evaluate', ['--dataset', () => at('dataset'), '--split', 'all']],
    ['models', []],
    ['status', []],
  ] as [string, (string | (() => string))[]][])('%s', async (command, given) => {
    const trace = at(`${command}.trace`);
    const args = given.map((argument) => (typeof argument === 'string' ? argument : argument()));
    const watched = [...straceArguments(trace), process.execPath, cli, command, ...args, '--json'];
    const { code, json } = await run('strace', watched);
    expect(code, JSON.stringify(json)).toBe(0);
    const writable = [at('library'), at('tmp')];
    expect(violations(trace, { writable, home: at('home'), cwd: base })).toEqual([]);
    expect(readdirSync(at('home'))).toEqual([]);
    expect(readdirSync(at('tmp'))).toEqual([]);
  });

  // npm's own update check and its log, which holds the whole command line: the checkout's .npmrc turns both off.
  it('a command as the README has it, started by npm', async () => {
    const checkout = path.dirname(path.dirname(cli));
    const npm = spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).stdout.trim();
    const trace = at('npm.trace');
    const home = at('npm-home');
    mkdirSync(home);
    const command = ['--prefix', checkout, 'run', '--silent', 'descry', '--', 'status', '--json'];
    const child = spawn('strace', [...straceArguments(trace), npm, ...command], {
      cwd: checkout,
      env: { ...environment, HOME: home, PATH: `${path.dirname(npm)}:/usr/bin:/bin`, DESCRY_ASSETS: weights },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.resume();
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    // In a checkout, compiled code is cached in node_modules; npm makes an empty folder of its own.
    const writable = [at('library'), at('tmp'), checkout, path.join(home, '.npm')];
    expect(violations(trace, { writable, home: at('home'), cwd: checkout })).toEqual([]);
    expect(readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual([]);
  });

  it('and strace would see it', async () => {
    const trace = at('control.trace');
    const program = `
      require('node:dns').lookup('example.invalid', () => undefined);
      require('node:net').connect(9, '127.0.0.1').on('error', () => undefined);
      require('node:fs').mkdirSync(${JSON.stringify(at('elsewhere'))});
      try { require('node:fs').writeFileSync(process.env.HOME + '/absent/file', ''); } catch {}`;
    await run('strace', [...straceArguments(trace), process.execPath, '-e', program]);
    const found = violations(trace, { writable: [at('library')], home: at('home'), cwd: base }).join('\n');
    expect(found).toMatch(/^socket\(AF_INET/m);
    expect(found).toMatch(/^connect\(.*htons\(9\)/m);
    expect(found).toMatch(/"\/etc\/(hosts|resolv\.conf)"/);
    expect(found).toContain('/elsewhere"');
    expect(found).toContain('/absent/file"');
  });
});

// Where its telemetry is on, ONNX Runtime crashes with a command line of more than about 28 kB.
describe('long command lines', () => {
  it('600 folders are indexed', async () => {
    const folders = Array.from({ length: 600 }, (_, i) => at('many', `${i} ${'a long name of a folder '.repeat(3)}`));
    for (const folder of folders) {
      mkdirSync(folder, { recursive: true });
      copyFileSync(path.join(images, '0.jpg'), path.join(folder, 'photo.jpg'));
    }
    expect(folders.join(' ').length).toBeGreaterThan(28_000);
    const { code, signal, json } = await descry('index', '--home', at('many-library'), ...folders);
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(json).toMatchObject({ photos: 600, failed: [] });
  });

  it('a sentence of 1,000 characters is searched for, and a longer one refused in plain words', async () => {
    const words = (length: number) => 'a dog on the grass '.repeat(length).slice(0, length);
    const [longest, longer, tenThousandWords] = await Promise.all([
      descry('search', words(longestSentence)),
      descry('search', words(longestSentence + 1)),
      descry('search', 'dog '.repeat(10_000)),
    ]);
    expect(longest).toMatchObject({ code: 0, json: { results: expect.anything() as object } });
    const error = {
      code: 'query-too-long',
      message: expect.stringContaining('longer than 1,000 characters') as string,
    };
    for (const refused of [longer, tenThousandWords]) expect(refused).toMatchObject({ code: 1, json: { error } });
  });
});
