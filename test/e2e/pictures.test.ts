/** The large view of photos that Chromium cannot show, or that are not there. */
import { copyFile, rename, symlink } from 'node:fs/promises';
import path from 'node:path';
import { shared } from '../fixtures/shared.ts';
import { expect, test } from './app.ts';
import { cell, copyPhotos, indexFolder, noPhotos, seed } from './journeys.ts';

test.skip(shared === undefined, noPhotos);
test.setTimeout(180_000);

const heicNamedJpg = path.join(shared ?? '', 'photos/cases/heic-named-jpg.jpg');

test('a HEIC that is named .jpg is shown large; behind a link that leads out of the folder it is not, and the reason is said', async ({
  start,
  folder,
}) => {
  const [photos, elsewhere] = [await folder('photos'), await folder('elsewhere')];
  await copyPhotos(seed, photos, 1);
  const inner = path.join(photos, 'inner');
  await copyPhotos(seed, inner, 0);
  await copyFile(heicNamedJpg, path.join(inner, 'heic-named-jpg.jpg'));
  const descry = await start();
  const page = descry.window;
  await page.waitForLoadState('load');
  await indexFolder(descry, photos);
  await expect(page.getByText('2 photos', { exact: true })).toBeVisible();
  const dialog = page.getByRole('dialog', { name: 'Photo' });
  const image = dialog.getByAltText('Photo');
  const open = async (name: string) => {
    await cell(page, 0).click();
    for (let i = 0; i < 2; i++) {
      if ((await dialog.getByText(name).count()) > 0) return;
      await page.keyboard.press('ArrowRight');
      await page.waitForTimeout(500);
    }
  };

  await test.step('it is decoded', async () => {
    await open('heic-named-jpg.jpg');
    await expect(dialog).toContainText('heic-named-jpg.jpg');
    await expect
      .poll(() => image.evaluate((shown: HTMLImageElement) => shown.naturalWidth), { timeout: 30_000 })
      .toBeGreaterThan(500);
    await expect(dialog.getByRole('alert')).toHaveCount(0);
    await page.keyboard.press('Escape');
  });

  await test.step('its folder is replaced by a link', async () => {
    await rename(inner, path.join(elsewhere, 'inner'));
    await symlink(path.join(elsewhere, 'inner'), inner);
    await page.reload();
    await open('heic-named-jpg.jpg');
    await expect(dialog.getByRole('alert')).toContainText('a link on its way leads to', { timeout: 30_000 });
  });
});
