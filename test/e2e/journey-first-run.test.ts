/** From nothing to photos: the first run, pause and resume, and a start that goes on where the last one ended. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { shared } from '../fixtures/shared.ts';
import { expect, test, type DescryApp } from './app.ts';
import {
  answerDialogs,
  allIndexed,
  invoke,
  cell,
  copyPhotos,
  dragIn,
  field,
  flickr,
  go,
  noPhotos,
  seed,
} from './journeys.ts';

test.skip(shared === undefined, noPhotos);
test.setTimeout(240_000);

test('a new user chooses a folder, sees photos turn up, and searches meanwhile', async ({ descry, folder }) => {
  const page = descry.window;
  const photos = await folder('My photos');
  await copyPhotos(seed, photos);
  await copyPhotos(flickr + '/images', path.join(photos, 'more'), 150);

  await test.step('the welcome asks for a folder', async () => {
    await expect(page.getByRole('heading', { name: 'Find your photos by describing them' })).toBeVisible();
    await answerDialogs(descry);
    await page.getByRole('button', { name: 'Choose a photo folder…' }).click();
    await expect(page.getByRole('heading', { name: 'Find your photos by describing them' })).toBeVisible();
    await answerDialogs(descry, photos);
    await page.getByRole('button', { name: 'Choose a photo folder…' }).click();
  });

  await test.step('progress is shown, photos turn up, and a search answers before all are indexed', async () => {
    await expect(page.getByRole('progressbar', { name: 'Indexing' })).toBeVisible({ timeout: 30_000 });
    await expect(cell(page, 0)).toBeVisible({ timeout: 60_000 });
    await field(page).pressSequentially('children', { delay: 20 });
    await expect(page.getByRole('grid', { name: 'Photos for “children”' })).toBeVisible({ timeout: 30_000 });
    const { indexed, photos: all } = await invoke(descry, 'library.overview');
    expect(indexed).toBeLessThan(all);
    expect(all).toBe(185);
  });

  await test.step('at the end all are there, and nothing is left to be seen of the work', async () => {
    await allIndexed(descry);
    await expect(page.getByRole('progressbar')).toHaveCount(0);
    await field(page).fill('');
    await expect(page.getByText('185 photos', { exact: true })).toBeVisible();
  });

  await test.step('a folder dropped on the window joins', async () => {
    const dropped = await folder('Dropped');
    await copyPhotos(seed, dropped, ['making_coffee.jpg']);
    const { folders } = await invoke(descry, 'library.overview');
    expect(folders).toHaveLength(1);
    await (
      await dragIn(descry, [dropped])
    )();
    await go(page, 'Library');
    await expect(page.getByText(dropped, { exact: true })).toBeVisible();
  });
  expect(descry.complaints).toEqual([]);
});

test('indexing pauses, stays paused over a restart, and goes on where it was', async ({ start, folder }) => {
  const photos = await folder('photos');
  await copyPhotos(flickr + '/images', photos, 160);
  const total = (await readdir(photos)).length;

  const done = async (app: DescryApp) => (await invoke(app, 'library.overview')).indexed;
  const first = await start();
  let paused = 0;
  await test.step('the button pauses it', async () => {
    await first.window.waitForLoadState('load');
    await answerDialogs(first, photos);
    await first.window.getByRole('button', { name: 'Choose a photo folder…' }).click();
    // not before the first are done: what is begun is finished in spite of a pause, and the first take longest
    await expect.poll(() => done(first), { timeout: 60_000, intervals: [20] }).toBeGreaterThan(0);
    await first.window.getByRole('button', { name: 'Pause indexing' }).click({ timeout: 60_000 });
    await expect(first.window.getByText(/^Paused, [\d,]+ photos? to go$/)).toBeVisible();
    // What was begun is finished: up to four chunks, on a busy machine for some seconds.
    await expect(async () => {
      paused = await done(first);
      await first.window.waitForTimeout(2500);
      expect(await done(first)).toBe(paused);
    }).toPass({ timeout: 30_000, intervals: [0] });
    expect(paused).toBeLessThan(total);
    await first.close();
  });

  const second = await start({ home: first.home });
  const resume = second.window.getByRole('button', { name: 'Resume indexing' });
  let before = 0;
  await test.step('it is still paused after a restart', async () => {
    await second.window.waitForLoadState('load');
    await expect(resume).toBeVisible({ timeout: 30_000 });
    before = await done(second);
    expect(before).toBeGreaterThanOrEqual(paused); // a batch that was held up by the pause is finished at the end
    expect(before).toBeLessThan(total);
    await second.window.waitForTimeout(1500);
    expect(await done(second)).toBe(before);
  });

  await test.step('the button resumes it', async () => {
    await resume.click();
    await expect.poll(() => done(second), { timeout: 60_000, intervals: [20] }).toBeGreaterThan(before);
    before = await done(second);
    expect(before).toBeLessThan(total);
    await second.close(); // in the middle, without a pause
  });

  const third = await start({ home: first.home });
  await test.step('after a start in the middle it goes on to the end', async () => {
    await third.window.waitForLoadState('load');
    expect(await done(third)).toBeGreaterThanOrEqual(before);
    await allIndexed(third);
    expect(await done(third)).toBe(total);
    await expect(third.window.getByText(`${total} photos`, { exact: true })).toBeVisible();
  });
  expect([...first.complaints, ...second.complaints, ...third.complaints]).toEqual([]);
});
