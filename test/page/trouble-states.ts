/** States in which something went wrong: damaged, missing or refused. A part of states.ts. */
import type { Page } from '@playwright/test';
import type { Scenario } from './scenario.ts';

interface State {
  readonly name: string;
  readonly scenario: Scenario;
  prepare?(page: Page): Promise<void>;
}

const view = async (page: Page, name: 'Library' | 'Training' | 'Settings') => {
  await page.getByRole('button', { name, exact: true }).click();
  await page.mouse.move(700, 300);
  await page.waitForTimeout(250);
};
const openFirst = async (page: Page) => {
  await page.locator('[data-index="0"]').click();
  await page.mouse.move(600, 400);
  await page.waitForTimeout(400);
};
const rebuilt = {
  kind: 'rebuilt',
  movedTo: '/home/anna/.local/share/descry/library-damaged-2026-11-27.db',
  backupAt: Date.UTC(2026, 10, 26, 8),
  folders: 3,
  photos: 9120,
} as const;
const readOnly = { kind: 'read-only', reason: 'its disk (/media/anna/Archive) is read-only' } as const;
const weights = {
  kind: 'weights',
  at: Date.UTC(2026, 10, 26, 8),
  message:
    'The ResNet50 weights are damaged: resnet50.onnx is not as it was made. They are prepared again. What was computed of ' +
    '214 photos since they were last found whole may be wrong, and is computed anew.',
} as const;
/** the mock shows no picture of photo 157 */
const unshown = 157;

export const troubleStates: readonly State[] = [
  { name: 'notice-rebuilt', scenario: { notices: [rebuilt] } },
  { name: 'notices', scenario: { notices: [rebuilt, readOnly] } },
  {
    name: 'notices-library',
    scenario: { notices: [rebuilt, readOnly], folders: 'troubled' },
    prepare: (page) => view(page, 'Library'),
  },
  {
    name: 'library-weights',
    scenario: { notices: [weights], indexing: 'indexing' },
    prepare: (page) => view(page, 'Library'),
  },
  {
    name: 'library-troubled-end',
    scenario: { folders: 'troubled', failures: 4 },
    async prepare(page) {
      await view(page, 'Library');
      await page.mouse.wheel(0, 4000);
      await page.waitForTimeout(250);
    },
  },
  {
    name: 'library-stopped',
    scenario: {},
    async prepare(page) {
      await page.evaluate(() => window.mock.emit('library.stopped', undefined));
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'photos-damaged',
    scenario: { photos: 120, damaged: [120, 118, 115, 111], favourites: [118, 117] },
    async prepare(page) {
      await page.locator('[data-index="5"]').click({ modifiers: ['Control'] });
      await page.locator('[data-index="2"]').hover();
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'photo-damaged',
    scenario: { photos: 120, damaged: [120] },
    async prepare(page) {
      await openFirst(page);
      await page.keyboard.press('i');
      await page.waitForTimeout(400);
    },
  },
  {
    name: 'photo-not-shown',
    scenario: {
      photos: unshown,
      problem: {
        code: 'photo-outside',
        message:
          'The file is not opened: it is outside of the folder /home/anna/Pictures, because a link on its way leads to ' +
          '/srv/private/one.jpg now. If its photos should be there, add the folder that the link leads to.',
      },
    },
    prepare: openFirst,
  },
  { name: 'photo-not-shown-unknown', scenario: { photos: unshown }, prepare: openFirst },
  {
    name: 'photo-gone',
    scenario: {
      photos: 40,
      failing: { 'photo.details': { code: 'not-found', message: 'The photo is not in the library any more.' } },
    },
    prepare: openFirst,
  },
  {
    name: 'training-checking',
    scenario: { hanging: ['training.chooseDataset'] },
    async prepare(page) {
      await view(page, 'Training');
      await page.getByRole('button', { name: 'Choose folder…' }).click();
      await page.getByRole('button', { name: 'Stop' }).waitFor();
    },
  },
  {
    name: 'training-checking-more',
    scenario: { hanging: ['training.choosePhotos'] },
    async prepare(page) {
      await view(page, 'Training');
      await page.getByRole('button', { name: 'Choose folder…' }).click();
      await page.getByRole('button', { name: 'Add photos…' }).click();
      await page.getByRole('button', { name: 'Stop' }).waitFor();
    },
  },
  {
    name: 'training-check-failed',
    scenario: {
      failing: {
        'training.chooseDataset': {
          code: 'dataset-invalid',
          message: '/home/anna/flickr30k/captions.csv is not read: line 31784 has more than 1,048,576 bytes.',
        },
      },
    },
    async prepare(page) {
      await view(page, 'Training');
      await page.getByRole('button', { name: 'Choose folder…' }).click();
      await page.waitForTimeout(400);
    },
  },
  {
    name: 'models-import-failed',
    scenario: {
      failing: {
        'models.import': {
          code: 'model-invalid',
          message: '/home/anna/Downloads/absurd.descry-model gives embeddings that are no finite numbers.',
        },
      },
    },
    async prepare(page) {
      await view(page, 'Settings');
      await page.getByRole('button', { name: 'Import' }).first().click();
      await page.waitForTimeout(400);
    },
  },
];
