import { fromHalf, rowsFromHalf, toHalf } from '../../models/files/half.ts';
import type { PhotoInformation } from '../ipc/contract.ts';
import type { Database } from './database.ts';
import { readFeature, readFeatureInto, storedFeature } from './feature-form.ts';
import { isEmbeddingNorm, isSoundFeature, squaredNorm } from './sound-numbers.ts';

/**
 * Version of the reading of metadata (electron/vision/metadata.ts). When it is raised, the metadata of all photos is read again
 * from their files, in the background, and no feature is computed for it.
 */
export const metadataVersion = 1;

/** The data of every photo that a search needs; entry i of each array is the i-th photo. Copies are separate entries. */
export interface SearchablePhotos {
  readonly photos: Int32Array;
  /** [photos, stride]: the embedding, and zeros */
  readonly embeddings: Float32Array;
  /** photos whose stored embedding is damaged; they are not in `photos` */
  readonly damaged: readonly number[];
}

const withoutEmbedding = `
  FROM features f LEFT JOIN embeddings e ON e.model = ? AND e.content = f.content
  WHERE f.encoder = ? AND e.content IS NULL AND EXISTS (SELECT 1 FROM photos p WHERE p.content = f.content)`;

/** All models with embeddings, by one step through the index for each (a skip scan): the time does not grow with the photos. */
const embeddingModels = `
  WITH RECURSIVE known (model) AS (
    SELECT min(model) FROM embeddings
    UNION ALL
    SELECT (SELECT min(e.model) FROM embeddings e WHERE e.model > known.model) FROM known WHERE known.model IS NOT NULL
  )
  SELECT model FROM known WHERE model IS NOT NULL`;

