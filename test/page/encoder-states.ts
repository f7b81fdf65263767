/** States of encoders and of a change of model; a part of states.ts. */
import type { Page } from '@playwright/test';
import type { Scenario } from './scenario.ts';

interface State {
  readonly name: string;
  readonly scenario: Scenario;
  prepare?(page: Page): Promise<void>;
}

export async function openEncoders(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await page
    .getByRole('heading', { name: 'How photos are understood' })
    .evaluate((heading) => heading.scrollIntoView({ block: 'start' }));
  await page.mouse.move(700, 300);
  await page.waitForTimeout(250);
}

/** The list of models, below the encoders. */
async function openModels(page: Page): Promise<void> {
  await openEncoders(page);
  await page.getByRole('heading', { name: 'Search model' }).evaluate((heading) => heading.scrollIntoView());
  await page.waitForTimeout(100);
}

const encoder = (page: Page, title: string) =>
  page
    .getByRole('list', { name: 'Encoders' })
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading', { name: title, exact: true }) });

const search = (order?: string) => async (page: Page) => {
  await page.getByRole('combobox').fill('a boat on the sea');
  await page.getByText('this model does not say which of them match', { exact: true }).waitFor();
  if (order) await page.getByTitle(order).click();
  await page.waitForTimeout(500);
};

export const encoderStates: readonly State[] = [
  { name: 'encoders', scenario: {}, prepare: openEncoders },
  {
    name: 'encoders-8-bits',
    scenario: {},
    async prepare(page) {
      await openEncoders(page);
      await encoder(page, 'CLIP ViT-B/32').getByText('8 bits', { exact: true }).click();
      await page.waitForTimeout(200);
    },
  },
  { name: 'encoders-fetching', scenario: { encoders: 'fetching' }, prepare: openEncoders },
  { name: 'encoders-checking', scenario: { encoders: 'checking' }, prepare: openEncoders },
  { name: 'encoders-offline', scenario: { encoders: 'offline' }, prepare: openEncoders },
  { name: 'encoders-refused', scenario: { encoders: 'refused' }, prepare: openEncoders },
  {
    name: 'encoders-folder-refused',
    scenario: {
      failing: {
        'encoders.addFolder': {
          code: 'encoder-invalid',
          message:
            '/home/anna/Models/clip-of-our-museum has no tokenizer.json. Choose a folder in the layout of transformers.js, with the graphs in “onnx”.',
        },
      },
    },
    async prepare(page) {
      await openEncoders(page);
      await page.getByRole('button', { name: 'From a folder…' }).click();
      await page.getByRole('alert').waitFor();
      await page.waitForTimeout(200);
    },
  },
  { name: 'encoders-added', scenario: { encoders: 'added' }, prepare: openEncoders },
  { name: 'encoders-in-use', scenario: { encoders: 'in-use' }, prepare: openEncoders },
  {
    name: 'encoders-remove',
    scenario: { encoders: 'added' },
    async prepare(page) {
      await openEncoders(page);
      await page.getByRole('button', { name: 'Remove CLIP ViT-B/32' }).first().click();
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'encoders-needs',
    scenario: { encoders: 'added', photos: 100_000 },
    async prepare(page) {
      await openEncoders(page);
      await encoder(page, 'CLIP ViT-B/32').getByRole('button', { name: 'Use CLIP ViT-B/32' }).click();
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'encoders-no-room',
    scenario: { encoders: 'added', photos: 100_000, freeBytes: 120_000_000 },
    async prepare(page) {
      await openEncoders(page);
      await encoder(page, 'CLIP ViT-B/32').getByRole('button', { name: 'Use CLIP ViT-B/32' }).click();
      await page.waitForTimeout(300);
    },
  },
  { name: 'models-two-encoders', scenario: { encoders: 'added' }, prepare: openModels },
  { name: 'models-encoder-absent', scenario: { encoders: 'absent' }, prepare: openModels },
  { name: 'models-switching', scenario: { encoders: 'added', switching: 'running' }, prepare: openModels },
  { name: 'models-switching-paused', scenario: { encoders: 'added', switching: 'paused' }, prepare: openModels },
  { name: 'models-switching-failed', scenario: { encoders: 'added', switching: 'failed' }, prepare: openModels },
  { name: 'photos-switching', scenario: { encoders: 'added', switching: 'running', indexing: 'indexing' } },
  { name: 'photos-switching-waiting', scenario: { encoders: 'added', switching: 'waiting', indexing: 'indexing' } },
  { name: 'photos-switching-paused', scenario: { encoders: 'added', switching: 'paused', indexing: 'paused' } },
  {
    name: 'photos-model-lost',
    scenario: {
      encoders: 'offered',
      notices: [
        {
          kind: 'fallback',
          message:
            'CLIP ViT-B/32 is not used now: it is damaged. Searches use the model that comes with Descry, until it is added ' +
            'again or you choose another model.',
        },
      ],
    },
  },
  {
    name: 'search-renewing',
    scenario: { encoders: 'in-use' },
    async prepare(page) {
      await search()(page);
      await page.evaluate(() => {
        window.scenario!.delays = { 'a boat on the sea': 60_000 };
        window.mock.emit('models.changed', undefined);
      });
      await page.waitForTimeout(600);
    },
  },
  { name: 'search-not-judged', scenario: { encoders: 'in-use' }, prepare: search() },
  { name: 'search-not-judged-by-date', scenario: { encoders: 'in-use' }, prepare: search('Newest first') },
];
