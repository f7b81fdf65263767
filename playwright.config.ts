/** End-to-end tests in a real window: of the checkout, of the packaged program, and of the page alone (`npm test -- e2e`, `packaged`, `page`). */
import { defineConfig } from '@playwright/test';
import type { ProgramOption } from './test/e2e/app.ts';

/**
 * What packaging, another user's rights or the closed network can break is tested in the program as it is shipped, what the window does in
 * the checkout; the few others in both. Each once more in the other would take four minutes and find nothing: the page and the
 * services are the same files.
 */
const inThePackage = [
  ...['command-line', 'encoders', 'installed', 'journey-asking', 'nothing-leaves', 'package', 'pictures', 'processes'],
  ...['read-only-library', 'second-start', 'security', 'updates'],
];
const inTheCheckout = [
  ...['damaged-library', 'drop', 'first-run', 'grid-pictures', 'start', 'training-check'],
  ...['accessibility', 'first-run', 'grid', 'library', 'settings', 'training'].map((name) => `journey-${name}`),
];
const files = (names: readonly string[]) => names.map((name) => `**/e2e/${name}.test.ts`);

export default defineConfig<ProgramOption>({
  testDir: 'test/e2e',
  testMatch: '**/*.test.ts',
  outputDir: 'test-results/e2e',
  globalSetup: './test/e2e/prepare.ts',
  projects: [
    { name: 'development', use: { packaged: false }, testIgnore: files(inThePackage) },
    { name: 'packaged', use: { packaged: true }, testIgnore: files(inTheCheckout) },
    // the page alone, with a stand-in for the bridge
    { name: 'page', testDir: 'test/page' },
  ],
  // Two windows at a time would fight for the focus; `npm test` gives each a display of its own where it can.
  workers: 1,
  // On two cores with two windows, tests take twice as long as alone.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  forbidOnly: process.env['CI'] !== undefined,
  reporter: 'list',
});
