/** What is copied, dragged, deleted or opened in another program goes by its path: not where a link leads elsewhere by now. */
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checked, checkedFile, filesToHandOver } from '../../electron/shell/own-files.ts';

let scratch: string;
let roots: string[];
let kept: string;
let swapped: string;
beforeEach(async () => {
  scratch = await realpath(await mkdtemp(path.join(tmpdir(), 'descry-own-files-')));
  const photos = path.join(scratch, 'photos');
  roots = [photos];
  kept = path.join(photos, 'kept.jpg');
  swapped = path.join(photos, 'trip', 'one.jpg');
  await mkdir(path.dirname(swapped), { recursive: true });
  await mkdir(path.join(scratch, 'private'));
  for (const file of [kept, swapped, path.join(scratch, 'private', 'one.jpg')]) await writeFile(file, file);
  // since the scan
  await rename(path.dirname(swapped), path.join(scratch, 'trip'));
  await symlink(path.join(scratch, 'private'), path.dirname(swapped));
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

test('a file behind a link that leads out of the folders is refused with the reason, and the others are taken', async () => {
  const missing = path.join(roots[0]!, 'missing.jpg');
  const { files, failures } = await checked([kept, swapped, null, missing], roots);
  expect(files).toEqual([kept, missing]); // that one is not there is said by what is done with it
  expect(failures).toEqual([
    { path: swapped, reason: expect.stringContaining('a link on its way leads to') as string },
    { path: 'A photo', reason: 'it is not in the library any more' },
  ]);
  expect(await filesToHandOver([swapped, kept], roots)).toEqual([kept]);
  expect(await checkedFile(kept, roots)).toBe(kept);
  expect(await checkedFile(missing, roots)).toBe(missing);
});

test('where none is left, the reason is said', async () => {
  await expect(filesToHandOver([swapped, null], roots)).rejects.toMatchObject({ code: 'photo-outside' });
  await expect(filesToHandOver([null], roots)).rejects.toMatchObject({ code: 'not-found' });
  await expect(checkedFile(swapped, roots)).rejects.toMatchObject({ code: 'photo-outside' });
});

test('a link that stays inside the folders, or leads to another one of them, is followed', async () => {
  const all = [...roots, path.join(scratch, 'private')];
  expect(await filesToHandOver([swapped], all)).toEqual([swapped]);
  await symlink(kept, path.join(roots[0]!, 'again.jpg'));
  expect(await checkedFile(path.join(roots[0]!, 'again.jpg'), roots)).toBe(path.join(roots[0]!, 'again.jpg'));
});
