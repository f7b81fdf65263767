/**
 * Gives the photos of a library that exist only as rows (large-library.ts) files of their own: small JPEGs that differ in their last
 * bytes, 400 in each folder. The rows get the sizes and times of the files, so that a scan finds nothing new and nothing changed.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import sharp from 'sharp';
import { CannotMeasure } from './measure.ts';

const filesPerFolder = 400;

/**
 * @param home the library; it may be copied to another place afterwards, its photos stay where they are
 * @param folder where the files are put; 100,000 take 400 MB
 * @returns how many photos have a file now
 */
export async function makeRealFiles(home: string, folder: string): Promise<number> {
  const picture = await sharp({ create: { width: 16, height: 12, channels: 3, background: '#7a5' } })
    .jpeg()
    .toBuffer();
  const bytes = Buffer.concat([picture, Buffer.alloc(8)]);
  const database = new Sqlite(path.join(home, 'library.db'));
  try {
    const away = database
      .prepare<[], { id: number; path: string }>('SELECT id, path FROM folders')
      .all()
      .find((row) => path.basename(row.path) === 'folder-that-is-away');
    if (!away) throw new CannotMeasure(`${home} is not a library of large-library.ts.`);
    const photos = database
      .prepare<[number], number>('SELECT id FROM photos WHERE folder = ? ORDER BY id')
      .pluck()
      .all(away.id);
    const update = database.prepare('UPDATE photos SET path = ?, bytes = ?, modified = ?, changed = ? WHERE id = ?');
    database.transaction(() => {
      database.prepare('UPDATE folders SET path = ? WHERE id = ?').run(folder, away.id);
      for (const [i, id] of photos.entries()) {
        const inside = path.join(folder, String(Math.floor(i / filesPerFolder)).padStart(5, '0'));
        if (i % filesPerFolder === 0) mkdirSync(inside, { recursive: true });
        const file = path.join(inside, `IMG_${String(i).padStart(7, '0')}.jpg`);
        bytes.writeUInt32LE(i, picture.length);
        writeFileSync(file, bytes);
        const { size, mtimeMs, ctimeMs } = statSync(file);
        update.run(file, size, Math.floor(mtimeMs), Math.floor(ctimeMs), id);
      }
    })();
    database.pragma('wal_checkpoint(TRUNCATE)');
    return photos.length;
  } finally {
    database.close();
  }
}
