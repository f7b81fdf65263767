/**
 * Packages the program: with `--dir` for the tests, unpacked, and on Linux as a Debian package, too, which the tests install;
 * without it the installers of this system.
 */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'electron-builder';
import { buildApp } from '../build.ts';
import { root } from '../bundles.ts';
import { findElectron } from './electron.ts';

/** read before the configuration, which asks the environment */
const targets = process.argv.includes('--dir') ? forTests() : {};

// One after the other: what is built depends on the Electron that is found.
await findElectron();
await buildApp();
await build({
  projectDir: root,
  config: path.join(root, 'build/electron-builder.config.mjs'),
  publish: 'never',
  ...targets,
});
// A copy of an earlier build: the tests make it anew where they need it.
rmSync(path.join(root, 'release/driven'), { recursive: true, force: true });

/** Targets of electron-builder. */
function forTests() {
  // The tests that nothing is contacted would mean nothing in a program that knows no place to ask.
  process.env.UPDATE_URL ??= 'https://updates.invalid/descry-updates.json';
  process.env.UPDATE_PUBLIC_KEY ??= generateKeyPairSync('ed25519')
    .publicKey.export({ type: 'spki', format: 'der' })
    .toString('base64');
  const release = path.join(root, 'release');
  const old = existsSync(release) ? readdirSync(release).filter((file) => file.endsWith('.deb')) : [];
  for (const file of old) rmSync(path.join(release, file));
  const canMakeDeb = process.platform === 'linux' && spawnSync('dpkg-deb', ['--version']).status === 0;
  if (!canMakeDeb) return { dir: true };
  process.env.CUSTOM_FPM_PATH ??= path.join(root, 'build/scripts/fpm-dpkg.mjs');
  // It is installed and thrown away.
  process.env.DESCRY_DEB_COMPRESSION ??= 'none';
  return { linux: ['deb'] };
}
