/** Folders and what becomes of them: counts, failures, exclusion, removal, and everything that happens on the disk. */
import { appendFile, copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { shared } from '../fixtures/shared.ts';
import { expect, test, type DescryApp } from './app.ts';
import { invoke, copyPhotos, go, indexFolder, namesShown, noPhotos, personal, searchFor, seed } from './journeys.ts';

test.skip(shared === undefined, noPhotos);
test.setTimeout(180_000);

const row = (app: DescryApp, folder: string) =>
  app.window.getByRole('region', { name: 'Folders' }).getByRole('listitem').filter({ hasText: folder });

test('folders are counted, scanned again, narrowed and removed; what failed is listed and tried again', async ({
  descry,
  folder,
}) => {
  const page = descry.window;
  const [holiday, camera] = [await folder('holiday'), await folder('camera')];
  await copyPhotos(seed, holiday, 8);
  await copyPhotos(seed, path.join(holiday, 'drafts'), ['making_coffee.jpg', 'skiing.jpg']);
  await writeFile(path.join(holiday, 'broken.jpg'), 'this is no photo');
  await copyPhotos(personal, camera, 4);
  await indexFolder(descry, holiday);
  await indexFolder(descry, camera);
  await go(page, 'Library');

  await test.step('each folder has its counts and state', async () => {
    await expect(row(descry, holiday)).toContainText('11 photos');
    await expect(row(descry, holiday)).toContainText('1 failed');
    await expect(row(descry, holiday)).toContainText('Watching');
    await expect(row(descry, camera)).toContainText('4 photos');
    await expect(row(descry, camera)).toContainText('Scanned');
  });

  await test.step('a file that failed is listed with its reason, and indexed once it is mended', async () => {
    const failure = page.getByRole('region', { name: 'Photos that could not be indexed' }).getByRole('listitem');
    await expect(failure).toContainText('broken.jpg');
    await expect(failure.locator('p').first()).toHaveText(/\S+ \S+/);
    await page.getByRole('button', { name: 'Try again: broken.jpg' }).click();
    await expect(page.getByText('All photos that can be read are indexed')).toBeVisible({ timeout: 30_000 });
    await expect(failure).toBeVisible();
    await copyFile(path.join(seed, 'windsurfing_dude.jpg'), path.join(holiday, 'broken.jpg'));
    await expect(page.getByText('Every photo could be read.')).toBeVisible({ timeout: 30_000 });
    await expect(row(descry, holiday)).not.toContainText('failed');
  });

  await test.step('patterns leave files out', async () => {
    await page.getByRole('button', { name: `Choose what to leave out of ${holiday}` }).click();
    await page.getByLabel('Patterns, one a line').fill('drafts/**');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(row(descry, holiday)).toContainText('9 photos', { timeout: 30_000 });
    await expect(row(descry, holiday)).toContainText('1 pattern excluded');
  });

  await test.step('a folder is scanned again', async () => {
    const lastScan = async () => {
      const { folders } = await invoke(descry, 'library.overview');
      return folders.find((one) => one.path === holiday)?.lastScan ?? 0;
    };
    const before = await lastScan();
    await page.getByRole('button', { name: `Scan ${holiday} again` }).click();
    await expect.poll(lastScan, { timeout: 30_000 }).toBeGreaterThan(before);
  });

  await test.step('removing a folder leaves its photos where they are', async () => {
    await page.getByRole('button', { name: `Remove ${camera}` }).click();
    await expect(page.getByRole('dialog')).toContainText('Your photos are not touched.');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove from library' }).click();
    await expect(row(descry, camera)).toHaveCount(0);
    expect(await readdir(camera)).toHaveLength(4);
    await go(page, 'Photos');
    await expect(page.getByText('9 photos', { exact: true })).toBeVisible();
  });
  expect(descry.complaints).toEqual([]);
});

test('photos that are added, renamed, changed and deleted on the disk are so in the window, within seconds', async ({
  descry,
  folder,
}) => {
  const page = descry.window;
  const photos = await folder('watched');
  await copyPhotos(seed, photos, 5);
  await indexFolder(descry, photos);
  const shown = (count: number) => expect(page.getByText(`${count} photos`, { exact: true })).toBeVisible({ timeout });
  /** “within seconds”, with room for a machine that does other things as well */
  const timeout = 15_000;
  await shown(5);

  await test.step('a new photo turns up', async () => {
    await copyFile(path.join(seed, 'windsurfing_dude.jpg'), path.join(photos, 'new.jpg'));
    await shown(6);
    await searchFor(page, 'a man windsurfing on the water');
    await expect.poll(async () => (await namesShown(descry, 3)).includes('new.jpg'), { timeout }).toBe(true);
  });

  await test.step('a renamed photo moves, without being looked at twice', async () => {
    await mkdir(path.join(photos, 'sub'));
    await rename(path.join(photos, 'new.jpg'), path.join(photos, 'sub', 'moved.jpg'));
    await expect.poll(async () => (await namesShown(descry, 3)).includes('moved.jpg'), { timeout }).toBe(true);
    expect((await invoke(descry, 'library.overview')).photos).toBe(6);
  });

  await test.step('a deleted photo vanishes from the results', async () => {
    await rm(path.join(photos, 'sub', 'moved.jpg'));
    await expect
      .poll(async () => (await namesShown(descry, 10)).filter((name) => /moved|not in the library/.test(name)), {
        timeout,
      })
      .toEqual([]);
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Escape');
    await shown(5);
  });

  await test.step('hidden files and half-copied photos are left out', async () => {
    await copyFile(path.join(seed, 'skiing.jpg'), path.join(photos, '._skiing.jpg'));
    await copyFile(path.join(seed, 'skiing.jpg'), path.join(photos, '.hidden.jpg'));
    await copyPhotos(seed, path.join(photos, 'album'), ['fisherman.jpg', 'karate_kids.jpg', 'quiznos_man.jpg']);
    await shown(8);
    const { photos: all, failures } = await invoke(descry, 'library.overview');
    expect([all, failures]).toEqual([8, 0]);
  });

  await test.step('a changed photo is looked at again', async () => {
    const file = path.join(photos, 'album', 'fisherman.jpg');
    await copyFile(path.join(seed, 'police_horses.jpg'), file);
    await appendFile(file, '');
    await searchFor(page, 'police on horses');
    await expect.poll(async () => (await namesShown(descry, 2)).includes('fisherman.jpg'), { timeout }).toBe(true);
  });

  await test.step('a folder that was renamed keeps its photos, and is watched again when it is back', async () => {
    await go(page, 'Library');
    await rename(photos, `${photos}-unplugged`);
    await expect(row(descry, photos)).toContainText('Gone', { timeout });
    await expect(row(descry, photos)).toContainText('8 photos');
    await go(page, 'Photos');
    await expect(page.getByRole('gridcell').first()).toBeVisible();
    await rename(`${photos}-unplugged`, photos);
    await go(page, 'Library');
    await expect(row(descry, photos)).toContainText('Watching', { timeout: 30_000 });
    await copyFile(path.join(seed, 'skiing.jpg'), path.join(photos, 'after.jpg'));
    await expect(row(descry, photos)).toContainText('9 photos', { timeout });
  });
});
