/**
 * Takes a picture of every state of the window, in both sizes and both themes: drawn photos, nobody's own.
 *
 *   vite build -c build/vite.config.ts && node test/page/screenshots.ts docs/screenshots [NAME…]
 *
 * CHROMIUM names the browser (default /usr/bin/chromium).
 */
import { chromium } from '@playwright/test';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { startPreview } from './preview.ts';
import { states } from './states.ts';

const [folder, ...names] = process.argv.slice(2);
if (!folder) throw new Error('usage: screenshots.ts FOLDER [NAME…]');
const dist = process.env['DIST'] ?? path.resolve(import.meta.dirname, '../../dist/renderer');
const sizes = [
  { width: 1280, height: 800 },
  { width: 900, height: 600 },
];
const themes = ['light', 'dark'] as const;

await mkdir(folder, { recursive: true });
const preview = await startPreview(dist);
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
  ignoreDefaultArgs: ['--hide-scrollbars'],
});
let problems = 0;
for (const state of states.filter(({ name }) => names.length === 0 || names.includes(name))) {
  for (const theme of themes) {
    for (const viewport of sizes) {
      const context = await browser.newContext({ viewport, colorScheme: theme });
      const page = await context.newPage();
      const title = `${state.name}-${viewport.width}x${viewport.height}-${theme}`;
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().includes('404')) report(title, message.text());
      });
      page.on('pageerror', (error) => report(title, String(error)));
      try {
        await page.goto(preview.address(state.scenario));
        await page.waitForTimeout(350);
        await state.prepare?.(page);
        const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
        await sharp(picture)
          .webp({ quality: 86, effort: 6 })
          .toFile(path.join(folder, `${title}.webp`));
      } catch (error) {
        report(title, String(error));
      }
      await context.close();
    }
  }
}
await browser.close();
await preview.close();
process.exitCode = problems > 0 ? 1 : 0;

function report(title: string, problem: string): void {
  problems++;
  console.error(`${title}: ${problem}`);
}
