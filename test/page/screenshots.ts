/**
 * Takes a picture of every state of the window, in both sizes and both themes, with drawn photos: into `screenshots/`, which
 * git ignores.
 *
 *     npm run screenshots [-- NAME…]
 *     npm run screenshots -- --docs
 *
 * With `--docs` only those that the documentation shows, in their place there.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { buildApp, isStale } from '../../build/build.ts';
import { findElectron } from '../../build/scripts/electron.ts';
import { launchBareWindow, root } from '../fixtures/electron.ts';
import { startPreview } from './preview.ts';
import { states } from './states.ts';

const sizes = [
  { width: 1280, height: 800 },
  { width: 900, height: 600 },
] as const;
const themes = ['light', 'dark'] as const;
/** README.md */
const inDocs = ['search-1280x800-light', 'search-1280x800-dark'];

const { values, positionals } = parseArgs({ options: { docs: { type: 'boolean' } }, allowPositionals: true });
const unknown = positionals.filter((name) => !states.some((state) => state.name === name));
if (unknown.length > 0) {
  console.error(`There is no state ${unknown.join(', ')}. There are: ${states.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
const folder = path.join(root, values.docs ? 'docs/screenshots' : 'screenshots');
await mkdir(folder, { recursive: true });
await findElectron();
if (await isStale()) await buildApp();

const preview = await startPreview(path.join(root, 'dist/renderer'));
const electron = await launchBareWindow();
const page = await electron.firstWindow();
let title = '';
let problems = 0;
page.on('console', (message) => {
  // a picture that cannot be shown is one of the states
  if (message.type() === 'error' && !message.text().includes('404')) report(message.text());
});
page.on('pageerror', (error) => report(String(error)));
for (const size of sizes) {
  for (const theme of themes) {
    await setLook(size, theme);
    for (const state of states) {
      title = `${state.name}-${size.width}x${size.height}-${theme}`;
      if (values.docs && !inDocs.includes(title)) continue;
      if (positionals.length > 0 && !positionals.includes(state.name)) continue;
      try {
        await page.mouse.move(0, 0);
        await page.goto(preview.address(state.scenario));
        await page.waitForTimeout(350);
        await state.prepare?.(page);
        await page.waitForFunction(
          () => document.querySelector('[role=gridcell] .place:not(:has(.broken)) canvas:not(.picture)') === null,
        );
        const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
        await sharp(picture)
          .webp({ quality: 86, effort: 6 })
          .toFile(path.join(folder, `${title}.webp`));
      } catch (error) {
        report(String(error));
      }
    }
  }
}
await electron.close();
await preview.close();
console.log(`The pictures are in ${folder}.`);
process.exitCode = problems > 0 ? 1 : 0;

async function setLook(size: (typeof sizes)[number], theme: (typeof themes)[number]): Promise<void> {
  await page.emulateMedia({ colorScheme: theme });
  await electron.evaluate(
    ({ BrowserWindow }, { width, height }) => BrowserWindow.getAllWindows()[0]?.setContentSize(width, height),
    size,
  );
  await page.waitForFunction(({ width, height }) => innerWidth === width && innerHeight === height, size);
}

function report(problem: string): void {
  problems++;
  console.error(`${title}: ${problem}`);
}
