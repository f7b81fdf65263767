/** Every view and state of the window that is photographed and checked for accessibility. */
import type { Page } from '@playwright/test';
import { encoderStates } from './encoder-states.ts';
import { gridStates } from './grid-states.ts';
import type { Scenario } from './scenario.ts';
import { troubleStates } from './trouble-states.ts';

export interface State {
  readonly name: string;
  readonly scenario: Scenario;
  /** what to do before the picture is taken */
  prepare?(page: Page): Promise<void>;
}

const view = (name: string) => async (page: Page) => {
  await page.getByRole('button', { name, exact: true }).click();
  await page.mouse.move(700, 300);
  await page.waitForTimeout(250);
};
const searchFor = (text: string) => async (page: Page) => {
  await page.getByRole('combobox').fill(text);
  await page
    .getByText(/(sure|likely|possible) match|come closest/)
    .first()
    .waitFor();
  await page.waitForTimeout(500);
};
const look = (text: string) => async (page: Page) => {
  await searchFor(text)(page);
  await page.getByRole('gridcell').nth(2).click();
  await page.waitForTimeout(400);
};
const trainingWith = (act: (page: Page) => Promise<void>) => async (page: Page) => {
  await view('Training')(page);
  await act(page);
};
const chooseDataset = async (page: Page) => {
  await page.getByRole('button', { name: 'Choose folder…' }).click();
  await page.getByText('flickr30k', { exact: false }).first().waitFor();
};

/** The advanced recipe from its first field on, with one that is wrong. */
const advanced = async (page: Page) => {
  await chooseDataset(page);
  await page.getByText('Advanced', { exact: true }).click();
  await page.getByLabel('Epochs').fill('a lot');
  await page.getByRole('heading', { name: 'Recipe' }).evaluate((heading) => heading.scrollIntoView());
};

const ask = (text: string) => async (page: Page) => {
  await page.getByRole('combobox').fill(text);
  await page.waitForTimeout(600);
};
const filters = (text: string) => async (page: Page) => {
  if (text !== '') await ask(text)(page);
  await page.getByRole('button', { name: 'Filters', exact: true }).click();
  await page.getByRole('heading', { name: 'Date', exact: true }).waitFor();
  await page.mouse.move(500, 400);
  await page.waitForTimeout(300);
};
const savedNames: Scenario['saved'] = [
  ['Lakes last summer', 'a lake last summer'],
  ['Boats', 'a boat on the sea'],
  ['Everything from Norway that was taken with the old camera', 'in Norway with a Nikon'],
  ['Screenshots', 'screenshots'],
  ...Array.from({ length: 16 }, (_, i): [string, string] => [`Summer of ${2009 + i}`, `a beach in ${2009 + i}`]),
];

