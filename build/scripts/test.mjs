/**
 * `npm test`: everything that must hold before a change lands, in one run. Each step runs even if one before it failed, so
 * that one run tells all; the exit code is that of the whole. `npm test -- unit lint` runs the named steps only.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

const results = path.resolve('test-results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
const jsonFor = (name) => path.join(results, `${name}.json`);

/** The real window needs a display; where there is none (CI, a server), a virtual one. */
const display = process.platform === 'linux' && !process.env.DISPLAY ? ['xvfb-run', '-a'] : [];

const vitest = (project) => [
  [
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${jsonFor(project)}`,
  ],
];
const playwright = (project) => ({
  commands: [[...display, 'playwright', 'test', `--project=${project}`, '--reporter=list,json']],
  env: { PLAYWRIGHT_JSON_OUTPUT_NAME: jsonFor(project) },
  report: project,
});

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
      ['svelte-check', '--tsconfig', './tsconfig.json', '--output', 'human'],
    ],
  },
  unit: { commands: vitest('unit') },
  integration: { commands: vitest('integration') },
  page: playwright('page'),
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
for (const [name, { commands, before = [], env = {}, report = name }] of Object.entries(steps)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`\n── ${name} ──\n`);
  const started = Date.now();
  let passed = true;
  for (const command of [...before, ...commands]) passed = (await run(command, env)) && passed;
  outcome.push({ name, passed, seconds: (Date.now() - started) / 1000, counts: counts(report) });
}

process.stdout.write('\n');
for (const { name, passed, seconds, counts } of outcome) {
  const tests = counts ? `, ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped` : '';
  process.stdout.write(`${passed ? '✓' : '✗'} ${name} (${seconds.toFixed(0)} s${tests})\n`);
}
const sum = (key) => outcome.reduce((total, { counts }) => total + (counts?.[key] ?? 0), 0);
process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
process.exitCode = outcome.every(({ passed }) => passed) ? 0 : 1;

function run([program, ...args], env) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
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

/** How many tests a step ran, from what its runner wrote; undefined for steps that are no tests. */
function counts(name) {
  let report;
  try {
    report = JSON.parse(readFileSync(jsonFor(name), 'utf8'));
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
