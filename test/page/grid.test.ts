/** The grid: months, the scrubber, selecting by pointer and by key, stacks, and what one does with photos. */
import type { Locator, Page } from '@playwright/test';
import { asked, cell, expect, test } from './page.ts';

const scrubber = (page: Page) => page.getByRole('slider', { name: 'Go to a month' });
const bar = (page: Page) => page.getByRole('toolbar', { name: 'Selected photos' });
const selectedOf = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('[role=gridcell][aria-selected=true]')]
      .map((one) => Number(one.dataset['index']))
      .sort((a, b) => a - b),
  );
const middleOf = async (locator: Locator) => {
  const { x, y, width, height } = (await locator.boundingBox())!;
  return { x: x + width / 2, y: y + height / 2 };
};
/** headings of months that are elements, from the top */
const months = (page: Page) => page.getByRole('rowheader').getByRole('button');

test.describe('months', () => {
  test('head their photos, and stay at the top while they are scrolled', async ({ mock: { page, open } }) => {
    await open({});
    await expect(months(page).first()).toHaveAccessibleName('May 2026, 322 photos');
    const scroller = page.locator('.scroller');
    await scroller.evaluate((element) => (element.scrollTop = 9000));
    await page.waitForTimeout(200);
    const { y } = (await scroller.boundingBox())!;
    const heading = months(page).filter({ hasText: 'May 2026' });
    expect((await heading.boundingBox())!.y).toBeLessThan(y + 20);
    await scroller.evaluate((element) => (element.scrollTop = 40_000));
    await expect(months(page).filter({ hasText: 'April 2026' })).toBeInViewport();
    await expect(heading).not.toBeInViewport();
  });

  test('are selected as a whole, by a click and by a key, and again taken out', async ({ mock: { page, open } }) => {
    await open({});
    await months(page).first().click();
    await expect(bar(page)).toContainText('322 selected');
    await expect(months(page).first()).toHaveAttribute('aria-pressed', 'true');
    await months(page).first().click();
    await expect(bar(page)).toHaveCount(0);
    await cell(page, 5).focus();
    await page.keyboard.press('m');
    await expect(bar(page)).toContainText('322 selected');
    await page.keyboard.press('Escape');
    await expect(bar(page)).toHaveCount(0);
    await expect(cell(page, 5)).toBeFocused();
  });

  test('do not head what is ordered by relevance', async ({ mock: { page, open } }) => {
    await open({});
    await page.getByRole('combobox').fill('sea');
    await expect(page.getByRole('grid', { name: 'Photos for “sea”' })).toBeVisible();
    await expect(months(page)).toHaveCount(0);
    await expect(scrubber(page)).toHaveCount(0);
  });
});

