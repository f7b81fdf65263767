/** What the window says of the library's database. */
import { asked, expect, test } from './page.ts';

test('a rebuilt and a read-only library are said until they were read', async ({
  mock: { page, open, complaints },
}) => {
  await open({
    notices: [
      {
        kind: 'rebuilt',
        movedTo: '/home/anna/library-damaged-2026-11-27.db',
        backupAt: 1_795_000_000_000,
        folders: 2,
        photos: 5,
      },
      { kind: 'read-only', reason: 'its disk (/media/cd) is read-only' },
    ],
  });
  const rebuilt = page.getByRole('listitem').filter({ hasText: 'moved to /home/anna/library-damaged-2026-11-27.db' });
  await expect(rebuilt).toContainText('came back from the backup of');
  // it covers nothing
  const [notices, views] = await Promise.all([rebuilt.boundingBox(), page.locator('.views').boundingBox()]);
  expect(notices!.y + notices!.height).toBeLessThanOrEqual(views!.y);
  await expect(
    page.getByText('You can search this library, but not change it: its disk (/media/cd) is read-only.'),
  ).toBeVisible();
  await rebuilt.getByRole('button', { name: 'OK' }).click();
  await expect(rebuilt).toHaveCount(0);
  expect(await asked(page, 'library.dismissNotice')).toMatchObject([{ argument: { kind: 'rebuilt' } }]);
  await page.getByRole('button', { name: 'OK' }).click();
  await expect(page.getByText('You can search this library')).toHaveCount(0);
  expect(complaints).toEqual([]);
});

test('damaged weights are told of where the state of indexing is shown, also when they are found later', async ({
  mock: { page, open, complaints },
}) => {
  const message = 'The ResNet50 weights are damaged. They are prepared again.';
  await open({ notices: [{ kind: 'weights', message, at: 1_795_000_000_000 }] });
  await expect(page.getByText('weights are damaged')).toHaveCount(0);
  await page.getByRole('button', { name: 'Library', exact: true }).click();
  const notice = page.getByRole('status').filter({ hasText: 'The ResNet50 weights are damaged.' });
  await expect(notice).toBeVisible();
  await notice.getByRole('button', { name: 'OK' }).click();
  await expect(notice).toHaveCount(0);
  expect(await asked(page, 'library.dismissNotice')).toMatchObject([{ argument: { kind: 'weights' } }]);
  await page.evaluate(() => window.mock.emit('library.noticed', undefined));
  await expect(notice).toBeVisible();
  expect(complaints).toEqual([]);
});

test('that the chosen model cannot be used is said in every view, until it can be', async ({
  mock: { page, open, complaints },
}) => {
  const message = 'CLIP ViT-B/32 is not used now: it is damaged. Searches use the model that comes with Descry.';
  await open({ notices: [{ kind: 'fallback', message }] });
  const notice = page.getByRole('status').filter({ hasText: 'CLIP ViT-B/32 is not used now' });
  for (const view of ['Library', 'Training', 'Settings', 'Photos']) {
    await page.getByRole('button', { name: view, exact: true }).click();
    await expect(notice).toBeVisible();
  }
  await notice.getByRole('button', { name: 'Choose a model…' }).click();
  await expect(page.getByRole('heading', { name: 'Settings', exact: true })).toBeVisible();
  await expect(notice).toBeVisible();
  await page.evaluate(() => {
    window.mock.change('library.notices', () => []);
    window.mock.emit('library.noticed', undefined);
  });
  await expect(notice).toHaveCount(0);
  expect(complaints).toEqual([]);
});
