import { packBytes, unpackBytes } from '../../models/files/packed-bytes.ts';
import type { Database } from './database.ts';
import { RegionDirections } from './region-directions.ts';
import { along, areSound, differences, nibblesOf, regionScores, type RegionRows } from './region-rows.ts';

/** What an encoder stores of a photo's regions, and in which version. */
export interface WantedRegions {
  /** key of the encoder's features */
  readonly encoder: string;
  readonly version: number;
}

const withoutEmbeddings = `
  FROM regions r
  JOIN embeddings e ON e.model = @model AND e.content = r.content
  LEFT JOIN region_embeddings done ON done.model = @model AND done.content = r.content
  WHERE r.encoder = @encoder AND r.version = @version AND done.content IS NULL
    AND EXISTS (SELECT 1 FROM photos p WHERE p.content = r.content)`;

const unread = `
  FROM features f
  LEFT JOIN regions r ON r.content = f.content AND r.encoder = f.encoder
  WHERE f.encoder = @encoder AND (r.version IS NULL OR r.version < @version)
    AND EXISTS (SELECT 1 FROM photos p WHERE p.content = f.content)`;

/**
 * Regions of photos: what their encoder stores of them, which lives as long as the feature, and their embeddings, which live as
 * long as the photo's embedding. A new feature or embedding deletes them.
 */
