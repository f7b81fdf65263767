/** Photos that the result should be like, and pictures from outside that become such. */
import type { Example, RequestArgument } from '../../electron/ipc/contract.ts';
import { request } from '../base/api.ts';
import { attempt } from './attempt.ts';

export interface ShownExample {
  readonly example: Example;
  /** what is shown of a picture from outside the library; null for a photo of the library, or where it cannot be shown */
  readonly picture: ImageBitmap | null;
}

export const exampleKey = ({ example }: ShownExample): string =>
  'content' in example ? `content ${example.content}` : `picture ${example.picture}`;

/** CSS pixels of a thumbnail in the field, twice for fine displays */
const thumbnailPixels = 56;

/** Files that were dropped or pasted as examples. One that cannot be read is told and left out. */
export async function examplesOf(files: Iterable<File>): Promise<ShownExample[]> {
  const added = await Promise.all(Array.from(files, (file) => attempt(() => exampleOf(file))));
  return added.filter((example) => example !== undefined);
}

async function exampleOf(file: File): Promise<ShownExample> {
  const path = window.descry.pathOf(file);
  const given: RequestArgument<'search.picture'> =
    path === '' ? { bytes: new Uint8Array(await file.arrayBuffer()) } : { path };
  const [{ picture }, bitmap] = await Promise.all([request('search.picture', given), drawn(file)]);
  return { example: { picture }, picture: bitmap };
}

/** Drawn on a canvas: the page's policy allows no image from the clipboard. Null for a format that Chromium does not know. */
async function drawn(file: File): Promise<ImageBitmap | null> {
  try {
    return await createImageBitmap(file, { resizeHeight: thumbnailPixels, resizeQuality: 'high' });
  } catch {
    return null;
  }
}
