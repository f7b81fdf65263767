/** States of the grid and of the list of duplicates; a part of states.ts. */
import type { Page } from '@playwright/test';
import type { Scenario } from './scenario.ts';

interface State {
  readonly name: string;
  readonly scenario: Scenario;
  prepare?(page: Page): Promise<void>;
}

const control = async (page: Page, ...indices: number[]) => {
  for (const index of indices) await page.locator(`[data-index="${index}"]`).click({ modifiers: ['Control'] });
};
const duplicates = async (page: Page) => {
  await page.getByRole('button', { name: 'Library', exact: true }).click();
  await page.getByRole('button', { name: 'Show duplicates' }).click();
  await page.waitForTimeout(400);
};

export const gridStates: readonly State[] = [
  {
    name: 'photos-selected',
    scenario: { favourites: [9_998, 9_995] },
    async prepare(page) {
      await control(page, 1, 4, 5, 9);
      await page.mouse.move(700, 300);
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'photos-month-selected',
    scenario: {},
    async prepare(page) {
      await page.locator('.scroller').evaluate((scroller) => (scroller.scrollTop = 14_000));
      await page.waitForTimeout(200);
      await page.getByRole('rowheader').first().getByRole('button').click();
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'photos-stacks',
    scenario: { stacked: 4, settings: { thumbnailSize: 150 } },
    async prepare(page) {
      await page.locator('[data-stack]').nth(1).click();
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'photos-scrubber',
    scenario: { photos: 60_000, settings: { thumbnailSize: 130 } },
    async prepare(page) {
      const scrubber = page.getByRole('slider', { name: 'Go to a month' });
      const { x, y, height } = (await scrubber.boundingBox())!;
      await page.mouse.move(x + 20, y + 60);
      await page.mouse.down();
      await page.mouse.move(x + 20, y + height * 0.4, { steps: 4 });
      await page.waitForTimeout(400);
    },
  },
  {
    name: 'photos-rectangle',
    scenario: {},
    async prepare(page) {
      const first = (await page.locator('[data-index="0"]').boundingBox())!;
      await page.keyboard.down('Shift');
      await page.mouse.move(first.x + 60, first.y + 80);
      await page.mouse.down();
      await page.mouse.move(first.x + 420, first.y + 300, { steps: 5 });
      await page.keyboard.up('Shift');
      await page.waitForTimeout(200);
    },
  },
  {
    name: 'photos-selected-menu',
    scenario: {},
    async prepare(page) {
      await control(page, 1, 4);
      await page.locator('[data-index="4"]').click({ button: 'right' });
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'photos-to-the-bin',
    scenario: {},
    async prepare(page) {
      await control(page, 1, 4);
      await page.keyboard.press('Delete');
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'photos-copying',
    scenario: {},
    async prepare(page) {
      await page.evaluate(() => window.mock.emit('copying.progress', { done: 120, total: 300 }));
      await page.waitForTimeout(300);
    },
  },
  { name: 'duplicates', scenario: { duplicates: 12, comparing: true }, prepare: duplicates },
  {
    name: 'duplicates-selected',
    scenario: { duplicates: 1000 },
    async prepare(page) {
      await duplicates(page);
      await page.getByRole('button', { name: 'Select all but the largest of each' }).click();
      await page.waitForTimeout(300);
    },
  },
  { name: 'duplicates-none', scenario: {}, prepare: duplicates },
  { name: 'duplicates-loading', scenario: { hanging: ['photos.duplicates'] }, prepare: duplicates },
];
