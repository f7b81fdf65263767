/** The command line of the packaged program: no Node comes along, so that Electron runs it, without a window. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { testAssets } from '../fixtures/assets.ts';
import { drawDataset, plainEnvironment, straceArguments, violations, whyNoStrace } from '../fixtures/strace.ts';
import { expect, shippedProgram, test } from './app.ts';

test.skip(process.platform === 'win32', 'the launcher of Windows is a batch file, which ran nowhere yet');

const resources =
  process.platform === 'darwin'
    ? path.join(path.dirname(shippedProgram), '..', 'Resources')
    : path.join(path.dirname(shippedProgram), 'resources');
const launcher = path.join(resources, 'bin', 'descry');

interface Answer {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Surroundings {
  readonly home: string;
  readonly temporary: string;
  readonly library: string;
}

/** An empty home folder, and a folder for temporary files of its own. */
async function surroundings(base: string): Promise<Surroundings & { environment: Record<string, string> }> {
  const place = {
    home: path.join(base, 'home'),
    temporary: path.join(base, 'tmp'),
    library: path.join(base, 'library'),
  };
  const assets = path.dirname(path.dirname((await testAssets()).glove));
  return {
    ...place,
    environment: {
      ...plainEnvironment(place),
      DISPLAY: process.env['DISPLAY'] ?? '',
      XAUTHORITY: process.env['XAUTHORITY'] ?? '',
      DBUS_SESSION_BUS_ADDRESS: 'disabled:',
      DESCRY_HOME: place.library,
      DESCRY_ASSETS: assets,
    },
  };
}

interface RunOptions {
  readonly program?: string;
  /** standard input */
  readonly input?: string;
  readonly onStart?: (child: ChildProcess) => void;
}

function run(
  args: readonly string[],
  environment: Record<string, string>,
  { program = launcher, input = '', onStart }: RunOptions = {},
): Promise<Answer> {
  const child = spawn(program, args, { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (err += piece.toString()));
  child.stdin.end(input);
  onStart?.(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

test('searches, in JSON alone on standard output, and leaves nothing behind', async ({ folder }) => {
  test.setTimeout(120_000);
  const { environment, home, temporary } = await surroundings(await folder('command'));
  const { images } = await drawDataset(await folder('photos'), 6);
  const found = await run(['search', 'a dog on the grass', '--folder', images, '--top', '3', '--json'], environment);
  expect(found.err).not.toMatch(/ERROR|Error/);
  expect(found.code).toBe(0);
  const { results } = JSON.parse(found.out) as { results: { path: string }[] };
  expect(results).toHaveLength(3);
  expect(results[0]!.path.startsWith(images)).toBe(true);
  // what programs give by standard input
  const queries = await run(['search', '--queries', '-', '--json'], environment, { input: 'a dog\na horse\n' });
  expect(queries.code).toBe(0);
  expect(
    queries.out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { query?: unknown }) !== null),
  ).toEqual([true, true]);
  expect(readdirSync(home)).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
});

test('says the version, what is wrong with a command, and how it went by its exit code', async ({ folder }) => {
  const { environment, temporary } = await surroundings(await folder('command'));
  const version = await run(['--version'], environment);
  expect(version).toMatchObject({ code: 0, err: '' });
  expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  const usage = await run(['search', '--json'], environment);
  expect(usage.code).toBe(2);
  expect(JSON.parse(usage.out)).toMatchObject({ error: { code: 'usage' } });
  const failure = await run(['index', path.join(temporary, 'absent')], environment);
  expect(failure).toMatchObject({ code: 1, out: '' });
  expect(failure.err).toContain('absent');
  const status = await run(['status', '--json'], environment);
  expect(status).toMatchObject({ code: 0, err: '' });
  expect(status.out.trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(status.out)).toMatchObject({ photos: 0 });
});

test('Ctrl-C stops it at a safe point', async ({ folder }) => {
  test.setTimeout(120_000);
  const { environment, library } = await surroundings(await folder('command'));
  const { images } = await drawDataset(await folder('photos'), 150);
  const { code, err } = await run(['index', images], environment, {
    onStart: (child) => {
      const open = path.join(library, 'in-use');
      const timer = setInterval(() => {
        if (!existsSync(open) || readdirSync(open).length === 0) return;
        clearInterval(timer);
        child.kill('SIGINT');
      }, 50);
    },
  });
  expect(err).toContain('Stopping …');
  expect(code).toBe(130);
});

test('a command of the program itself, without the launcher', async ({ folder }) => {
  const { environment } = await surroundings(await folder('command'));
  const asRoot = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const { code, out } = await run([...asRoot, 'explain', 'dogs in 2019', '--json'], environment, {
    program: shippedProgram,
  });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ description: 'dogs' });
});

test('runs without a display', async ({ folder }) => {
  test.skip(process.platform !== 'linux', 'other systems always have one');
  const old =
    Number(
      /Electron\/(\d+)/.exec(
        spawnSync('strings', ['-a', '-n', '10', shippedProgram], { encoding: 'utf8', maxBuffer: 2 ** 30 }).stdout,
      )?.[1] ?? 25,
    ) < 30;
  if (old)
    process.stderr.write(
      '\nSKIPPED: the command line without a display. Electron 25 crashes by --ozone-platform=headless.\n',
    );
  test.skip(old, 'Electron 25 crashes without a display');
  const { environment } = await surroundings(await folder('command'));
  const without = Object.fromEntries(Object.entries(environment).filter(([name]) => !/DISPLAY|XAUTHORITY/.test(name)));
  expect(await run(['status', '--json'], without)).toMatchObject({ code: 0 });
});

test('the program does not run as Node, for whatever asks it to', async ({ folder }) => {
  const { environment } = await surroundings(await folder('command'));
  const script = ['-e', 'process.stdout.write("ran")'];
  const { out } = await run([...script, '--no-sandbox', '--command', '--', '--version'], {
    ...environment,
    ELECTRON_RUN_AS_NODE: '1',
    NODE_OPTIONS: '--require=/absent',
  });
  expect(out).not.toContain('ran');
});

const reason = whyNoStrace();
test('reaches for no network and writes in the library alone', async ({ folder }) => {
  test.skip(reason !== undefined, reason ?? '');
  test.setTimeout(180_000);
  const base = await folder('leaves');
  const { environment, home, temporary, library } = await surroundings(base);
  const { images } = await drawDataset(path.join(base, 'photos'), 4);
  const session = path.join(base, 'session');
  mkdirSync(session, { mode: 0o700 });
  const trace = path.join(base, 'trace');
  const { code, out } = await run(
    [...straceArguments(trace), launcher, 'search', 'a dog', '--folder', images, '--json'],
    { ...environment, XDG_RUNTIME_DIR: session },
    { program: 'strace' },
  );
  expect(code).toBe(0);
  expect((JSON.parse(out) as { results: unknown[] }).results).toHaveLength(4);
  const writable = [library, temporary, path.join(session, 'dconf')];
  expect(violations(trace, { writable, home, cwd: process.cwd(), chromium: true })).toEqual([]);
  expect(readdirSync(home)).toEqual([]);
});
