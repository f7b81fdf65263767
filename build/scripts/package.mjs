/**
 * Packages the program: `--dir` unpacked, and a copy of it that Playwright can drive; without it the installers of this
 * system.
 */
import { cpSync, existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses';
import { build } from 'electron-builder';
import { buildApp } from '../build.ts';
import { root } from '../bundles.ts';
import { findElectron } from './electron.ts';
import { packaged } from './packaged.ts';

const unpacked = process.argv.includes('--dir');

// One after the other: what is built depends on the Electron that is found.
await findElectron();
await buildApp();
await build({
  projectDir: root,
  config: path.join(root, 'build/electron-builder.config.mjs'),
  publish: 'never',
  ...(unpacked ? { dir: true } : {}),
});
if (unpacked) await makeDrivenCopy();

/**
 * The shipped program refuses the inspector's switches, by which Playwright speaks to it: the copy has that one fuse on.
 */
async function makeDrivenCopy() {
  const depth = process.platform === 'darwin' ? 4 : 1;
  const up = (file) => path.join(file, ...new Array(depth).fill('..'));
  const [shipped, driven] = [up(packaged.shipped), up(packaged.driven)];
  if (!existsSync(packaged.shipped)) throw new Error(`electron-builder made no ${packaged.shipped}.`);
  rmSync(driven, { recursive: true, force: true });
  cpSync(shipped, driven, { recursive: true, verbatimSymlinks: true });
  await flipFuses(packaged.driven, {
    version: FuseVersion.V1,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    resetAdHocDarwinSignature: process.platform === 'darwin',
  });
}
