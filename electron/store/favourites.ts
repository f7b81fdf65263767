import type { Database } from './database.ts';

/**
 * The user's favourites, by the hash of the file's bytes: a photo that is moved, or removed and added again, is still one, and
 * so are its copies.
 */
export class Favourites {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  has(content: number): boolean {
    const found = this.#database
      .prepare<[number], number>('SELECT 1 FROM favourites f JOIN contents c ON c.hash = f.hash WHERE c.id = ?')
      .pluck()
      .get(content);
    return found === 1;
  }

  /**
   * @param photos ids; those whose file has changed and was not read again are left as they are
   * @param at ms since the epoch
   */
  set(photos: readonly number[], favourite: boolean, at = Date.now()): void {
    const hashOf = 'SELECT c.hash FROM photos p JOIN contents c ON c.id = p.content WHERE p.id = ?';
    const add = this.#database.prepare(
      `INSERT OR IGNORE INTO favourites (hash, at) SELECT hash, ? FROM contents WHERE hash = (${hashOf})`,
    );
    const remove = this.#database.prepare(`DELETE FROM favourites WHERE hash = (${hashOf})`);
    this.#database.transaction(() => {
      for (const photo of photos) {
        if (favourite) add.run(at, photo);
        else remove.run(photo);
      }
    });
  }

  /** Another value after each change. */
  state(): unknown {
    return this.#database.prepare('SELECT count(*) AS count, max(at) AS last FROM favourites').get();
  }

  /** Contents of the library that are favourites. */
  all(): Set<number> {
    const contents = this.#database
      .prepare<[], number>('SELECT c.id FROM favourites f CROSS JOIN contents c ON c.hash = f.hash')
      .pluck()
      .all();
    return new Set(contents);
  }
}
