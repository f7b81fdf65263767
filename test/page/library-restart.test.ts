/** What the window shows while the process of the library is away, after it is back, and when it stays away. */
import { asked, cell, expect, field, test } from './page.ts';

test.describe('while the library is started again', () => {
  const away = { code: 'library-restarting', message: 'The library is being started again.' } as const;

  test('a search waits in a quiet line and goes on by itself', async ({ mock: { page, open, complaints } }) => {
    await open({ failing: { 'search.query': away } });
    await field(page).fill('sea');
    await expect(page.getByText('The library is being started again…')).toBeVisible();
    await expect(page.getByRole('alert')).toHaveCount(0);
    await page.evaluate(() => {
      window.mock.fail('search.query');
      window.mock.emit('library.restarted', undefined);
    });
    await expect(page.getByRole('grid', { name: 'Photos for “sea”' })).toBeVisible();
    await expect(page.getByText('The library had to be started again. Searching goes on.')).toBeVisible();
    await expect(page.getByText('Dismiss')).toHaveCount(0);
    expect(complaints).toEqual([]);
  });

  test('what has an effect is not asked for again: the window says that it is not certain', async ({
    mock: { page, open },
  }) => {
    const interrupted = { code: 'library-interrupted', message: 'Its process ended.' } as const;
    await open({ failing: { 'library.rescanFolder': interrupted } });
    await page.getByRole('button', { name: 'Library', exact: true }).click();
    await page.getByRole('button', { name: 'Scan /home/anna/Pictures again' }).click();
    await expect(page.getByText('It is not certain that this was done')).toBeVisible();
    await expect(page.getByText('The library is being started again…')).toBeVisible();
    await page.evaluate(() => {
      window.mock.fail('library.rescanFolder');
      window.mock.emit('library.restarted', undefined);
    });
    await expect(page.getByText('The library had to be started again. Searching goes on.')).toBeVisible();
    expect(await asked(page, 'library.rescanFolder')).toHaveLength(1);
  });

  test('that is not started again: the line stays and says what to do', async ({ mock: { page, open } }) => {
    await open({ failing: { 'search.query': away } });
    await field(page).fill('sea');
    await expect(page.getByText('The library is being started again…')).toBeVisible();
    await page.evaluate(() => {
      window.mock.fail('search.query', { code: 'library-stopped', message: 'It ended 5 times in a row.' });
      window.mock.emit('library.stopped', undefined);
    });
    await expect(page.getByText('The library has stopped. Restart Descry.')).toBeVisible();
    await expect(page.getByText('The library is being started again…')).toHaveCount(0);
    await expect(
      page.getByRole('paragraph').filter({ hasText: 'is not started again. Restart Descry.' }),
    ).toBeVisible();
    await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
  });

  test('that is not started again: nothing is said to go on, and no cause is named', async ({
    mock: { page, open },
  }) => {
    await open({ folders: 'empty', indexing: 'scanning' });
    await expect(page.getByRole('button', { name: 'Looking for photos…' })).toBeVisible();
    await expect(page.getByRole('progressbar')).toBeVisible();
    await page.evaluate(() => window.mock.emit('library.stopped', undefined));
    await expect(page.getByRole('heading', { name: 'The library has stopped' })).toBeVisible();
    await expect(page.getByText('Looking for photos…')).toHaveCount(0);
    await expect(page.getByRole('progressbar')).toHaveCount(0);
    await page.getByRole('button', { name: 'Library', exact: true }).click();
    await expect(page.getByText('Looking for photos…')).toHaveCount(0);
  });

  test('no folder is said to be empty before the photos were asked for again', async ({ mock: { page, open } }) => {
    const none = page.getByText('No photos found yet');
    await open({ folders: 'empty' });
    await expect(none).toBeVisible();
    await page.evaluate((error) => {
      window.mock.fail('library.timeline', error);
      window.mock.fail('library.overview', error);
      window.mock.emit('library.changed', { photosChanged: true });
    }, away);
    await expect(page.getByText('The library is being started again…')).toBeVisible();
    await expect(none).toHaveCount(0);
    await page.evaluate(() => {
      window.mock.fail('library.overview');
      window.mock.hang('library.timeline');
      window.mock.emit('library.restarted', undefined);
    });
    await expect(page.getByText('The library had to be started again.')).toBeVisible();
    await page.waitForTimeout(300);
    await expect(none).toHaveCount(0);
    await page.evaluate(() => {
      window.mock.fail('library.timeline');
      window.mock.emit('library.restarted', undefined);
    });
    await expect(none).toBeVisible();
  });

  test('all that is shown is asked for again', async ({ mock: { page, open } }) => {
    await open({});
    await page.evaluate(() => {
      window.mock.asked.length = 0;
      window.mock.emit('library.restarted', undefined);
    });
    const names = [
      'library.overview',
      'library.timeline',
      'indexing.state',
      'assets.state',
      'settings.get',
      'models.list',
      'training.state',
    ];
    for (const name of names) await expect.poll(async () => (await asked(page, name)).length, name).toBe(1);
  });

  test('photos that could not be loaded meanwhile are tried again', async ({ mock: { page, open } }) => {
    const unloadable = /\/pictures\/thumbnail\/9999$/;
    await page.route(unloadable, (route) => route.abort());
    await open({});
    const photo = cell(page, 1);
    await expect(photo.getByTitle('This photo cannot be shown')).toBeVisible();
    await page.unroute(unloadable);
    await page.evaluate(() => window.mock.emit('library.restarted', undefined));
    await expect(photo.locator('canvas')).toHaveClass(/picture/);
    await expect(photo.getByTitle('This photo cannot be shown')).toHaveCount(0);
  });
});
