/**
 * Pictures of a view at both sizes, light and dark, beside the results of the test (test-results/e2e/): with
 * `DESCRY_SCREENS=1 npm test -- e2e`, because they are for people to look at and take a minute of a run.
 */
import path from 'node:path';
import type { TestInfo } from '@playwright/test';
import type { DescryApp } from './app.ts';

export const sizes = [
  { width: 1280, height: 800 },
  { width: 900, height: 600 },
] as const;
export const themes = ['light', 'dark'] as const;

/** Waits until the window has this content size and theme. */
export async function setLook(
  app: DescryApp,
  size: (typeof sizes)[number],
  theme: (typeof themes)[number],
): Promise<void> {
  await app.electron.evaluate(
    ({ BrowserWindow, nativeTheme }, [{ width, height }, source]) => {
      nativeTheme.themeSource = source;
      BrowserWindow.getAllWindows()[0]?.setContentSize(width, height);
    },
    [size, theme] as const,
  );
  // Playwright shows every page a light theme unless told otherwise.
  await app.window.emulateMedia({ colorScheme: theme });
  await app.window.waitForFunction(
    ([{ width, height }, wanted]) =>
      innerWidth === width && innerHeight === height && matchMedia(`(prefers-color-scheme: ${wanted})`).matches,
    [size, theme] as const,
  );
}

/** @param name of the view and its state, such as `search-empty` */
export async function takeScreens(app: DescryApp, info: TestInfo, name: string): Promise<void> {
  if (process.env['DESCRY_SCREENS'] === undefined) return;
  for (const size of sizes) {
    for (const theme of themes) {
      await setLook(app, size, theme);
      const file = `${name}-${size.width}x${size.height}-${theme}.png`;
      // `animations: disabled` ends transitions, so that the picture shows the state and not the way to it.
      await app.window.screenshot({ path: path.join(info.outputDir, file), animations: 'disabled', caret: 'hide' });
    }
  }
}
