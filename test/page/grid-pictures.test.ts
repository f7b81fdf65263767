/** What the cells of the grid show until their pictures are there, and which pictures are asked for. */
import type { Page } from '@playwright/test';
import { asked, expect, test } from './page.ts';

interface Seen {
  blank: number;
  previews: number;
  pictures: number;
}

/** What the cells in sight show now. */
const seen = (page: Page) => page.evaluate(cellsInSight);

/** Runs in the page. */
function cellsInSight(): Seen {
  const { top, bottom } = document.querySelector('.scroller')!.getBoundingClientRect();
  const cells = [...document.querySelectorAll('[role=gridcell]')].filter((cell) => {
    const box = cell.getBoundingClientRect();
    return box.top < bottom && box.bottom > top;
  });
  const having = (what: string) => cells.filter((cell) => cell.querySelector(what) !== null).length;
  const pictures = having('canvas.picture, .broken');
  const previews = having('canvas.preview');
  // A grid without cells is as blank as one with an empty cell.
  return { pictures, previews, blank: cells.length === 0 ? 1 : cells.length - pictures - previews };
}

/** Moves the grid on in every frame. @returns what the cells in sight showed in all of them */
const scroll = (page: Page, pxPerSecond: number, ms: number): Promise<Seen> =>
  // As text, so that the function of above can be part of it.
  page.evaluate<Seen>(`(async () => {
    const look = ${cellsInSight.toString()};
    const scroller = document.querySelector('.scroller');
    const sum = { blank: 0, previews: 0, pictures: 0 };
    const started = performance.now();
    for (let frame = 0, now = started; now - started < ${ms}; frame++) {
      now = await new Promise((resolve) => requestAnimationFrame(resolve));
      if (frame > 3) for (const [what, cells] of Object.entries(look())) sum[what] += cells;
      scroller.scrollTop = ((now - started) / 1000) * ${pxPerSecond};
    }
    return sum;
  })()`);

const thumbnailsAskedFor = async (page: Page) =>
  (await asked(page, 'photos.thumbnails')).flatMap(({ argument }) => [
    ...Object.values((argument as { contents: Record<string, number> }).contents),
  ]);

test('cells show a preview at once, and then the picture', async ({ mock: { page, open } }) => {
  await open({ cached: true, thumbnailMs: 1500 });
  await expect.poll(() => seen(page)).toMatchObject({ blank: 0, pictures: 0 });
  await expect.poll(() => seen(page), { timeout: 10_000 }).toMatchObject({ blank: 0, previews: 0 });
});

test('a picture without a preview is shown all the same, as soon as it is there', async ({ mock: { page, open } }) => {
  await open({ withoutPreviews: true });
  await expect.poll(() => seen(page), { timeout: 20_000 }).toMatchObject({ blank: 0, previews: 0 });
});

test('while one scrolls a window in two frames, previews are shown, and no picture is asked for that would come too late', async ({
  mock: { page, open },
}) => {
  await open({ photos: 100_000, cached: true });
  await expect.poll(() => seen(page)).toMatchObject({ blank: 0, previews: 0 });
  const before = (await thumbnailsAskedFor(page)).length;
  const { blank, previews, pictures } = await scroll(page, 24_000, 1500);
  expect(blank / (blank + previews + pictures)).toBeLessThan(0.05);
  // some 900 photos were passed
  const during = (await thumbnailsAskedFor(page)).length - before;
  expect(during).toBeLessThan(450);
  await expect.poll(() => seen(page)).toMatchObject({ blank: 0, previews: 0 });
});

test('thumbnails that are not in the cache are made a few at a time, and not those that were scrolled past', async ({
  mock: { page, open },
}) => {
  await open({ photos: 100_000, makingMs: 150 });
  await scroll(page, 9000, 2000);
  await expect.poll(() => seen(page), { timeout: 20_000 }).toMatchObject({ blank: 0, previews: 0 });
  await page.waitForTimeout(1000);
  const made = await asked(page, 'photo.thumbnail');
  const last = await page.evaluate(() =>
    Math.max(
      ...[...document.querySelectorAll<HTMLElement>('[role=gridcell]')].map((cell) => Number(cell.dataset['place'])),
    ),
  );
  const elements = await page.getByRole('gridcell').count();
  expect(last).toBeGreaterThan(300);
  // those in sight at the beginning and the end, and a part of those between, but by far not all
  expect(made.length).toBeLessThan(last * 0.75);
  expect(made.length).toBeGreaterThanOrEqual(elements * 0.5);
});

test('dragging the scrubber shows previews on its way', async ({ mock: { page, open } }) => {
  await open({ photos: 100_000, cached: true });
  const { x, y, height } = (await page.getByRole('slider', { name: 'Go to a month' }).boundingBox())!;
  await page.mouse.move(x + 20, y + 40);
  await page.mouse.down();
  for (let i = 1; i <= 8; i++) {
    await page.mouse.move(x + 20, y + 40 + (i / 8) * height * 0.5);
    await expect.poll(async () => (await seen(page)).blank).toBe(0);
  }
  await page.mouse.up();
  await expect.poll(() => seen(page)).toMatchObject({ blank: 0, previews: 0 });
});

test('a larger size is drawn anew', async ({ mock: { page, open } }) => {
  await open({ cached: true, settings: { thumbnailSize: 120 } });
  const width = () =>
    page
      .locator('canvas.picture')
      .first()
      .evaluate((canvas: HTMLCanvasElement) => canvas.width);
  await expect.poll(() => seen(page)).toMatchObject({ blank: 0, previews: 0 });
  const small = await width();
  await page.evaluate(() => {
    window.mock.change('settings.get', (settings) => ({ ...settings, thumbnailSize: 240 }));
    window.mock.emit('library.restarted', undefined);
  });
  await expect.poll(width).toBeGreaterThan(1.5 * small);
});

const broken = (page: Page) => page.locator('[role=gridcell] .broken');

test('pictures that could not be shown are asked for again when their folder is back', async ({
  mock: { page, open },
}) => {
  await open({
    failing: { 'photo.thumbnail': { code: 'not-found', message: 'There is no picture of this photo now.' } },
  });
  await expect.poll(() => broken(page).count()).toBeGreaterThan(10);
  await page.waitForTimeout(1500);
  const before = (await asked(page, 'photo.thumbnail')).length;
  await page.waitForTimeout(1500);
  expect((await asked(page, 'photo.thumbnail')).length).toBe(before);
  await page.evaluate(() => {
    window.mock.fail('photo.thumbnail');
    window.mock.emit('library.changed', { photosChanged: true });
  });
  await expect(broken(page)).toHaveCount(0);
  await expect.poll(() => seen(page)).toMatchObject({ blank: 0, previews: 0 });
});

test('pictures whose bytes cannot be decoded are not asked for again', async ({ mock: { page, open } }) => {
  const truncated = { code: 'photo-truncated', message: 'The file ends before the photo does.' } as const;
  await open({ failing: { 'photo.thumbnail': truncated } });
  await expect.poll(() => broken(page).count()).toBeGreaterThan(10);
  await page.waitForTimeout(1500);
  const before = (await asked(page, 'photo.thumbnail')).length;
  await page.evaluate(() => window.mock.emit('library.changed', { photosChanged: true }));
  await page.waitForTimeout(2000);
  expect((await asked(page, 'photo.thumbnail')).length).toBe(before);
});
