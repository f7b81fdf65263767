/**
 * The steps of a release that are more than a command (.github/workflows/release.yml): `node build/scripts/release.mjs STEP`.
 *
 *     check-tag    the tag that is built (GITHUB_REF_NAME) is v and the version of package.json, and the changelog has that
 *     package      says whether this system's installers will be signed, and which secrets are missing; builds them, and puts what is
 *                  released into release/upload/
 *     collect      of the uploads of all systems: SHA256SUMS, the feed for updates, and the notes of the release
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  createReadStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const release = path.join(root, 'release');
const upload = path.join(release, 'upload');
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

/** Secrets that make installers signed ones; without all of a system's, they are unsigned. */
const signing = {
  darwin: {
    secrets: ['MAC_CSC_LINK', 'MAC_CSC_KEY_PASSWORD', 'APPLE_ID', 'APPLE_APP_SPECIFIC_PASSWORD', 'APPLE_TEAM_ID'],
    signed: 'The macOS program is signed and notarised.',
    unsigned:
      'The macOS program is not signed: macOS refuses to open it until the user allows it under System Settings, Privacy & Security.',
  },
  win32: {
    secrets: ['WIN_CSC_LINK', 'WIN_CSC_KEY_PASSWORD'],
    signed: 'The Windows installer is signed.',
    unsigned: 'The Windows installer is not signed: Windows warns of it (SmartScreen: More info, Run anyway).',
  },
};

/** What users download, and what electron-updater reads beside it. */
const released = /\.(AppImage|deb|exe|dmg|zip|blockmap)$/;

/** @param environment of the job @returns for systems that sign: the secrets that are missing */
export function missingSecrets(platform, environment) {
  return (signing[platform]?.secrets ?? []).filter((name) => !environment[name]);
}

/** @returns a sentence for the user who downloads it; undefined on Linux, where installers are not signed one by one */
export function signingText(platform, environment) {
  const texts = signing[platform];
  if (texts === undefined) return undefined;
  return missingSecrets(platform, environment).length === 0 ? texts.signed : texts.unsigned;
}

/** @returns the environment for electron-builder: its own names, and nothing of a signature that is not complete */
export function builderEnvironment(platform, environment) {
  const kept = Object.fromEntries(Object.entries(environment).filter(([name]) => !allSecrets.includes(name)));
  // It would take any certificate of the computer.
  if (missingSecrets(platform, environment).length > 0 || !signing[platform])
    return { ...kept, CSC_IDENTITY_AUTO_DISCOVERY: 'false' };
  const prefix = platform === 'darwin' ? 'MAC' : 'WIN';
  return {
    ...kept,
    ...Object.fromEntries(
      Object.keys(environment)
        .filter((name) => name.startsWith('APPLE_') && platform === 'darwin')
        .map((name) => [name, environment[name]]),
    ),
    CSC_LINK: environment[`${prefix}_CSC_LINK`],
    CSC_KEY_PASSWORD: environment[`${prefix}_CSC_KEY_PASSWORD`],
  };
}
const allSecrets = Object.values(signing).flatMap(({ secrets }) => secrets);

/** @returns what is wrong with the tag; undefined where it is right */
export function tagProblem(tag, ofPackage, changelog) {
  if (tag !== `v${ofPackage}`) return `The tag is ${tag}, and package.json has version ${ofPackage}.`;
  if (!notesOf(ofPackage, changelog)) return `CHANGELOG.md has no section for ${ofPackage}.`;
  return undefined;
}

/** The section of a version in the changelog. */
export function notesOf(wanted, changelog) {
  const sections = changelog.split(/^## /m).slice(1);
  const found = sections.find(
    (section) =>
      section.startsWith(`${wanted} `) || section.startsWith(`${wanted}\n`) || section.startsWith(`[${wanted}]`),
  );
  return found?.slice(found.indexOf('\n')).trim();
}

/** @returns a line for each file, as `sha256sum --check` reads it */
export async function checksums(folder) {
  const lines = [];
  for (const name of readdirSync(folder).sort()) {
    const hash = createHash('sha256');
    for await (const piece of createReadStream(path.join(folder, name))) hash.update(piece);
    lines.push(`${hash.digest('hex')}  ${name}\n`);
  }
  return lines.join('');
}

function saySigning() {
  const text = signingText(process.platform, process.env);
  if (text === undefined) return;
  const missing = missingSecrets(process.platform, process.env);
  const line = missing.length > 0 ? `${text} Missing secrets: ${missing.join(', ')}.` : text;
  process.stdout.write(`${line}\n`);
  if (process.env.GITHUB_STEP_SUMMARY) appendFileSync(process.env.GITHUB_STEP_SUMMARY, `${line}\n`);
}

const steps = {
  'check-tag': () => {
    const changelog = readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8');
    const problem = tagProblem(process.env.GITHUB_REF_NAME ?? '', version, changelog);
    if (problem) throw new Error(problem);
  },
  package: () => {
    saySigning();
    execFileSync(
      process.execPath,
      [path.join(root, 'build/scripts/run.mjs'), path.join(root, 'build/scripts/package.mjs')],
      {
        cwd: root,
        stdio: 'inherit',
        env: builderEnvironment(process.platform, process.env),
      },
    );
    rmSync(upload, { recursive: true, force: true });
    mkdirSync(upload, { recursive: true });
    for (const name of readdirSync(release).filter((file) => released.test(file))) {
      copyFileSync(path.join(release, name), path.join(upload, name));
      process.stdout.write(`${(statSync(path.join(release, name)).size / 1e6).toFixed(0)} MB  ${name}\n`);
    }
    const text = signingText(process.platform, process.env);
    // Beside the files, for the notes of the release.
    if (text) writeFileSync(path.join(upload, `signing-${process.platform}-${process.arch}.txt`), `${text}\n`);
  },
  collect: async () => {
    const said = new Set();
    for (const name of readdirSync(upload).filter((file) => /^signing-.*\.txt$/.test(file))) {
      said.add(readFileSync(path.join(upload, name), 'utf8').trim());
      rmSync(path.join(upload, name));
    }
    const { writeFeed } = await import('./update-feed.mjs');
    const feed = await writeFeed(upload, version, process.env.UPDATE_SIGNING_KEY);
    writeFileSync(path.join(upload, 'SHA256SUMS'), await checksums(upload));
    const notes = notesOf(version, readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8')) ?? '';
    writeFileSync(path.join(release, 'NOTES.md'), `${[notes, ...said, feed].join('\n\n')}\n`);
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const step = steps[process.argv[2]];
  if (!step) throw new Error(`There is no step ${process.argv[2]}. There are: ${Object.keys(steps).join(', ')}.`);
  await step();
}