export class Regions {
  /** of the differences between embeddings of regions and those of their photos */
  readonly directions: RegionDirections;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.directions = new RegionDirections(database);
  }

  /** Nothing is stored where the content has no feature of the encoder. */
  set(content: number, { encoder, version }: WantedRegions, data: Uint8Array): void {
    this.#database
      .prepare(
        `INSERT OR REPLACE INTO regions (content, encoder, version, data, packed)
         SELECT content, encoder, ?, ?, 1 FROM features WHERE content = ? AND encoder = ?`,
      )
      .run(version, packBytes(data), content, encoder);
  }

  /** @returns undefined also where what is stored is damaged */
  get(content: number, { encoder, version }: WantedRegions): Uint8Array | undefined {
    const row = this.#database
      .prepare<[number, string, number], { data: Buffer; packed: number }>(
        'SELECT data, packed FROM regions WHERE content = ? AND encoder = ? AND version = ?',
      )
      .get(content, encoder, version);
    return row && (row.packed === 0 ? row.data : unpackBytes(row.data));
  }

  has(content: number, { encoder, version }: WantedRegions): boolean {
    return (
      this.#database
        .prepare<[number, string, number], number>(
          'SELECT 1 FROM regions WHERE content = ? AND encoder = ? AND version = ?',
        )
        .pluck()
        .get(content, encoder, version) === 1
    );
  }

  /**
   * Nothing is stored where the content has no embedding of the model.
   *
   * @param rows [regions, dimensions]
   * @param whole the photo's embedding: where directions of the model are known, the differences from it are stored along them
   */
  setEmbeddings(content: number, model: string, rows: Float32Array, regions: number, whole?: Float32Array): void {
    const directions = whole && this.directions.of(model);
    const stored = directions && whole ? along(directions, differences(rows, whole)) : rows;
    this.#database
      .prepare(
        `INSERT OR REPLACE INTO region_embeddings (model, content, data, directions)
         SELECT model, content, ?, ? FROM embeddings WHERE model = ? AND content = ?`,
      )
      .run(nibblesOf(stored, regions), directions?.id ?? null, model, content);
  }

  /** What is stored of a content's regions is made again from the photo. */
  remove(content: number, { encoder }: Pick<WantedRegions, 'encoder'>): void {
    this.#database.prepare('DELETE FROM regions WHERE content = ? AND encoder = ?').run(content, encoder);
  }

  /** Embeddings are made again from what is stored of the regions. */
  removeEmbeddings(content: number, model: string): void {
    this.#database.prepare('DELETE FROM region_embeddings WHERE model = ? AND content = ?').run(model, content);
  }

  /** Whether embeddings of a content's regions are stored; they may be damaged. */
  hasEmbeddings(content: number, model: string): boolean {
    return this.#row(content, model) !== undefined;
  }

  /**
   * Scores of the regions of many contents, one after the other, for one sentence.
   *
   * @param query the sentence's embedding [dimensions]
   * @returns a function: `whole` is the inner product of the sentence with the photo, `out` [regions] is filled with those with
   * its regions; false where none are stored, 'damaged' where they cannot be used
   */
  scorer(
    model: string,
    query: Float32Array,
  ): (content: number, whole: number, out: Float32Array) => boolean | 'damaged' {
    const directions = this.directions.of(model);
    const shares = directions && along(directions, query);
    return (content, whole, out) => {
      const row = this.#row(content, model);
      if (!row) return false;
      if (row.directions === null) {
        if (!areSound(row.data, out.length, query.length)) return 'damaged';
        regionScores(row.data, query, out);
        return true;
      }
      if (row.directions !== directions?.id || !areSound(row.data, out.length, shares!.length, 'difference')) {
        return 'damaged';
      }
      regionScores(row.data, shares!, out);
      for (let i = 0; i < out.length; i++) out[i]! += whole;
      return true;
    };
  }

  #row(content: number, model: string): { data: RegionRows; directions: number | null } | undefined {
    return this.#database
      .prepare<[string, number], { data: Buffer; directions: number | null }>(
        'SELECT data, directions FROM region_embeddings WHERE model = ? AND content = ?',
      )
      .get(model, content);
  }

  /**
   * Embeddings of regions that are stored whole, although directions of their model are known, among the rows numbered
   * `after` + 1 to `after` + `limit`.
   * @returns undefined after the last row
   */
  wholeEmbeddings(model: string, after: number, limit: number): { content: number; data: RegionRows }[] | undefined {
    const last = this.#database.prepare<[], number | null>('SELECT max(rowid) FROM region_embeddings').pluck().get();
    if ((last ?? 0) <= after) return undefined;
    return this.#database
      .prepare<[number, number, string], { content: number; data: Buffer }>(
        // + keeps SQLite from the index of models, in which it would read all rows
        `SELECT content, data FROM region_embeddings
         WHERE rowid > ? AND rowid <= ? AND +model = ? AND directions IS NULL`,
      )
      .all(after, after + limit, model);
  }

  /** Some contents whose regions and embedding are stored, the same ones each time. */
  sample({ encoder, version }: WantedRegions, model: string, limit: number): number[] {
    return this.#database
      .prepare<[object], number>(
        `SELECT r.content FROM regions r JOIN embeddings e ON e.model = @model AND e.content = r.content
         WHERE r.encoder = @encoder AND r.version = @version
         ORDER BY r.content * 2654435761 % 4294967296 LIMIT @limit`,
      )
      .pluck()
      .all({ encoder, version, model, limit });
  }

  /**
   * Contents of library photos whose regions are stored, but have no embeddings by the model, although the photo has, in the order
   * of their ids.
   */
  toProject(wanted: WantedRegions, model: string, after: number, limit: number): number[] {
    return this.#database
      .prepare<[object], number>(
        `SELECT r.content ${withoutEmbeddings} AND r.content > @after ORDER BY r.content LIMIT @limit`,
      )
      .pluck()
      .all({ ...wanted, model, after, limit });
  }

  /**
   * Contents of library photos with a feature, of whose regions nothing is stored, in the order of their ids.
   * @param folders only those with a photo in one of these
   */
  unread(wanted: WantedRegions, folders: readonly number[], after: number, limit: number): number[] {
    return this.#database
      .prepare<[object], number>(
        `SELECT f.content ${unread} AND f.content > @after
           AND EXISTS (SELECT 1 FROM photos p WHERE p.content = f.content
             AND p.folder IN (SELECT value FROM json_each(@folders)))
         ORDER BY f.content LIMIT @limit`,
      )
      .pluck()
      .all({ ...wanted, after, limit, folders: JSON.stringify(folders) });
  }

  unreadCount(wanted: WantedRegions): number {
    return this.#database
      .prepare<[object], number>(`SELECT count(*) ${unread}`)
      .pluck()
      .get({ ...wanted })!;
  }
}
