/** Library, settings and training as the page shows them, with a stand-in for the bridge. */
import type { Page } from '@playwright/test';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from './page.ts';

const asked = (page: Page, name: string) =>
  page.evaluate((wanted) => window.mock.asked.filter((request) => request.name === wanted), name);

/** Drags a file of this disk over the middle of the window, as the system does. */
async function dragOf(page: Page, file: string) {
  const session = await page.context().newCDPSession(page);
  return (type: 'dragEnter' | 'dragOver' | 'drop') =>
    session.send('Input.dispatchDragEvent', {
      type,
      x: 600,
      y: 400,
      data: { items: [], files: [file], dragOperationsMask: 1 },
    });
}

const transferOf = (page: Page) =>
  page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File([''], 'Photos'));
    return data;
  });

test.describe('the library', () => {
  test('takes a folder that is dropped anywhere', async ({ mock: { page, open } }) => {
    await open({ folders: 'none' });
    const folder = await mkdtemp(path.join(tmpdir(), 'descry-dropped-'));
    const frame = page.getByText('Drop to add to your library');
    const drag = await dragOf(page, folder);
    await drag('dragEnter');
    await drag('dragOver');
    await expect(frame).toBeVisible();
    expect(await asked(page, 'library.addFolders')).toEqual([]);
    await drag('drop');
    await expect(frame).toBeHidden();
    const dropped = `/home/anna/${path.basename(folder)}`;
    expect(await asked(page, 'library.addFolders')).toEqual([
      { name: 'library.addFolders', argument: { paths: [dropped] } },
    ]);
    await expect(page.getByText('1 folder added')).toBeVisible();
    await page.getByRole('button', { name: 'Library', exact: true }).click();
    await expect(page.getByText(dropped, { exact: true })).toBeVisible();
    await rmdir(folder);
  });

  test('leaves alone what is dragged over it and out again', async ({ mock: { page, open } }) => {
    await open({ folders: 'none' });
    const frame = page.getByText('Drop to add to your library');
    const drag = await dragOf(page, '/home');
    await drag('dragEnter');
    await drag('dragOver');
    await expect(frame).toBeVisible();
    // what Chromium sends when the pointer leaves the window; DevTools have no word for it
    await page.getByRole('heading').dispatchEvent('dragleave', { dataTransfer: await transferOf(page) });
    await expect(frame).toBeHidden();
    expect(await asked(page, 'library.addFolders')).toEqual([]);
  });

  test('asks before a folder is removed, and says that the photos stay', async ({ mock: { page, open } }) => {
    await open({});
    await page.getByRole('button', { name: 'Library', exact: true }).click();
    const remove = page.getByRole('button', { name: 'Remove /home/anna/Pictures' });
    await remove.click();
    await expect(page.getByRole('dialog')).toContainText('Your photos are not touched.');
    await page.keyboard.press('Escape');
    await expect(remove).toBeFocused();
    expect(await asked(page, 'library.removeFolder')).toEqual([]);
    await remove.click();
    await page.getByRole('button', { name: 'Remove from library' }).click();
    await expect.poll(() => asked(page, 'library.removeFolder')).toHaveLength(1);
    await expect(page.getByText('/home/anna/Pictures', { exact: true })).toBeHidden();
  });

  test('pauses and resumes', async ({ mock: { page, open } }) => {
    await open({ indexing: 'indexing' });
    await page.getByRole('button', { name: 'Pause indexing' }).click();
    await expect(page.getByText(/^Paused,/)).toBeVisible();
    await page.getByRole('button', { name: 'Resume indexing' }).click();
    await expect(page.getByText(/^Indexing 4,234 of/)).toBeVisible();
  });

  test('says that another Descry prepares the models', async ({ mock: { page, open } }) => {
    await open({ folders: 'none', assets: 'waiting' });
    await expect(page.getByRole('progressbar', { name: 'Another Descry is preparing the models' })).toBeVisible();
  });

  test('shows photos as they are indexed', async ({ mock: { page, open } }) => {
    await open({ indexing: 'indexing' });
    const before = (await asked(page, 'library.timeline')).length;
    await page.evaluate(() =>
      window.mock.emit('indexing.progress', {
        state: 'indexing',
        done: 4300,
        total: 10_000,
        photosPerSecond: 40,
        secondsLeft: 140,
        error: null,
      }),
    );
    await expect.poll(async () => (await asked(page, 'library.timeline')).length).toBe(before + 1);
  });
});

