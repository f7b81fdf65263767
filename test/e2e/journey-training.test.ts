/** A model of one's own, from the panel: checked, trained, interrupted, compared, used; and one that is discarded. */
import type { Page } from '@playwright/test';
import { shared } from '../fixtures/shared.ts';
import { expect, test, type DescryApp } from './app.ts';
import {
  answerDialogs,
  invoke,
  axeFindings,
  copyPhotos,
  go,
  indexFolder,
  noPhotos,
  searchFor,
  seed,
  smallDataset,
} from './journeys.ts';
import { takeScreens } from './screens.ts';

test.skip(shared === undefined, noPhotos);
test.setTimeout(300_000);

async function fillIn(page: Page, values: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries(values)) await page.getByLabel(label, { exact: true }).fill(value);
}

async function chooseDataset(app: DescryApp, dataset: string): Promise<void> {
  await go(app.window, 'Training');
  await answerDialogs(app, dataset);
  await app.window.getByRole('button', { name: 'Choose folder…' }).click();
  await expect(app.window.getByText(dataset, { exact: true })).toBeVisible({ timeout: 30_000 });
}

const tiny = { Batch: '40', 'Hidden units': '32', 'Embedding size': '16' };

test('a model is trained through pause and restart, compared, used, and the next one discarded', async ({
  start,
  folder,
}, info) => {
  const [photos, dataset] = [await folder('photos'), await folder('captioned')];
  await copyPhotos(seed, photos, 10);
  await smallDataset(dataset, { train: 100, val: 20, named: 'absent.jpg' });

  let app = await start();
  await app.window.waitForLoadState('load');
  await indexFolder(app, photos);

  const look = async (name: string) => {
    await takeScreens(app, info, name);
    expect(await axeFindings(app), name).toEqual([]);
  };

  await test.step('the folder is checked at once', async () => {
    await chooseDataset(app, dataset);
    const report = app.window.locator('.report');
    await expect(report).toContainText('100 to train, 20 to validate, 0 to test');
    await expect(report).toContainText('1 photo named in the captions is missing');
    await expect(report).toContainText('split.csv');
    await expect(report).toContainText('120 photos to look at first');
    await answerDialogs(app, photos);
    await app.window.getByRole('button', { name: 'Add photos…' }).click();
    const uncaptioned = app.window.getByRole('list', { name: 'Photos without captions' });
    await expect(uncaptioned).toContainText(photos);
    await expect(uncaptioned).toContainText('10 photos');
    await app.window.getByRole('button', { name: `Remove ${photos} from the training` }).click();
    await expect(uncaptioned).toHaveCount(0);
  });

  await test.step('a recipe that makes no sense cannot be started, a sound one can', async () => {
    const begin = app.window.getByRole('button', { name: 'Start training' });
    await app.window.getByText('Advanced', { exact: true }).click();
    await fillIn(app.window, { ...tiny, Epochs: 'many', Name: 'mine' });
    await expect(app.window.getByText('Enter a number.')).toBeVisible();
    await look('training-advanced');
    await expect(begin).toBeDisabled();
    // as many as it takes to pause, and to quit, on the way
    await fillIn(app.window, { Epochs: '400' });
    await begin.click();
  });

  const curve = () => app.window.getByRole('img', { name: /^Loss: from/ });
  const epoch = async () => (await invoke(app, 'training.state')).epoch;
  await test.step('the run shows its curves and samples, pauses and resumes', async () => {
    await expect(curve()).toBeVisible({ timeout: 120_000 });
    // 400 of the kernel machine, and 24 of the network that is joined with it.
    await expect(app.window.getByText(/^Epoch \d+ of 424/)).toBeVisible();
    await expect(app.window.getByRole('heading', { name: 'Sample searches' })).toBeVisible();
    await expect(app.window.getByRole('heading', { name: '“a dog running on grass”' })).toBeVisible({
      timeout: 60_000,
    });
    await app.window.getByRole('button', { name: 'Pause', exact: true }).click();
    await expect(app.window.getByRole('heading', { name: 'Paused' })).toBeVisible();
    const before = await epoch();
    await look('training-paused');
    expect(await epoch()).toBe(before);
    await app.window.getByRole('button', { name: 'Resume', exact: true }).click();
    await expect.poll(epoch, { timeout: 60_000 }).toBeGreaterThan(before);
  });

  await test.step('search goes on meanwhile', async () => {
    await go(app.window, 'Photos');
    await searchFor(app.window, 'a dog');
    await expect(app.window.getByRole('gridcell').first()).toBeVisible();
  });

  await test.step('a run that was on its way when the program ended goes on after the next start', async () => {
    const before = await epoch();
    expect(before).toBeLessThan(400);
    await app.close();
    app = await start({ home: app.home });
    await app.window.waitForLoadState('load');
    await expect.poll(epoch, { timeout: 60_000 }).toBeGreaterThan(before - 2);
    await go(app.window, 'Training');
    expect((await invoke(app, 'training.state')).history[0]?.epoch).toBeLessThanOrEqual(1);
  });

  await test.step('at its end recall stands beside that of the present model, in both directions', async () => {
    await expect(app.window.getByRole('heading', { name: 'The new model is ready' })).toBeVisible({ timeout: 180_000 });
    const table = app.window.getByRole('table');
    await expect(table).toContainText('Sentence → photo');
    await expect(table).toContainText('Photo → sentence');
    await expect(table.getByRole('row', { name: /R@10/ }).first()).toHaveText(/\d+(\.\d)?%.*\d+(\.\d)?%.*[+−±0]/);
  });

  await test.step('“use it” switches over, and the photos are found with the new model', async () => {
    await look('training-finished');
    await app.window.getByRole('button', { name: 'Use it' }).click();
    await expect(app.window.getByRole('listitem').filter({ hasText: 'mine' })).toContainText('In use', {
      timeout: 60_000,
    });
    await go(app.window, 'Photos');
    await searchFor(app.window, 'two men');
    await expect(app.window.getByRole('gridcell').first()).toBeVisible();
    expect((await invoke(app, 'search.query', { text: 'two men' })).model).toBe('mine');
  });

  await test.step('another one is discarded, and leaves no trace', async () => {
    await chooseDataset(app, dataset);
    await expect(app.window.locator('.report')).not.toContainText('to look at first');
    await app.window.getByText('Advanced', { exact: true }).click();
    await fillIn(app.window, { ...tiny, Epochs: '2', Name: 'worse' });
    await app.window.getByRole('button', { name: 'Start training' }).click();
    await app.window.getByRole('button', { name: 'Discard…' }).click({ timeout: 120_000 });
    await app.window.getByRole('dialog').getByRole('button', { name: 'Discard', exact: true }).click();
    await expect(app.window.getByRole('button', { name: 'Start training' })).toBeVisible();
    await expect(app.window.getByRole('listitem').filter({ hasText: 'worse' })).toHaveCount(0);
  });

  await test.step('the built-in model is taken up again at any time', async () => {
    await app.window.getByRole('button', { name: 'Use default' }).click();
    await expect(app.window.getByRole('listitem').filter({ hasText: 'Built in' })).toContainText('In use', {
      timeout: 60_000,
    });
    expect((await invoke(app, 'models.list')).map(({ id, inUse }) => [id, inUse])).toEqual([
      ['default', true],
      ['mine', false],
    ]);
  });
  expect(app.complaints).toEqual([]);
});
