/** How the page behaves, whatever the services do: made-up photos, answers on time and late, 10,000 photos and 100,000. */
import type { Page } from '@playwright/test';
import { asked, cell, expect, field, test } from './page.ts';

const search = async (page: Page, text: string) => {
  await field(page).fill(text);
  await expect(page.getByRole('grid', { name: `Photos for “${text}”` })).toBeVisible();
};

test.describe('search', () => {
  test('has the focus at the start, and gets it back by Ctrl+K and by /', async ({ mock: { page, open } }) => {
    await open({});
    await expect(field(page)).toBeFocused();
    await page.getByRole('button', { name: 'Library', exact: true }).click();
    await page.keyboard.press('Control+k');
    await expect(field(page)).toBeFocused();
    await field(page).press('ArrowDown');
    await page.keyboard.press('Escape');
    await search(page, 'sea');
    await field(page).press('ArrowDown');
    await expect(cell(page, 0)).toBeFocused();
    await page.keyboard.press('/');
    await expect(field(page)).toBeFocused();
    await expect(field(page)).toHaveValue('sea');
  });

  test('shows the answer to the last question, whichever comes last', async ({ mock: { page, open } }) => {
    await open({ delays: { se: 900, sea: 50 } });
    await field(page).fill('se');
    await page.waitForTimeout(250);
    await search(page, 'sea');
    await page.waitForTimeout(1000);
    expect((await asked(page, 'search.query')).length).toBe(2);
    await expect(page.getByRole('grid', { name: 'Photos for “sea”' })).toBeVisible();
  });

  test('asks once for what is typed in one go', async ({ mock: { page, open } }) => {
    await open({});
    await field(page).pressSequentially('a boat on the sea', { delay: 15 });
    await expect(page.getByRole('grid', { name: 'Photos for “a boat on the sea”' })).toBeVisible();
    expect((await asked(page, 'search.query')).length).toBe(1);
  });

  test('an emptied field shows all photos, even with an answer on its way', async ({ mock: { page, open } }) => {
    await open({ delays: { boat: 400 } });
    await field(page).fill('boat');
    await page.waitForTimeout(200);
    await field(page).fill('');
    await page.waitForTimeout(500);
    await expect(page.getByRole('grid', { name: 'Photos', exact: true })).toBeVisible();
    await expect(page.getByText('newest first', { exact: true })).toBeVisible();
  });

  test('hides photos that probably do not match, and shows them on demand', async ({ mock: { page, open } }) => {
    await open({ photos: 60 });
    await search(page, 'mountains');
    await expect(page.getByText(/^(\d+ sure, )?\d+ likely matches$/).first()).toBeVisible();
    await expect(page.getByRole('gridcell')).toHaveCount(5);
    await page.getByRole('button', { name: 'Show all', exact: true }).click();
    await expect(cell(page, 5)).toBeVisible();
    await page.getByRole('button', { name: 'Show good matches only' }).click();
    await expect(page.getByRole('gridcell')).toHaveCount(5);
  });

  test('without a likely match the closest photos are shown, not an empty page', async ({ mock: { page, open } }) => {
    await open({ photos: 400 });
    await search(page, 'two');
    await expect(page.getByText('No likely match. These come closest.')).toBeVisible();
    await expect(cell(page, 0)).toBeVisible();
  });

  test('names unknown words and takes the suggestion', async ({ mock: { page, open } }) => {
    await open({});
    await search(page, 'montains and the flurb');
    await expect(page.getByText('“flurb” is not a word I know. It was left out.')).toBeVisible();
    await page.getByRole('button', { name: 'mountains', exact: true }).click();
    await expect(field(page)).toHaveValue('mountains and the flurb');
    await expect(page.getByText('likely matches').first()).toBeVisible();
  });

  test('says which words are known only by words of similar meaning', async ({ mock: { page, open } }) => {
    await open({});
    await search(page, 'an okapi at the lake');
    await expect(page.getByText('“okapi” is known only by words of similar meaning.')).toBeVisible();
    await search(page, 'a lake');
    await expect(page.getByText('similar meaning')).toBeHidden();
  });

  test('offers recent searches to the keyboard, and forgets them', async ({ mock: { page, open } }) => {
    await open({});
    await field(page).press('ArrowDown');
    await field(page).press('ArrowDown');
    await field(page).press('ArrowDown');
    await expect(page.getByRole('option', { selected: true })).toHaveText('hot air balloons');
    await field(page).press('Enter');
    await expect(page.getByRole('grid', { name: 'Photos for “hot air balloons”' })).toBeVisible();
    await field(page).fill('');
    await field(page).click();
    await page.getByRole('button', { name: 'Clear recent searches' }).click();
    await field(page).click();
    await expect(page.getByRole('listbox')).toBeHidden();
  });

  test('remembers a search that was entered, and not each letter of it', async ({ mock: { page, open } }) => {
    await open({ recent: [] });
    await field(page).pressSequentially('a city', { delay: 200 });
    await field(page).press('Enter');
    await expect
      .poll(() => asked(page, 'search.remember'))
      .toEqual([{ name: 'search.remember', argument: { text: 'a city' } }]);
  });

  test('a failure can be tried again', async ({ mock: { page, open } }) => {
    await open({ failing: { 'search.query': { code: 'internal', message: 'The vision process stopped.' } } });
    await field(page).fill('a boat');
    await expect(page.getByRole('alert')).toContainText('The vision process stopped.');
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(async () => (await asked(page, 'search.query')).length).toBe(2);
  });

  test('a sentence from the command line is searched for', async ({ mock: { page, open } }) => {
    await open({});
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await page.evaluate(() => window.mock.emit('search.requested', { text: 'a lake' }));
    await expect(page.getByRole('grid', { name: 'Photos for “a lake”' })).toBeVisible();
    await expect(field(page)).toHaveValue('a lake');
  });
});

