/** How the checkout's window comes up, without a debugger at its side. */
import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { measureWindow } from '../bench/window.ts';
import { developmentProgram, expect, flags, root, test } from './app.ts';

test.skip(({ packaged }) => packaged, 'measured on the checkout');

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

test('the window is visible within 1.5 times a bare Electron window', async ({}, info) => {
  test.setTimeout(300_000);
  let measured = await measureWindow(5);
  // Other programs make it slower at times, and never faster.
  for (let again = 0; again < 2 && measured.ratio > 1.5; again++) measured = await measureWindow(5);
  const { descry, bare, ratio } = measured;
  info.annotations.push({ type: 'measured', description: `${descry} ms, bare ${bare} ms, ratio ${ratio.toFixed(2)}` });
  console.log(`    window visible: ${descry} ms, bare Electron ${bare} ms, ratio ${ratio.toFixed(2)}`);
  expect(ratio).toBeLessThanOrEqual(1.5);
});
