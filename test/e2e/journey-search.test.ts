/** Searching and looking at photos, by keyboard alone where that is what people do, on the photos of the seed. */
import type { Page } from '@playwright/test';
import { shared } from '../fixtures/shared.ts';
import { expect, test } from './app.ts';
import { cell, copyPhotos, field, go, indexFolder, namesShown, noPhotos, searchFor, seed } from './journeys.ts';

test.skip(shared === undefined, noPhotos);
test.setTimeout(180_000);

const withChildren = /^(children_|climbing_kids|excited_kid|karate_kids|shore_kid|skateboarding_kid|excited_baby)/;

/** Index of the photo that has the focus; null: the focus is elsewhere. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const index = (document.activeElement as HTMLElement | null)?.dataset['index'];
    return index === undefined ? null : Number(index);
  });

test('a sentence finds its photos, words are mended, searches are remembered', async ({ descry, folder }) => {
  const page = descry.window;
  const photos = await folder('photos');
  await copyPhotos(seed, photos);
  await indexFolder(descry, photos);

  await test.step('the field has the focus, and results appear as one types', async () => {
    await expect(page.getByText('35 photos', { exact: true })).toBeVisible();
    await page.keyboard.press('Control+k');
    await expect(field(page)).toBeFocused();
    await page.keyboard.type('children having fun', { delay: 30 });
    await expect(page.getByRole('grid', { name: 'Photos for “children having fun”' })).toBeVisible({ timeout: 30_000 });
    const best = await namesShown(descry, 5);
    expect(
      best.filter((name) => withChildren.test(name)),
      best.join(', '),
    ).not.toEqual([]);
    await page.keyboard.press('Enter');
  });

  await test.step('what is probably not meant is folded away, and shown on demand', async () => {
    const few = await page.getByRole('gridcell').count();
    expect(few).toBeLessThan(35);
    await page.getByRole('button', { name: 'Show all', exact: true }).click();
    await expect.poll(() => page.getByRole('gridcell').count()).toBeGreaterThan(few);
    await page.getByRole('button', { name: 'Show good matches only' }).click();
    await expect(page.getByRole('gridcell')).toHaveCount(few);
  });

  await test.step('where nothing fits, what comes closest is not called a match', async () => {
    await searchFor(page, 'two football players tackle');
    await expect(
      page.getByText(/^(No likely match. These come closest.|\d+ possible match(es)?)$/).first(),
    ).toBeVisible();
    await expect(page.getByText(/\d+ (sure|likely)/)).toHaveCount(0);
    await expect(cell(page, 0)).toBeVisible();
    await searchFor(page, 'children having fun');
  });

  await test.step('how sure each match is, is shown on demand', async () => {
    const word = cell(page, 0).getByText(/^(Sure|Likely|Possible|Unlikely)$/);
    await expect(word).toHaveCount(0);
    await page.getByRole('button', { name: 'Show how likely each match is' }).click();
    await expect(word).toBeVisible();
    await expect(cell(page, 0)).toHaveAccessibleName(/, (sure|likely|possible|unlikely) match$/);
    await expect(cell(page, 0)).toHaveAttribute('title', /^Probability of a match: <?\d+%$/);
    await page.getByRole('button', { name: 'Show how likely each match is' }).click();
    await expect(word).toHaveCount(0);
  });

  await test.step('an unknown word is named, and its suggestion searched for', async () => {
    await searchFor(page, 'a womaan drinking cofffee');
    await expect(page.getByRole('button', { name: 'a woman drinking coffee', exact: true })).toBeVisible();
    await page.getByRole('button', { name: 'Replace “cofffee” by “coffee”' }).click();
    await expect(field(page)).toHaveValue('a womaan drinking coffee');
    await page.getByRole('button', { name: 'woman', exact: true }).click();
    await expect(page.getByRole('grid', { name: 'Photos for “a woman drinking coffee”' })).toBeVisible();
    await expect(page.getByText('not a word I know')).toHaveCount(0);
  });

  await test.step('a question without a known word says so, and an empty field shows all photos', async () => {
    await field(page).fill('cofffee');
    await expect(page.getByRole('heading', { name: 'None of these words is known' })).toBeVisible();
    await page.getByRole('button', { name: 'coffee', exact: true }).click();
    await expect(page.getByRole('grid', { name: 'Photos for “coffee”' })).toBeVisible();
    await field(page).focus();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('grid', { name: 'Photos', exact: true })).toBeVisible();
    await expect(page.getByText('newest first', { exact: true })).toBeVisible();
  });

  await test.step('recent searches are offered, and taken by key', async () => {
    await page.keyboard.press('ArrowDown');
    const recent = page.getByRole('listbox', { name: 'Recent searches' });
    await expect(recent.getByRole('option')).toHaveText([
      'coffee',
      'a woman drinking coffee',
      'a womaan drinking coffee',
      'children having fun',
    ]);
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('grid', { name: 'Photos for “children having fun”' })).toBeVisible();
  });

  await test.step('thumbnails change their size by key', async () => {
    const slider = page.getByRole('slider', { name: 'Thumbnail size' });
    const height = async () => (await cell(page, 0).boundingBox())?.height ?? 0;
    const before = await height();
    await slider.focus();
    // To the largest: a few steps may leave as many photos in a row as before, which then is as high.
    await page.keyboard.press('End');
    await expect.poll(height).toBeGreaterThan(before + 20);
  });

  await test.step('the slash leads back from any view', async () => {
    await go(page, 'Settings');
    await page.keyboard.press('/');
    await expect(field(page)).toBeFocused();
    await expect(field(page)).toHaveValue('children having fun');
  });
  expect(descry.complaints).toEqual([]);
});

test('the keyboard alone goes through the grid, into a photo and back to it', async ({ descry, folder }) => {
  const page = descry.window;
  const photos = await folder('photos');
  await copyPhotos(seed, photos, 16);
  await indexFolder(descry, photos);
  await expect(page.getByText('16 photos', { exact: true })).toBeVisible();
  const dialog = page.getByRole('dialog', { name: 'Photo' });
  const zoom = () => dialog.locator('.photo').evaluate((photo) => new DOMMatrix(getComputedStyle(photo).transform).a);

  await test.step('arrows move one focus, which alone is in the order of Tab', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Tab');
    for (let i = 0; i < 8 && (await focused(page)) === null; i++) await page.keyboard.press('Tab');
    expect(await focused(page)).toBe(0);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await focused(page)).toBe(2);
    await page.keyboard.press('ArrowLeft');
    await expect(cell(page, 1)).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => focused(page)).toBeGreaterThan(3);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Control+End');
    await expect(cell(page, 15)).toBeFocused();
    await page.keyboard.press('Control+Home');
    await expect(cell(page, 0)).toBeFocused();
    expect(await page.locator('[role=gridcell][tabindex="0"]').count()).toBe(1);
  });

  await test.step('Enter opens, arrows step, the photo has its facts', async () => {
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await expect(dialog).toBeVisible();
    await expect(dialog.getByText('2 of 16')).toBeVisible();
    await expect(dialog.locator('strong').first()).toHaveText(/\.jpg$/);
    const name = await dialog.locator('strong').first().textContent();
    await page.keyboard.press('ArrowRight');
    await expect(dialog.getByText('3 of 16')).toBeVisible();
    await expect(dialog.locator('strong').first()).not.toHaveText(name ?? '');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    await expect(dialog.getByText('3 of 16')).toBeVisible();
    await page.keyboard.press('i');
    const facts = dialog.getByRole('complementary', { name: 'Information' });
    await expect(facts).toContainText(/\d+ × \d+/);
    await expect(facts).toContainText(photos);
    await page.keyboard.press('i');
  });

  await test.step('the photo itself is shown, and zooms by key', async () => {
    const shown = dialog.getByRole('img', { name: 'Photo' });
    await expect.poll(() => shown.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(100);
    await page.keyboard.press('+');
    await expect.poll(zoom).toBeGreaterThan(1.2);
    await page.keyboard.press('-');
    await page.keyboard.press('+');
    await page.keyboard.press('0');
    await expect.poll(zoom).toBe(1);
  });

  await test.step('Esc leads back to the photo that was looked at last', async () => {
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await expect(cell(page, 2)).toBeFocused();
    await page.keyboard.press('Space');
    await expect(dialog.getByText('3 of 16')).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(cell(page, 2)).toBeFocused();
  });

  await test.step('the path and the image are copied', async () => {
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Copy path' }).click();
    await expect(page.getByText('Path copied')).toBeVisible();
    const text = await descry.electron.evaluate(({ clipboard }) => clipboard.readText());
    expect(text.startsWith(photos)).toBe(true);
    await dialog.getByRole('button', { name: 'Copy image' }).click();
    await expect(page.getByText('Image copied')).toBeVisible();
    const copied = await descry.electron.evaluate(({ clipboard }) => {
      const older = clipboard as { readImage?(): Electron.NativeImage };
      return older.readImage ? !older.readImage().isEmpty() : clipboard.has('image/png');
    });
    expect(copied).toBe(true);
  });
  expect(descry.complaints).toEqual([]);
});
