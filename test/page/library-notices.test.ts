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
