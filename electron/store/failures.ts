import { causesOutsideTheFile } from '../../models/errors.ts';
import type { Failure } from '../ipc/contract.ts';
import type { Database } from './database.ts';
import { programVersion } from './program-version.ts';

/**
 * Photos that could not be indexed, with the reason. They are not tried again until the file changes or the user requests it;
 * at the next scan of their folder where the cause was outside of the file, or another version of the program failed.
 */
export class Failures {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  set(photo: number, code: string, reason: string, at: number): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO failures (photo, code, reason, at, program) VALUES (?, ?, ?, ?, ?)')
      .run(photo, code, reason, at, programVersion);
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

  has(photo: number): boolean {
    return this.#database.prepare('SELECT 1 FROM failures WHERE photo = ?').get(photo) !== undefined;
  }

  count(): number {
    return this.#database.prepare<[], number>('SELECT count(*) FROM failures').pluck().get()!;
  }

  /**
   * Deletes those failures of a folder's photos whose cause may be gone, so that the photos are tried again: permission, the
   * disk, a link; and those of another version of the program, which may be able to open them.
   *
   * @returns how many
   */
  clearOutside(folder: number): number {
    return this.#database
      .prepare(
        // The failures are few, whatever the number of photos; the photo of each is looked up.
        `DELETE FROM failures
         WHERE (program IS NOT ? OR code IN (SELECT value FROM json_each(?)))
           AND (SELECT p.folder FROM photos p WHERE p.id = failures.photo) = ?`,
      )
      .run(programVersion, JSON.stringify(causesOutsideTheFile), folder).changes;
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