test.describe('settings', () => {
  test('looking for new versions is off, and says who would be asked', async ({ mock: { page, open } }) => {
    await open({ updates: { host: 'github.com', installs: false } });
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    const row = page.getByRole('switch', { name: 'Look for new versions' });
    await expect(row).not.toBeChecked();
    await expect(page.getByText('Off, Descry asks nobody. On, it asks github.com once a day')).toBeVisible();
    await expect(page.getByText('You are told of a new version, and install it yourself.')).toBeVisible();
    await row.click();
    await expect
      .poll(() => asked(page, 'settings.set'))
      .toEqual([{ name: 'settings.set', argument: { lookForUpdates: true } }]);
  });

  test('it is offered by releases alone', async ({ mock: { page, open } }) => {
    await open({});
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await expect(page.getByText('Keep running when the window is closed')).toBeVisible();
    await expect(page.getByText('Look for new versions')).toHaveCount(0);
  });

  test('change the theme at once, and follow the system by default', async ({ mock: { page, open } }) => {
    await open({}, { theme: 'dark' });
    const theme = () => page.evaluate(() => document.documentElement.dataset['theme']);
    expect(await theme()).toBe('dark');
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await page.getByText('Light', { exact: true }).click();
    expect(await theme()).toBe('light');
    await expect
      .poll(() => asked(page, 'settings.set'))
      .toEqual([{ name: 'settings.set', argument: { theme: 'light' } }]);
  });

  test('a slider that is dragged is saved once', async ({ mock: { page, open } }) => {
    await open({});
    await page.getByRole('slider', { name: 'Thumbnail size' }).evaluate((slider: HTMLInputElement) => {
      for (let size = 210; size <= 260; size += 10) {
        slider.value = String(size);
        slider.dispatchEvent(new Event('input', { bubbles: true }));
      }
    });
    await page.waitForTimeout(600);
    expect(await asked(page, 'settings.set')).toEqual([{ name: 'settings.set', argument: { thumbnailSize: 260 } }]);
  });
});