test.describe('the grid', () => {
  test('of 100,000 photos keeps few elements and reaches both ends by key', async ({ mock: { page, open } }) => {
    await open({ photos: 100_000 });
    expect(await page.getByRole('gridcell').count()).toBeLessThan(120);
    await field(page).press('ArrowDown');
    await field(page).press('Escape');
    await cell(page, 0).focus();
    await page.keyboard.press('Control+End');
    await expect(cell(page, 99_999)).toBeFocused();
    await expect(cell(page, 99_999)).toBeInViewport();
    expect(await page.getByRole('gridcell').count()).toBeLessThan(120);
    await page.keyboard.press('Control+Home');
    await expect(cell(page, 0)).toBeFocused();
  });

  test('reaches its end where it is higher than Chromium can scroll', async ({ mock: { page, open } }) => {
    await open({ photos: 100_000, settings: { thumbnailSize: 400 } }, { width: 520, height: 600 });
    await page.locator('.scroller').evaluate((scroller) => (scroller.scrollTop = scroller.scrollHeight));
    await expect(cell(page, 99_999)).toBeInViewport();
  });

  test('keeps the focus on a photo that is scrolled out of sight', async ({ mock: { page, open } }) => {
    await open({});
    await cell(page, 3).focus();
    await page.locator('.scroller').evaluate((scroller) => (scroller.scrollTop = 50_000));
    await page.waitForTimeout(150);
    await expect(cell(page, 3)).toBeFocused();
    await page.keyboard.press('ArrowRight');
    await expect(cell(page, 4)).toBeInViewport();
  });

  test('keeps its place while another view is shown, and when the thumbnails change their size', async ({
    mock: { page, open },
  }) => {
    await open({});
    const scroller = page.locator('.scroller');
    const firstInSight = () =>
      scroller.evaluate((element) => {
        const top = element.getBoundingClientRect().top;
        const cells = [...element.querySelectorAll<HTMLElement>('[data-index]')];
        const inSight = cells.filter((one) => one.getBoundingClientRect().bottom > top + 4);
        return Math.min(...inSight.map((one) => Number(one.dataset['index'])));
      });
    await scroller.evaluate((element) => (element.scrollTop = 40_000));
    await page.waitForTimeout(200);
    const before = await firstInSight();
    expect(before).toBeGreaterThan(100);
    await page.keyboard.press('Control+3');
    await page.keyboard.press('Control+1');
    await page.waitForTimeout(200);
    expect(await firstInSight()).toBe(before);
    await page.getByRole('slider', { name: 'Thumbnail size' }).fill('300');
    await page.waitForTimeout(200);
    expect(Math.abs((await firstInSight()) - before)).toBeLessThanOrEqual(5);
  });

  test('has a menu for the photo, by mouse and by key, and gives the focus back', async ({ mock: { page, open } }) => {
    await open({});
    await cell(page, 2).focus();
    await page.keyboard.press('Shift+F10');
    await expect(page.getByRole('menuitem').first()).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(cell(page, 2)).toBeFocused();
    await expect(page.getByRole('menu')).toBeHidden();
    await page.keyboard.press('Shift+F10');
    await page.keyboard.press('ArrowUp');
    await expect(page.getByRole('menuitem').last()).toBeFocused();
    await page.keyboard.press('s');
    await expect(page.getByRole('menuitem', { name: 'Show in folder' })).toBeFocused();
    await page.keyboard.press('Tab');
    await expect(page.getByRole('menu')).toBeHidden();
    await expect(cell(page, 2)).toBeFocused();
    await cell(page, 1).click({ button: 'right' });
    await expect(page.getByRole('menuitem').first()).toBeFocused();
    await page.getByText('newest first', { exact: true }).click();
    await expect(page.getByRole('menu')).toBeHidden();
    await cell(page, 1).click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Copy path' }).click();
    await expect(page.getByText('Path copied')).toBeVisible();
  });

  test('hands a dragged photo to the system, and does not take it for a new folder', async ({
    mock: { page, open },
  }) => {
    await open({});
    await cell(page, 1).dispatchEvent('dragstart');
    await expect.poll(async () => (await asked(page, 'photo.startDrag')).length).toBe(1);
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File([''], 'DSC_1.jpg'));
      window.dispatchEvent(new DragEvent('dragenter', { dataTransfer: data }));
      window.dispatchEvent(new DragEvent('drop', { dataTransfer: data }));
    });
    expect(await asked(page, 'library.addFolders')).toEqual([]);
  });

  test('shows how likely each match is, on demand', async ({ mock: { page, open } }) => {
    await open({});
    await search(page, 'a lake');
    const word = cell(page, 0).getByText(/^(Sure|Likely)$/);
    await expect(cell(page, 0)).toHaveAccessibleName(/, (sure|likely) match$/);
    await expect(cell(page, 0)).toHaveAttribute('title', /^Probability of a match: \d+%$/);
    await expect(word).toHaveCount(0);
    await page.getByRole('button', { name: 'Show how likely each match is' }).click();
    await expect(word).toBeVisible();
    await expect
      .poll(() => asked(page, 'settings.set'))
      .toEqual([{ name: 'settings.set', argument: { showScores: true } }]);
  });
});

