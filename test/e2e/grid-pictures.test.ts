/** Pictures of the grid in the real program: what was scrolled past is not made. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { drawPhotos } from '../fixtures/drawn-photos.ts';
import { keptThumbnails } from '../fixtures/kept-thumbnails.ts';
import { expect, test, type DescryApp } from './app.ts';
import { indexFolder, invoke } from './journeys.ts';

const photos = 90;

const thumbnailsOf = ({ home }: DescryApp) => keptThumbnails(path.join(home, 'thumbnails')).length;

test('photos that were scrolled past have no thumbnail made, and those in sight are shown', async ({
  descry,
  folder,
}) => {
  const page = descry.window;
  const pictures = await folder('photos');
  await drawPhotos(pictures, { count: photos, width: 1200, height: 900 });
  await indexFolder(descry, pictures);
  await invoke(descry, 'settings.set', { thumbnailSize: 400 });
  await invoke(descry, 'app.clearThumbnails');
  await page.reload();
  const inSight = () =>
    page.evaluate(() => {
      const scroller = document.querySelector('.scroller');
      if (!scroller) return { cells: 0, without: 1 }; // the page is being loaded
      const { top, bottom } = scroller.getBoundingClientRect();
      const cells = [...document.querySelectorAll('[role=gridcell]')].filter((cell) => {
        const box = cell.getBoundingClientRect();
        return box.top < bottom && box.bottom > top;
      });
      if (cells.length === 0) return { cells: 0, without: 1 };
      return { cells: cells.length, without: cells.filter((cell) => !cell.querySelector('canvas.picture')).length };
    });
  await expect.poll(inSight, { timeout: 30_000 }).toMatchObject({ without: 0 });
  // To the end within half a second: some 25 rows.
  await page.evaluate(async () => {
    const scroller = document.querySelector('.scroller')!;
    const height = scroller.scrollHeight - scroller.clientHeight;
    for (let step = 1; step <= 30; step++) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      scroller.scrollTop = (height * step) / 30;
    }
  });
  await expect.poll(async () => (await inSight()).without, { timeout: 30_000 }).toBe(0);
  await page.waitForTimeout(1500);
  const made = thumbnailsOf(descry);
  expect(made).toBeGreaterThan(6);
  expect(made).toBeLessThan(photos * 0.8);
});

test('pictures that cannot be shown while their folder is away are shown when it is back', async ({
  descry,
  folder,
}) => {
  const page = descry.window;
  const pictures = await folder('photos');
  await drawPhotos(pictures, { count: 6, width: 600, height: 400 });
  await indexFolder(descry, pictures);
  await rename(pictures, `${pictures} away`);
  await expect
    .poll(async () => (await invoke(descry, 'library.overview')).folders[0]?.absence?.kind, { timeout: 60_000 })
    .toBe('gone');
  await invoke(descry, 'app.clearThumbnails');
  await page.reload();
  const broken = page.locator('[role=gridcell] .broken');
  await expect(broken).toHaveCount(6);
  await page.locator('[role=gridcell]').first().click();
  const notice = page.getByRole('dialog', { name: 'Photo' }).getByRole('alert');
  await expect(notice).toContainText(`The folder ${pictures} is not there any more, though its disk is.`);
  await rename(`${pictures} away`, pictures);
  await expect(notice).toHaveCount(0, { timeout: 60_000 });
  await page.keyboard.press('Escape');
  await expect(page.locator('[role=gridcell] canvas.picture')).toHaveCount(6);
  await expect(broken).toHaveCount(0);
});

test('a photo that was cut off after its head says so in the large view, with its file and what to do', async ({
  descry,
  folder,
}) => {
  const page = descry.window;
  const pictures = await folder('photos');
  await drawPhotos(pictures, { count: 3, width: 600, height: 400 });
  await indexFolder(descry, pictures);
  await page.locator('[role=gridcell]').first().click();
  const dialog = page.getByRole('dialog', { name: 'Photo' });
  const name = await dialog.locator('header strong').innerText();
  const file = path.join(pictures, name);
  const whole = await readFile(file);
  // up to the first pixel: Chromium loads this, and shows nothing
  await writeFile(file, whole.subarray(0, whole.indexOf(Buffer.from([0xff, 0xda]))));
  const notice = dialog.getByRole('alert');
  await expect(notice).toContainText('The file ends before the photo does. Copy it again from its source.', {
    timeout: 60_000,
  });
  await expect(notice).toContainText(file);
  await writeFile(file, whole);
  await expect(notice).toHaveCount(0, { timeout: 60_000 });
});
