/** Unpacks the pinned files of a tarball whose hash was checked, and checks the hash of each file. */
import { constants } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as tar from 'tar';
import type { PinnedPackage } from '../../../models/contract/weights.ts';
import { DescryError } from '../../../models/errors.ts';
import { sha256, sizeOf } from './folder.ts';

/** @param onProgress bytes unpacked so far, and in total */
export async function unpack(
  tarball: string,
  wanted: PinnedPackage,
  folder: string,
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<void> {
  const paths = new Set(wanted.files.map((file) => file.path));
  const total = wanted.files.reduce((sum, file) => sum + file.bytes, 0);
  let done = 0;
  await tar.extract({
    file: tarball,
    cwd: folder,
    strip: 1, // in npm's tarballs everything is below package/
    filter: (entry, header) => 'type' in header && header.type === 'File' && paths.has(entry.replace(/^[^/]*\//, '')),
    preserveOwner: false,
    noMtime: true, // npm dates every file 1985
    strict: true,
    onReadEntry: (entry) => {
      done += entry.size;
      onProgress(Math.min(done, total), total);
    },
  });
  const wrong = await firstNotAsPinned(folder, wanted);
  if (wrong === undefined) return;
  throw new DescryError(
    'asset-corrupt',
    `${wrong} of ${wanted.name}@${wanted.version} does not have the pinned hash and is not used.`,
  );
}

/**
 * Copies the pinned files from a folder that an earlier version of Descry made of the same package, so that a new conversion
 * needs no download.
 *
 * @returns whether all of them exist and have the pinned hash
 */
export async function copyPinnedFiles(older: string, wanted: PinnedPackage, folder: string): Promise<boolean> {
  if ((await firstNotAsPinned(older, wanted)) !== undefined) return false;
  for (const file of wanted.files) {
    const target = path.join(folder, file.path);
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(path.join(older, file.path), target, constants.COPYFILE_FICLONE);
  }
  return (await firstNotAsPinned(folder, wanted)) === undefined;
}

/** @returns the path inside the package of a file that is missing or differs */
async function firstNotAsPinned(folder: string, wanted: PinnedPackage): Promise<string | undefined> {
  for (const file of wanted.files) {
    const found = path.join(folder, file.path);
    if ((await sizeOf(found)) !== file.bytes || (await sha256(found)) !== file.sha256) return file.path;
  }
  return undefined;
}
