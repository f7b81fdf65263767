/** A change of model as the side bar and the grid show it, with a stand-in for the bridge. */
import { openEncoders } from './encoder-states.ts';
import { asked, expect, field, test } from './page.ts';

const clip = 'CLIP ViT-B/32';

test.describe('a change of model', () => {
  test('is paused and goes on by a button in the side bar, also where nothing is indexed', async ({
    mock: { page, open },
  }) => {
    await open({ encoders: 'added', switching: 'running' });
    const bar = page.getByRole('banner');
    await expect(bar.getByText(`Getting ready for “${clip}”`, { exact: true })).toBeVisible();
    await bar.getByRole('button', { name: 'Pause getting ready and indexing' }).click();
    await expect(bar.getByText(`Paused: getting ready for “${clip}”`)).toBeVisible();
    await expect(bar.getByText(/Indexing is paused|to go/)).toHaveCount(0);
    await bar.getByRole('button', { name: 'Resume getting ready and indexing' }).click();
    await expect(bar.getByText(`Getting ready for “${clip}”`, { exact: true })).toBeVisible();
    expect(await asked(page, 'indexing.pause')).toHaveLength(1);
    expect(await asked(page, 'indexing.resume')).toHaveLength(1);
  });

  test('says that it waits for indexing', async ({ mock: { page, open } }) => {
    await open({ encoders: 'added', switching: 'waiting', indexing: 'indexing' });
    await expect(page.getByRole('banner').getByText(`Getting ready for “${clip}” when indexing is done`)).toBeVisible();
  });

  test('that failed is dismissed', async ({ mock: { page, open } }) => {
    await open({ encoders: 'added', switching: 'failed' });
    await openEncoders(page);
    await page.getByRole('button', { name: `Dismiss: “${clip}” is not ready` }).click();
    await expect(page.getByText(`“${clip}” is not ready`)).toHaveCount(0);
    await expect(page.getByText('Stopped. What was computed is kept.')).toHaveCount(0);
  });

  test('marks what the other model has found, until the search is answered again', async ({ mock: { page, open } }) => {
    await open({ encoders: 'added' });
    await field(page).fill('a boat on the sea');
    await expect(page.getByRole('grid', { name: /boat/ })).toBeVisible();
    await page.evaluate(() => {
      window.scenario!.delays = { 'a boat on the sea': 1500 };
      window.mock.emit('models.changed', undefined);
    });
    const mark = page.getByText('Searching again with the model that is used now…');
    await expect(mark).toBeVisible();
    await expect(page.getByRole('grid', { name: /boat/ })).toBeVisible();
    await expect(mark).toHaveCount(0);
  });
});