/** Contents and what is cached of them: one feature per encoder (feature-form.ts), one embedding per model, in half precision. */
export class Contents {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns the content's id, a new one for a new hash; an unused content is marked as used */
  ensure(hash: Uint8Array): number {
    const known = this.byHash(hash);
    if (known !== undefined) {
      this.#database
        .prepare('UPDATE contents SET unused_since = NULL WHERE id = ? AND unused_since IS NOT NULL')
        .run(known);
      return known;
    }
    return Number(this.#database.prepare('INSERT INTO contents (hash) VALUES (?)').run(hash).lastInsertRowid);
  }

  byHash(hash: Uint8Array): number | undefined {
    return this.#database.prepare<[Uint8Array], number>('SELECT id FROM contents WHERE hash = ?').pluck().get(hash);
  }

  hash(content: number): Buffer | undefined {
    return this.#database.prepare<[number], Buffer>('SELECT hash FROM contents WHERE id = ?').pluck().get(content);
  }

  /** Stores what the file says, and of a decoded photo, what is wrong with it. The place is looked up again where the location is another; see `toLocate`. */
  describe(content: number, information: PhotoInformation): void {
    this.#database
      .prepare(
        `UPDATE contents SET width = @width, height = @height, taken = @taken, camera = @camera,
         latitude = @latitude, longitude = @longitude, lens = @lens, exposure = @exposure, aperture = @aperture, iso = @iso,
         focal = @focal, metadata = @metadata, damage = iif(@decoded, @damage, damage),
         place = CASE WHEN latitude IS @latitude AND longitude IS @longitude THEN place END,
         country = CASE WHEN latitude IS @latitude AND longitude IS @longitude THEN country END
         WHERE id = @content`,
      )
      .run({
        ...information,
        content,
        metadata: metadataVersion,
        decoded: Number(information.damage !== undefined),
        damage: information.damage ?? null,
      });
  }

  /** How many contents have metadata that an earlier version read, so that it has to be read again. */
  outdatedMetadataCount(): number {
    return this.#database
      .prepare<[number], number>('SELECT count(*) FROM contents WHERE width IS NOT NULL AND metadata < ?')
      .pluck()
      .get(metadataVersion)!;
  }

  /**
   * Contents of the library's photos whose metadata was read by an earlier version, in the order of their ids.
   * @param folders only those with a photo in one of these
   */
  outdatedMetadata(folders: readonly number[], after: number, limit: number): number[] {
    return this.#database
      .prepare<[object], number>(
        // + keeps SQLite from the index of versions, after which it would sort all contents for each call
        `SELECT c.id FROM contents c WHERE c.id > @after AND c.width IS NOT NULL AND +c.metadata < @version
           AND EXISTS (SELECT 1 FROM photos p WHERE p.content = c.id
             AND p.folder IN (SELECT value FROM json_each(@folders)))
         ORDER BY c.id LIMIT @limit`,
      )
      .pluck()
      .all({ after, limit, version: metadataVersion, folders: JSON.stringify(folders) });
  }

  /** The metadata cannot be read any more; what is stored is kept. */
  keepMetadata(content: number): void {
    this.#database.prepare('UPDATE contents SET metadata = ? WHERE id = ?').run(metadataVersion, content);
  }

  /** Contents with a location for which no place was looked up. */
  toLocate(limit: number): { id: number; latitude: number; longitude: number }[] {
    return this.#database
      .prepare<[number], { id: number; latitude: number; longitude: number }>(
        'SELECT id, latitude, longitude FROM contents WHERE latitude IS NOT NULL AND place IS NULL LIMIT ?',
      )
      .all(limit);
  }

  /** @param place its number in the gazetteer; null: none is near. @param country ISO 3166-1 */
  setPlace(content: number, place: number | null, country: string | null): void {
    this.#database.prepare('UPDATE contents SET place = ?, country = ? WHERE id = ?').run(place ?? 0, country, content);
  }

  /** The cameras that photos were taken with, each once. */
  cameras(): string[] {
    return this.#database
      .prepare<[], string>('SELECT DISTINCT camera FROM contents WHERE camera IS NOT NULL ORDER BY camera')
      .pluck()
      .all();
  }

  /**
   * @param length how many numbers a feature of the encoder has; absent: any count
   * @returns undefined also where what is stored is damaged
   */
  feature(content: number, encoder: string, length?: number): Float32Array | undefined {
    const row = this.#featureRow(content, encoder);
    const feature = row && readFeature(row.data, row.packed);
    return feature && isSoundFeature(feature, length) ? feature : undefined;
  }

  /**
   * Features of many contents as the rows of one matrix: for each an index lookup and about 40 µs.
   *
   * @param length how many numbers a feature of the encoder has
   * @returns the contents that have one that can be used, in the order given, and theirs [contents, length]
   */
  featureRows(
    contents: readonly number[],
    encoder: string,
    length: number,
  ): { contents: number[]; rows: Float32Array<ArrayBuffer> } {
    const rows = new Float32Array(contents.length * length);
    const found: number[] = [];
    for (const content of contents) {
      const row = this.#featureRow(content, encoder);
      const out = rows.subarray(found.length * length, (found.length + 1) * length);
      if (row && readFeatureInto(row.data, row.packed, out) && isSoundFeature(out, length)) found.push(content);
    }
    return { contents: found, rows: rows.subarray(0, found.length * length) };
  }

  #featureRow(content: number, encoder: string): { data: unknown; packed: unknown } | undefined {
    return this.#database
      .prepare<[number, string], { data: unknown; packed: unknown }>(
        'SELECT data, packed FROM features WHERE content = ? AND encoder = ?',
      )
      .get(content, encoder);
  }

  /** Whether there is a feature that can be used. A damaged one is deleted, so that it is computed anew. */
  hasSoundFeature(content: number, encoder: string, length?: number): boolean {
    if (!this.hasFeature(content, encoder)) return false;
    if (this.feature(content, encoder, length)) return true;
    this.removeFeatures(encoder, content);
    return false;
  }

  hasFeature(content: number, encoder: string): boolean {
    return (
      this.#database
        .prepare<[number, string], number>('SELECT 1 FROM features WHERE content = ? AND encoder = ?')
        .pluck()
        .get(content, encoder) === 1
    );
  }

