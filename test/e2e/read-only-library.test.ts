/** A library on a read-only disk: the window opens it for searches, and says so. */
import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { shared } from '../fixtures/shared.ts';
import { expect, test } from './app.ts';
import { copyPhotos, field, go, indexFolder, invoke, noPhotos, searchFor, seed } from './journeys.ts';

test.skip(shared === undefined, noPhotos);
test.skip(
  process.platform !== 'linux' || process.getuid?.() !== 0,
  'needs a read-only mount, which root can make on Linux',
);
test.setTimeout(180_000);

const mount = (...args: string[]) => spawnSync('mount', args).status === 0;

test('is searched, and what would change it is refused with the reason', async ({ start, folder }) => {
  const photos = await folder('photos');
  await copyPhotos(seed, photos, 5);
  const first = await start();
  await first.window.waitForLoadState('load');
  await indexFolder(first, photos);
  const { home } = first;
  await first.close();
  const before = await readdir(home);
  const caches = await folder('caches');
  try {
    const isMounted = mount('--bind', home, home) && mount('-o', 'remount,bind,ro', home);
    test.skip(!isMounted, 'this user cannot mount');
    const app = await start({ home, environment: { XDG_CACHE_HOME: caches } });
    const page = app.window;
    await expect(page.getByText('You can search this library, but not change it')).toBeVisible({ timeout: 30_000 });
    await searchFor(page, 'cats');
    await expect(page.getByRole('gridcell').first()).toBeVisible();
    await field(page).fill('');
    await go(page, 'Library');
    await expect(page.getByRole('listitem').filter({ hasText: photos })).toBeVisible();
    await expect(
      invoke(app, 'library.removeFolder', { id: (await invoke(app, 'library.overview')).folders[0]!.id }),
    ).rejects.toThrow(/read-only/);
    expect(await readdir(path.join(caches, 'descry'))).toContain('read-only');
    await app.close();
  } finally {
    spawnSync('umount', ['-l', home]);
  }
  expect(await readdir(home)).toEqual(before);
});
