/** Options for bundling programs for the stand-in. */
import path from 'node:path';
import { build, type BuildOptions } from 'esbuild';

const folder = import.meta.dirname;

/** The Node and the Chromium inside Electron 25. */
export const standInTargets = { node: 'node18.15', page: 'chrome114' } as const;

/** Loads stand-in.cjs before all other code of a program. */
export const standInBanner = `require('./stand-in.cjs');`;

/** Bundled at the start of the preload script, which cannot load files. */
export const standInPreload = [path.join(folder, 'preload.ts')];

/** Bundles stand-in.cjs. */
export async function buildStandIn(options: BuildOptions): Promise<void> {
  await build({
    ...options,
    entryPoints: { 'stand-in': path.join(folder, 'node-18.ts') },
    target: standInTargets.node,
    external: ['electron'],
  });
}
