/** Encoders and the change of model as the page shows them, with a stand-in for the bridge. */
import type { Page } from '@playwright/test';
import { openEncoders } from './encoder-states.ts';
import { asked, cell, expect, field, test } from './page.ts';

const list = (page: Page) => page.getByRole('list', { name: 'Encoders' });
const card = (page: Page, title: string) =>
  list(page)
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading', { name: title, exact: true }) });
const clip = 'CLIP ViT-B/32';

test.describe('encoders', () => {
  test('three are offered, with what they need and where they come from, and nothing is fetched', async ({
    mock: { page, open },
  }) => {
    await open({});
    await openEncoders(page);
    await expect(list(page).getByRole('listitem')).toHaveCount(3);
    await expect(card(page, 'ResNet50 and GloVe')).toContainText('In use');
    const offered = card(page, clip);
    await expect(offered).toContainText('608 MB to fetch');
    await expect(offered).toContainText('Licence MIT');
    await expect(offered).toContainText('huggingface.co: Xenova/clip-vit-base-patch32 @ d15189d');
    await expect(offered).toContainText('It cannot say how sure a match is');
    await expect(page.getByText('Nothing is fetched before you ask for it.')).toBeVisible();
    await expect(page.getByText('The published weights were not run on the computers that built Descry')).toBeVisible();
    expect(await asked(page, 'encoders.add')).toEqual([]);
  });

  test('the precision is chosen by key, fetched, checked, and can be used', async ({ mock: { page, open } }) => {
    await open({ stepMs: 1500 });
    await openEncoders(page);
    const offered = card(page, clip);
    await offered.getByRole('radio', { name: 'Full' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await expect(offered.getByRole('radio', { name: '8 bits' })).toBeChecked();
    await offered.getByRole('button', { name: /^Get \(156 MB\): CLIP.*8 bits$/ }).focus();
    await page.keyboard.press('Enter');
    await expect(offered.getByRole('progressbar', { name: /^Fetching/ })).toBeVisible();
    await expect(offered).toContainText(/\d+(\.\d)? MB of 156 MB/);
    // the button that got it cancels it: the focus stays
    await expect(offered.getByRole('button', { name: /^Cancel adding/ })).toBeFocused();
    await expect(card(page, 'TinyCLIP ViT-8M/16').getByRole('button', { name: /^Get/ })).toBeDisabled();
    await expect(page.getByRole('button', { name: 'From a folder…' })).toBeDisabled();
    await expect(offered.getByRole('progressbar', { name: /^Checking/ })).toBeVisible();
    await expect(offered.getByRole('button', { name: /^Use CLIP/ })).toBeFocused();
    await expect(offered).toContainText('19.4 photos a second and 740 MB of memory');
    expect(await asked(page, 'encoders.add')).toEqual([
      { name: 'encoders.add', argument: { id: 'clip-vit-b32-8bit' } },
    ]);
  });

  test('fetching is cancelled and goes on from where it was', async ({ mock: { page, open } }) => {
    await open({ stepMs: 1000 });
    await openEncoders(page);
    const offered = card(page, clip);
    await offered.getByRole('button', { name: /^Get/ }).click();
    await expect(offered).toContainText('152 MB of 608 MB');
    await offered.getByRole('button', { name: /^Cancel/ }).click();
    await expect(page.getByText('Stopped. What was fetched is kept')).toBeVisible();
    await expect(offered.getByRole('alert')).toHaveCount(0);
    await expect(offered).toContainText('152 MB of 608 MB are here from an earlier try.');
    await offered.getByRole('button', { name: /^Get the rest \(456 MB\): CLIP/ }).click();
    await expect(offered).toContainText('456 MB of 608 MB');
  });

  test('without a network it says what to do', async ({ mock: { page, open } }) => {
    await open({ encoders: 'offline' });
    await openEncoders(page);
    const alert = card(page, clip).getByRole('alert');
    await expect(alert).toContainText('huggingface.co cannot be reached');
    await expect(alert).toContainText('fetch the files on another computer');
    await expect(alert).toContainText('The encoder in use stays as it is.');
    await expect(card(page, clip).getByRole('button', { name: `Try again: ${clip}` })).toBeEnabled();
  });

  test('one that the self-check refuses is not used', async ({ mock: { page, open } }) => {
    await open({ encoders: 'refused' });
    await openEncoders(page);
    await expect(card(page, clip).getByRole('alert')).toContainText('its sentences do not find the drawn pictures');
    await expect(card(page, clip).getByRole('button', { name: /^Use/ })).toHaveCount(0);
    await expect(card(page, 'ResNet50 and GloVe')).toContainText('In use');
  });

  test('one is added from a folder', async ({ mock: { page, open } }) => {
    await open({});
    await openEncoders(page);
    await page.getByRole('button', { name: 'From a folder…' }).click();
    const own = card(page, 'clip-of-our-museum');
    await expect(own).toContainText('from the folder /home/anna/Models/clip-of-our-museum');
    // where it was pressed: nothing else is to be done
    await expect(page.getByRole('button', { name: 'From a folder…' })).toBeFocused();
    await expect(own.getByRole('button', { name: 'Use clip-of-our-museum' })).toBeVisible();
    await expect(page.getByText('“clip-of-our-museum” can be used now')).toBeVisible();
  });

  test('one that is in use cannot be removed; another one can, with what was made with it', async ({
    mock: { page, open },
  }) => {
    await open({ encoders: 'in-use' });
    await openEncoders(page);
    await expect(card(page, clip).getByRole('button', { name: `Remove ${clip}` })).toBeDisabled();
    const own = card(page, 'clip-of-our-museum');
    await own.getByRole('button', { name: 'Remove clip-of-our-museum' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toContainText('Its files (412 MB) are deleted');
    await expect(dialog).toContainText('Your photos are not touched.');
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await expect(own).toHaveCount(0);
    expect(await asked(page, 'encoders.remove')).toHaveLength(1);
  });

  test('of the same name say their folders', async ({ mock: { page, open } }) => {
    await open({ encoders: 'same-name' });
    await openEncoders(page);
    await expect(card(page, 'clip (a/clip)')).toHaveCount(1);
    await expect(card(page, 'clip (b/clip)')).toHaveCount(1);
    await card(page, 'clip (b/clip)').getByRole('button', { name: 'Use clip (b/clip)' }).click();
    await expect(page.getByRole('dialog', { name: 'Use “clip (b/clip)”?' })).toBeVisible();
  });

  test('have their precisions in the same order', async ({ mock: { page, open } }) => {
    await open({});
    await openEncoders(page);
    await expect(card(page, clip).getByRole('radio')).toHaveCount(3);
    const order = async (title: string) =>
      (await card(page, title).locator('label').allTextContents()).map((label) => label.trim());
    expect(await order(clip)).toEqual(['Full', 'Half', '8 bits']);
    expect(await order('TinyCLIP ViT-8M/16')).toEqual(['Full', '8 bits']);
    // the small file is what most want of it
    await expect(card(page, 'TinyCLIP ViT-8M/16').getByRole('radio', { name: '8 bits' })).toBeChecked();
  });
});

test.describe('the focus stays where the work was', () => {
  const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });
  const press = async (page: Page, name: string | RegExp, key = 'Enter') => {
    await page.getByRole('button', { name }).first().focus();
    await page.keyboard.press(key);
  };

  test('when a folder is added, is cancelled, is refused and dismissed', async ({
    mock: { page, open, complaints },
  }) => {
    await open({ stepMs: 700 });
    await openEncoders(page);
    const fromFolder = page.getByRole('button', { name: 'From a folder…' });
    await press(page, 'From a folder…');
    await expect(page.getByRole('progressbar', { name: /^Checking the encoder in/ })).toBeVisible();
    await expect(fromFolder).toBeDisabled();
    await expect(fromFolder).toBeFocused();
    await page.keyboard.press('Enter'); // does nothing
    await press(page, 'Cancel');
    await expect(page.getByRole('progressbar', { name: /^Checking the encoder in/ })).toHaveCount(0);
    await expect(heading(page, 'How photos are understood')).toBeFocused();
    expect(await asked(page, 'encoders.addFolder')).toHaveLength(1);

    const error = { code: 'encoder-invalid' as const, message: 'There is no tokenizer.json.' };
    await open({ failing: { 'encoders.addFolder': error } });
    await openEncoders(page);
    await press(page, 'From a folder…');
    await expect(page.getByRole('alert')).toContainText('There is no tokenizer.json.');
    await press(page, 'Dismiss');
    await expect(heading(page, 'How photos are understood')).toBeFocused();
    await page.keyboard.press('Tab');
    await expect(fromFolder).toBeFocused();
    expect(complaints).toEqual([]);
  });

  test('when an encoder is removed', async ({ mock: { page, open, complaints } }) => {
    await open({ encoders: 'added' });
    await openEncoders(page);
    await press(page, `Remove ${clip}`);
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).focus();
    await page.keyboard.press('Enter');
    // its card has another button now
    await expect(card(page, clip).getByRole('button', { name: /^Get/ })).toBeFocused();
    await press(page, 'Remove clip-of-our-museum');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).focus();
    await page.keyboard.press('Enter');
    await expect(heading(page, 'TinyCLIP ViT-8M/16')).toBeFocused();
    expect(complaints).toEqual([]);
  });

  test('when a change of model begins and is stopped', async ({ mock: { page, open, complaints } }) => {
    await open({ encoders: 'added', stepMs: 3000 });
    await openEncoders(page);
    await press(page, `Use ${clip}`);
    await page.getByRole('dialog').getByRole('button', { name: 'Begin' }).focus();
    await page.keyboard.press('Enter');
    const use = card(page, clip).getByRole('button', { name: `Use ${clip}` });
    await expect(use).toBeDisabled();
    await expect(use).toBeFocused();
    await press(page, `Stop getting ready for “${clip}”`);
    await expect(heading(page, 'Search model')).toBeFocused();
    await expect(use).toBeEnabled();
    expect(complaints).toEqual([]);
  });

  test('when a training begins and ends', async ({ mock: { page, open, complaints } }) => {
    await open({});
    await page.getByRole('button', { name: 'Training', exact: true }).click();
    await press(page, 'Choose folder…');
    await press(page, 'Start training');
    await expect(heading(page, 'Training').and(page.locator('h2'))).toBeFocused();
    await press(page, 'Pause');
    await expect(page.getByRole('button', { name: 'Resume' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('button', { name: 'Pause' })).toBeFocused();
    await press(page, 'Cancel…');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the run' }).focus();
    await page.keyboard.press('Enter');
    await expect(heading(page, 'Captioned photos')).toBeFocused();
    expect(complaints).toEqual([]);
  });
});

test.describe('a change of model', () => {
  test('says what it needs, goes on in the background, and going back asks nothing', async ({
    mock: { page, open },
  }) => {
    await open({ encoders: 'added', photos: 100_000, stepMs: 1000 });
    await openEncoders(page);
    await card(page, clip)
      .getByRole('button', { name: `Use ${clip}` })
      .click();
    const dialog = page.getByRole('dialog', { name: `Use “${clip}”?` });
    await expect(dialog).toContainText('100,000 photos must be looked at first. That takes about 1 h 26 min.');
    await expect(dialog).toContainText('The library grows by about 320 MB; 83 GB are free.');
    expect(await asked(page, 'models.use')).toEqual([]);
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await expect(card(page, clip).getByRole('button', { name: `Use ${clip}` })).toBeFocused();
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Begin' }).click();

    const progress = page.getByRole('progressbar', { name: `Getting ready for “${clip}”` });
    await expect(progress).toHaveCount(2);
    await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Photos', exact: true }).click();
    await expect(progress).toHaveCount(1);
    await field(page).fill('a boat on the sea');
    await expect(page.getByText(/likely match|possible match/).first()).toBeVisible();
    await expect(page.getByText(`Now searching with “${clip}”`)).toBeVisible();
    await expect(progress).toHaveCount(0);
    await expect(page.getByText('this model does not say which of them match', { exact: true })).toBeVisible();

    await openEncoders(page);
    await card(page, 'ResNet50 and GloVe').getByRole('button', { name: 'Use ResNet50 and GloVe' }).click();
    await expect(page.getByText('Now searching with “ResNet50 and GloVe”')).toBeVisible();
    await expect(page.getByRole('dialog')).toHaveCount(0);
  });

  test('is stopped, and the present model stays', async ({ mock: { page, open } }) => {
    await open({ encoders: 'added', stepMs: 1500 });
    await openEncoders(page);
    await card(page, clip)
      .getByRole('button', { name: `Use ${clip}` })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Begin' }).click();
    const stop = page.getByRole('button', { name: `Stop getting ready for “${clip}”` });
    await expect(card(page, clip).getByRole('button', { name: /^Remove/ })).toBeDisabled();
    await stop.click();
    await expect(stop).toHaveCount(0);
    await expect(page.getByText('Stopped. What was computed is kept.')).toBeVisible();
    await expect(card(page, 'ResNet50 and GloVe')).toContainText('In use');
  });

  test('gives way to another one that is chosen meanwhile', async ({ mock: { page, open } }) => {
    await open({ encoders: 'added', stepMs: 3000 });
    await openEncoders(page);
    const begin = async (title: string) => {
      await card(page, title)
        .getByRole('button', { name: `Use ${title}` })
        .click();
      return page.getByRole('dialog', { name: `Use “${title}”?` });
    };
    await (await begin(clip)).getByRole('button', { name: 'Begin' }).click();
    await expect(card(page, clip).getByRole('button', { name: `Use ${clip}` })).toBeDisabled();
    const second = await begin('clip-of-our-museum');
    await expect(second).toContainText(`Getting ready for “${clip}” ends; what was computed for it is kept.`);
    await second.getByRole('button', { name: 'Begin' }).click();
    await expect(
      page.getByRole('progressbar', { name: 'Getting ready for “clip-of-our-museum”' }).first(),
    ).toBeVisible();
    expect((await asked(page, 'models.use')).map(({ argument }) => argument)).toEqual([
      { id: 'clip-vit-b32' },
      { id: 'clip-of-our-museum' },
    ]);
  });

  test('is asked for when a trained model is to be used, as in the settings', async ({ mock: { page, open } }) => {
    await open({ encoders: 'added', training: 'finished', trainedOn: 'clip-vit-b32' });
    await page.getByRole('button', { name: 'Training', exact: true }).click();
    const table = page.getByRole('table').first();
    await expect(table).toContainText('Present modelResNet50 and GloVe');
    await expect(table).toContainText(`New modeldefault-2026-05-14 (${clip})`);
    await page.getByRole('button', { name: 'Use it' }).click();
    const dialog = page.getByRole('dialog', { name: 'Use “default-2026-05-14”?' });
    await expect(dialog).toContainText('10,000 photos must be looked at first.');
    await page.keyboard.press('Escape');
    expect(await asked(page, 'training.settle')).toEqual([]);
    await page.getByRole('button', { name: 'Use it' }).click();
    await dialog.getByRole('button', { name: 'Begin' }).click();
    await expect
      .poll(() => asked(page, 'training.settle'))
      .toEqual([{ name: 'training.settle', argument: { decision: 'use' } }]);
  });

  test('is asked for in the list of models beside the training, too', async ({ mock: { page, open } }) => {
    await open({ encoders: 'added' });
    await page.getByRole('button', { name: 'Training', exact: true }).click();
    await page
      .getByRole('list', { name: clip })
      .getByRole('button', { name: `Use ${clip}` })
      .click();
    await expect(page.getByRole('dialog', { name: `Use “${clip}”?` })).toContainText('10,000 photos must be looked at');
  });

  test('does not begin without the room for it', async ({ mock: { page, open } }) => {
    await open({ encoders: 'added', photos: 100_000, freeBytes: 1e8 });
    await openEncoders(page);
    await card(page, clip)
      .getByRole('button', { name: `Use ${clip}` })
      .click();
    await expect(page.getByRole('dialog')).toContainText('There is not enough room on the disk of the library.');
    await expect(page.getByRole('dialog').getByRole('button')).toHaveText(['Cancel']);
  });
});

test.describe('models', () => {
  test('stand with their encoder; one that needs no training is called as its encoder', async ({
    mock: { page, open },
  }) => {
    await open({ encoders: 'added' });
    await openEncoders(page);
    const models = page.getByRole('list', { name: clip });
    await expect(models.getByRole('listitem')).toHaveCount(1);
    await expect(models).toContainText('Needs no training');
    await expect(models.getByRole('button', { name: `Export ${clip}` })).toBeDisabled();
    await expect(page.getByRole('list', { name: 'ResNet50 and GloVe' }).getByRole('listitem')).toHaveCount(2);
  });

  test('of an encoder that is not there cannot be used, and say how to get it', async ({ mock: { page, open } }) => {
    await open({ encoders: 'absent' });
    await openEncoders(page);
    await expect(
      page.getByText('Their encoder, CLIP ViT-B/32, half precision, is not on this computer. Get it in Settings'),
    ).toBeVisible();
    await expect(page.getByText('Their encoder, clip-of-our-museum, is not on this computer.')).toBeVisible();
    for (const name of ['museum', 'herbarium']) {
      await expect(page.getByRole('button', { name: `Use ${name}`, exact: true })).toBeDisabled();
      await expect(page.getByRole('button', { name: `Remove ${name}`, exact: true })).toBeEnabled();
    }
  });
});

test.describe('a search with a model that does not judge', () => {
  test('shows all photos in order of likeness, without levels, scores or a line between them', async ({
    mock: { page, open },
  }) => {
    await open({ encoders: 'in-use' });
    await field(page).fill('a boat on the sea');
    await expect(page.getByText('All 10,000 photos, best first')).toBeVisible();
    await expect(page.getByText(/(sure|likely|possible) match|come closest/)).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Show how likely each match is' })).toHaveCount(0);
    await expect(page.getByRole('button', { name: /^Show all/ })).toHaveCount(0);
    await expect(cell(page, 0)).toHaveAttribute('aria-label', /^Photo 1 of 10,000$/);
    await cell(page, 0).click();
    await expect(page.getByRole('dialog', { name: 'Photo' })).not.toContainText('match');
  });

  test('newest first are the closest photos, not all of them', async ({ mock: { page, open } }) => {
    await open({ encoders: 'in-use' });
    await field(page).fill('a boat on the sea');
    await page.getByRole('radio', { name: 'Newest first' }).check({ force: true });
    await expect(page.getByText('The closest 100 photos')).toBeVisible();
    await expect(page.getByText('newest first', { exact: true })).toBeVisible();
    await expect(page.getByText(/the first .* are shown/)).toHaveCount(0);
  });

  test('filters alone are as with any model', async ({ mock: { page, open } }) => {
    await open({ encoders: 'in-use' });
    await field(page).fill('in Norway');
    await expect(page.getByText('newest first', { exact: true })).toBeVisible();
    await expect(page.getByText('this model does not say')).toHaveCount(0);
  });
});
