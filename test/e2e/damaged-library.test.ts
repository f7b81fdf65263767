/** A library whose database was damaged while the program was closed: it is built again by itself, and the window says so. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { damagePages } from '../fixtures/damage-pages.ts';
import { shared } from '../fixtures/shared.ts';
import { expect, test } from './app.ts';
import { allIndexed, copyPhotos, indexFolder, invoke, noPhotos, seed } from './journeys.ts';

test.skip(shared === undefined, noPhotos);
test.setTimeout(180_000);

test('the window opens with folders, settings and photos, and says what happened', async ({ start, folder }) => {
  const photos = await folder('photos');
  const names = await copyPhotos(seed, photos, 10);
  const first = await start();
  await first.window.waitForLoadState('load');
  await indexFolder(first, photos);
  await invoke(first, 'settings.set', { theme: 'dark' });
  const { home } = first;
  await first.close();
  const file = path.join(home, 'library.db');

  await test.step('a damaged table, noticed by a query of the last session', async () => {
    damagePages(file, 1, 'features');
    await writeFile(path.join(home, 'in-use', 'damaged'), 'a query failed');
    const again = await start({ home });
    const notice = again.window.getByRole('status').filter({ hasText: 'was damaged' });
    await expect(notice).toContainText(/library-damaged-\d{4}-\d\d-\d\d\.db and built again\./, { timeout: 30_000 });
    await allIndexed(again);
    const overview = await invoke(again, 'library.overview');
    expect(overview).toMatchObject({ photos: names.length, folders: [{ path: photos }] });
    expect(overview.folders.every(({ state }) => state !== 'away')).toBe(true);
    expect((await invoke(again, 'settings.get')).theme).toBe('dark');
    await again.close();
  });

  await test.step('a file that is no database any more: from the backup, and the notice stays until it was read', async () => {
    await writeFile(file, (await readFile(file)).fill(0, 0, 4096));
    const again = await start({ home });
    const notice = again.window.getByRole('status').filter({ hasText: 'came back from the backup of' });
    await expect(notice).toBeVisible({ timeout: 30_000 });
    await allIndexed(again);
    expect((await invoke(again, 'settings.get')).theme).toBe('dark');
    expect((await readdir(home)).filter((name) => /^library-damaged-.*\.db$/.test(name))).toHaveLength(2);
    await notice.getByRole('button', { name: 'OK' }).click();
    await expect(notice).toHaveCount(0);
    expect(await invoke(again, 'library.notices')).toEqual([]);
    expect(again.complaints).toEqual([]);
  });
});
