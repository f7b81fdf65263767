/** How the checkout's window comes up, without a debugger at its side. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { measureWindow } from '../bench/window.ts';
import { developmentProgram, expect, flags, root, test } from './app.ts';

test.skip(({ packaged }) => packaged, 'measured on the checkout');

test('no native module is loaded before the first paint', async ({ folder }) => {
  const hook = path.join(root, 'test/fixtures/watch-start.cjs');
  const child = spawn(developmentProgram, ['-r', hook, ...flags, root], {
    env: { ...process.env, DESCRY_HOME: await folder('home') },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (text) => (output += String(text)));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const events = () => output.split('\n').filter((line) => /^(shown|native )/.test(line));
  await expect.poll(() => events().some((event) => event.includes('sqlite')), { timeout: 30_000 }).toBe(true);
  child.kill();
  await ended;
  expect(events()[0]).toBe('shown');
});

test('the window is visible within 1.5 times a bare Electron window', async ({}, info) => {
  test.setTimeout(180_000);
  const { descry, bare, ratio } = await measureWindow(5);
  info.annotations.push({ type: 'measured', description: `${descry} ms, bare ${bare} ms, ratio ${ratio.toFixed(2)}` });
  console.log(`    window visible: ${descry} ms, bare Electron ${bare} ms, ratio ${ratio.toFixed(2)}`);
  expect(ratio).toBeLessThanOrEqual(1.5);
});
