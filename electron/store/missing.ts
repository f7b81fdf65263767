/** Photos whose files are missing while they are kept: many vanished from their folder at once, and the user was not heard yet. */
import type { Database } from './database.ts';

export interface MissingPhoto {
  readonly id: number;
  readonly folder: number;
  readonly path: string;
  readonly bytes: number;
  readonly modified: number;
  readonly content: number | null;
}

/** Rows per statement: the ids are given as JSON. */
const atOnce = 5000;

export class Missing {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @param since ms since the epoch; null: the files are there */
  set(photos: readonly number[], since: number | null): void {
    const update = this.#database.prepare(
      `UPDATE photos SET missing = CASE WHEN @since IS NULL THEN NULL ELSE coalesce(missing, @since) END
       WHERE id IN (SELECT value FROM json_each(@ids))`,
    );
    this.#database.transaction(() => {
      for (let from = 0; from < photos.length; from += atOnce) {
        update.run({ since, ids: JSON.stringify(photos.slice(from, from + atOnce)) });
      }
    });
  }

  /** @param folder absent: of all folders */
  list(folder?: number): MissingPhoto[] {
    const some = folder === undefined ? '' : 'AND folder = @folder';
    return this.#database
      .prepare<[object], MissingPhoto>(
        `SELECT id, folder, path, bytes, modified, content FROM photos WHERE missing IS NOT NULL ${some}`,
      )
      .all({ folder: folder ?? null });
  }

  /** folder → how many of its photos are missing; folders without any are left out */
  counts(): Map<number, number> {
    const rows = this.#database
      .prepare<[], [number, number]>('SELECT folder, count(*) FROM photos WHERE missing IS NOT NULL GROUP BY folder')
      .raw()
      .all();
    return new Map(rows);
  }

  /**
   * Photos whose file is not there while an equal photo's is: only the other one is shown.
   * @param model a photo counts as indexed if it has an embedding of this model
   * @param absentFolders those that cannot be read now
   */
  shownElsewhere(model: string, absentFolders: readonly number[]): { photos: number; indexed: number } {
    return this.#database
      .prepare<[object], { photos: number; indexed: number }>(
        `WITH absent AS (SELECT value AS folder FROM json_each(@absent))
         SELECT count(*) AS photos, count(e.content) AS indexed
         FROM photos p LEFT JOIN embeddings e ON e.model = @model AND e.content = p.content
         WHERE (p.missing IS NOT NULL OR p.folder IN absent) AND EXISTS (
           SELECT 1 FROM photos o WHERE o.content = p.content AND o.missing IS NULL AND o.folder NOT IN absent
         ) AND p.id NOT IN (SELECT photo FROM failures)`,
      )
      .get({ model, absent: JSON.stringify(absentFolders) })!;
  }

  /** How many photos a folder has, with those that are missing. */
  photosIn(folder: number): number {
    return this.#database
      .prepare<[number], number>('SELECT count(*) FROM photos WHERE folder = ?')
      .pluck()
      .get(folder)!;
  }

  /** Paths of up to `count` photos of a folder, evenly spread over those that were added one after the other. */
  sample(folder: number, count: number): string[] {
    const { first, last } = this.#database
      .prepare<[number], { first: number | null; last: number | null }>(
        'SELECT min(id) AS first, max(id) AS last FROM photos WHERE folder = ?',
      )
      .get(folder)!;
    if (first === null || last === null) return [];
    const next = this.#database
      .prepare<[number, number], string>('SELECT path FROM photos WHERE folder = ? AND id >= ? ORDER BY id LIMIT 1')
      .pluck();
    const paths = new Set<string>();
    for (let i = 0; i < count; i++) {
      const path = next.get(folder, Math.floor(first + ((last - first) * i) / Math.max(1, count - 1)));
      if (path !== undefined) paths.add(path);
    }
    return [...paths];
  }
}
