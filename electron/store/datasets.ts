import type { Database } from './database.ts';
import type { PhotoFile } from './photos.ts';

/** Photos of captioned datasets: they are not in the library, but their features are in the same cache. */
export class Datasets {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns the content of the file if it has not changed since it was computed */
  content(file: PhotoFile): number | undefined {
    return this.#database
      .prepare<[string, number, number], number>(
        'SELECT content FROM dataset_photos WHERE path = ? AND bytes = ? AND modified = ?',
      )
      .pluck()
      .get(file.path, file.bytes, file.modified);
  }

  set(file: PhotoFile, content: number): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO dataset_photos (path, bytes, modified, content) VALUES (?, ?, ?, ?)')
      .run(file.path, file.bytes, file.modified, content);
  }

  /** Paths of photos, each after `after`, in their order. */
  paths(after: string, limit: number): string[] {
    return this.#database
      .prepare<[string, number], string>('SELECT path FROM dataset_photos WHERE path > ? ORDER BY path LIMIT ?')
      .pluck()
      .all(after, limit);
  }

  /** Notes of photos whether their files are there. @param now ms since the epoch: those that are missing now are so since then */
  noteMissing(photos: readonly { readonly path: string; readonly isThere: boolean }[], now: number): void {
    const there = this.#database.prepare(
      'UPDATE dataset_photos SET missing = NULL WHERE path = ? AND missing IS NOT NULL',
    );
    const gone = this.#database.prepare('UPDATE dataset_photos SET missing = ? WHERE path = ? AND missing IS NULL');
    this.#database.transaction(() => {
      for (const { path, isThere } of photos) {
        if (isThere) there.run(path);
        else gone.run(now, path);
      }
    });
  }

  /** Forgets photos whose files have been missing since `since` or longer. @returns how many */
  forgetMissing(since: number): number {
    return this.#database.prepare('DELETE FROM dataset_photos WHERE missing <= ?').run(since).changes;
  }
}
