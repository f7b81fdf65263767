/** Before the end-to-end tests: an Electron to run, and a build of what is in the checkout. */
import { buildApp, isStale } from '../../build/build.ts';
import { install, makeDrivenCopy, whyNotInstalled } from '../../build/scripts/installed.ts';
import { findElectron } from '../../build/scripts/electron.ts';
import { hideEncoders } from '../fixtures/own-encoders.ts';
import type { FullConfig } from '@playwright/test';

/** @returns what undoes it */
export default async function prepare(config: FullConfig): Promise<(() => void) | undefined> {
  const removeWeights = hideEncoders();
  const names = chosenProjects(config);
  if (names.includes('development') || names.includes('page')) {
    await findElectron();
    if (await isStale()) await buildApp();
  }
  if (!names.includes('packaged')) return removeWeights;
  const reason = whyNotInstalled();
  if (reason === undefined) {
    const remove = await install();
    return () => {
      remove();
      removeWeights();
    };
  }
  process.stderr.write(`\nSKIPPED: the Debian package is not installed for the tests. ${reason}.\n`);
  await makeDrivenCopy();
  return removeWeights;
}

/** Playwright hands over all projects, whatever --project says. */
function chosenProjects({ projects }: FullConfig): string[] {
  const named = process.argv.flatMap((argument, i, all) => {
    if (argument.startsWith('--project=')) return [argument.slice('--project='.length)];
    return argument === '--project' ? [all[i + 1] ?? ''] : [];
  });
  return named.length > 0 ? named : projects.map(({ name }) => name);
}