test.describe('models', () => {
  test('are used, exported and removed', async ({ mock: { page, open } }) => {
    await open({});
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await page.getByRole('button', { name: 'Export holiday-2026' }).click();
    await expect(page.getByText('Saved as /home/anna/holiday-2026.descry-model')).toBeVisible();
    await page.getByRole('button', { name: 'Remove holiday-2026' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
    await expect
      .poll(() => asked(page, 'models.remove'))
      .toEqual([{ name: 'models.remove', argument: { id: 'holiday-2026' } }]);
    await expect(page.getByRole('button', { name: 'Use holiday-2026' })).toBeHidden();
    await expect(page.getByRole('button', { name: 'Remove default' })).toBeDisabled();
  });

  test('say which words they know', async ({ mock: { page, open } }) => {
    await open({});
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await expect(page.getByText('Learnt from captions')).toBeHidden();
    // only of the model whose file says so
    await page.getByText('Words it knows').click();
    await expect(page.getByText('1,204: man, dog, woman')).toBeVisible();
    await expect(page.getByText('15,310: museum, kitchen, harvest, …')).toBeVisible();
  });
});

test.describe('training', () => {
  test('sends what was chosen, and nothing that is wrong', async ({ mock: { page, open } }) => {
    await open({});
    await page.getByRole('button', { name: 'Training', exact: true }).click();
    await page.getByRole('button', { name: 'Choose folder…' }).click();
    await page.getByText('Advanced', { exact: true }).click();
    const begin = page.getByRole('button', { name: 'Start training' });
    await page.getByLabel('Epochs').fill('none');
    await expect(begin).toBeDisabled();
    await page.getByLabel('Epochs').fill('3');
    await page.getByLabel('Loss').selectOption('ranking');
    await page.getByLabel('Margin').fill('0.1');
    await page.getByLabel('Name').fill('mine');
    await begin.click();
    await expect.poll(() => asked(page, 'training.start')).toHaveLength(1);
    expect((await asked(page, 'training.start'))[0]?.argument).toEqual({
      datasets: ['/home/anna/Datasets/flickr30k'],
      photos: [],
      recipe: 'advanced',
      overrides: {
        imageBranch: 'kernel',
        kernelWidth: 2,
        ridge: 0.2,
        components: 1024,
        loss: 'ranking',
        margin: 0.1,
        stage5: 'frozen',
        batch: 2500,
        epochs: 3,
        learningRate: 0.6,
        dropout: 0.5,
        hidden: 1024,
        embedding: 512,
      },
      name: 'mine',
      init: null,
      seed: 1,
    });
    await expect(page.getByRole('progressbar', { name: 'Training' })).toBeVisible();
  });

  test('takes several folders, with captions and without, with what is wrong with each', async ({
    mock: { page, open },
  }) => {
    await open({});
    await page.getByRole('button', { name: 'Training', exact: true }).click();
    await page.getByRole('button', { name: 'Choose folder…' }).click();
    await page.getByRole('button', { name: 'Add folder…' }).click();
    await page.getByRole('button', { name: 'Add photos…' }).click();
    const datasets = page.getByRole('list', { name: 'Captioned photos' }).getByRole('listitem');
    await expect(datasets).toHaveCount(2);
    await expect(datasets.nth(0)).toContainText('31,783 photos · 158,914 captions');
    await expect(datasets.nth(0)).toContainText('12 photos named in the captions are missing');
    await expect(datasets.nth(1)).toContainText('1,240 photos · 1,240 captions · 992 to train');
    await expect(datasets.nth(1)).not.toContainText('missing');
    await expect(page.getByText('30,775 to train, 1,124 to validate, 1,124 to test')).toBeVisible();
    const photos = page.getByRole('list', { name: 'Photos without captions' });
    await expect(photos).toContainText('3,300 photos');
    await page.getByRole('button', { name: 'Remove /home/anna/Datasets/flickr30k from the training' }).click();
    await expect(datasets).toHaveCount(1);
    await page.getByRole('button', { name: 'Start training' }).click();
    await expect.poll(() => asked(page, 'training.start')).toHaveLength(1);
    expect((await asked(page, 'training.start'))[0]?.argument).toMatchObject({
      datasets: ['/home/anna/Datasets/our photos of 2026'],
      photos: ['/home/anna/Pictures'],
    });
  });

  test('offers each image branch with its own fields and figures, and keeps what was typed', async ({
    mock: { page, open },
  }) => {
    await open({});
    await page.getByRole('button', { name: 'Training', exact: true }).click();
    await page.getByRole('button', { name: 'Choose folder…' }).click();
    await page.getByText('Advanced', { exact: true }).click();
    await expect(page.getByRole('radio', { name: /^Kernel machine/ })).toBeChecked();
    const begin = page.getByRole('button', { name: 'Start training' });
    const ridge = page.getByLabel('Ridge');
    await ridge.fill('0');
    await expect(page.getByText('Between 0.01 and 100.')).toBeVisible();
    await expect(begin).toBeDisabled();
    await page.getByLabel('Dropout').fill('0.3');

    await page.getByText('Trained layers', { exact: true }).click();
    for (const label of ['Kernel width', 'Ridge', 'Components']) await expect(page.getByLabel(label)).toHaveCount(0);
    await expect(page.getByLabel('Batch')).toHaveValue('1000');
    await expect(page.getByLabel('Epochs')).toHaveValue('24');
    await expect(page.getByLabel('Dropout')).toHaveValue('0.3');

    await page.getByText('Kernel machine', { exact: true }).click();
    await expect(ridge).toHaveValue('0');
    await expect(begin).toBeDisabled();
    await expect(page.getByLabel('Batch')).toHaveValue('2500');

    await page.getByText('Trained layers', { exact: true }).click();
    await begin.click();
    await expect.poll(() => asked(page, 'training.start')).toHaveLength(1);
    expect((await asked(page, 'training.start'))[0]?.argument).toMatchObject({
      recipe: 'advanced',
      overrides: {
        imageBranch: 'layers',
        loss: 'softmax',
        temperature: 0.035,
        batch: 1000,
        epochs: 24,
        learningRate: 0.8,
        dropout: 0.3,
        hidden: 1024,
        embedding: 512,
      },
    });
  });

  test('trains on the encoder in use, and on another one with its own recipes and folders', async ({
    mock: { page, open },
  }) => {
    await open({ trainsAdded: true });
    await page.getByRole('button', { name: 'Training', exact: true }).click();
    await page.getByRole('button', { name: 'Choose folder…' }).click();
    const encoder = page.getByLabel('Train on');
    await expect(encoder).toHaveValue('clip-vit-b32');
    await expect(page.getByText('was not measured with published weights')).toBeVisible();
    await expect(page.getByRole('radio', { name: /^Fine-tuned/ })).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Add photos…' })).toHaveCount(0);
    await page.getByText('Advanced', { exact: true }).click();
    await expect(page.getByRole('radio', { name: /^Trained layers/ })).toBeChecked();
    for (const label of ['Hidden units', 'Embedding size', 'ResNet50']) {
      await expect(page.getByLabel(label, { exact: true })).toHaveCount(0);
    }
    await page.getByLabel('Epochs').fill('3');
    await page.getByRole('button', { name: 'Start training' }).click();
    await expect.poll(() => asked(page, 'training.start')).toHaveLength(1);
    expect((await asked(page, 'training.start'))[0]?.argument).toMatchObject({
      encoder: 'clip-vit-b32',
      recipe: 'advanced',
      overrides: { imageBranch: 'layers', loss: 'softmax', epochs: 3 },
    });
  });

  test('of the encoder that comes with Descry offers its recipes where another one is in use', async ({
    mock: { page, open },
  }) => {
    await open({ trainsAdded: true });
    await page.getByRole('button', { name: 'Training', exact: true }).click();
    await page.getByRole('button', { name: 'Choose folder…' }).click();
    await page.getByLabel('Train on').selectOption('ResNet50 and GloVe');
    await expect.poll(() => asked(page, 'training.checkDataset')).toHaveLength(1);
    await expect(page.getByRole('radio', { name: /^Fine-tuned/ })).toHaveCount(1);
    await expect(page.getByRole('button', { name: 'Add photos…' })).toBeVisible();
    await page.getByRole('button', { name: 'Start training' }).click();
    await expect.poll(() => asked(page, 'training.start')).toHaveLength(1);
    expect((await asked(page, 'training.start'))[0]?.argument).not.toHaveProperty('encoder');
  });

  test('draws the curves and asks before a run is cancelled', async ({ mock: { page, open } }) => {
    await open({ training: 'training' });
    await page.getByRole('button', { name: 'Training', exact: true }).click();
    await expect(page.getByRole('img', { name: /^Loss: from/ })).toBeVisible();
    await expect(page.locator('.plot canvas')).toHaveCount(2);
    await page.getByRole('button', { name: 'Cancel…' }).click();
    await page.getByRole('button', { name: 'Go on training' }).click();
    expect(await asked(page, 'training.cancel')).toEqual([]);
  });

  test('says why there are no sample searches', async ({ mock: { page, open } }) => {
    await open({ encoders: 'added', training: 'training', trainedOn: 'clip-vit-b32', samplesLack: 'not-encoded' });
    await page.getByRole('button', { name: 'Training', exact: true }).click();
    await expect(page.getByText('the library were not looked at with CLIP ViT-B/32 yet')).toBeVisible();
  });

  test('a finished run is used, kept or discarded', async ({ mock: { page, open } }) => {
    await open({ training: 'finished' });
    await page.getByRole('button', { name: 'Training', exact: true }).click();
    const table = page.getByRole('table').first();
    const folders = page.getByRole('table', { name: 'Sentence → photo, in each folder by itself' });
    await expect(folders.getByRole('row', { name: /^our photos of 2026/ })).toContainText(/124.*33\.9%\s−0\.7/);
    await expect(table).toContainText('27.1%');
    await expect(table).toContainText('+1.7');
    await page.getByRole('button', { name: 'Use it' }).click();
    await expect
      .poll(() => asked(page, 'training.settle'))
      .toEqual([{ name: 'training.settle', argument: { decision: 'use' } }]);
    await expect(table).toBeHidden();
  });
});
