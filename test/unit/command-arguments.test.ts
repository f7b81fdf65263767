/** Which start of the installed program is a command of the command line: the program, its launcher and the command line agree. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandArguments, commandNames } from '../../electron/shell/command-line.ts';

const root = path.resolve(import.meta.dirname, '../..');

it.each([
  [['descry'], undefined],
  [['descry', 'a dog'], undefined],
  [['descry', 'search'], ['search']],
  [
    ['descry', 'search', 'a dog', '--json'],
    ['search', 'a dog', '--json'],
  ],
  // the first argument alone decides
  [['descry', 'a dog', 'search'], undefined],
  [['descry', '--home', '/library', 'search'], undefined],
  [['descry', '--hidden'], undefined],
  [['descry', '--no-sandbox', 'status'], ['status']],
  [['descry', '--no-sandbox', '--ozone-platform=headless', '--version'], ['--version']],
  [['descry', '--disable-gpu', 'status'], undefined],
  // as the launcher starts it
  [
    ['descry', '--no-sandbox', '--log-level=3', '--command', '--', 'search', '--', '-x'],
    ['search', '--', '-x'],
  ],
  [['descry', '--command', 'search'], undefined],
])('%j', (argv, expected) => {
  expect(commandArguments(argv)).toEqual(expected);
});

it('knows the commands that the command line has', () => {
  const help = execFileSync(process.execPath, [path.join(root, 'electron/cli.ts'), '--help'], { encoding: 'utf8' });
  const listed = [...help.matchAll(/^ {2}([a-z]+)(?:\||\s)/gm)].map(([, name]) => name!);
  expect(listed).toEqual(expect.arrayContaining(['search', 'doctor', 'status']));
  const words = commandNames.filter((name) => !name.startsWith('-'));
  expect([...words].sort()).toEqual([...new Set([...listed, 'help'])].sort());
});

it('and so does the launcher', () => {
  const script = readFileSync(path.join(root, 'build/launcher/descry'), 'utf8');
  const names = /^(index \|.*)\) ;;$/m.exec(script)?.[1]?.split(' | ');
  expect(names?.sort()).toEqual([...commandNames].sort());
});

describe.skipIf(process.platform === 'win32')('the launcher', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'descry launcher '));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  // The program says how it was started.
  beforeAll(() => {
    const resources = process.platform === 'darwin' ? 'Contents/Resources' : 'resources';
    const program = process.platform === 'darwin' ? 'Contents/MacOS/Descry' : 'descry';
    mkdirSync(path.join(folder, resources, 'bin'), { recursive: true });
    mkdirSync(path.dirname(path.join(folder, program)), { recursive: true });
    copyFileSync(path.join(root, 'build/launcher/descry'), path.join(folder, resources, 'bin/descry'));
    writeFileSync(path.join(folder, program), '#!/bin/sh\nprintf "%s\\n" "$@"\nexit 7\n');
    chmodSync(path.join(folder, program), 0o755);
    symlinkSync(path.join(folder, resources, 'bin/descry'), path.join(folder, 'link'));
  });
  const start = (args: string[], environment: NodeJS.ProcessEnv) => {
    const env = { PATH: '/usr/bin:/bin', ...environment };
    const { stdout, status } = spawnSync(path.join(folder, 'link'), args, { encoding: 'utf8', env });
    expect(status).toBe(7);
    return stdout.split('\n').slice(0, -1);
  };

  it('starts a command apart from Chromium, whatever its arguments look like', () => {
    expect(start(['search', 'two dogs', '--', '--no-sandbox x'], { DISPLAY: ':0' })).toEqual([
      ...['--no-sandbox', '--log-level=3', '--command', '--', 'search', 'two dogs', '--', '--no-sandbox x'],
    ]);
  });

  it.skipIf(process.platform !== 'linux')('chooses a platform without a display where there is none', () => {
    expect(start(['status'], {})[0]).toBe('--ozone-platform=headless');
    expect(start(['status'], { WAYLAND_DISPLAY: 'wayland-0' })[0]).toBe('--no-sandbox');
  });

  it('gives all else to the window, with its sandbox', () => {
    expect(start(['two dogs'], {})).toEqual(['two dogs']);
    expect(start(['--hidden'], {})).toEqual(['--hidden']);
  });
});
