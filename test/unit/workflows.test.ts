/**
 * The workflows of GitHub Actions, as far as they can be checked without GitHub: by GitHub's own parser (schema and expressions),
 * by rules of this project, and each step that runs a command: what it starts exists, and the cheap ones are run.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type * as Parser from '@actions/workflow-parser';
import { build } from 'esbuild';
import { parse } from 'yaml';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  builderEnvironment,
  checksums,
  missingSecrets,
  notesOf,
  signingText,
  tagProblem,
} from '../../build/scripts/release.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const workflows = path.join(root, '.github/workflows');
const scratch = mkdtempSync(path.join(tmpdir(), 'descry-workflows-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Its package imports JSON in the way of bundlers, which Node refuses. */
const bundled = path.join(scratch, 'parser.mjs');
await build({
  stdin: { contents: `export * from '@actions/workflow-parser'`, resolveDir: root },
  outfile: bundled,
  bundle: true,
  platform: 'node',
  format: 'esm',
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
});
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = (await import(bundled)) as typeof Parser;

const step = z.object({
  uses: z.string().optional(),
  run: z.string().optional(),
  if: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  with: z.record(z.string(), z.unknown()).optional(),
});
const permissions = z.record(z.string(), z.enum(['read', 'write', 'none']));
const workflow = z.object({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions,
  jobs: z.record(
    z.string(),
    z.object({
      uses: z.string().optional(),
      'runs-on': z.string().optional(),
      'timeout-minutes': z.number().optional(),
      permissions: permissions.optional(),
      steps: z.array(step).default([]),
      strategy: z.object({ matrix: z.record(z.string(), z.unknown()) }).optional(),
    }),
  ),
});

const files = readdirSync(workflows).filter((name) => /\.ya?ml$/.test(name));
const texts = new Map(files.map((name) => [name, readFileSync(path.join(workflows, name), 'utf8')]));
const read = (name: string) => workflow.parse(parse(texts.get(name)!, { merge: true }));
const jobsOf = (name: string) => Object.entries(read(name).jobs);
const steps = files.flatMap((name) =>
  jobsOf(name).flatMap(([job, { steps }]) => steps.map((one) => ({ name, job, ...one }))),
);

it('there are a workflow of tests and one of releases', () => {
  expect(files.sort()).toEqual(['release.yml', 'test.yml']);
});

describe.each(files)('%s', (name) => {
  it("is accepted by GitHub's parser", async () => {
    const { context, value } = parseWorkflow({ name, content: texts.get(name)! }, new NoOperationTraceWriter());
    expect(context.errors.getErrors().map(({ message }) => message)).toEqual([]);
    const template = await convertWorkflowTemplate(context, value!);
    expect(template.errors ?? []).toEqual([]);
    expect(template.jobs.length).toBe(jobsOf(name).length);
  });

  it('may read the code and nothing more, unless a job names what it writes', () => {
    const { permissions, jobs } = read(name);
    expect(permissions).toEqual({ contents: 'read' });
    const more = Object.entries(jobs).flatMap(([job, { permissions }]) => (permissions ? [[job, permissions]] : []));
    expect(more).toEqual(name === 'release.yml' ? [['publish', { contents: 'write' }]] : []);
  });

  it('has a time limit for each job', () => {
    const without = jobsOf(name).filter(([, job]) => job.uses === undefined && job['timeout-minutes'] === undefined);
    expect(without).toEqual([]);
  });
});

it('the parser would find an unknown key, a wrong expression and a missing job', async () => {
  const parsed = async (content: string) => {
    const { context, value } = parseWorkflow({ name: 'x.yml', content }, new NoOperationTraceWriter());
    const errors = context.errors.getErrors().map(({ message }) => message);
    return value === undefined
      ? errors
      : [...errors, ...((await convertWorkflowTemplate(context, value)).errors ?? [])];
  };
  const text = texts.get('release.yml')!;
  expect(await parsed(text.replace('runs-on:', 'run-on:'))).not.toEqual([]);
  expect(await parsed(text.replace('matrix.os }}', 'matricks.os }}'))).not.toEqual([]);
  expect(await parsed(text.replace('needs: build', 'needs: built'))).not.toEqual([]);
});