test.describe('the scrubber', () => {
  test('leads 100,000 photos to their middle at once', async ({ mock: { page, open } }) => {
    await open({ photos: 100_000 });
    const { x, y, height } = (await scrubber(page).boundingBox())!;
    await page.mouse.click(x + 20, y + height / 2);
    const inSight = () =>
      page.evaluate(() => {
        const { top, bottom } = document.querySelector('.scroller')!.getBoundingClientRect();
        return [...document.querySelectorAll<HTMLElement>('[role=gridcell]')]
          .filter((one) => {
            const box = one.getBoundingClientRect();
            return box.top < bottom && box.bottom > top;
          })
          .map((one) => ({
            index: Number(one.dataset['index']),
            seen: one.querySelector('canvas.preview, canvas.picture, .broken') !== null,
          }));
      });
    // A few frames later: the previews are asked for and drawn meanwhile.
    await page.waitForTimeout(150);
    const shown = await inSight();
    expect(shown.length).toBeGreaterThan(5);
    for (const { index, seen } of shown) {
      expect(index).toBeGreaterThan(46_000);
      expect(index).toBeLessThan(54_000);
      expect(seen).toBe(true);
    }
  });

  test('shows a month while it is dragged, and photos at its end', async ({ mock: { page, open } }) => {
    await open({ photos: 100_000 });
    const { x, y, height } = (await scrubber(page).boundingBox())!;
    await page.mouse.move(x + 20, y + 40);
    await page.mouse.down();
    for (let i = 1; i <= 20; i++) {
      await page.mouse.move(x + 20, y + 40 + (i / 20) * height * 0.5);
      await page.waitForTimeout(16);
    }
    await expect(page.locator('.bubble')).toHaveText(/^[A-Z][a-z]{2} 20\d\d$/);
    await page.mouse.up();
    await expect(page.locator('[role=gridcell] canvas.picture').first()).toBeVisible();
    const blank = () =>
      page.evaluate(
        () =>
          [...document.querySelectorAll('[role=gridcell]')].filter(
            (one) => !one.querySelector('canvas.picture, .broken'),
          ).length,
      );
    await expect.poll(blank).toBe(0);
  });

  test('steps by month and year with keys, and says where it is', async ({ mock: { page, open } }) => {
    await open({ photos: 60_000 });
    await scrubber(page).focus();
    await expect(scrubber(page)).toHaveAttribute('aria-valuetext', 'May 2026');
    await page.keyboard.press('ArrowDown');
    await expect(scrubber(page)).toHaveAttribute('aria-valuetext', 'April 2026');
    await expect(months(page).filter({ hasText: 'April 2026' })).toBeInViewport();
    await page.keyboard.press('PageDown');
    await expect(scrubber(page)).toHaveAttribute('aria-valuetext', 'December 2025');
    await page.keyboard.press('PageUp');
    await expect(scrubber(page)).toHaveAttribute('aria-valuetext', 'May 2026');
    await page.keyboard.press('End');
    await expect(cell(page, 59_999)).toBeInViewport();
    await page.keyboard.press('Home');
    await expect(cell(page, 0)).toBeInViewport();
  });
});

