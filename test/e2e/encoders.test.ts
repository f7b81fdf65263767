/**
 * An encoder from a folder, all the way: checked, used for the library in the background while the present model answers, and
 * removed. It is the stand-in of the tests: small graphs with the names of the published ones, which know colours.
 */
import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import sharp from 'sharp';
import { assetsFolder } from '../../electron/services/assets/place.ts';
import { makeClipFolder } from '../fixtures/clip-stand-in.ts';
import { drawPhotos } from '../fixtures/drawn-photos.ts';
import { expect, test } from './app.ts';
import { answerDialogs, go, indexFolder, invoke, namesShown, searchFor } from './journeys.ts';

test.setTimeout(300_000);

const title = 'Colours';
const colours = { red: '#e11419', green: '#14a528', blue: '#1428e1', yellow: '#fae614' };
const others = 40;

/** The real weights, and no encoder but those of this test. */
function ownAssets(folder: string): string {
  const real = assetsFolder();
  for (const name of existsSync(real) ? readdirSync(real) : []) {
    if (!['encoders', 'lock', 'downloads'].includes(name)) symlinkSync(path.join(real, name), path.join(folder, name));
  }
  return folder;
}

async function makePhotos(folder: string): Promise<void> {
  await drawPhotos(folder, { count: others, width: 1200, height: 900 });
  for (const [name, background] of Object.entries(colours)) {
    const create = { width: 1200, height: 900, channels: 3 as const, background };
    await sharp({ create })
      .jpeg()
      .toFile(path.join(folder, `${name}.jpg`));
  }
}

const card = (page: Page, heading: string) =>
  page
    .getByRole('list', { name: 'Encoders' })
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading', { name: heading, exact: true }) });

test('an encoder from a folder is checked, used in the background, left in seconds and removed', async ({
  start,
  folder,
}) => {
  const [photos, encoder] = [await folder('photos'), path.join(await folder('models'), title)];
  await makePhotos(photos);
  makeClipFolder(encoder);
  const assets = ownAssets(await folder('assets'));
  const app = await start({ environment: { DESCRY_ASSETS: assets } });
  const page = app.window;
  await page.waitForLoadState('load');
  await indexFolder(app, photos);
  await go(page, 'Settings');

  await test.step('a folder without an encoder is refused, with the reason', async () => {
    await answerDialogs(app, photos);
    await page.getByRole('button', { name: 'From a folder…' }).click();
    await expect(page.getByText(`The encoder in ${photos} was not added`).first()).toBeVisible();
    await page.getByRole('button', { name: 'Dismiss' }).first().click();
  });

  await test.step('the stand-in passes the self-check, and is measured', async () => {
    await answerDialogs(app, encoder);
    await page.getByRole('button', { name: 'From a folder…' }).click();
    await expect(page.getByText(`“${title}” can be used now`)).toBeVisible({ timeout: 60_000 });
    await expect(card(page, title)).toContainText(/photos a second and \d+.* of memory, measured on this computer/);
    await expect(card(page, 'ResNet50 and GloVe')).toContainText('In use');
  });

  await test.step('the change is asked for, and goes on while the present model answers', async () => {
    await card(page, title)
      .getByRole('button', { name: `Use ${title}` })
      .click();
    const dialog = page.getByRole('dialog', { name: `Use “${title}”?` });
    await expect(dialog).toContainText(`${others + 4} photos must be looked at first.`);
    // The first search loads what later ones have.
    await invoke(app, 'search.query', { text: 'a red picture', limit: 5 });
    await dialog.getByRole('button', { name: 'Begin' }).click();
    const answered: string[] = [];
    await expect
      .poll(async () => {
        const { model } = await invoke(app, 'search.query', { text: 'a red picture', limit: 5 });
        const switching = await invoke(app, 'models.switching');
        if (switching) answered.push(model);
        return switching === null;
      })
      .toBe(true);
    // On a fast computer the change is over before the first answer; integration/model-switch-live waits for one in between.
    // The change may come between an answer and the question for its state, but only at the end.
    expect(answered.slice(0, -1).every((model) => model === 'default')).toBe(true);
    await expect(card(page, title)).toContainText('In use');
    await expect(card(page, title).getByRole('button', { name: `Remove ${title}` })).toBeDisabled();
  });

  await test.step('a word for a colour finds the photo of it', async () => {
    await go(page, 'Photos');
    for (const colour of Object.keys(colours)) {
      await searchFor(page, `a ${colour} picture`);
      await expect.poll(() => namesShown(app, 1)).toEqual([`${colour}.jpg`]);
    }
    await expect(page.getByText('this model does not say which of them match', { exact: true })).toBeVisible();
  });

  await test.step('going back asks nothing and takes seconds', async () => {
    await go(page, 'Settings');
    const began = Date.now();
    await card(page, 'ResNet50 and GloVe').getByRole('button', { name: 'Use ResNet50 and GloVe' }).click();
    await expect(card(page, 'ResNet50 and GloVe')).toContainText('In use');
    expect(Date.now() - began).toBeLessThan(10_000);
    expect((await invoke(app, 'search.query', { text: 'a red picture', limit: 5 })).model).toBe('default');
  });

  await test.step('it is removed with its files; the folder stays', async () => {
    expect(readdirSync(path.join(assets, 'encoders'))).toContain('colours');
    await card(page, title)
      .getByRole('button', { name: `Remove ${title}` })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await expect(card(page, title)).toHaveCount(0);
    expect(readdirSync(path.join(assets, 'encoders'))).not.toContain('colours');
    expect(existsSync(path.join(encoder, 'tokenizer.json'))).toBe(true);
  });
  expect(app.complaints).toEqual([]);
});
