/**
 * `npm run bench`: the benchmarks, one after the other; `npm run bench -- search window` only those named. What follows the
 * names and begins with a dash goes to the benchmark: `npm run bench -- window --runs 3`.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { noDisplay, withDisplay } from './display.mjs';

/** They open windows. */
const needDisplay = ['responsiveness', 'scrolling', 'window'];

const folder = path.resolve('test/bench');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => path.basename(file, '.ts'));
const given = process.argv.slice(2);
const firstOption = given.findIndex((argument) => argument.startsWith('-'));
const wanted = firstOption < 0 ? given : given.slice(0, firstOption);
const options = given.slice(wanted.length);
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) stop(`There is no benchmark ${unknown.join(', ')}. There are: ${names.join(', ')}.`);
if (options.length > 0 && wanted.length !== 1) stop(`Name the one benchmark that ${options[0]} is for.`);

const display = withDisplay();
const skipped = [];
for (const name of names) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`\n── ${name} ──\n`);
  if (needDisplay.includes(name) && !display) {
    process.stdout.write(`SKIPPED: ${noDisplay}\n`);
    skipped.push(name);
    continue;
  }
  const [program, ...args] = [
    ...(needDisplay.includes(name) ? display : []),
    process.execPath,
    path.join(folder, `${name}.ts`),
    ...options,
  ];
  const { status, signal, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (error) process.stderr.write(`${program} could not be started: ${error.message}\n`);
  if (signal) process.stderr.write(`${name} was ended by ${signal}.\n`);
  if (status !== 0) process.exitCode = 1;
}
if (skipped.length > 0) process.stdout.write(`\nSKIPPED for want of a display: ${skipped.join(', ')}\n`);

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
