/** Before the end-to-end tests: an Electron to run, and a build of what is in the checkout. */
import { existsSync } from 'node:fs';
import { buildApp, isStale } from '../../build/build.ts';
import { packaged } from '../../build/scripts/packaged.ts';
import { findElectron } from '../../build/scripts/electron.ts';
import type { FullConfig } from '@playwright/test';

export default async function prepare(config: FullConfig): Promise<void> {
  const names = chosenProjects(config);
  if (names.includes('development') || names.includes('page')) {
    await findElectron();
    if (await isStale()) await buildApp();
  }
  if (names.includes('packaged') && !existsSync(packaged.driven)) {
    throw new Error(`${packaged.driven} is not there: run "node build/scripts/package.mjs --dir" first.`);
  }
}

/** Playwright hands over all projects, whatever --project says. */
function chosenProjects({ projects }: FullConfig): string[] {
  const named = process.argv.flatMap((argument, i, all) => {
    if (argument.startsWith('--project=')) return [argument.slice('--project='.length)];
    return argument === '--project' ? [all[i + 1] ?? ''] : [];
  });
  return named.length > 0 ? named : projects.map(({ name }) => name);
}
