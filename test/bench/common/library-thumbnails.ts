/**
 * Thumbnails and previews for a library whose photos exist only as rows (large-library.ts), as indexing leaves them. A few hundred
 * different pictures, each linked under many names, so that 100,000 take little of the disk.
 */
import { linkSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import sharp from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { systemCode } from '../../../models/errors.ts';
import { drawPhotos } from '../../fixtures/drawn-photos.ts';

const different = 400;

interface Drawn {
  readonly thumbnail: string;
  readonly preview: Uint8Array;
}

/** @param home a library of makeLargeLibrary, of this or an earlier version of Descry, which has no previews */
export async function addThumbnails(home: string): Promise<void> {
  const drawn = await drawThumbnails(path.join(home, 'pictures'));
  const database = new Sqlite(path.join(home, 'library.db'));
  try {
    const contents = database.prepare<[], { id: number; hash: Buffer }>('SELECT id, hash FROM contents').all();
    const folders = new Set<string>();
    for (const [i, { hash }] of contents.entries()) {
      const name = hash.toString('hex', 0, 16);
      const folder = path.join(home, 'thumbnails', name.slice(0, 2));
      if (!folders.has(folder)) mkdirSync(folder, { recursive: true });
      folders.add(folder);
      try {
        linkSync(drawn[i % different]!.thumbnail, path.join(folder, `${name}.webp`));
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error;
      }
    }
    const table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'previews'";
    if (database.prepare(table).get() === undefined) return;
    const insert = database.prepare('INSERT OR REPLACE INTO previews (content, data) VALUES (?, ?)');
    database.transaction(() => {
      for (const [i, { id }] of contents.entries()) insert.run(id, drawn[i % different]!.preview);
    })();
    database.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
}

async function drawThumbnails(folder: string): Promise<Drawn[]> {
  const files = await drawPhotos(folder, { count: different, width: 640, height: 480, seed: 3 });
  return Promise.all(
    files.map(async (file) => {
      const thumbnail = file.replace(/\.jpg$/, '.webp');
      await sharp(file).resize(512, 512, { fit: 'inside' }).blur(0.8).webp({ quality: 78 }).toFile(thumbnail);
      const { data, info } = await sharp(file).resize(80, 80, { fit: 'inside' }).ensureAlpha().raw().toBuffer({
        resolveWithObject: true,
      });
      return { thumbnail, preview: rgbaToThumbHash(info.width, info.height, data) };
    }),
  );
}
