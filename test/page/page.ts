/** The built page with the mock bridge in an Electron window, for tests: one window for all tests of a file. */
import path from 'node:path';
import { expect, test as base, type ElectronApplication, type Page } from '@playwright/test';
import { launchBareWindow, root } from '../fixtures/electron.ts';
import type { Scenario } from './scenario.ts';
import { startPreview, type Preview } from './preview.ts';

export interface MockWindow {
  readonly page: Page;
  /** what the page complained about since it was opened: uncaught errors, and what its policy refused */
  readonly complaints: string[];
  open(scenario: Scenario, look?: { theme?: 'light' | 'dark'; width?: number; height?: number }): Promise<void>;
}

interface Shared {
  preview: Preview;
  electron: ElectronApplication;
  window: Page;
}

export const test = base.extend<{ mock: MockWindow }, Shared>({
  preview: [
    async ({}, use) => {
      const preview = await startPreview(path.join(root, 'dist/renderer'));
      await use(preview);
      await preview.close();
    },
    { scope: 'worker' },
  ],
  electron: [
    async ({}, use) => {
      const electron = await launchBareWindow();
      await use(electron);
      await electron.close();
    },
    { scope: 'worker' },
  ],
  window: [async ({ electron }, use) => use(await electron.firstWindow()), { scope: 'worker' }],
  mock: async ({ preview, electron, window: page }, use) => {
    const complaints: string[] = [];
    const onError = (error: Error) => complaints.push(error.message);
    const onConsole = (message: { type(): string; text(): string }) => {
      // a picture that cannot be shown is one of the states
      if (message.type() === 'error' && !message.text().includes('404')) complaints.push(message.text());
    };
    page.on('pageerror', onError);
    page.on('console', onConsole);
    await use({
      page,
      complaints,
      async open(scenario, { theme = 'light', width = 1280, height = 800 } = {}) {
        await page.emulateMedia({ colorScheme: theme });
        await electron.evaluate(
          ({ BrowserWindow }, [w, h]) => BrowserWindow.getAllWindows()[0]?.setContentSize(w!, h!),
          [width, height],
        );
        await page.goto(preview.address(scenario));
        await page.getByRole('button', { name: 'Photos', exact: true }).waitFor();
        await page.waitForTimeout(150); // the first answers of the bridge
      },
    });
    await page.unrouteAll();
    const mismatches = await page.evaluate(() => (window as { mock?: Window['mock'] }).mock?.mismatches ?? []);
    expect(mismatches, 'what does not fit the contract').toEqual([]);
    page.off('pageerror', onError);
    page.off('console', onConsole);
  },
});

/** the search field */
export const field = (page: Page) => page.getByRole('combobox');
/** a photo of the grid, by its place */
export const cell = (page: Page, index: number) => page.locator(`[data-index="${index}"]`);
/** the requests of a name that the page has sent */
export const asked = (page: Page, name: string) =>
  page.evaluate((wanted) => window.mock.asked.filter((request) => request.name === wanted), name);

export { expect };
