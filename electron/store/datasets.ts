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
}