test.describe('a photo', () => {
  const zoomOf = (page: Page) =>
    page.locator('.photo').evaluate((photo) => new DOMMatrix(getComputedStyle(photo).transform).a);

  test('opens by Space, steps by arrows, closes by Esc, and the focus is on it in the grid', async ({
    mock: { page, open, complaints },
  }) => {
    await open({});
    await search(page, 'sea');
    await cell(page, 1).focus();
    await page.keyboard.press(' ');
    const dialog = page.getByRole('dialog', { name: 'Photo' });
    await expect(dialog.getByText(/^2 of /)).toBeVisible();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    await expect(dialog.getByText(/^3 of /)).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await expect(cell(page, 2)).toBeFocused();
    expect(complaints).toEqual([]);
  });

  test('zooms by key, wheel and double click, and pans no further than its edge', async ({
    mock: { page, open, complaints },
  }) => {
    await open({});
    await cell(page, 0).click();
    await page.getByRole('dialog').locator('img').last().waitFor();
    await page.keyboard.press('+');
    await expect.poll(() => zoomOf(page)).toBeCloseTo(1.5625, 2);
    await page.keyboard.press('0');
    await expect.poll(() => zoomOf(page)).toBe(1);
    await page.mouse.move(640, 420);
    await page.mouse.wheel(0, -400);
    await expect.poll(() => zoomOf(page)).toBeGreaterThan(2);
    await page.mouse.down();
    await page.mouse.move(3000, 420);
    await page.mouse.up();
    const photo = (await page.locator('.photo').boundingBox())!;
    expect(photo.x).toBeLessThanOrEqual(16.5);
    await page.mouse.dblclick(640, 420);
    await expect.poll(() => zoomOf(page)).toBe(1);
    expect(complaints).toEqual([]);
  });

  test('asks for the decoded picture where the file itself cannot be shown, and says nothing', async ({
    mock: { page, open },
  }) => {
    await page.route(/\/pictures\/preview\/10000$/, (route) => route.abort());
    await open({});
    await cell(page, 0).click();
    const dialog = page.getByRole('dialog', { name: 'Photo' });
    await expect(dialog.getByAltText('Photo')).toHaveAttribute('src', /\/decoded\/10000$/);
    await expect
      .poll(() => dialog.getByAltText('Photo').evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBeGreaterThan(0);
    await expect(dialog.getByRole('alert')).toHaveCount(0);
    const asked = await page.evaluate(() => window.mock.asked.map(({ name }) => name));
    expect(asked).not.toContain('photo.problem');
  });

  test("says the library's reason where the photo cannot be decoded either", async ({ mock: { page, open } }) => {
    await page.route(/\/pictures\/(?:preview|decoded)\/10000$/, (route) => route.abort());
    await open({});
    await page.evaluate(() =>
      window.mock.change('photo.problem', () => ({ code: 'photo-timeout', message: 'It was not decoded in 30 s.' })),
    );
    await cell(page, 0).click();
    const notice = page.getByRole('dialog', { name: 'Photo' }).getByRole('alert');
    await expect(notice).toContainText('This photo cannot be shown');
    await expect(notice).toContainText('It was not decoded in 30 s. Try again, or open it in another program.');
    await expect(notice).toContainText('/home/anna/Pictures/2025/Summer/DSC_10000.jpg');
    await expect(notice).not.toContainText(/moved|disk|damaged/);
  });

  test('is shown as soon as what was in the way is gone', async ({ mock: { page, open } }) => {
    const unloadable = /\/pictures\/(?:preview|decoded)\/10000$/;
    await page.route(unloadable, (route) => route.abort());
    await open({ problem: { code: 'not-found', message: 'The folder /media/anna/Disk is not there now.' } });
    await cell(page, 0).click();
    const dialog = page.getByRole('dialog', { name: 'Photo' });
    await expect(dialog.getByRole('alert')).toContainText('The folder /media/anna/Disk is not there now.');
    await page.unroute(unloadable);
    await page.evaluate(() => window.mock.emit('library.changed', { photosChanged: true }));
    await expect(dialog.getByAltText('Photo')).toBeVisible();
    await expect(dialog.getByRole('alert')).toHaveCount(0);
  });

  test('whose bytes cannot be decoded is asked for again only where the user wants it', async ({
    mock: { page, open },
  }) => {
    let asked = 0;
    await page.route(/\/pictures\/(?:preview|decoded)\/10000$/, (route) => {
      asked++;
      return route.abort();
    });
    await open({ problem: { code: 'photo-truncated', message: 'The file ends before the photo does.' } });
    await cell(page, 0).click();
    const notice = page.getByRole('dialog', { name: 'Photo' }).getByRole('alert');
    await expect(notice).toContainText('The file ends before the photo does.');
    const before = asked;
    await page.evaluate(() => window.mock.emit('library.changed', { photosChanged: true }));
    await page.waitForTimeout(1500);
    expect(asked).toBe(before);
    await notice.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => asked).toBe(before + 2);
    await expect(notice).toContainText('The file ends before the photo does.');
  });

  test('opened by a double click is fitted into the window', async ({ mock: { page, open } }) => {
    await open({});
    await cell(page, 0).dblclick();
    await expect(page.getByRole('dialog', { name: 'Photo' })).toBeVisible();
    await page.waitForTimeout(500);
    expect(await zoomOf(page)).toBe(1);
    await page.mouse.dblclick(640, 420);
    await expect.poll(() => zoomOf(page)).toBe(2.5);
  });

  test('follows its file: replaced, not loadable, gone', async ({ mock: { page, open } }) => {
    const unloadable = /\/pictures\/(?:preview|decoded)\/10000$/;
    await page.route(unloadable, (route) => route.abort());
    await open({});
    await cell(page, 0).click();
    const dialog = page.getByRole('dialog', { name: 'Photo' });
    const notice = dialog.getByRole('alert');
    await expect(notice).toContainText('This photo cannot be shown');
    // what the cause is, nobody has established
    await expect(notice).not.toContainText(/moved|disk/);
    await page.unroute(unloadable);
    const replace = (content: number | null) =>
      page.evaluate((content) => {
        window.mock.change('photo.details', (details) => ({ ...details, content }));
        window.mock.emit('library.changed', { photosChanged: true });
      }, content);
    await replace(null);
    await expect(notice).toContainText('The file of this photo has changed');
    await replace(20_000);
    await expect(dialog.getByAltText('Photo')).toHaveAttribute('src', /\/preview\/20000$/);
    await expect(notice).toHaveCount(0);
    await expect(dialog.getByText(/^1 of /)).toBeVisible();
    await page.evaluate(() => {
      window.mock.fail('photo.details', { code: 'not-found', message: 'The photo is not in the library any more.' });
      window.mock.emit('library.changed', { photosChanged: true });
    });
    await expect(notice).toContainText('This photo is not in the library any more');
    await expect(notice).toContainText('/home/anna/Pictures/2025/Summer/DSC_10000.jpg');
    await expect(dialog.getByAltText('Photo')).toHaveCount(0);
  });

  test('keeps the focus inside, and says what is known about it', async ({ mock: { page, open } }) => {
    await open({});
    await cell(page, 0).click();
    await page.keyboard.press('i');
    const info = page.getByRole('complementary', { name: 'Information' });
    for (const words of ['DSC_10000.jpg', 'NIKON Z 6', '46.5592° N', '/home/anna/Pictures/2025/Summer']) {
      await expect(info).toContainText(words);
    }
    for (let i = 0; i < 15; i++) {
      await page.keyboard.press('Tab');
      const inside = await page.evaluate(() => {
        const focused = document.activeElement;
        return focused === document.body || document.querySelector('dialog')?.contains(focused);
      });
      expect(inside).toBe(true);
    }
    await page.keyboard.press('Control+c');
    await expect(page.getByText('Image copied')).toBeVisible();
  });
});