test.describe('selecting', () => {
  test('by Ctrl, Shift and the check mark; a click then goes on selecting', async ({ mock: { page, open } }) => {
    await open({});
    await cell(page, 2).click({ modifiers: ['Control'] });
    await cell(page, 5).click({ modifiers: ['Shift'] });
    expect(await selectedOf(page)).toEqual([2, 3, 4, 5]);
    await cell(page, 3).click({ modifiers: ['Shift'] });
    expect(await selectedOf(page)).toEqual([2, 3]);
    await cell(page, 6).click();
    await cell(page, 2).click();
    expect(await selectedOf(page)).toEqual([3, 6]);
    await page.keyboard.press('Escape');
    await cell(page, 1).hover();
    await cell(page, 1).locator('[data-check]').click();
    expect(await selectedOf(page)).toEqual([1]);
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(page.locator('[aria-live=polite]')).toHaveText('1 photo selected');
  });

  test('by keys: Ctrl+Space, Shift+arrows, Ctrl+A, Esc', async ({ mock: { page, open } }) => {
    await open({});
    await cell(page, 1).focus();
    await page.keyboard.press('Control+Space');
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    expect(await selectedOf(page)).toEqual([1, 2, 3]);
    await page.keyboard.press('Shift+ArrowLeft');
    expect(await selectedOf(page)).toEqual([1, 2]);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press(' '); // while photos are selected, the space bar selects
    expect(await selectedOf(page)).toEqual([1, 2, 3]);
    await page.keyboard.press('Control+a');
    await expect(bar(page)).toContainText('10,000 selected');
    await expect(page.getByRole('grid')).toHaveAttribute('aria-multiselectable', 'true');
    await page.keyboard.press('Escape');
    expect(await selectedOf(page)).toEqual([]);
    await page.keyboard.press(' ');
    await expect(page.getByRole('dialog', { name: 'Photo' })).toBeVisible();
  });

  test('by a rectangle from beside the photos, which scrolls on at the edge', async ({ mock: { page, open } }) => {
    await open({ settings: { layout: 'square', thumbnailSize: 120 } });
    const first = (await cell(page, 0).boundingBox())!;
    await page.mouse.move(first.x - 12, first.y + 10);
    await page.mouse.down();
    const second = await middleOf(cell(page, 1));
    await page.mouse.move(second.x, second.y, { steps: 4 });
    await expect.poll(() => selectedOf(page)).toEqual([0, 1]);
    await page.mouse.move(second.x, 790, { steps: 4 });
    await expect.poll(() => page.locator('.scroller').evaluate((element) => element.scrollTop)).toBeGreaterThan(400);
    await page.mouse.up();
    const selected = Number(/(\d+) selected/.exec(await bar(page).innerText())![1]);
    expect(selected).toBeGreaterThan(12);
    expect(selected % 2).toBe(0); // two columns
    await page.mouse.click(first.x - 12, 500);
    await expect(bar(page)).toHaveCount(0);
  });

  test('by a rectangle over the photos with Shift held, which drags nothing', async ({ mock: { page, open } }) => {
    await open({});
    const from = await middleOf(cell(page, 0));
    const to = await middleOf(cell(page, 2));
    await page.keyboard.down('Shift');
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y + 20, { steps: 6 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    expect(await selectedOf(page)).toEqual([0, 1, 2]);
    expect(await asked(page, 'photo.startDrag')).toEqual([]);
  });

  test('stays when the list is refreshed, and ends with another search', async ({ mock: { page, open } }) => {
    await open({});
    await cell(page, 2).click({ modifiers: ['Control'] });
    await page.evaluate(() => window.mock.emit('library.changed', { photosChanged: true }));
    await expect.poll(async () => (await asked(page, 'library.timeline')).length).toBe(2);
    expect(await selectedOf(page)).toEqual([2]);
    await page.getByRole('combobox').fill('sea');
    await expect(page.getByRole('grid', { name: 'Photos for “sea”' })).toBeVisible();
    await expect(bar(page)).toHaveCount(0);
  });
});

test.describe('what one does with the selection', () => {
  test('favourites have a heart, by key and by the bar', async ({ mock: { page, open } }) => {
    await open({});
    await cell(page, 1).focus();
    await page.keyboard.press('f');
    await expect(cell(page, 1).locator('.heart')).toBeVisible();
    await expect(cell(page, 1)).toHaveAccessibleName(/favourite/);
    await cell(page, 1).click({ modifiers: ['Control'] });
    await cell(page, 2).click({ modifiers: ['Control'] });
    await bar(page).getByRole('button', { name: 'Add to favourites' }).click();
    await expect(cell(page, 2).locator('.heart')).toBeVisible();
    await bar(page).getByRole('button', { name: 'Take out of favourites' }).click();
    await expect(page.locator('.heart')).toHaveCount(0);
  });

  test('the bin is asked about with the number, and the photos are gone at once', async ({ mock: { page, open } }) => {
    await open({});
    const third = await cell(page, 2).getAttribute('aria-label');
    await cell(page, 0).click({ modifiers: ['Control'] });
    await cell(page, 1).click({ modifiers: ['Control'] });
    await page.keyboard.press('Delete');
    const dialog = page.getByRole('dialog', { name: 'Move 2 photos to the bin?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(await asked(page, 'photos.trash')).toEqual([]);
    await page.keyboard.press('Delete');
    await dialog.getByRole('button', { name: 'Move 2 photos to the bin' }).click();
    await expect(cell(page, 0)).toHaveCount(0);
    await expect(page.getByText('2 photos moved to the bin, where this can be undone')).toBeVisible();
    await expect(bar(page)).toHaveCount(0);
    expect(third).toBe('Photo 3 of 10,000');
    await expect(page.getByText('9,998 photos', { exact: true })).toBeVisible(); // the library has noticed
    await expect(cell(page, 0)).toHaveAccessibleName('Photo 1 of 9,998');
    await expect(page.getByRole('grid').locator(':focus')).toHaveCount(1);
  });

  test('copies tell how far they are and what came of them', async ({ mock: { page, open } }) => {
    await open({ copyMs: 500 });
    await page.evaluate(() => {
      window.mock.change('photos.copyTo', (report) =>
        report === null ? null : { ...report, failures: [{ path: '/home/anna/a.jpg', reason: 'the disk is full' }] },
      );
    });
    await months(page).first().click();
    await bar(page).getByRole('button', { name: 'Copy to a folder…' }).click();
    await expect(page.getByText(/^Copying \d+ of 322 photos$/)).toBeVisible();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    const failed = page.getByRole('dialog', { name: '1 photo could not be copied' });
    await expect(failed).toContainText('the disk is full');
    await expect(page.getByText('322 photos copied to Stick.')).toBeVisible();
    expect((await asked(page, 'photos.stopCopying')).length).toBe(1);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('grid').locator(':focus')).toHaveCount(1); // the button that stops it is gone
    await bar(page).getByRole('button', { name: 'Copy to a folder…' }).press('Enter');
    await failed.press('Escape');
    await expect(bar(page).getByRole('button', { name: 'Copy to a folder…' })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(bar(page)).toHaveCount(0);
    await expect(page.getByRole('grid').locator(':focus')).toHaveCount(1);
  });

  test('all of it is dragged, and put on the clipboard by key', async ({ mock: { page, open } }) => {
    await open({});
    await cell(page, 0).click({ modifiers: ['Control'] });
    await cell(page, 3).click({ modifiers: ['Control'] });
    await cell(page, 3).dispatchEvent('dragstart');
    await cell(page, 5).dispatchEvent('dragstart');
    await expect
      .poll(() => asked(page, 'photo.startDrag'))
      .toEqual([
        { name: 'photo.startDrag', argument: { ids: [10_000, 9997] } },
        { name: 'photo.startDrag', argument: { ids: [9995] } },
      ]);
    await page.keyboard.press('Control+c');
    await expect(page.getByText('2 files are on the clipboard')).toBeVisible();
  });

  test('the menu is for all that is selected, or for the photo alone', async ({ mock: { page, open } }) => {
    await open({});
    await cell(page, 0).click({ modifiers: ['Control'] });
    await cell(page, 1).click({ modifiers: ['Control'] });
    await cell(page, 1).click({ button: 'right' });
    await expect(page.getByRole('menu', { name: '2 photos selected' })).toBeVisible();
    await page.getByRole('menuitem', { name: 'Copy files' }).click();
    await cell(page, 4).click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Copy files' }).click();
    await expect
      .poll(async () => (await asked(page, 'photos.copyFiles')).map(({ argument }) => argument))
      .toEqual([{ ids: [10_000, 9999] }, { ids: [9996] }]);
  });
});

test.describe('stacks', () => {
  const badge = (page: Page, index: number) => cell(page, index).locator('[data-stack]');

  test('show their first photo with a number, open in place and close again', async ({ mock: { page, open } }) => {
    await open({ stacked: 4, photos: 400 });
    const first = await page.evaluate(() =>
      Number(document.querySelector('[data-stack]')!.closest<HTMLElement>('[data-index]')!.dataset['index']),
    );
    await expect(badge(page, first)).toHaveText('4');
    await expect(cell(page, first + 1)).toHaveCount(0);
    await badge(page, first).click();
    await expect(cell(page, first)).toBeFocused();
    for (let i = 1; i < 4; i++) await expect(cell(page, first + i)).toHaveAccessibleName(/in a stack/);
    // Noted, because what is said next, the photo with the focus, may come before a slow machine looks.
    await page.evaluate(() => {
      const live = document.querySelector('[aria-live=polite]')!;
      const said: (string | null)[] = [];
      Object.assign(window, { said });
      new MutationObserver(() => said.push(live.textContent)).observe(live, {
        childList: true,
        characterData: true,
        subtree: true,
      });
    });
    await page.keyboard.press('s');
    await expect(cell(page, first + 1)).toHaveCount(0);
    await expect
      .poll(() => page.evaluate(() => (window as unknown as { said: string[] }).said.map((text) => text.trim())))
      .toContain('Stack closed');
  });

  test('are selected as one while they are closed', async ({ mock: { page, open } }) => {
    await open({ stacked: 4, photos: 400 });
    const first = await page.evaluate(() =>
      Number(document.querySelector('[data-stack]')!.closest<HTMLElement>('[data-index]')!.dataset['index']),
    );
    await cell(page, first).click({ modifiers: ['Control'] });
    await expect(bar(page)).toContainText('4 selected');
    await page.keyboard.press('s');
    expect((await selectedOf(page)).length).toBe(4);
    await cell(page, first + 1).click();
    await expect(bar(page)).toContainText('3 selected');
    await page.keyboard.press('Control+a');
    await expect(bar(page)).toContainText('400 selected');
  });
});

test.describe('duplicates', () => {
  const show = async (page: Page) => {
    await page.getByRole('button', { name: 'Library', exact: true }).click();
    await page.getByRole('button', { name: 'Show duplicates' }).click();
    await expect(page.getByRole('heading', { name: 'Duplicates', exact: true })).toBeVisible();
  };

  test('are listed with what could be freed, and go to the bin only when the user says so', async ({
    mock: { page, open },
  }) => {
    await open({ duplicates: 6 });
    await show(page);
    await expect(page.getByText(/^6 groups, .* MB together$/)).toBeVisible();
    await expect(page.getByRole('checkbox', { checked: true })).toHaveCount(0);
    await page.getByText('Exact', { exact: true }).click();
    await expect(page.getByText(/^2 groups, /)).toBeVisible();
    await page.getByRole('button', { name: 'Select all but the largest of each' }).click();
    await expect(page.getByRole('checkbox', { checked: true })).toHaveCount(2);
    await bar(page).getByRole('button', { name: 'Move to the bin…' }).click();
    await page.getByRole('button', { name: 'Move 2 photos to the bin' }).click();
    await expect(page.getByRole('heading', { name: 'None of this kind' })).toBeVisible();
    await page.getByRole('button', { name: 'Back to the library' }).click();
    await expect(page.getByRole('button', { name: 'Show duplicates' })).toBeFocused();
  });

  test('warn where no photo of a group would be left', async ({ mock: { page, open } }) => {
    await open({ duplicates: 1 });
    await show(page);
    for (const box of await page.getByRole('checkbox').all()) await box.check();
    await expect(page.getByText('none would be left')).toBeVisible();
  });

  test('by the thousand come page by page', async ({ mock: { page, open } }) => {
    await open({ duplicates: 1000 });
    await show(page);
    await expect(page.getByText(/^1,000 groups/)).toBeVisible();
    await expect(page.locator('li.group')).toHaveCount(40);
    await page.getByRole('button', { name: 'Show 40 more' }).click();
    await expect(page.locator('li.group')).toHaveCount(80);
  });

  test('are none, are being looked for, or cannot be listed', async ({ mock: { page, open } }) => {
    await open({});
    await show(page);
    await expect(page.getByRole('heading', { name: 'No duplicates' })).toBeVisible();
    await open({ hanging: ['photos.duplicates'] });
    await show(page);
    await expect(page.getByText('Looking for duplicates…')).toBeVisible();
    await open({ failing: { 'photos.duplicates': { code: 'internal', message: 'The list cannot be made.' } } });
    await show(page);
    await expect(page.getByRole('alert')).toContainText('The list cannot be made.');
  });
});