  /**
   * Stores a feature, as exactly as feature-form.ts says, and deletes the content's embeddings that were made from features of this encoder (of any version), or
   * from those of an unknown encoder. Features and embeddings of other encoders stay. Nothing is stored if the content was
   * deleted meanwhile.
   *
   * @param encoder key of the encoder, see `Encoders`
   */
  setFeature(content: number, encoder: string, feature: Float32Array): void {
    const { data, packed } = storedFeature(feature);
    this.#database
      .prepare(
        'INSERT OR REPLACE INTO features (content, encoder, data, packed) SELECT id, ?, ?, ? FROM contents WHERE id = ?',
      )
      .run(encoder, data, packed, content);
    this.#database
      .prepare(
        `DELETE FROM embeddings WHERE content = @content AND model IN (${embeddingModels}) AND model NOT IN (
           SELECT model FROM model_encoders WHERE encoder <> (SELECT id FROM encoders WHERE key = @encoder))`,
      )
      .run({ content, encoder });
  }

  /** Keys of the encoders that a content, or any content, has features of. */
  encoders(content?: number): string[] {
    const some = content === undefined ? '' : 'WHERE content = @content';
    return this.#database
      .prepare<[object], string>(`SELECT DISTINCT encoder FROM features ${some}`)
      .pluck()
      .all({ content: content ?? null });
  }

  /** Deletes the features of an encoder, of a content or of all. @returns how many */
  removeFeatures(encoder: string, content?: number): number {
    const some = content === undefined ? '' : 'AND content = @content';
    return this.#database
      .prepare(`DELETE FROM features WHERE encoder = @encoder ${some}`)
      .run({ encoder, content: content ?? null }).changes;
  }

