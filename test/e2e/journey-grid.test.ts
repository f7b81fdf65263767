/** The grid to work in, with real files: what is selected is copied, put on the clipboard and moved to the bin. */
import { execFileSync } from 'node:child_process';
import { copyFile, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { shared } from '../fixtures/shared.ts';
import { expect, test } from './app.ts';
import { answerDialogs, cell, copyPhotos, go, indexFolder, invoke, noPhotos, seed } from './journeys.ts';

test.skip(shared === undefined, noPhotos);
test.setTimeout(180_000);

const bar = (page: Page) => page.getByRole('toolbar', { name: 'Selected photos' });
const select = (page: Page, index: number) => cell(page, index).click({ modifiers: ['ControlOrMeta'] });

/** On Linux Electron moves files to the bin by a program of the desktop. */
const hasBin = (): boolean => {
  if (process.platform !== 'linux') return true;
  try {
    execFileSync('gio', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

test('photos are selected, copied without replacing a file, put on the clipboard, and moved to the bin', async ({
  start,
  folder,
}) => {
  const [photos, target, data] = [await folder('photos'), await folder('copies'), await folder('data')];
  const names = await copyPhotos(seed, photos, 12);
  const day = new Date('2014-07-20T10:00:00Z');
  for (const name of names) await utimes(path.join(photos, name), day, day);
  // The bin of this test is no one's.
  const descry = await start({ environment: { XDG_DATA_HOME: data } });
  const page = descry.window;
  await page.waitForLoadState('load');
  await indexFolder(descry, photos);
  await expect(page.getByText('12 photos', { exact: true })).toBeVisible();
  const { ids } = await invoke(descry, 'library.timeline');
  const nameAt = async (index: number) => (await invoke(descry, 'photo.details', { id: ids[index]! })).name;
  const [first, second, third] = [await nameAt(0), await nameAt(1), await nameAt(2)];

  await test.step('the timeline has headings, and a click selects a month', async () => {
    await expect(page.getByRole('rowheader').first()).toBeVisible();
    await page.getByRole('rowheader').first().getByRole('button').click();
    await expect(bar(page)).toContainText(/\d+ selected/);
    await page.keyboard.press('Escape');
    await expect(bar(page)).toHaveCount(0);
  });

  await test.step('three photos are copied to a folder; a file of another content stays, and its copy has a number', async () => {
    await writeFile(path.join(target, first), 'a file of the user');
    for (const index of [0, 1, 2]) await select(page, index);
    await expect(bar(page)).toContainText('3 selected');
    await answerDialogs(descry, target);
    await bar(page).getByRole('button', { name: 'Copy to a folder…' }).click();
    await expect(page.getByText(`3 photos copied to ${path.basename(target)}.`)).toBeVisible();
    const { name: stem, ext } = path.parse(first);
    const numbered = `${stem} (2)${ext}`;
    expect((await readdir(target)).sort()).toEqual([first, numbered, second, third].sort());
    expect(await readFile(path.join(target, first), 'utf8')).toBe('a file of the user');
    expect(await readFile(path.join(target, numbered))).toEqual(await readFile(path.join(photos, first)));
    expect((await stat(path.join(target, second))).mtime).toEqual(day);
  });

  await test.step('copied again, they are there already', async () => {
    await bar(page).getByRole('button', { name: 'Copy to a folder…' }).click();
    await expect(page.getByText('0 photos copied to copies. 3 were there already.')).toBeVisible();
    expect((await readdir(target)).length).toBe(4);
  });

  await test.step('nothing is copied where no folder is chosen', async () => {
    await answerDialogs(descry);
    await bar(page).getByRole('button', { name: 'Copy to a folder…' }).click();
    await expect(bar(page).getByRole('button', { name: 'Copy to a folder…' })).toBeEnabled();
    expect((await readdir(target)).length).toBe(4);
  });

  await test.step('the clipboard holds the files', async () => {
    await cell(page, 0).focus();
    await page.keyboard.press('ControlOrMeta+c');
    await expect(page.getByText('3 files are on the clipboard')).toBeVisible();
    test.skip(process.platform !== 'linux', 'what the clipboard holds is read on Linux alone');
    const copied = await descry.electron.evaluate(async ({ clipboard }) => {
      const format = 'x-special/gnome-copied-files';
      const older = clipboard as unknown as { readBuffer?(format: string): Buffer };
      if (older.readBuffer) return older.readBuffer(format).toString();
      const type = `electron application/osclipboard;format="${format}"`;
      for (const item of await clipboard.read()) {
        if (item.types.includes(type)) return (await item.getType<`electron ${string}`>(type)).text();
      }
      return '';
    });
    const lines = copied.split('\n');
    expect(lines[0]).toBe('copy');
    expect(lines.slice(1).map((line) => path.basename(decodeURI(line)))).toEqual([first, second, third]);
  });

  await test.step('the bin is asked about first; then the photos are gone, and can be had back', async () => {
    test.skip(!hasBin(), 'needs gio (package libglib2.0-bin), which moves files to the bin');
    await page.keyboard.press('Delete');
    const dialog = page.getByRole('dialog', { name: 'Move 3 photos to the bin?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect((await readdir(photos)).length).toBe(12);
    await page.keyboard.press('Delete');
    await dialog.getByRole('button', { name: 'Move 3 photos to the bin' }).click();
    await expect(page.getByText('3 photos moved to the bin, where this can be undone')).toBeVisible();
    await expect(page.getByRole('gridcell')).toHaveCount(9);
    expect((await readdir(photos)).sort()).toEqual(names.filter((name) => ![first, second, third].includes(name)));
    await expect(page.getByText('9 photos', { exact: true })).toBeVisible({ timeout: 30_000 }); // the library has noticed
    if (process.platform !== 'linux') return;
    const bin = path.join(data, 'Trash', 'files');
    expect((await readdir(bin)).sort()).toEqual([first, second, third].sort());
    await copyFile(path.join(bin, first), path.join(photos, first));
    await expect(page.getByRole('gridcell')).toHaveCount(10, { timeout: 30_000 });
  });
  expect(descry.complaints).toEqual([]);
});

test('favourites are kept', async ({ descry, folder }) => {
  const page = descry.window;
  const photos = await folder('photos');
  await copyPhotos(seed, photos, 8);
  await indexFolder(descry, photos);
  await expect(page.getByText('8 photos', { exact: true })).toBeVisible();
  await cell(page, 1).focus();
  await page.keyboard.press('f');
  await expect(cell(page, 1)).toHaveAccessibleName(/favourite/);
  const { ids } = await invoke(descry, 'library.timeline');
  await expect
    .poll(async () => [...(await invoke(descry, 'library.timeline')).favourites])
    .toEqual([0, 1, 0, 0, 0, 0, 0, 0]);
  expect(await invoke(descry, 'photo.details', { id: ids[1]! })).toMatchObject({ favourite: true });
  await page.keyboard.press('f');
  await expect.poll(async () => (await invoke(descry, 'library.timeline')).favourites[1]).toBe(0);
  expect(descry.complaints).toEqual([]);
});

test('a copy is found among the duplicates, and selected only when the user says so', async ({ descry, folder }) => {
  const page = descry.window;
  const photos = await folder('photos');
  const names = await copyPhotos(seed, photos, 8);
  const copies = await folder('photos/copies');
  await copyFile(path.join(photos, names[0]!), path.join(copies, names[0]!));
  await indexFolder(descry, photos);
  await go(page, 'Library');
  await page.getByRole('button', { name: 'Show duplicates' }).click();
  await page.getByText('Exact', { exact: true }).click();
  await expect(page.getByText(/^1 group, /)).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('checkbox', { checked: true })).toHaveCount(0);
  await page.getByRole('button', { name: 'Select all but the largest of each' }).click();
  await expect(bar(page)).toContainText('1 selected');
  expect(descry.complaints).toEqual([]);
});
