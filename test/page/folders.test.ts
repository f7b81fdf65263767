/** The rows of folders that are gone, away, emptied or not watched completely. */
import { expect, test, type MockWindow } from './page.ts';

const openLibrary = async ({ page, open }: MockWindow) => {
  await open({ folders: 'troubled' });
  await page.getByRole('button', { name: 'Library', exact: true }).click();
  return (path: string) => page.getByRole('listitem').filter({ hasText: path });
};

test('a folder whose photos vanished asks what happened, keeps them, or takes them out', async ({ mock }) => {
  const row = await openLibrary(mock);
  const { page } = mock;
  await expect(page.getByText('1,204 photos vanished from Pictures at once.')).toBeVisible(); // wherever the user is
  const pictures = row('/home/anna/Pictures');
  await expect(pictures).toContainText('Photos missing');
  await expect(pictures).toContainText('Were they deleted?');
  await pictures.getByRole('button', { name: 'Keep them' }).click();
  await expect(pictures).toContainText('You chose to keep them.');
  await expect(page.getByText('1,204 photos vanished from Pictures at once.')).toHaveCount(0); // it was answered
  await expect(pictures).toContainText('Watching');
  await expect(pictures.getByRole('button', { name: 'Keep them' })).toHaveCount(0);
  await pictures.getByRole('button', { name: 'They were deleted: take them out' }).click();
  await expect(pictures).not.toContainText('You chose to keep');
  expect(mock.complaints).toEqual([]);
});

test('a folder that is gone is told from one whose disk is away, and can be removed or found again', async ({
  mock,
}) => {
  const row = await openLibrary(mock);
  const { page } = mock;
  const away = row('/media/anna/Travel disk/Photos');
  await expect(away).toContainText('Away');
  await expect(away).toContainText(
    'Its disk is not connected at /media/anna/Travel disk. Its photos stay in the index.',
  );
  await expect(away.getByRole('button', { name: /new place/ })).toHaveCount(0);
  const gone = row('/home/anna/Phone/Camera');
  await expect(gone).toContainText('Gone');
  await gone.getByRole('button', { name: 'Remove from library (/home/anna/Phone/Camera)' }).click();
  await expect(page.getByRole('dialog')).toContainText('Remove this folder from the library?');
  await page.keyboard.press('Escape');
  await gone.getByRole('button', { name: 'Choose its new place… (/home/anna/Phone/Camera)' }).click();
  await expect(row('/home/anna/Phone/Moved')).toContainText('Watching');
});

test('a folder that is not watched completely says how the limit is raised, and how often it is scanned', async ({
  mock,
}) => {
  const row = await openLibrary(mock);
  const limited = row('/srv/photos');
  await expect(limited).toContainText('Partly watched');
  await expect(limited).toContainText('a scan every 3 minutes');
  await expect(limited).toContainText('sudo sysctl fs.inotify.max_user_watches=524288');
  await expect(row('/net/nas/photos')).toContainText('Changes by other computers');
});