it('every action is pinned by a commit, with its version beside it', () => {
  const used = files.flatMap((name) => texts.get(name)!.match(/uses: .*/g) ?? []);
  expect(used.length).toBeGreaterThan(5);
  for (const line of used) {
    expect(line).toMatch(/^uses: (\.\/\.github\/workflows\/[\w.-]+|actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
  }
  // one version of each
  const versions = new Set(used.filter((line) => !line.includes('./')).map((line) => line.replace(/@.*/, '')));
  expect(new Set(used.filter((line) => !line.includes('./'))).size).toBe(versions.size);
});

it('no text of others becomes part of a command, and no checkout keeps its token', () => {
  for (const { run, uses, with: given } of steps) {
    expect(run ?? '').not.toContain('${{');
    if (uses?.startsWith('actions/checkout@')) expect(given).toMatchObject({ 'persist-credentials': false });
  }
});

it('a release builds on the three systems, and macOS for both processors', () => {
  const matrix = z
    .object({ include: z.array(z.object({ os: z.string(), name: z.string() })) })
    .parse(read('release.yml').jobs['build']!.strategy!.matrix);
  expect(matrix.include.map(({ name }) => name)).toEqual(['linux-x64', 'windows-x64', 'macos-arm64', 'macos-x64']);
});

const runs = steps.filter(({ run }) => run !== undefined);

it.each(runs.map(({ run }) => run!))('what "%s" starts is there', (run) => {
  const shell = spawnSync('bash', ['-n', '-c', run], { encoding: 'utf8' });
  expect(shell.error ?? shell.status).toBe(0);
  const [program, first, ...rest] = run.split(/\s+/);
  if (program === 'node' || program === 'bash') {
    expect(existsSync(path.join(root, first!))).toBe(true);
    const source = readFileSync(path.join(root, first!), 'utf8');
    if (first!.endsWith('release.mjs')) expect(source).toMatch(new RegExp(`^ {2}'?${rest[0]!}'?: `, 'm'));
    return;
  }
  if (program === 'npm') {
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: object };
    const script = first === 'run' ? rest.find((word) => !word.startsWith('-')) : first;
    if (script !== 'ci' && script !== 'audit') expect(Object.keys(scripts)).toContain(script);
    return;
  }
  expect(program).toBe('gh');
});

describe('the cheap steps, run', () => {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  /** as GitHub's runner does, in a copy of the files that it needs */
  const checkout = path.join(scratch, 'checkout');
  const run = (name: string, environment: Record<string, string>) => {
    const found = runs.find(({ run }) => run!.endsWith(name))!;
    return spawnSync('bash', ['-e', '-c', found.run!], {
      cwd: checkout,
      encoding: 'utf8',
      env: { PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`, ...environment },
    });
  };
  const prepare = (changelog: string) => {
    mkdirSync(path.join(checkout, 'build/scripts'), { recursive: true });
    for (const file of ['package.json', 'build/scripts/release.mjs', 'build/scripts/update-feed.mjs'])
      writeFileSync(path.join(checkout, file), readFileSync(path.join(root, file)));
    writeFileSync(path.join(checkout, 'CHANGELOG.md'), changelog);
  };

  it.skipIf(process.platform === 'win32')('check-tag', () => {
    prepare(`# Changelog\n\n## ${version} (2026-12-01)\n\n- new\n`);
    expect(run('check-tag', { GITHUB_REF_NAME: `v${version}` })).toMatchObject({ status: 0 });
    const other = run('check-tag', { GITHUB_REF_NAME: 'v9.9.9' });
    expect(other.status).toBe(1);
    expect(other.stderr).toContain(`The tag is v9.9.9, and package.json has version ${version}.`);
  });

  it.skipIf(process.platform === 'win32')('collect', async () => {
    prepare(`# Changelog\n\n## ${version}\n\n- new\n`);
    const upload = path.join(checkout, 'release/upload');
    mkdirSync(upload, { recursive: true });
    writeFileSync(path.join(upload, 'Descry.AppImage'), 'an AppImage');
    writeFileSync(path.join(upload, 'signing-win32-x64.txt'), 'The Windows installer is not signed.\n');
    expect(run('collect', {})).toMatchObject({ status: 0 });
    expect(readdirSync(upload).sort()).toEqual(['Descry.AppImage', 'SHA256SUMS']);
    execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: upload, stdio: 'ignore' });
    expect(readFileSync(path.join(upload, 'SHA256SUMS'), 'utf8')).toContain('  Descry.AppImage\n');
    const notes = readFileSync(path.join(checkout, 'release/NOTES.md'), 'utf8');
    expect(notes).toMatch(/^- new\n\nThe Windows installer is not signed\.\n\nThis release has no feed of updates/);
    expect(await checksums(upload)).toContain('SHA256SUMS');
  });
});

it('what is not signed is said with the secrets that are missing; half a signature is none', () => {
  const mac = {
    MAC_CSC_LINK: 'certificate',
    MAC_CSC_KEY_PASSWORD: 'password',
    APPLE_ID: 'id',
    APPLE_APP_SPECIFIC_PASSWORD: 'password of the app',
    APPLE_TEAM_ID: 'team',
  };
  expect(missingSecrets('darwin', mac)).toEqual([]);
  expect(signingText('darwin', mac)).toMatch(/is signed and notarised/);
  expect(builderEnvironment('darwin', { ...mac, PATH: '/bin' })).toEqual({
    PATH: '/bin',
    CSC_LINK: 'certificate',
    CSC_KEY_PASSWORD: 'password',
    APPLE_ID: 'id',
    APPLE_APP_SPECIFIC_PASSWORD: 'password of the app',
    APPLE_TEAM_ID: 'team',
  });
  // A secret that is not set is an empty text in GitHub's environment.
  const half = { ...mac, APPLE_TEAM_ID: '' };
  expect(missingSecrets('darwin', half)).toEqual(['APPLE_TEAM_ID']);
  expect(signingText('darwin', half)).toMatch(/not signed: macOS refuses to open it/);
  expect(builderEnvironment('darwin', { ...half, PATH: '/bin' })).toEqual({
    PATH: '/bin',
    CSC_IDENTITY_AUTO_DISCOVERY: 'false',
  });
  expect(signingText('win32', {})).toMatch(/not signed: Windows warns/);
  expect(builderEnvironment('win32', { WIN_CSC_LINK: 'a', WIN_CSC_KEY_PASSWORD: 'b' })).toEqual({
    CSC_LINK: 'a',
    CSC_KEY_PASSWORD: 'b',
  });
  expect(signingText('linux', {})).toBeUndefined();
  expect(builderEnvironment('linux', mac)).toEqual({ CSC_IDENTITY_AUTO_DISCOVERY: 'false' });
});

it('every secret that a step reads is given by the workflow, and no other', () => {
  const given = (name: string) => [...texts.get(name)!.matchAll(/secrets\.(\w+)/g)].map(([, secret]) => secret);
  expect(given('test.yml')).toEqual([]);
  expect([...new Set(given('release.yml'))].sort()).toEqual(
    [...missingSecrets('darwin', {}), ...missingSecrets('win32', {}), 'UPDATE_SIGNING_KEY'].sort(),
  );
});

it('the notes of a release are its section of the changelog', () => {
  const changelog =
    '# Changelog\n\n## Unreleased\n\n- later\n\n## 1.2.0 (2026-12-01)\n\n### Added\n\n- this\n\n## 1.1.0\n\n- before\n';
  expect(notesOf('1.2.0', changelog)).toBe('### Added\n\n- this');
  expect(notesOf('1.1.0', changelog)).toBe('- before');
  expect(notesOf('1.2', changelog)).toBeUndefined();
  expect(tagProblem('v1.2.0', '1.2.0', changelog)).toBeUndefined();
  expect(tagProblem('v1.3.0', '1.3.0', changelog)).toBe('CHANGELOG.md has no section for 1.3.0.');
});
