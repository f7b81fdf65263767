import { nibblesOf, type RegionRows } from './region-rows.ts';
import type { Database } from './database.ts';

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
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Nothing is stored where the content has no feature of the encoder. */
  set(content: number, { encoder, version }: WantedRegions, data: Uint8Array): void {
    this.#database
      .prepare(
        `INSERT OR REPLACE INTO regions (content, encoder, version, data)
         SELECT content, encoder, ?, ? FROM features WHERE content = ? AND encoder = ?`,
      )
      .run(version, data, content, encoder);
  }

  get(content: number, { encoder, version }: WantedRegions): Uint8Array | undefined {
    return this.#database
      .prepare<[number, string, number], Buffer>(
        'SELECT data FROM regions WHERE content = ? AND encoder = ? AND version = ?',
      )
      .pluck()
      .get(content, encoder, version);
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

  /** Nothing is stored where the content has no embedding of the model. @param rows [regions, dimensions] */
  setEmbeddings(content: number, model: string, rows: Float32Array, regions: number): void {
    this.#database
      .prepare(
        `INSERT OR REPLACE INTO region_embeddings (model, content, data)
         SELECT model, content, ? FROM embeddings WHERE model = ? AND content = ?`,
      )
      .run(nibblesOf(rows, regions), model, content);
  }

  /** What is stored of a content's regions is made again from the photo. */
  remove(content: number, { encoder }: Pick<WantedRegions, 'encoder'>): void {
    this.#database.prepare('DELETE FROM regions WHERE content = ? AND encoder = ?').run(content, encoder);
  }

  /** Embeddings are made again from what is stored of the regions. */
  removeEmbeddings(content: number, model: string): void {
    this.#database.prepare('DELETE FROM region_embeddings WHERE model = ? AND content = ?').run(model, content);
  }

  /** Embeddings of the regions by a model, for many contents one after the other; they may be damaged: see `areSound`. */
  reader(model: string): (content: number) => RegionRows | undefined {
    const statement = this.#database
      .prepare<[string, number], Buffer>('SELECT data FROM region_embeddings WHERE model = ? AND content = ?')
      .pluck();
    return (content) => statement.get(model, content);
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
