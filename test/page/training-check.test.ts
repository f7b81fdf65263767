/** While a folder is checked in the training panel. */
import { asked, expect, test } from './page.ts';

test('a check can be stopped, of the first folder and of others', async ({ mock: { page, open, complaints } }) => {
  await open({ hanging: ['training.chooseDataset'] });
  await page.getByRole('button', { name: 'Training', exact: true }).click();
  const stop = page.getByRole('button', { name: 'Stop', exact: true });
  await expect(stop).toHaveCount(0);
  await page.getByRole('button', { name: 'Choose folder…' }).click();
  await expect(page.getByText('Looking through the folder…')).toBeVisible();
  await stop.click();
  expect(await asked(page, 'training.stopChecking')).toHaveLength(1);

  await open({ hanging: ['training.choosePhotos'] });
  await page.getByRole('button', { name: 'Training', exact: true }).click();
  await page.getByRole('button', { name: 'Choose folder…' }).click();
  await page.getByRole('button', { name: 'Add photos…' }).click();
  await stop.click();
  expect(await asked(page, 'training.stopChecking')).toHaveLength(1);
  expect(complaints).toEqual([]);
});

test('what was wrong with a folder is said until another one is chosen', async ({ mock: { page, open } }) => {
  const message = '/home/anna/one/captions.csv cannot be read: it is a named pipe, not a regular file.';
  await open({ failing: { 'training.chooseDataset': { code: 'dataset-invalid', message } } });
  await page.getByRole('button', { name: 'Training', exact: true }).click();
  const choose = page.getByRole('button', { name: 'Choose folder…' });
  await choose.click();
  await expect(page.getByText('captions.csv cannot be read')).toBeVisible();
  await page.evaluate(() => window.mock.hang('training.chooseDataset'));
  await choose.click();
  await expect(page.getByText('captions.csv cannot be read')).toHaveCount(0);
});
