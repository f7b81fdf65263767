/**
 * A folder that was moved or renamed outside of Descry is taken up at its new place: its photos keep their numbers and all that
 * was computed from them.
 */
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { DescryError } from '../../../models/errors.ts';
import type { Store } from '../../store/store.ts';
import { assertNotNested, type Library } from './library.ts';
import { assertFolder } from './scan.ts';

/** Photos that are looked for at the new place. */
const sampled = 40;
/** So many of them must be there with their size: some may have been deleted or edited since. */
const leastShare = 0.5;

/** @throws DescryError `not-found`, `not-a-folder`, `no-permission`, `nested-folder`, `no-photos` where it holds other photos */
export async function moveFolder(library: Library, store: Store, id: number, to: string): Promise<void> {
  const folder = store.folders.get(id);
  if (!folder) throw new DescryError('not-found', 'The folder is not in the library any more.');
  await assertFolder(to);
  const real = await realpath(to);
  if (real === folder.path) return;
  const others = store.folders.all().flatMap((other) => (other.id === id ? [] : [other.path]));
  if (others.includes(real)) {
    throw new DescryError(
      'nested-folder',
      `${real} is in the library already. Remove ${folder.path} from the library: what is known of its photos stays.`,
      { parameters: { folder: real, outer: real } },
    );
  }
  assertNotNested(real, others, 'in the library already');
  const photos = store.photos.inFolder(id);
  const sample = photos.filter((_, i) => i % Math.ceil(photos.length / sampled) === 0);
  const found = await Promise.all(
    sample.map(async (photo) => {
      const file = await stat(path.join(real, path.relative(folder.path, photo.path))).catch(() => undefined);
      return file?.size === photo.bytes;
    }),
  );
  if (found.filter(Boolean).length < sample.length * leastShare) {
    throw new DescryError(
      'no-photos',
      `${real} does not hold the photos that ${folder.path} held. Choose the folder that holds them, under the same names.`,
      { parameters: { folder: real } },
    );
  }
  store.folders.move(id, folder.path, real);
  library.states.setAbsence(id, undefined);
}
