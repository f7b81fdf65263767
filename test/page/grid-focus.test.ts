/** The large view from the grid and back: where the focus goes, and what is done there. */
import { cell, expect, test } from './page.ts';

test('closing the large view gives the focus to its photo, wherever that is in the list now', async ({
  mock: { page, open },
}) => {
  await open({});
  await cell(page, 3).click();
  await page.evaluate(() => {
    window.mock.change('library.timeline', ({ ids, contents, aspects, days, stacks, favourites, damaged }) => ({
      ids: ids.subarray(2),
      contents: contents.subarray(2),
      aspects: aspects.subarray(2),
      days: days.subarray(2),
      stacks: stacks.subarray(2),
      favourites: favourites.subarray(2),
      damaged: damaged.subarray(2),
    }));
    window.mock.emit('library.changed', { photosChanged: true });
  });
  await expect(page.getByText('9,998 photos', { exact: true })).toBeAttached();
  await page.keyboard.press('Escape');
  await expect(cell(page, 1)).toBeFocused();
});

test('a favourite is made in the large view, too, and its heart is in the grid', async ({ mock: { page, open } }) => {
  await open({});
  await cell(page, 2).click();
  const dialog = page.getByRole('dialog', { name: 'Photo' });
  await dialog.getByRole('button', { name: 'Add to favourites' }).click();
  await expect(dialog.getByRole('button', { name: 'Take out of favourites' })).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('ArrowRight');
  await expect(dialog.getByRole('button', { name: 'Add to favourites' })).toBeVisible();
  await page.keyboard.press('f');
  await page.keyboard.press('Escape');
  await expect(cell(page, 2).locator('.heart')).toBeVisible();
  await expect(cell(page, 3).locator('.heart')).toBeVisible();
});

test('a damaged photo has a mark in the grid and is told of in its information', async ({ mock: { page, open } }) => {
  await open({ damaged: [9_999] });
  await expect(page.locator('.damaged')).toHaveCount(1);
  await expect(cell(page, 1)).toHaveAccessibleName(/damaged/);
  // its mark leaves the corner of the check mark free
  await cell(page, 1).hover();
  await cell(page, 1).click({ position: { x: 17, y: 17 } });
  await expect(cell(page, 1)).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Escape');
  await cell(page, 1).click();
  await expect(page.getByRole('dialog', { name: 'Photo' })).toContainText('Damaged');
  await page.keyboard.press('i');
  await expect(page.getByText('Only the upper part of this photo could be read')).toBeVisible();
});

test('where one cannot be moved to the bin, the focus is in the grid once that was told', async ({
  mock: { page, open },
}) => {
  await open({});
  await page.evaluate(() => {
    const failures = [{ path: '/home/anna/a.jpg', reason: 'it does not exist' }];
    window.mock.change('photos.trash', (report) => ({ ...report, moved: report.moved - 1, failures }));
  });
  await cell(page, 0).click({ modifiers: ['Control'] });
  await cell(page, 1).click({ modifiers: ['Control'] });
  await page.keyboard.press('Delete');
  await page.getByRole('button', { name: 'Move 2 photos to the bin' }).click();
  await expect(page.getByRole('dialog', { name: '1 photo could not be moved to the bin' })).toBeVisible();
  await expect(page.getByText('9,998 photos', { exact: true })).toBeVisible(); // the photos left meanwhile
  await page.keyboard.press('Escape');
  await expect(page.getByRole('grid').locator(':focus')).toHaveCount(1);
});

test('a long name does not lie over the buttons of the large view', async ({ mock: { page, open } }) => {
  await open({}, { width: 900, height: 600 });
  await page.evaluate(() => {
    window.mock.change('photo.details', (details) => ({ ...details, name: `${'a long name '.repeat(12)}.jpg` }));
  });
  await cell(page, 0).click();
  const header = page.getByRole('dialog', { name: 'Photo' }).locator('header');
  await expect(header.locator('strong')).toContainText('a long name');
  const title = (await header.locator('.title').boundingBox())!;
  const first = (await header.getByRole('button', { name: 'Zoom out' }).boundingBox())!;
  expect(title.x + title.width).toBeLessThanOrEqual(first.x);
});
