/** How the checkout's window comes up, without a debugger at its side. How long it takes: `npm run bench -- window`. */
import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { developmentProgram, expect, flags, root, test } from './app.ts';

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

// Playwright's debugger would hold a page back that comes after a crash.
test('a page whose process was killed is loaded again and requests its data', async ({ folder }) => {
  const child = spawn(developmentProgram, ['-r', path.join(root, 'test/fixtures/watch-page.cjs'), ...flags, root], {
    env: { ...process.env, DESCRY_HOME: await folder('home') },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (text) => (output += String(text)));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const loaded = () => [...output.matchAll(/^loaded (\d+) (true|false)$/gm)].map(([, pid, ok]) => ({ pid, ok }));
  await expect.poll(() => loaded().length, { timeout: 30_000 }).toBe(1);
  process.kill(Number(loaded()[0]!.pid), 'SIGKILL');
  await expect.poll(() => loaded().length, { timeout: 30_000 }).toBe(2);
  child.kill();
  await ended;
  expect(loaded().map(({ ok }) => ok)).toEqual(['true', 'true']);
  expect(loaded()[1]!.pid).not.toBe(loaded()[0]!.pid);
});
