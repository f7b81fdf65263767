/**
 * `npm run bench`: the benchmarks, one after the other; `npm run bench -- search window` only those named. What follows the
 * names and begins with a dash goes to the benchmark: `npm run bench -- window --runs 3`.
 *
 * At the end all figures stand in one table, and as JSON, with the machine and the figure of each run, in
 * test-results/bench.json or where `--json FILE` says; with `--keep` the rows that FILE already has stay, except those that
 * were measured anew. Whether a figure is as asked does not change the exit code: figures depend on the machine.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { noDisplay, withDisplay } from './display.mjs';

/** They open windows. */
const needDisplay = ['growth', 'responsiveness', 'scrolling', 'scrolling-program', 'start', 'window'];

const folder = path.resolve('test/bench');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => path.basename(file, '.ts'));
const given = process.argv.slice(2);
const json = path.resolve(taken('--json', true) ?? 'test-results/bench.json');
const keep = taken('--keep', false) !== undefined;
const firstOption = given.findIndex((argument) => argument.startsWith('-'));
const wanted = firstOption < 0 ? given : given.slice(0, firstOption);
const options = given.slice(wanted.length);
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) stop(`There is no benchmark ${unknown.join(', ')}. There are: ${names.join(', ')}.`);
if (options.length > 0 && wanted.length !== 1) stop(`Name the one benchmark that ${options[0]} is for.`);

const display = withDisplay();
const scratch = mkdtempSync(path.join(tmpdir(), 'descry-bench-report-'));
const rowsFile = path.join(scratch, 'rows.jsonl');
const failed = [];
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
  const { status, signal, error } = spawnSync(program, args, {
    stdio: 'inherit',
    env: { ...process.env, DESCRY_BENCH_ROWS: rowsFile },
  });
  if (error) process.stderr.write(`${program} could not be started: ${error.message}\n`);
  if (signal) process.stderr.write(`${name} was ended by ${signal}.\n`);
  if (status !== 0) failed.push(name);
}
const writer = path.join(folder, 'common/write-report.ts');
const written = spawnSync(process.execPath, [writer, rowsFile, json, ...(keep ? ['--keep'] : [])], {
  stdio: 'inherit',
});
if (written.status !== 0) failed.push('the report');
rmSync(scratch, { recursive: true });
if (failed.length > 0) {
  process.stderr.write(`\nFAILED: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}
if (skipped.length > 0) process.stdout.write(`\nSKIPPED for want of a display: ${skipped.join(', ')}\n`);

/** Takes an option of this script out of the arguments. @returns its value, or its name where it has none; undefined: it is not there */
function taken(option, hasValue) {
  const at = given.indexOf(option);
  if (at < 0) return undefined;
  const [, value] = given.splice(at, hasValue ? 2 : 1);
  if (hasValue && value === undefined) stop(`${option} needs a value.`);
  return hasValue ? value : option;
}

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