export const states: readonly State[] = [
  { name: 'welcome', scenario: { folders: 'none' } },
  { name: 'welcome-downloading', scenario: { folders: 'none', assets: 'fetching' } },
  { name: 'welcome-waiting', scenario: { folders: 'none', assets: 'waiting' } },
  { name: 'welcome-offline', scenario: { folders: 'none', assets: 'failed' } },
  { name: 'photos', scenario: {} },
  { name: 'photos-many', scenario: { photos: 100_000, settings: { thumbnailSize: 110 } } },
  { name: 'photos-square', scenario: { settings: { layout: 'square', thumbnailSize: 150 } } },
  { name: 'photos-loading', scenario: { hanging: ['library.timeline'] } },
  { name: 'photos-indexing', scenario: { indexing: 'indexing' } },
  { name: 'photos-none', scenario: { folders: 'empty' } },
  { name: 'photos-first-on-their-way', scenario: { folders: 'empty', indexing: 'scanning', assets: 'converting' } },
  { name: 'search', scenario: {}, prepare: searchFor('a boat on the sea') },
  { name: 'search-scores', scenario: { settings: { showScores: true } }, prepare: searchFor('hot air balloons') },
  {
    name: 'search-good-matches',
    scenario: { photos: 60, settings: { thumbnailSize: 150 } },
    prepare: searchFor('mountains'),
  },
  {
    name: 'search-all',
    scenario: { photos: 60, settings: { thumbnailSize: 150, showScores: true } },
    async prepare(page) {
      await searchFor('mountains')(page);
      await page.getByRole('button', { name: /^Show all$/ }).click();
      await page.waitForTimeout(300);
    },
  },
  { name: 'search-closest', scenario: { photos: 400 }, prepare: searchFor('two') },
  { name: 'search-unknown-word', scenario: {}, prepare: searchFor('montains and the flurb') },
  { name: 'search-hardly-known', scenario: {}, prepare: searchFor('an okapi at the lake') },
  { name: 'search-misspelt', scenario: {}, prepare: ask('teh montains, sae and forst') },
  { name: 'search-nothing-known', scenario: {}, prepare: ask('flurb montains') },
  { name: 'search-chips', scenario: {}, prepare: ask('a lake last summer in Paris taken with a Nikon -snow') },
  {
    name: 'search-chip-focus',
    scenario: {},
    async prepare(page) {
      await ask('a lake last summer in Paris -snow')(page);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('ArrowRight');
    },
  },
  { name: 'search-by-date', scenario: {}, prepare: ask('in Norway') },
  {
    name: 'search-nothing-left',
    scenario: {},
    prepare: ask('a boat on the sea in 2014 in Paris'),
  },
  { name: 'filters', scenario: { spacing: 6 }, prepare: filters('') },
  { name: 'filters-sentence', scenario: { spacing: 6 }, prepare: filters('a lake in Paris in 2024') },
  { name: 'filters-bare', scenario: { bare: true }, prepare: filters('') },
  {
    name: 'search-like',
    scenario: {},
    async prepare(page) {
      await searchFor('a lake')(page);
      await page.getByRole('gridcell').nth(2).click();
      await page.getByRole('button', { name: 'More like this' }).click();
      await page.evaluate(async () => {
        const canvas = document.createElement('canvas');
        canvas.width = canvas.height = 40;
        const context = canvas.getContext('2d')!;
        context.fillStyle = '#5aa7b5';
        context.fillRect(0, 0, 40, 40);
        const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
        const data = new DataTransfer();
        data.items.add(new File([blob!], 'sea.png', { type: 'image/png' }));
        const field = document.querySelector('[role=combobox]')!;
        field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
      });
      await ask('snow -city')(page);
    },
  },
  {
    name: 'drop-like',
    scenario: {},
    async prepare(page) {
      await ask('snow in Norway')(page);
      await page.evaluate(() => {
        const data = new DataTransfer();
        data.items.add(new File([''], 'sea.png', { type: 'image/png' }));
        const field = document.querySelector('[role=combobox]')!;
        for (const name of ['dragenter', 'dragover']) {
          field.dispatchEvent(new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true }));
        }
      });
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'search-saved',
    scenario: { saved: savedNames },
    prepare: ask('a boat on the sea'),
  },
  {
    name: 'search-saved-menu',
    scenario: { saved: savedNames },
    async prepare(page) {
      await ask('a boat on the sea')(page);
      await page.getByRole('button', { name: 'Saved as “Boats”' }).click();
      await page.waitForTimeout(200);
    },
  },
  {
    name: 'search-save',
    scenario: {},
    async prepare(page) {
      await ask('a lake last summer')(page);
      await page.getByRole('button', { name: 'Save this search' }).click();
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'search-recent',
    scenario: {},
    async prepare(page) {
      await page.getByRole('combobox').click();
      await page.keyboard.press('ArrowDown');
    },
  },
  {
    name: 'search-error',
    scenario: {
      failing: {
        'search.query': {
          code: 'internal',
          message: 'The vision process stopped. It is being started again; try once more in a moment.',
        },
      },
    },
    async prepare(page) {
      await page.getByRole('combobox').fill('a boat');
      await page.getByRole('alert').waitFor();
    },
  },
  {
    name: 'grid-focus-menu',
    scenario: {},
    async prepare(page) {
      await searchFor('a city at night')(page);
      await page.getByRole('combobox').press('ArrowDown');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Shift+F10');
      await page.waitForTimeout(200);
    },
  },
  ...gridStates,
  ...troubleStates,
  { name: 'photo', scenario: {}, prepare: look('a lake') },
  {
    name: 'photo-info',
    scenario: {},
    async prepare(page) {
      await look('mountains')(page);
      await page.keyboard.press('i');
      await page.mouse.move(600, 400);
      await page.waitForTimeout(300);
    },
  },
  { name: 'library-troubled', scenario: { folders: 'troubled' }, prepare: view('Library') },
  { name: 'library', scenario: { failures: 3 }, prepare: view('Library') },
  { name: 'library-indexing', scenario: { indexing: 'indexing' }, prepare: view('Library') },
  { name: 'library-paused', scenario: { indexing: 'paused', failures: 120 }, prepare: view('Library') },
  { name: 'library-failed', scenario: { indexing: 'failed' }, prepare: view('Library') },
  { name: 'library-empty', scenario: { folders: 'none' }, prepare: view('Library') },
  {
    name: 'library-remove',
    scenario: {},
    async prepare(page) {
      await view('Library')(page);
      await page.getByRole('button', { name: 'Remove /home/anna/Pictures' }).click();
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'library-leave-out',
    scenario: {},
    async prepare(page) {
      await view('Library')(page);
      await page.getByRole('button', { name: /leave out of \/home\/anna\/Pictures/ }).click();
      await page.waitForTimeout(300);
    },
  },
  { name: 'library-left-out', scenario: { leftOut: true }, prepare: view('Library') },
  {
    name: 'library-left-out-names',
    scenario: { leftOut: true },
    async prepare(page) {
      await view('Library')(page);
      await page.getByRole('button', { name: 'Which and why, of /home/anna/Pictures' }).click();
      await page.getByText('1 folder that may not be read', { exact: true }).click();
      await page.getByText('Documents and Settings').waitFor();
      await page.waitForTimeout(300);
    },
  },
  { name: 'settings', scenario: {}, prepare: view('Settings') },
  {
    name: 'settings-words',
    scenario: {},
    prepare: async (page) => {
      await view('Settings')(page);
      await page.getByText('Words it knows').click();
      await page.getByText('Words it knows').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'settings-end',
    scenario: {},
    async prepare(page) {
      await view('Settings')(page);
      await page.getByRole('heading', { name: 'About' }).scrollIntoViewIfNeeded();
      await page.mouse.move(700, 400);
      await page.mouse.wheel(0, 3000);
      await page.waitForTimeout(200);
    },
  },
  ...encoderStates,
  { name: 'training', scenario: {}, prepare: view('Training') },
  { name: 'training-dataset', scenario: {}, prepare: trainingWith(chooseDataset) },
  {
    name: 'training-folders',
    scenario: {},
    prepare: trainingWith(async (page) => {
      await chooseDataset(page);
      await page.getByRole('button', { name: 'Add folder…' }).click();
      await page.getByRole('button', { name: 'Add photos…' }).click();
      await page.getByText('3,300 photos', { exact: true }).waitFor();
    }),
  },
  { name: 'training-advanced', scenario: {}, prepare: trainingWith(advanced) },
  {
    name: 'training-advanced-layers',
    scenario: {},
    prepare: trainingWith(async (page) => {
      await advanced(page);
      await page.getByText('Trained layers', { exact: true }).click();
    }),
  },
  { name: 'training-encoding', scenario: { training: 'encoding' }, prepare: view('Training') },
  {
    name: 'training-running',
    scenario: { training: 'training' },
    prepare: trainingWith((page) => page.waitForTimeout(400)),
  },
  {
    name: 'training-no-samples',
    scenario: { encoders: 'added', training: 'training', trainedOn: 'clip-vit-b32', samplesLack: 'not-encoded' },
    prepare: trainingWith(async (page) => {
      await page.getByRole('heading', { name: 'Sample searches' }).scrollIntoViewIfNeeded();
    }),
  },
  { name: 'training-paused', scenario: { training: 'paused' }, prepare: view('Training') },
  {
    name: 'training-finished',
    scenario: { training: 'finished' },
    prepare: trainingWith((page) => page.waitForTimeout(400)),
  },
  {
    name: 'training-finished-added',
    scenario: { encoders: 'added', training: 'finished', trainedOn: 'clip-vit-b32' },
    prepare: trainingWith((page) => page.waitForTimeout(400)),
  },
  { name: 'training-failed', scenario: { training: 'failed' }, prepare: view('Training') },
  {
    name: 'shortcuts',
    scenario: {},
    async prepare(page) {
      await page.evaluate(() => window.mock.emit('menu.command', 'shortcuts'));
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'toast',
    scenario: {
      failing: {
        'photo.showInFolder': {
          code: 'internal',
          message: 'The folder of DSC_00017.jpg cannot be reached. Connect its disk, then try again.',
        },
      },
    },
    async prepare(page) {
      await look('a meadow')(page);
      await page.getByRole('button', { name: 'Copy path' }).click();
      await page.getByRole('button', { name: 'Show in folder' }).click();
      await page.waitForTimeout(400);
    },
  },
  {
    name: 'library-restarted',
    scenario: {},
    async prepare(page) {
      await page.evaluate(() => window.mock.emit('library.restarted', undefined));
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'drop',
    scenario: {},
    async prepare(page) {
      await page.evaluate(() => {
        const data = new DataTransfer();
        data.items.add(new File([''], 'Photos'));
        window.dispatchEvent(new DragEvent('dragenter', { dataTransfer: data, bubbles: true }));
      });
      await page.waitForTimeout(300);
    },
  },
];
