import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** Bytes of a file, or of all files below a folder; 0 where there is none. */
export async function diskUse(place: string): Promise<number> {
  try {
    const information = await stat(place);
    if (!information.isDirectory()) return information.size;
    const entries = await readdir(place);
    const sizes = await Promise.all(entries.map((entry) => diskUse(path.join(place, entry))));
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch {
    return 0; // removed between listing and reading
  }
}