  /** Nothing is stored if the content was deleted meanwhile. */
  setEmbedding(content: number, model: string, embedding: Float32Array): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO embeddings (model, content, data) SELECT ?, id, ? FROM contents WHERE id = ?')
      .run(model, bytes(embedding), content);
  }

  /** @returns undefined also where what is stored is damaged */
  embedding(content: number, model: string): Float32Array | undefined {
    const data = this.#database
      .prepare<[string, number]>('SELECT data FROM embeddings WHERE model = ? AND content = ?')
      .pluck()
      .get(model, content);
    const embedding = halves(data);
    return embedding && isEmbeddingNorm(squaredNorm(embedding)) ? embedding : undefined;
  }

  /** The photo waits for indexing then. */
  removeEmbedding(content: number, model: string): void {
    this.#database.prepare('DELETE FROM embeddings WHERE model = ? AND content = ?').run(model, content);
  }

  /** The number of the embedding that was stored last. */
  lastEmbedding(): number {
    return this.#database.prepare<[], number | null>('SELECT max(rowid) FROM embeddings').pluck().get() ?? 0;
  }

  /** Embeddings of a model that were stored after another one, with the photos that they are of, without damaged ones. */
  embeddedAfter(
    after: number,
    model: string,
    limit: number,
  ): { row: number; photo: number; embedding: Float32Array }[] {
    return this.#database
      .prepare<[number, string, number], { row: number; photo: number; data: Buffer }>(
        // + keeps SQLite from the index of models, in which it would read all embeddings
        `SELECT e.rowid AS row, p.id AS photo, e.data FROM embeddings e CROSS JOIN photos p ON p.content = e.content
         WHERE e.rowid > ? AND +e.model = ? ORDER BY e.rowid LIMIT ?`,
      )
      .all(after, model, limit)
      .flatMap(({ row, photo, data }) => {
        const embedding = halves(data);
        return embedding && isEmbeddingNorm(squaredNorm(embedding)) ? [{ row, photo, embedding }] : [];
      });
  }

  /** Contents of library photos that have a feature of `encoder` but no embedding of `model`. */
  toProject(encoder: string, model: string, limit: number): number[] {
    return this.#database
      .prepare<[string, string, number], number>(`SELECT f.content ${withoutEmbedding} LIMIT ?`)
      .pluck()
      .all(model, encoder, limit);
  }

  toProjectCount(encoder: string, model: string): number {
    return this.#database
      .prepare<[string, string], number>(`SELECT count(*) ${withoutEmbedding}`)
      .pluck()
      .get(model, encoder)!;
  }

  /**
   * Reads all embeddings of a model into one matrix: 100,000 × 512 in about 0.4 s, most of it SQLite's reading of rows.
   * @param stride numbers per row of the matrix, `dimensions` or more
   */
  searchable(model: string, dimensions: number, stride = dimensions): SearchablePhotos {
    return this.#database.snapshot(() => {
      const from = 'FROM embeddings e CROSS JOIN photos p ON p.content = e.content';
      const count = this.#database
        .prepare<[string], number>(`SELECT count(*) ${from} WHERE e.model = ?`)
        .pluck()
        .get(model)!;
      const photos = new Int32Array(count);
      const embeddings = new Float32Array(count * stride);
      const damaged: number[] = [];
      // The half-precision numbers are collected at the end of the matrix and converted in place, from the start. The writing
      // position never passes the reading position.
      const halves = new Uint16Array(
        embeddings.buffer,
        embeddings.byteLength - count * dimensions * 2,
        count * dimensions,
      );
      const gathered = new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength);
      const rows = this.#database
        .prepare<[string], [number, unknown]>(`SELECT p.id, e.data ${from} WHERE e.model = ?`)
        .raw()
        .iterate(model);
      let row = 0;
      for (const [photo, data] of rows) {
        // A damaged count of rows must not write past the matrix.
        if (!Buffer.isBuffer(data) || data.length !== dimensions * 2 || row === count) {
          damaged.push(photo);
          continue;
        }
        photos[row] = photo;
        gathered.set(data, row++ * dimensions * 2);
      }
      const squares = rowsFromHalf(halves.subarray(0, row * dimensions), dimensions, embeddings, stride);
      const sound = leaveOutDamaged(photos, embeddings, stride, squares, damaged);
      return { photos: photos.subarray(0, sound), embeddings: embeddings.subarray(0, sound * stride), damaged };
    });
  }

  /** Some contents of the library's photos with their features, the same ones each time. */
  sample(encoder: string, limit: number): { id: number; feature: Float32Array }[] {
    return this.#database
      .prepare<[string, number], { id: number; data: unknown; packed: unknown }>(
        `SELECT f.content AS id, f.data, f.packed FROM features f
         WHERE f.encoder = ? AND EXISTS (SELECT 1 FROM photos p WHERE p.content = f.content)
         ORDER BY f.content * 2654435761 % 4294967296 LIMIT ?`,
      )
      .all(encoder, limit)
      .flatMap(({ id, data, packed }) => {
        const feature = readFeature(data, packed);
        return feature && isSoundFeature(feature) ? [{ id, feature }] : [];
      });
  }

  removeModel(model: string): void {
    this.#database.prepare('DELETE FROM embeddings WHERE model = ?').run(model);
    this.#database.prepare('DELETE FROM model_encoders WHERE model = ?').run(model);
    this.#database.prepare('DELETE FROM region_directions WHERE model = ?').run(model);
  }
}

/**
 * Moves the rows after a damaged one up.
 * @param squares squared norms of the rows
 * @param damaged the photos of damaged rows are added
 * @returns how many rows are left
 */
function leaveOutDamaged(
  photos: Int32Array,
  rows: Float32Array,
  stride: number,
  squares: Float32Array,
  damaged: number[],
): number {
  let sound = 0;
  squares.forEach((squared, row) => {
    if (!isEmbeddingNorm(squared)) {
      damaged.push(photos[row]!);
      return;
    }
    if (sound !== row) {
      photos[sound] = photos[row]!;
      rows.copyWithin(sound * stride, row * stride, (row + 1) * stride);
    }
    sound++;
  });
  return sound;
}

function bytes(values: Float32Array): Buffer {
  return Buffer.from(toHalf(values).buffer);
}

/** @returns undefined where a damaged database has something else than numbers there */
function halves(data: unknown): Float32Array<ArrayBuffer> | undefined {
  if (!Buffer.isBuffer(data) || data.length % 2 !== 0) return undefined;
  const aligned = data.byteOffset % 2 === 0 ? data : Buffer.from(data);
  return fromHalf(new Uint16Array(aligned.buffer, aligned.byteOffset, data.length / 2));
}
