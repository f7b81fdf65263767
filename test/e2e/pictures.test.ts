/** The large view of photos that Chromium cannot show. */
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { shared } from '../fixtures/shared.ts';
import { expect, test } from './app.ts';
import { cell, indexFolder, noPhotos } from './journeys.ts';

test.skip(shared === undefined, noPhotos);
test.setTimeout(180_000);

test('a HEIC that is named .jpg is shown large', async ({ start, folder }) => {
  const photos = await folder('photos');
  const name = 'heic-named-jpg.jpg';
  await copyFile(path.join(shared!, 'photos/cases', name), path.join(photos, name));
  const descry = await start();
  const page = descry.window;
  await page.waitForLoadState('load');
  await indexFolder(descry, photos);
  await cell(page, 0).click();
  const dialog = page.getByRole('dialog', { name: 'Photo' });
  await expect(dialog).toContainText(name);
  const shown = dialog.getByAltText('Photo');
  await expect
    .poll(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth), { timeout: 30_000 })
    .toBe(161);
  await expect(dialog.getByRole('alert')).toHaveCount(0);
});
