/** Asking in the real window: what a sentence says of time, place and camera, filters by hand, photos like others, saved searches. */
import path from 'node:path';
import type { Page } from '@playwright/test';
import { shared } from '../fixtures/shared.ts';
import { expect, test } from './app.ts';
import {
  cell,
  copyPhotos,
  dragIn,
  field,
  indexFolder,
  namesShown,
  noPhotos,
  personal,
  searchFor,
  seed,
} from './journeys.ts';

test.skip(shared === undefined, noPhotos);
test.setTimeout(240_000);

/** of which the camera wrote when, two of them also where */
const dated = [
  'Canon EOS 20D (3).jpg', // 27 November 2004
  'Canon PowerShot S400.jpg', // 1 February 2004
  'Kodak DC3400.jpg', // 9 January 2002
  'Sony DSC-T5.jpg', // 13 July 2007
  'HTC Desire.jpg', // 6 May 2011, in Italy
  'Oppo R7 Plus.jpg', // 16 July 2018, in Norway
];
const later = 'Olympus C720UZ.jpg'; // 25 April 2004

const chips = (page: Page) => page.getByRole('list', { name: 'Parts of the search' }).getByRole('listitem');
const panel = (page: Page) => page.getByRole('complementary', { name: 'Filters' });

test('a sentence filters, and every part of it can be seen, changed and taken back', async ({ descry, folder }) => {
  const page = descry.window;
  const photos = await folder('photos');
  await copyPhotos(personal, photos, dated);
  await copyPhotos(seed, photos, 12);
  await indexFolder(descry, photos);
  await expect(page.locator('strong', { hasText: '18 photos' })).toBeVisible();
  const shown = async () => (await namesShown(descry, 20)).sort();

  await test.step('a year is a filter; taken back, it is a description', async () => {
    await searchFor(page, 'photos from 2004');
    await expect(chips(page)).toHaveText(/2004/);
    expect(await shown()).toEqual(['Canon EOS 20D (3).jpg', 'Canon PowerShot S400.jpg']);
    await expect(page.getByText('newest first', { exact: true })).toBeVisible();
    await page.getByRole('button', { name: 'Take back 2004' }).click();
    await expect(chips(page)).toHaveCount(0);
    await expect.poll(async () => (await shown()).length).not.toBe(2);
    await expect(field(page)).toHaveValue('photos from 2004');
  });

  await test.step('a country is a filter', async () => {
    await field(page).fill('mountains in Norway');
    await expect(chips(page)).toHaveText(/Norway/);
    await expect.poll(shown).toEqual(['Oppo R7 Plus.jpg']);
  });

  await test.step('where nothing is left, it says what would be found without each part', async () => {
    await field(page).fill('in Norway in 2004');
    await expect(page.getByRole('heading', { name: 'No photos from 2004 in Norway' })).toBeVisible();
    await page.getByRole('button', { name: 'Without “Norway”: 2 photos' }).click();
    await expect(chips(page)).toHaveCount(1);
  });

  await test.step('a chip leads to its aspect in the panel, and what is set there takes the place of its words', async () => {
    await searchFor(page, 'photos from 2004');
    await chips(page)
      .getByRole('button', { name: /: 2004$/ })
      .click();
    await expect(panel(page).getByLabel('From', { exact: true })).toHaveValue('2004-01-01');
    await panel(page).getByLabel('From', { exact: true }).fill('2004-06-01');
    await expect(chips(page)).toHaveText(/June – December 2004/);
    await expect(field(page)).toHaveValue('photos');
    await expect.poll(shown).toEqual(['Canon EOS 20D (3).jpg']);
    await panel(page).getByRole('button', { name: 'Clear all' }).click();
    await expect(chips(page)).toHaveCount(0);
  });

  await test.step('places and cameras have counts', async () => {
    await field(page).fill('');
    const norway = panel(page)
      .getByRole('list', { name: 'Countries' })
      .getByRole('button', { name: /^Norway/ });
    await expect(norway).toHaveText(/1$/);
    await panel(page)
      .getByRole('button', { name: /Canon EOS 20D/i })
      .click();
    await expect.poll(shown).toEqual(['Canon EOS 20D (3).jpg']);
    await panel(page).press('Escape');
    await expect(panel(page)).toBeHidden();
    await page.getByRole('button', { name: 'Clear the search' }).click();
    await expect(page.locator('strong', { hasText: '18 photos' })).toBeVisible();
  });

  await test.step('a saved search finds photos that came later', async () => {
    await searchFor(page, 'photos from 2004');
    await page.getByRole('button', { name: 'Save this search' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('The year 2004');
    await page.keyboard.press('Enter');
    const saved = page
      .getByRole('region', { name: 'Saved searches' })
      .getByRole('button', { name: 'The year 2004', exact: true });
    await expect(saved).toBeVisible();
    await page.getByRole('button', { name: 'Clear the search' }).click();
    await copyPhotos(personal, photos, [later]);
    await expect(page.locator('strong', { hasText: '19 photos' })).toBeVisible({ timeout: 60_000 });
    await saved.click();
    await expect.poll(shown).toEqual(['Canon EOS 20D (3).jpg', 'Canon PowerShot S400.jpg', later]);
  });
  expect(descry.complaints).toEqual([]);
});

test('photos like others are found from the large view and by a file from outside', async ({ descry, folder }) => {
  const page = descry.window;
  const photos = await folder('photos');
  await copyPhotos(seed, photos);
  await indexFolder(descry, photos);
  await expect(page.locator('strong', { hasText: '35 photos' })).toBeVisible();
  const best = () => namesShown(descry, 3);

  await test.step('from the large view', async () => {
    await searchFor(page, 'a birthday cake');
    const [first] = await best();
    await cell(page, 0).click();
    await page.getByRole('button', { name: 'More like this' }).click();
    await expect(page.getByRole('grid', { name: 'Photos like this' })).toBeVisible();
    await expect(field(page)).toBeFocused();
    expect((await best())[0], 'the most like it is the photo itself').toBe(first);
  });

  await test.step('a file that is dropped on the field, and minus words', async () => {
    await page.getByRole('button', { name: 'Clear the search' }).click();
    const box = (await field(page).boundingBox())!;
    const place = { x: Math.round(box.x + 200), y: Math.round(box.y + 15) };
    await (
      await dragIn(descry, [path.join(seed, 'men_and_a_boat.jpg')], place)
    )();
    await expect(chips(page)).toHaveCount(1);
    await expect(page.getByRole('grid', { name: 'Photos like this' })).toBeVisible();
    await expect.poll(async () => (await best())[0]).toBe('men_and_a_boat.jpg');
    await field(page).fill('-people');
    await expect(chips(page)).toHaveCount(2);
    await page.getByRole('button', { name: 'Take back like this picture' }).click();
    await expect(chips(page)).toHaveCount(1);
  });
  expect(descry.complaints).toEqual([]);
});
