/**
 * A library of many photos that exist only as rows: each has its own content, feature and embedding, but no file. Their folder
 * does not exist, so that Descry treats it as a disconnected disk and keeps the photos.
 *
 * The checkout's own command line first indexes one drawn photo, and the rows copy its encoder, model and lengths. So the
 * library has the format of that checkout, and a newer checkout upgrades it at its first start.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { toHalf } from '../../../models/files/half.ts';
import { seededRandom } from '../../../models/math/random.ts';
import { drawPhotos } from '../../fixtures/drawn-photos.ts';
import { CannotMeasure } from './measure.ts';

/**
 * @param home an empty folder, which becomes the library; 100,000 photos take 1 GB
 * @param checkout whose command line makes the library
 */
export async function makeLargeLibrary(home: string, checkout: string, photos: number): Promise<void> {
  const folder = path.join(home, 'one-photo');
  await drawPhotos(folder, { count: 1, width: 500, height: 375, seed: 7 });
  const program = [path.join(checkout, 'build/scripts/run.mjs'), path.join(checkout, 'electron/cli.ts')];
  const { status, stderr } = spawnSync(process.execPath, [...program, 'index', folder, '--home', home], {
    cwd: checkout,
    encoding: 'utf8',
  });
  if (status !== 0) throw new CannotMeasure(`${checkout} could not index a photo: ${stderr}`);
  addPhotos(path.join(home, 'library.db'), path.join(home, 'folder-that-is-away'), photos);
}

interface Example {
  readonly encoder: string;
  readonly featureBytes: number;
  readonly model: string;
  readonly embeddingBytes: number;
}

function addPhotos(file: string, folder: string, photos: number): void {
  const database = new Sqlite(file);
  try {
    const example = database
      .prepare<[], Example>(
        `SELECT f.encoder, length(f.data) AS featureBytes, e.model, length(e.data) AS embeddingBytes
         FROM features f JOIN embeddings e ON e.content = f.content`,
      )
      .get();
    if (!example) throw new CannotMeasure(`${file} holds no photo with a feature and an embedding.`);
    const insert = {
      content: database.prepare('INSERT INTO contents (hash, width, height, taken) VALUES (?, ?, ?, ?)'),
      photo: database.prepare('INSERT INTO photos (folder, path, bytes, modified, content) VALUES (?, ?, ?, ?, ?)'),
      feature: database.prepare('INSERT INTO features (content, encoder, data) VALUES (?, ?, ?)'),
      embedding: database.prepare('INSERT INTO embeddings (model, content, data) VALUES (?, ?, ?)'),
    };
    const random = seededRandom(1);
    // A search reads no features, so all rows have the same one; only their number and size matter.
    const feature = Buffer.alloc(example.featureBytes, 0x30);
    const hash = Buffer.alloc(32, 0xff);
    const firstDay = Date.UTC(2005, 0, 1);
    database.transaction(() => {
      const { lastInsertRowid } = database.prepare('INSERT INTO folders (path) VALUES (?)').run(folder);
      for (let i = 0; i < photos; i++) {
        hash.writeUInt32LE(i);
        const taken = firstDay + i * 6_000_000;
        const content = insert.content.run(hash, 4, i % 3 === 0 ? 5 : 3, taken).lastInsertRowid;
        insert.photo.run(lastInsertRowid, path.join(folder, `${i}.jpg`), 1_000_000, taken, content);
        insert.feature.run(content, example.encoder, feature);
        insert.embedding.run(example.model, content, unitVector(example.embeddingBytes / 2, random));
      }
    })();
    // As Descry leaves it when it is closed: with statistics of these rows, and not of the one photo. 0x10002: of all tables.
    database.pragma('optimize = 0x10002');
    database.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
}

/** In half precision, as embeddings are stored. */
function unitVector(dimensions: number, random: ReturnType<typeof seededRandom>): Buffer {
  const values = Float32Array.from({ length: dimensions }, () => random.uniform() - 0.5);
  const norm = Math.hypot(...values);
  return Buffer.from(toHalf(values.map((value) => value / norm)).buffer);
}
