/** axe in every view of the real program with real photos, light and dark; pictures of the same views beside the results. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { shared } from '../fixtures/shared.ts';
import { expect, test } from './app.ts';
import {
  axeFindings,
  cell,
  copyPhotos,
  field,
  go,
  indexFolder,
  noPhotos,
  personal,
  searchFor,
  seed,
} from './journeys.ts';
import { takeScreens } from './screens.ts';

test.skip(shared === undefined, noPhotos);
test.setTimeout(240_000);

test('axe finds nothing in any view, light and dark', async ({ descry, folder }, info) => {
  const page = descry.window;
  const dialog = page.getByRole('dialog', { name: 'Photo' });
  const relevance = page.getByRole('button', { name: 'Show how likely each match is' });
  /** Brings a view into a state, and checks it: also where another one has failed. */
  const check = (name: string, prepare: () => Promise<void>) =>
    test.step(name, async () => {
      await prepare();
      await takeScreens(descry, info, name);
      expect.soft(await axeFindings(descry), name).toEqual([]);
    });

  await check('welcome', () => expect(page.getByRole('button', { name: 'Choose a photo folder…' })).toBeVisible());
  await check('timeline', async () => {
    const photos = await folder('photos');
    await copyPhotos(seed, path.join(photos, 'seed'));
    await copyPhotos(personal, path.join(photos, 'personal'), 10);
    await writeFile(path.join(photos, 'broken.jpg'), 'this is no photo');
    await indexFolder(descry, photos);
    await expect(cell(page, 0)).toBeVisible();
    await page.waitForTimeout(2000); // thumbnails
  });

  await check('search', () => searchFor(page, 'children having fun outdoors'));
  await check('search-scores-squares', async () => {
    await relevance.click();
    await page.getByText('Squares', { exact: true }).click({ force: true });
  });
  await check('search-menu', async () => {
    await page.getByText('Fitted rows', { exact: true }).click({ force: true });
    await cell(page, 1).focus();
    await page.keyboard.press('Shift+F10');
    await expect(page.getByRole('menuitem').first()).toBeFocused();
  });
  await check('search-unknown', async () => {
    await page.keyboard.press('Escape');
    await relevance.click();
    await searchFor(page, 'a womaan on a horse');
  });
  await check('search-nothing-known', async () => {
    await field(page).fill('xqzzt');
    await expect(page.getByRole('heading', { name: 'None of these words is known' })).toBeVisible();
  });

  await check('photo', async () => {
    await page.keyboard.press('Escape');
    await cell(page, 2).click();
    await expect(dialog.locator('strong').first()).toHaveText(/\.jpe?g$/i);
    await page.keyboard.press('i');
    await expect(dialog.getByRole('complementary', { name: 'Information' }).locator('dd').first()).toBeVisible();
    await page.waitForTimeout(500);
  });

  await check('library', async () => {
    await page.keyboard.press('Escape');
    await go(page, 'Library');
    await expect(page.getByText('broken.jpg', { exact: true })).toBeVisible();
  });
  await check('library-remove', () => page.getByRole('button', { name: /^Remove / }).click());
  await check('library-leave-out', async () => {
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Choose what to leave out/ }).click();
  });

  await check('training', async () => {
    await page.keyboard.press('Escape');
    await go(page, 'Training');
    await expect(page.getByRole('listitem').first()).toBeVisible();
  });
  await check('settings', async () => {
    await go(page, 'Settings');
    await expect(page.getByText('Downloaded models')).toBeVisible();
  });
  await check('settings-end', () => page.getByRole('heading', { name: 'About' }).scrollIntoViewIfNeeded());
  await check('shortcuts', async () => {
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog')).toBeVisible();
  });
  expect(descry.complaints).toEqual([]);
});
