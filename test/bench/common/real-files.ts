/**
 * Small JPEGs that differ in their last bytes, 400 in each folder, for the rows of a large library: a scan of them finds nothing new
 * and nothing changed.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import type { LargeLibraryOptions } from './large-library.ts';

const filesPerFolder = 400;

/** @param folder where they are written as they are asked for; 100,000 take 400 MB of disk and 5 s */
export async function realFiles(folder: string): Promise<NonNullable<LargeLibraryOptions['files']>> {
  const picture = await sharp({ create: { width: 16, height: 12, channels: 3, background: '#7a5' } })
    .jpeg()
    .toBuffer();
  const bytes = Buffer.concat([picture, Buffer.alloc(4)]);
  return {
    folder,
    file: (index) => {
      const inside = path.join(folder, String(Math.floor(index / filesPerFolder)).padStart(5, '0'));
      if (index % filesPerFolder === 0) mkdirSync(inside, { recursive: true });
      const file = path.join(inside, `IMG_${String(index).padStart(7, '0')}.jpg`);
      bytes.writeUInt32LE(index, picture.length);
      writeFileSync(file, bytes);
      const { size, mtimeMs, ctimeMs } = statSync(file);
      return { path: file, bytes: size, modified: Math.floor(mtimeMs), changed: Math.floor(ctimeMs) };
    },
  };
}
