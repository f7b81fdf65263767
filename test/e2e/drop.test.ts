/** Folders and photos dragged over the window from outside, with real files: no test photos are needed. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, type DescryApp } from './app.ts';
import { invoke, dragIn } from './journeys.ts';

const overlay = ({ window: page }: DescryApp) => page.getByText('Drop to add to your library');
const folders = async (app: DescryApp) =>
  (await invoke(app, 'library.overview')).folders.map(({ path: place }) => place);

test('what is dropped on the window joins the library, folders as they are and a photo with its folder', async ({
  descry,
  folder,
}) => {
  const [first, second, third] = [await folder('first'), await folder('second'), await folder('third')];
  await mkdir(path.join(first, 'inside'));
  const photo = path.join(third, 'photo.jpg');
  await writeFile(photo, 'this is no photo, and is not opened before its folder is there');

  await test.step('two folders at once; while they are dragged the window says what a drop does', async () => {
    await expect(descry.window.getByRole('button', { name: 'Choose a photo folder…' })).toBeVisible();
    const drop = await dragIn(descry, [first, second]);
    await expect(overlay(descry)).toBeVisible();
    expect(await folders(descry)).toEqual([]);
    await drop();
    await expect.poll(() => folders(descry)).toEqual([first, second]);
    await expect(overlay(descry)).toBeHidden();
  });

  await test.step('a photo', async () => {
    await (
      await dragIn(descry, [photo])
    )();
    await expect.poll(() => folders(descry)).toEqual([first, second, third].sort());
  });

  await test.step('what lies in a folder of the library is refused, with the reason', async () => {
    await (
      await dragIn(descry, [path.join(first, 'inside')])
    )();
    await expect(descry.window.getByText(/which is in the library already/)).toBeVisible();
    expect(await folders(descry)).toHaveLength(3);
  });
  expect(descry.complaints).toEqual([]);
});
