/** Folders that are chosen for training, with captions that take long to read. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { shared } from '../fixtures/shared.ts';
import { expect, test } from './app.ts';
import { answerDialogs, copyPhotos, go, noPhotos, seed, smallDataset } from './journeys.ts';

test.skip(shared === undefined, noPhotos);
test.setTimeout(120_000);

test('the reading is stopped by its button, and by the choice of another folder', async ({ descry, folder }) => {
  const [long, good] = [await folder('long'), await folder('good')];
  const [photo] = await copyPhotos(seed, path.join(long, 'images'), 1);
  const header = 'image_name| comment_number| comment\n';
  await writeFile(path.join(long, 'captions.csv'), header + `${photo}| 0| Two cats are sitting .\n`.repeat(4_000_000));
  await smallDataset(good, { train: 6, val: 3 });
  const page = descry.window;
  await page.waitForLoadState('load');
  await go(page, 'Training');
  const choose = page.getByRole('button', { name: 'Choose folder…' });
  const stop = page.getByRole('button', { name: 'Stop', exact: true });

  await answerDialogs(descry, long);
  await choose.click();
  await stop.click();
  await expect(stop).toHaveCount(0);
  await expect(page.getByText(long)).toHaveCount(0);

  await choose.click();
  await expect(stop).toBeVisible();
  await answerDialogs(descry, good);
  await choose.click();
  await expect(page.getByText(good, { exact: true })).toBeVisible({ timeout: 30_000 });
  await expect(stop).toHaveCount(0);
  await expect(page.getByText(long)).toHaveCount(0);
  expect(descry.complaints).toEqual([]);
});
