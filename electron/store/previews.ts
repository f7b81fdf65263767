/**
 * What is shown of a photo before its thumbnail is there: a ThumbHash (https://evanw.github.io/thumbhash/), about 25 bytes with the
 * photo's proportions and its colours, blurred.
 */
import { limits } from '../ipc/limits.ts';
import type { Database } from './database.ts';

export class Previews {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns for each of the contents, in their order, its preview; null: it has none yet */
  of(contents: readonly number[]): (Uint8Array | null)[] {
    const rows = this.#database
      .prepare<[string, number], { content: number; data: Buffer }>(
        `SELECT content, data FROM previews WHERE content IN (SELECT value FROM json_each(?)) AND length(data) <= ?`,
      )
      .all(JSON.stringify(contents), limits.previewBytes);
    const found = new Map(rows.map(({ content, data }) => [content, data]));
    return contents.map((content) => found.get(content) ?? null);
  }

  has(content: number): boolean {
    return (
      this.#database.prepare<[number], number>('SELECT 1 FROM previews WHERE content = ?').pluck().get(content) === 1
    );
  }

  /** Nothing is stored if the content was deleted meanwhile. */
  set(content: number, preview: Uint8Array): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO previews (content, data) SELECT id, ? FROM contents WHERE id = ?')
      .run(preview, content);
  }

  remove(content: number): void {
    this.#database.prepare('DELETE FROM previews WHERE content = ?').run(content);
  }

  /** Contents of the library's photos without a preview, in the order of their ids. */
  missing(after: number, limit: number): { content: number; hash: Buffer }[] {
    return this.#database
      .prepare<[number, number], { content: number; hash: Buffer }>(
        `SELECT c.id AS content, c.hash FROM contents c
         WHERE c.id > ? AND NOT EXISTS (SELECT 1 FROM previews v WHERE v.content = c.id)
           AND EXISTS (SELECT 1 FROM photos p WHERE p.content = c.id)
         ORDER BY c.id LIMIT ?`,
      )
      .all(after, limit);
  }
}
