/** How programs are bundled for the stand-in, in the place of today's Electron. */
import path from 'node:path';
import { build, type BuildOptions } from 'esbuild';

const folder = import.meta.dirname;

/** The Node and the Chromium inside Electron 25. */
export const standInTargets = { node: 'node18.15', page: 'chrome114' } as const;

/** Stands before every program: it must be the first that it loads. */
export const standInBanner = `require('./stand-in.cjs');`;

/** What the preload script loads first: it cannot load files. */
export const standInPreload = [path.join(folder, 'preload.ts')];

/** Bundles what the banner loads. */
export async function buildStandIn(options: BuildOptions): Promise<void> {
  await build({
    ...options,
    entryPoints: { 'stand-in': path.join(folder, 'node-18.ts') },
    target: standInTargets.node,
    external: ['electron'],
  });
}
