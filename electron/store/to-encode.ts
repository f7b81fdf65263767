import type { Database } from './database.ts';

/** Which contents: those of photos in these folders, with ids `from` to `to` (inclusive). */
export interface Among {
  readonly folders: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** Photos that were opened without success, and those whose file is missing, are left out. */
const openable = `
  c.id BETWEEN @from AND @to AND EXISTS (
    SELECT 1 FROM photos p LEFT JOIN failures x ON x.photo = p.id
    WHERE p.content = c.id AND p.missing IS NULL AND x.photo IS NULL
      AND p.folder IN (SELECT value FROM json_each(@folders)))`;
const isEncoded = 'EXISTS (SELECT 1 FROM features f WHERE f.content = c.id AND f.encoder = @encoder)';

/**
 * Contents of the library's photos that lack a feature of an encoder. All of it reads a range of contents, so that the process
 * answers others in between.
 */
export class ToEncode {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @param encoder key of its features; undefined: it has none. @returns how many contents there are, and how many have a feature */
  count(encoder: string | undefined, among: Among): { readonly contents: number; readonly encoded: number } {
    return this.#database
      .prepare<[object], { contents: number; encoded: number }>(
        `SELECT count(*) AS contents, coalesce(sum(${isEncoded}), 0) AS encoded FROM contents c WHERE ${openable}`,
      )
      .get(parameters(encoder, among))!;
  }

  /** Contents without a feature, in the order of their ids. */
  list(encoder: string, among: Among, limit: number): number[] {
    return this.#database
      .prepare<[object], number>(
        `SELECT c.id FROM contents c WHERE ${openable} AND NOT ${isEncoded} ORDER BY c.id LIMIT @limit`,
      )
      .pluck()
      .all({ ...parameters(encoder, among), limit });
  }

  /** Photos that are not indexed by any encoder yet. */
  unread(): number {
    return this.#database
      .prepare<[], number>(
        `SELECT count(*) FROM photos p LEFT JOIN failures x ON x.photo = p.id
         WHERE p.content IS NULL AND p.missing IS NULL AND x.photo IS NULL`,
      )
      .pluck()
      .get()!;
  }

  /** Mean bytes of some features as they are stored; undefined: there are none in this range. */
  featureBytes(encoder: string, from: number, to: number): number | undefined {
    return (
      this.#database
        .prepare<[number, number, string], number | null>(
          `SELECT avg(bytes) FROM (SELECT length(data) AS bytes FROM features
           WHERE content BETWEEN ? AND ? AND encoder = ? LIMIT 100)`,
        )
        .pluck()
        .get(from, to, encoder) ?? undefined
    );
  }

  /** Bytes of an embedding of a model as it is stored; undefined: there is none. */
  embeddingBytes(model: string): number | undefined {
    return this.#database
      .prepare<[string], number>('SELECT length(data) FROM embeddings WHERE model = ? LIMIT 1')
      .pluck()
      .get(model);
  }
}

const parameters = (encoder: string | undefined, { folders, from, to }: Among) => ({
  encoder: encoder ?? null,
  folders: JSON.stringify(folders),
  from,
  to,
});
