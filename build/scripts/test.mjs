/**
 * `npm test`: everything that must hold before a change lands, in one run. Each step runs even if one before it failed, so
 * that one run tells all; the exit code is that of the whole. `npm test -- unit lint` runs the named steps only.
 *
 * Two cores are enough for two things at a time, and most steps keep one core busy: so steps run in two rows beside each other,
 * and the end-to-end tests, each row of them with a display of its own, after them.
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
const playwright = (project, ...options) => ({
  commands: [['playwright', 'test', `--project=${project}`, '--reporter=list,json', ...options]],
  opensWindows: true,
  env: { PLAYWRIGHT_JSON_OUTPUT_NAME: jsonFor(project) },
  report: project,
});

const display = withDisplay();
/** Windows on a display that the user looks at would fight for the focus; on virtual ones (test/e2e/app.ts) they do not. */
const atATime = display?.length > 0 ? ['--workers=2'] : [];

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
  page: playwright('page'),
  package: { commands: [['node', 'build/scripts/package.mjs', '--dir']] },
  e2e: playwright('development', ...atATime),
  packaged: { ...playwright('packaged', ...atATime), needs: 'package' },
};

/** What runs after each other; in each of these, rows of steps that run beside each other. */
const parts = [[['integration'], ['format', 'lint', 'types', 'unit', 'page', 'package']], [['e2e', 'packaged']]];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in steps));
if (unknown.length > 0) {
  process.stderr.write(`There is no step ${unknown.join(', ')}. There are: ${Object.keys(steps).join(', ')}.\n`);
  process.exit(2);
}

const needed = wanted.flatMap((name) => steps[name].needs ?? []);
const isChosen = (name) => wanted.length === 0 || wanted.includes(name) || needed.includes(name);
const outcome = [];
for (const rows of parts) {
  const [first, ...others] = rows.map((row) => row.filter(isChosen)).filter((row) => row.length > 0);
  // What the first row prints is seen at once, that of others after it.
  const beside = others.map((row) => runRow(row, (name) => path.join(results, `${name}.log`)));
  if (first) outcome.push(...(await runRow(first)));
  for (const row of await Promise.all(beside)) {
    for (const step of row) {
      process.stdout.write(`\n── ${step.name} ──\n`);
      process.stdout.write(readFileSync(step.log));
      outcome.push(step);
    }
  }
}
outcome.sort((a, b) => Object.keys(steps).indexOf(a.name) - Object.keys(steps).indexOf(b.name));

process.stdout.write('\n');
for (const { name, passed, seconds, counts } of outcome) {
  const tests = counts
    ? `, ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`
    : steps[name].report
      ? ', its report is missing: it did not come to its end'
      : '';
  process.stdout.write(`${passed ? '✓' : '✗'} ${name} (${seconds.toFixed(0)} s${tests})\n`);
}
const sum = (key) => outcome.reduce((total, { counts }) => total + (counts?.[key] ?? 0), 0);
process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
process.exitCode = outcome.every(({ passed }) => passed) ? 0 : 1;

/** Steps after each other. @param logOf the file that a step prints to; absent: to the terminal */
async function runRow(row, logOf) {
  const ended = [];
  for (const name of row) {
    const log = logOf?.(name);
    if (!log) process.stdout.write(`\n── ${name} ──\n`);
    ended.push({ ...(await runStep(name, log ? openSync(log, 'w') : 'inherit')), log });
  }
  return ended;
}

/** @param output where it prints: 'inherit', or a file's descriptor */
async function runStep(name, output) {
  const { commands, env, report, opensWindows } = steps[name];
  const started = Date.now();
  let passed = true;
  if (opensWindows && !display) {
    process.stderr.write(`${noDisplay}\n`);
    passed = false;
  } else {
    const all = opensWindows ? commands.map((command) => [...display, ...command]) : commands;
    for (const command of all) passed = (await run(command, env, output)) && passed;
  }
  const counted = report && counts(report);
  // A runner that was ended from outside may still exit with 0: what it did not report has not passed.
  if (report && (!counted || counted.failed > 0)) passed = false;
  return { name, passed, seconds: (Date.now() - started) / 1000, counts: counted };
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
