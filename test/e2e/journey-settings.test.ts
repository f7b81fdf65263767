/** Settings take effect at once and are kept over a restart. */
import { readFile } from 'node:fs/promises';
import { shared } from '../fixtures/shared.ts';
import { expect, test, type DescryApp } from './app.ts';
import { invoke, copyPhotos, go, indexFolder, noPhotos, seed } from './journeys.ts';

test.skip(shared === undefined, noPhotos);
test.setTimeout(120_000);

const theme = ({ window: page }: DescryApp) =>
  page.evaluate(() => ({
    name: document.documentElement.dataset['theme'],
    background: getComputedStyle(document.documentElement).backgroundColor,
  }));

test('theme, effort and room for thumbnails are chosen, kept, and seen after a restart', async ({ start, folder }) => {
  const first = await start();
  const page = first.window;
  await page.waitForLoadState('load');
  const photos = await folder('photos');
  await copyPhotos(seed, photos, 10);
  await indexFolder(first, photos);
  await expect(page.getByRole('gridcell').first().locator('canvas')).toHaveClass(/picture/);
  await go(page, 'Settings');

  await test.step('the theme switches at once', async () => {
    await page.getByText('Light', { exact: true }).click();
    await expect.poll(async () => (await theme(first)).name).toBe('light');
    const { background } = await theme(first);
    await page.getByText('Dark', { exact: true }).click();
    await expect.poll(async () => (await theme(first)).name).toBe('dark');
    expect((await theme(first)).background).not.toBe(background);
  });

  await test.step('effort is chosen by key', async () => {
    const effort = page.getByRole('radiogroup', { name: 'How hard to work' });
    await expect(effort.getByRole('radio', { name: 'Balanced' })).toBeChecked();
    await effort.getByRole('radio', { name: 'Balanced' }).focus();
    await page.keyboard.press('ArrowLeft');
    await expect(effort.getByRole('radio', { name: 'Gently' })).toBeChecked();
    await expect(page.getByText('Leaves most of the computer to you.', { exact: false })).toBeVisible();
    await expect.poll(async () => (await invoke(first, 'settings.get')).effort).toBe('low');
  });

  await test.step('the data folder and its size are shown, and thumbnails are cleared', async () => {
    await expect(page.getByText(first.home, { exact: true })).toBeVisible();
    const size = (what: string) => page.locator('dl > div').filter({ hasText: what }).locator('dd').first();
    await expect(size('Downloaded models')).toHaveText(/\d+ MB/);
    await expect(size('Thumbnails')).toHaveText(/^[1-9][\d.,]* [kKM]B$/);
    await page.getByRole('button', { name: 'Clear thumbnails' }).click();
    await expect(page.getByText('Thumbnails cleared')).toBeVisible();
    await expect(size('Thumbnails')).toHaveText(/^0 /);
  });

  await test.step('the model in use is listed with its recall', async () => {
    const models = page.getByRole('region', { name: 'Search model' });
    const model = models.getByRole('listitem').filter({ hasText: 'Built in' });
    await expect(model).toContainText('In use');
    await expect(model).toContainText(/\d+(\.\d)?%/);
    await expect(page.getByRole('button', { name: 'Remove default' })).toBeDisabled();
  });

  await test.step('photos have thumbnails again after that', async () => {
    await page.reload();
    await expect(page.getByRole('gridcell').first().locator('canvas')).toHaveClass(/picture/);
  });
  await first.close();

  const second = await start({ home: first.home });
  await test.step('after a restart they are as they were', async () => {
    await second.window.waitForLoadState('load');
    await expect.poll(async () => (await theme(second)).name).toBe('dark');
    await go(second.window, 'Settings');
    await expect(second.window.getByRole('radio', { name: 'Dark' })).toBeChecked();
    await expect(second.window.getByRole('radio', { name: 'Gently' })).toBeChecked();
  });
  expect(await readFile(`${first.home}/logs/descry.log`, 'utf8')).not.toMatch(/\[error\]/);
  expect([...first.complaints, ...second.complaints]).toEqual([]);
});
