import { fromHalf, halvesOf } from '../../models/files/half.ts';
import type { PhotoInformation } from '../ipc/contract.ts';
import type { Database } from './database.ts';
import { embeddingOf, isInBytes, EmbeddingReader, storedDimensions, storedEmbedding } from './embedding-bytes.ts';
import { readFeature, readFeatureInto, storedFeature, type FeatureForm } from './feature-form.ts';
import { isSoundFeature } from './sound-numbers.ts';

/**
 * Version of the reading of metadata (electron/vision/metadata.ts). When it is raised, the metadata of all photos is read again
 * from their files, in the background, and no feature is computed for it.
 */
export const metadataVersion = 1;

/** What `embeddings` calls for each photo; copies of a content are separate photos. */
export interface EmbeddingsOf {
  /** @param integers [dimensions], overwritten after the call; see embedding-bytes.ts */
  readonly add: (photo: number, level: number, integers: Int8Array) => void;
  /** the photo's embedding is damaged */
  readonly damaged: (photo: number) => void;
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

/** Contents and what is cached of them: one feature per encoder (feature-form.ts), one embedding per model (embedding-bytes.ts). */
export class Contents {
  readonly #database: Database;
  readonly #form: (encoder: string) => FeatureForm;

  /** @param form how features under a key are stored */
  constructor(database: Database, form: (encoder: string) => FeatureForm = () => 'packed') {
    this.#database = database;
    this.#form = form;
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
    const { data, packed } = storedFeature(feature, this.#form(encoder));
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
      .run(model, storedEmbedding(embedding), content);
  }

  /** @returns undefined also where what is stored is damaged */
  embedding(content: number, model: string): Float32Array | undefined {
    const data = this.#database
      .prepare<[string, number]>('SELECT data FROM embeddings WHERE model = ? AND content = ?')
      .pluck()
      .get(model, content);
    return embeddingIn(data);
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
        const embedding = embeddingIn(data);
        return embedding ? [{ row, photo, embedding }] : [];
      });
  }

  /**
   * Contents of library photos that have a feature of `encoder` but no embedding of `model`, in the order of their ids.
   * @param after only those with a greater id: without it, each call would step over all that earlier ones have projected
   */
  toProject(encoder: string, model: string, limit: number, after = 0): number[] {
    return this.#database
      .prepare<[string, string, number, number], number>(
        `SELECT f.content ${withoutEmbedding} AND f.content > ? ORDER BY f.content LIMIT ?`,
      )
      .pluck()
      .all(model, encoder, after, limit);
  }

  toProjectCount(encoder: string, model: string): number {
    return this.#database
      .prepare<[string, string], number>(`SELECT count(*) ${withoutEmbedding}`)
      .pluck()
      .get(model, encoder)!;
  }

  /**
   * Reads embeddings of a model with the photos that they are of, in the order of the contents.
   *
   * @param after only contents with a greater id; 0: from the first one
   * @param limit how many contents
   * @returns the last content that was read; undefined: there are no more
   */
  embeddings(
    model: string,
    dimensions: number,
    { add, damaged }: EmbeddingsOf,
    after: number,
    limit: number,
  ): number | undefined {
    const last = this.#database
      .prepare<[string, number, number], number>(
        'SELECT content FROM embeddings WHERE model = ? AND content > ? ORDER BY content LIMIT 1 OFFSET ?',
      )
      .pluck()
      .get(model, after, limit - 1);
    const statement = this.#database
      .prepare<[string, number, number], [number, unknown]>(
        `SELECT p.id, e.data FROM embeddings e CROSS JOIN photos p ON p.content = e.content
         WHERE e.model = ? AND e.content > ? AND e.content <= ? ORDER BY e.content`,
      )
      .raw();
    const rows = this.#database.once(() => statement.all(model, after, last ?? Number.MAX_SAFE_INTEGER));
    const reader = new EmbeddingReader(dimensions);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const level = reader.read(row[1]);
      if (level === undefined) damaged(row[0]);
      else add(row[0], level, reader.integers);
    }
    return last;
  }

  /**
   * Stores embeddings in 8 bits that an earlier version stored in half precision; searches read both. Damaged ones stay as they are,
   * and are found by the next search.
   *
   * @param after only rows with a greater number (`lastEmbedding`)
   * @param limit how many rows are looked at
   * @returns the number of the last row that was looked at; undefined: there are no more
   */
  storeInBytes(after: number, limit: number): number | undefined {
    const rows = this.#database
      .prepare<[number, number], { row: number; data: unknown }>(
        'SELECT rowid AS row, data FROM embeddings WHERE rowid > ? ORDER BY rowid LIMIT ?',
      )
      .all(after, limit);
    const update = this.#database.prepare<[Buffer, number, unknown]>(
      // not where another process has stored another one meanwhile
      'UPDATE embeddings SET data = ? WHERE rowid = ? AND data = ?',
    );
    this.#database.transaction(() => {
      for (const { row, data } of rows) {
        if (!Buffer.isBuffer(data) || isInBytes(data)) continue;
        const halves = halvesOf(data);
        if (halves && embeddingIn(data)) update.run(storedEmbedding(fromHalf(halves)), row, data);
      }
    });
    return rows.at(-1)?.row;
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

/** @returns undefined where what is stored is damaged */
function embeddingIn(data: unknown): Float32Array<ArrayBuffer> | undefined {
  if (!Buffer.isBuffer(data)) return undefined;
  const reader = new EmbeddingReader(storedDimensions(data));
  const level = reader.read(data);
  return level === undefined ? undefined : embeddingOf(reader.integers, level);
}
