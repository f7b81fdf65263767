/**
 * `npm test`: everything that must hold before a change lands, in one run. Each step runs even if one before it failed, so
 * that one run tells all; the exit code is that of the whole. `npm test -- unit lint` runs the named steps only.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { noDisplay, withDisplay } from './display.mjs';

const results = path.resolve('test-results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
const jsonFor = (name) => path.join(results, `${name}.json`);

const vitest = (project, ...others) => ({
  commands: [
    [
      'vitest',
      'run',
      ...[project, ...others].map((name) => `--project=${name}`),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${jsonFor(project)}`,
    ],
  ],
  report: project,
});
const playwright = (project) => ({
  commands: [['playwright', 'test', `--project=${project}`, '--reporter=list,json']],
  opensWindows: true,
  env: { PLAYWRIGHT_JSON_OUTPUT_NAME: jsonFor(project) },
  report: project,
});

/** Commands of each step; `report` is the project whose runner writes how many tests passed. */
const steps = {
  format: { commands: [['prettier', '--check', '--log-level=warn', '.']] },
  lint: {
    commands: [
      ['eslint', '.'],
      ['depcruise', 'models', 'electron', 'renderer', 'build', 'test'],
    ],
  },
  types: {
    commands: [
      ['tsc', '--noEmit', '-p', '.'],
      ['tsc', '--noEmit', '-p', 'test'],
      ['svelte-check', '--tsconfig', './renderer/tsconfig.json', '--output', 'human'],
    ],
  },
  unit: vitest('unit', 'window'),
  integration: vitest('integration'),
  // Tests of processes and tests of the page mostly wait, each for its own.
  page: { ...playwright('page'), beside: 'integration' },
  e2e: playwright('development'),
  packaged: {
    ...playwright('packaged'),
    before: [['node', 'build/scripts/package.mjs', '--dir']],
  },
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in steps));
if (unknown.length > 0) {
  process.stderr.write(`There is no step ${unknown.join(', ')}. There are: ${Object.keys(steps).join(', ')}.\n`);
  process.exit(2);
}

const outcome = [];
const display = withDisplay();
const chosen = Object.keys(steps).filter((name) => wanted.length === 0 || wanted.includes(name));
/** Steps that run beside another one; what they print comes after it. */
const besides = new Map();
for (const name of chosen) {
  for (const other of chosen.filter((one) => steps[one].beside === name)) {
    const output = path.join(results, `${other}.log`);
    besides.set(other, { output, ended: runStep(other, openSync(output, 'w')) });
  }
  process.stdout.write(`\n── ${name} ──\n`);
  const own = besides.get(name);
  outcome.push(await (own ? own.ended : runStep(name, 'inherit')));
  if (own) process.stdout.write(readFileSync(own.output));
}

process.stdout.write('\n');
for (const { name, passed, seconds, counts } of outcome) {
  const tests = counts ? `, ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped` : '';
  process.stdout.write(`${passed ? '✓' : '✗'} ${name} (${seconds.toFixed(0)} s${tests})\n`);
}
const sum = (key) => outcome.reduce((total, { counts }) => total + (counts?.[key] ?? 0), 0);
process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
process.exitCode = outcome.every(({ passed }) => passed) ? 0 : 1;

/** @param output where it prints: 'inherit', or a file's descriptor */
async function runStep(name, output) {
  const { commands, before = [], env, report, opensWindows } = steps[name];
  const started = Date.now();
  let passed = true;
  if (opensWindows && !display) {
    process.stderr.write(`${noDisplay}\n`);
    passed = false;
  } else {
    const all = opensWindows ? [...before, ...commands.map((command) => [...display, ...command])] : commands;
    for (const command of all) passed = (await run(command, env, output)) && passed;
  }
  return { name, passed, seconds: (Date.now() - started) / 1000, counts: report && counts(report) };
}

function run([program, ...args], env, output) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', output, output],
      env: { ...process.env, ...env },
      // npm's programs are .cmd files on Windows, which only a shell starts.
      shell: process.platform === 'win32',
    });
    child.on('error', (error) => {
      process.stderr.write(`${program} could not be started: ${error.message}\n`);
      resolve(false);
    });
    child.on('exit', (code) => resolve(code === 0));
  });
}

/** How many tests a runner ran, from what it wrote; undefined where it wrote nothing. */
function counts(project) {
  let report;
  try {
    report = JSON.parse(readFileSync(jsonFor(project), 'utf8'));
  } catch {
    return undefined;
  }
  if (report.stats) {
    const { expected, unexpected, flaky, skipped } = report.stats;
    return { passed: expected + flaky, failed: unexpected, skipped };
  }
  const { numPassedTests, numFailedTests, numPendingTests } = report;
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests };
}
