/** End-to-end tests in a real window: of the checkout, of the packaged program, and of the page alone (`npm test -- e2e`, `packaged`, `page`). */
import { defineConfig } from '@playwright/test';
import type { ProgramOption } from './test/e2e/app.ts';

export default defineConfig<ProgramOption>({
  testDir: 'test/e2e',
  testMatch: '**/*.test.ts',
  outputDir: 'test-results/e2e',
  globalSetup: './test/e2e/prepare.ts',
  projects: [
    { name: 'development', use: { packaged: false } },
    {
      name: 'packaged',
      use: { packaged: true },
      // The page is the same as in the checkout; what packaging can break is in the other files, and in two journeys: through
      // a search, and through what a sentence means (the gazetteer).
      testIgnore: /journey-(accessibility|first-run|grid|library|settings|training)/,
    },
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
