/** How the checkout's window comes up, without a debugger at its side. How long it takes: `npm run bench -- window`. */
import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { developmentProgram, expect, flags, root, test } from './app.ts';

test.skip(({ packaged }) => packaged, 'the hook is for the checkout');

test('no native module is loaded into the main process, and the library opens after the first paint, for its user alone', async ({
  folder,
}) => {
  const hook = path.join(root, 'test/fixtures/watch-start.cjs');
  const home = path.join(await folder('home'), 'library');
  const child = spawn(developmentProgram, ['-r', hook, ...flags, root], {
    env: { ...process.env, DESCRY_HOME: home },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (text) => (output += String(text)));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const log = () => readFile(path.join(home, 'logs', 'descry.log'), 'utf8').catch(() => '');
  await expect.poll(log, { timeout: 30_000 }).toMatch(/window shown[^]*library open/);
  child.kill();
  await ended;
  if (process.platform !== 'win32') expect((await stat(home)).mode & 0o777).toBe(0o700);
  expect(output.split('\n').filter((line) => /^(shown|native )/.test(line))).toEqual(['shown']);
});
