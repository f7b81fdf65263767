import type { Database } from './database.ts';

export interface UnusedContent {
  readonly id: number;
  readonly hash: Buffer;
}

const isUsed = `
  (EXISTS (SELECT 1 FROM photos p WHERE p.content = contents.id)
   OR EXISTS (SELECT 1 FROM dataset_photos d WHERE d.content = contents.id))`;

/** Contents that no photo of the library or of a dataset refers to: since when, and deleting them. */
export class Unused {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Stores for the contents with ids `from` to `to` (inclusive) whether they are unused, and since when.
   *
   * @param now ms since the epoch, for contents that were still in use at the last call
   */
  note(from: number, to: number, now: number): void {
    this.#database.transaction(() => {
      this.#database
        .prepare(
          `UPDATE contents SET unused_since = NULL WHERE unused_since IS NOT NULL AND id BETWEEN ? AND ? AND ${isUsed}`,
        )
        .run(from, to);
      this.#database
        .prepare(
          `UPDATE contents SET unused_since = ? WHERE unused_since IS NULL AND id BETWEEN ? AND ? AND NOT ${isUsed}`,
        )
        .run(now, from, to);
    });
  }

  /** Marks the contents that only `folder` refers to for deletion without delay. To be called before the folder is removed. */
  release(folder: number): void {
    this.#database
      .prepare(
        `UPDATE contents SET unused_since = 0
         WHERE id IN (SELECT content FROM photos WHERE folder = @folder)
           AND NOT EXISTS (SELECT 1 FROM photos p WHERE p.content = contents.id AND p.folder <> @folder)
           AND NOT EXISTS (SELECT 1 FROM dataset_photos d WHERE d.content = contents.id)`,
      )
      .run({ folder });
  }

  /**
   * Marks all unused contents for deletion without delay. To be called after a folder was removed.
   *
   * @param all also those that `note` has not seen yet; this reads all contents
   */
  releaseUnused(all: boolean): void {
    const some = all ? '' : 'unused_since IS NOT NULL AND';
    this.#database.prepare(`UPDATE contents SET unused_since = 0 WHERE ${some} NOT ${isUsed}`).run();
  }

  /** Contents that have been unused since `since` (ms since the epoch) or longer. */
  list(since: number, limit: number): UnusedContent[] {
    return this.#database
      .prepare<[number, number], UnusedContent>(
        `SELECT id, hash FROM contents WHERE unused_since <= ? AND NOT ${isUsed} LIMIT ?`,
      )
      .all(since, limit);
  }

  count(since: number): number {
    return this.#database
      .prepare<[number], number>(`SELECT count(*) FROM contents WHERE unused_since <= ? AND NOT ${isUsed}`)
      .pluck()
      .get(since)!;
  }

  /** Deletes contents with their features and embeddings, except those that are used again. @returns how many */
  remove(contents: readonly UnusedContent[]): number {
    const remove = this.#database.prepare(
      `DELETE FROM contents WHERE id = ? AND unused_since IS NOT NULL AND NOT ${isUsed}`,
    );
    return this.#database.transaction(() => contents.reduce((sum, { id }) => sum + remove.run(id).changes, 0));
  }

  /** The highest id in use. */
  lastContent(): number {
    return this.#database.prepare<[], number | null>('SELECT max(id) FROM contents').pluck().get() ?? 0;
  }
}
