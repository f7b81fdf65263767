/**
 * The files of photos that are copied, dragged, deleted or opened in another program. Such an action goes by the path: a
 * subfolder may have been replaced by a symbolic link since the scan, and then the same path leads to another place.
 */
import pLimit from 'p-limit';
import { DescryError, reasonOf } from '../../models/errors.ts';
import type { FileFailure } from '../ipc/contract.ts';
import { checkInside } from '../vision/photo-file.ts';

const checksAtOnce = 32;

/**
 * The files that may be handed over, and why the others may not be: a photo is in the library no more, or a link on the way
 * to its file leads out of the library's folders now. A file that is not there is left to the action, which says so.
 */
export async function checked(
  paths: readonly (string | null)[],
  roots: readonly string[],
): Promise<{ files: string[]; failures: FileFailure[] }> {
  const limit = pLimit(checksAtOnce);
  const refusals = await Promise.all(paths.map((file) => limit(() => refusalOf(file, roots))));
  return {
    files: paths.filter((file, i) => file !== null && refusals[i] === null) as string[],
    failures: refusals.filter((refusal) => refusal !== null),
  };
}

async function refusalOf(file: string | null, roots: readonly string[]): Promise<FileFailure | null> {
  if (file === null) return { path: 'A photo', reason: 'it is not in the library any more' };
  try {
    await checkInside(file, roots);
    return null;
  } catch (error) {
    return isOutside(error) ? { path: file, reason: reasonOf(error) } : null;
  }
}

const isOutside = (error: unknown) => error instanceof DescryError && error.code === 'photo-outside';

/**
 * Of photos that are dragged or put on the clipboard, the files that may be handed over.
 * @throws DescryError `photo-outside` or `not-found` where there is none
 */
export async function filesToHandOver(
  paths: readonly (string | null)[],
  roots: readonly string[],
): Promise<[string, ...string[]]> {
  const { files } = await checked(paths, roots);
  const [first, ...others] = files;
  if (first !== undefined) return [first, ...others];
  for (const file of paths) if (file !== null) await checkInside(file, roots);
  throw new DescryError('not-found', 'The photos are not in the library any more.');
}

/**
 * A file that is opened in another program. That it is not there is said by what opens it.
 * @throws DescryError `photo-outside`
 */
export async function checkedFile(file: string, roots: readonly string[]): Promise<string> {
  await checkInside(file, roots).catch((error: unknown) => {
    if (isOutside(error)) throw error;
  });
  return file;
}
