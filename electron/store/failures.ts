import type { Failure } from '../ipc/contract.ts';
import type { Database } from './database.ts';

/** Photos that could not be indexed, with the reason; they are not tried again until the file changes or the user requests it. */
export class Failures {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  set(photo: number, code: string, reason: string, at: number): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO failures (photo, code, reason, at) VALUES (?, ?, ?, ?)')
      .run(photo, code, reason, at);
  }

  list(offset = 0, limit = -1): Failure[] {
    return this.#database
      .prepare<[number, number], Failure>(
        `SELECT p.id, p.path, f.code, f.reason, f.at FROM failures f JOIN photos p ON p.id = f.photo
         ORDER BY p.path LIMIT ? OFFSET ?`,
      )
      .all(limit, offset);
  }

  inFolder(folder: number): Failure[] {
    return this.#database
      .prepare<[number], Failure>(
        `SELECT p.id, p.path, f.code, f.reason, f.at FROM failures f JOIN photos p ON p.id = f.photo
         WHERE p.folder = ? ORDER BY p.path`,
      )
      .all(folder);
  }

  count(): number {
    return this.#database.prepare<[], number>('SELECT count(*) FROM failures').pluck().get()!;
  }

  /** Deletes failures, so that the photos are tried again. */
  clear(photos?: readonly number[]): void {
    if (!photos) {
      this.#database.prepare('DELETE FROM failures').run();
      return;
    }
    const remove = this.#database.prepare('DELETE FROM failures WHERE photo = ?');
    this.#database.transaction(() => photos.forEach((photo) => remove.run(photo)));
  }
}
