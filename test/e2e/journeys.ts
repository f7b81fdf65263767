/**
 * What the journeys through the window share: real photos, the moves of a user, and what the window shows. Each move is a
 * step of its own, so that a failure names it.
 */
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locator, Page } from '@playwright/test';
import type { RequestArgument, RequestName, RequestOutput } from '../../electron/ipc/contract.ts';
import { axeFindings as findingsOf } from '../page/axe.ts';
import { shared } from '../fixtures/shared.ts';
import { expect, test, type DescryApp } from './app.ts';
import { setLook, sizes, themes } from './screens.ts';

export const noPhotos = 'needs the shared test photos (none at ../shared; DESCRY_SHARED names them)';
export const seed = path.join(shared ?? '', 'photos/seed');
export const personal = path.join(shared ?? '', 'photos/personal');
export const flickr = path.join(shared ?? '', 'flickr');

/** Copies photos, the first in order of name or those that are named. @returns their names */
export async function copyPhotos(from: string, to: string, which?: number | readonly string[]): Promise<string[]> {
  const all = (await readdir(from)).filter((name) => /\.jpe?g$/i.test(name)).sort();
  const names = typeof which === 'object' ? [...which] : all.slice(0, which);
  await mkdir(to, { recursive: true });
  for (const name of names) await copyFile(path.join(from, name), path.join(to, name));
  return names;
}

/**
 * Makes a dataset of a few photos in Flickr30K's layout.
 *
 * @param options.train photos of the train split; @param options.val of the val split
 * @param options.named a photo that the captions name as well, and that is not there
 */
export async function smallDataset(
  folder: string,
  { train, val, named }: { train: number; val: number; named?: string },
): Promise<void> {
  const lines = async (name: string) => (await readFile(path.join(flickr, name), 'utf8')).trimEnd().split('\n');
  const [header, ...split] = await lines('split.csv');
  const of = (part: string, count: number) => split.filter((line) => line.endsWith(`,${part}`)).slice(0, count);
  const chosen = [...of('train', train), ...of('val', val)];
  const names = chosen.map((line) => line.split(',')[0]!);
  const wanted = new Set(names);
  const [captionHeader, ...captions] = await lines('captions.csv');
  await copyPhotos(path.join(flickr, 'images'), path.join(folder, 'images'), names);
  await writeFile(path.join(folder, 'split.csv'), [header, ...chosen, ''].join('\n'));
  const kept = captions.filter((line) => wanted.has(line.split('|')[0]!.trim()));
  const absent = named === undefined ? [] : [0, 1, 2, 3, 4].map((i) => `${named}| ${i}| A photo that is not there .`);
  await writeFile(path.join(folder, 'captions.csv'), [captionHeader, ...kept, ...absent, ''].join('\n'));
}

/** Asks over the bridge, as the page does. @throws what the answer's envelope holds */
export async function invoke<K extends RequestName>(
  { window: page }: DescryApp,
  name: K,
  argument?: RequestArgument<K>,
): Promise<RequestOutput<K>> {
  const answer = await page.evaluate(
    async ([request, input]) => {
      const { ok, ...rest } = await window.descry.invoke(request as 'app.info', input as never);
      return { ok, rest: rest };
    },
    [name, argument] as const,
  );
  if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer.rest)}`);
  return (answer.rest as { value: RequestOutput<K> }).value;
}

/** The next native dialogs answer with these paths, as if the user had chosen them. */
export async function answerDialogs(app: DescryApp, ...paths: string[]): Promise<void> {
  await app.electron.evaluate(({ dialog }, filePaths) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: filePaths.length === 0, filePaths });
  }, paths);
}

export type View = 'Photos' | 'Library' | 'Training' | 'Settings';
export const go = (page: Page, view: View): Promise<void> =>
  test.step(`go to ${view}`, () =>
    page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view, exact: true }).click());

export const field = (page: Page): Locator => page.getByRole('combobox', { name: 'Describe a photo' });
export const cell = (page: Page, index: number): Locator => page.locator(`[role=gridcell][data-index="${index}"]`);

/** Types a sentence and waits for its photos. */
export const searchFor = (page: Page, sentence: string): Promise<void> =>
  test.step(`search for “${sentence}”`, async () => {
    await field(page).fill(sentence);
    await expect(page.getByRole('grid', { name: `Photos for “${sentence}”` })).toBeVisible({ timeout: 30_000 });
  });

/** File names of the photos in the grid that are in the page, in order, at most `count`. */
export async function namesShown({ window: page }: DescryApp, count: number): Promise<string[]> {
  return page.evaluate(async (most) => {
    const cells = [...document.querySelectorAll<HTMLElement>('[role=gridcell]')]
      .sort((a, b) => Number(a.dataset['index']) - Number(b.dataset['index']))
      .slice(0, most);
    const names: string[] = [];
    // Pictures are addressed by content; the timeline knows which photo has it.
    const timeline = await window.descry.invoke('library.timeline');
    if (!timeline.ok) return [timeline.error.message];
    const { ids, contents } = timeline.value;
    for (const one of cells) {
      const content = Number(one.dataset['content']);
      const id = ids[contents.indexOf(content)];
      if (id === undefined) {
        names.push('not in the library');
        continue;
      }
      const answer = await window.descry.invoke('photo.details', { id });
      names.push(answer.ok ? answer.value.name : answer.error.message);
    }
    return names;
  }, count);
}

/** Adds a folder over the bridge and waits until all of it is indexed. */
export const indexFolder = (app: DescryApp, folder: string): Promise<void> =>
  test.step(`index ${path.basename(folder)}`, async () => {
    await invoke(app, 'library.addFolders', { paths: [folder] });
    await allIndexed(app);
  });

/** Waits until nothing is left to be looked at. */
export const allIndexed = (app: DescryApp, timeout = 120_000): Promise<void> =>
  test.step('all photos are indexed', () =>
    expect
      .poll(
        async () => {
          const { photos, indexed, failures } = await invoke(app, 'library.overview');
          const { state } = await invoke(app, 'indexing.state');
          return { state, none: photos === 0, left: photos - indexed - failures };
        },
        { timeout },
      )
      .toEqual({ state: 'idle', none: false, left: 0 }));

/**
 * Drags files or folders over the window, as a file manager does: the page sees real files with real paths.
 *
 * @returns drops them
 */
export async function dragIn(
  { window: page }: DescryApp,
  paths: readonly string[],
  place = { x: 400, y: 300 },
): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  const send = (type: 'dragEnter' | 'dragOver' | 'drop') =>
    session.send('Input.dispatchDragEvent', { type, ...place, data });
  await send('dragEnter');
  await send('dragOver');
  return async () => {
    await send('drop');
    await session.detach();
  };
}

/** What axe finds wrong with the view as it is, light and dark. */
export async function axeFindings(app: DescryApp): Promise<string[]> {
  const found: string[] = [];
  for (const theme of themes) {
    await setLook(app, sizes[0], theme);
    // In the dark only the colours are others.
    const findings = await findingsOf(app.window, theme === themes[0] ? undefined : ['color-contrast']);
    found.push(...findings.map((finding) => `${theme}: ${finding}`));
  }
  return found;
}
