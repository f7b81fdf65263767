/** `npm start`: builds what is out of date, and opens the window. Arguments go to the program: `npm start -- "a dog"`. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { buildApp, isStale } from '../build.ts';
import { root } from '../bundles.ts';
import { findElectron } from './electron.ts';

const linux = process.platform === 'linux';
const print = (line) => process.stderr.write(`${line}\n`);

if (linux && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
  print('There is no display to open a window on. On a machine without one: xvfb-run -a npm start');
  process.exit(1);
}
try {
  // One after the other: what is built depends on the Electron that is found.
  const program = await findElectron(print);
  await buildIfStale();
  // Chromium's sandbox refuses to run as root; in a container root is often all there is.
  const asRoot = linux && process.getuid() === 0;
  if (asRoot) print('Started as root, Chromium runs without its sandbox.');
  const flags = asRoot ? ['--no-sandbox'] : [];
  if (linux && !existsSync('/dev/dri')) flags.push('--disable-gpu');
  const child = spawn(program, [...flags, root, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    print(`${program} cannot be started: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (code === 127) print('Electron lacks system packages; the README names them for Debian and Ubuntu.');
    process.exitCode = code ?? (signal ? 1 : 0);
  });
} catch (error) {
  print(error.message);
  process.exitCode = 1;
}

async function buildIfStale() {
  if (!(await isStale())) return;
  print('Building the app …');
  await buildApp();
}
