import type { Database } from './database.ts';

export interface ModelRow {
  readonly id: string;
  readonly file: string;
  readonly bytes: number;
  /** JSON of `ModelInformation` (models/contract/information.ts) */
  readonly metadata: string;
  readonly created: number;
}

export class Models {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  all(): ModelRow[] {
    return this.#database
      .prepare<[], ModelRow>('SELECT id, file, bytes, metadata, created FROM models ORDER BY created DESC')
      .all();
  }

  get(id: string): ModelRow | undefined {
    return this.#database
      .prepare<[string], ModelRow>('SELECT id, file, bytes, metadata, created FROM models WHERE id = ?')
      .get(id);
  }

  add(row: ModelRow): void {
    this.#database
      .prepare(
        'INSERT OR REPLACE INTO models (id, file, bytes, metadata, created) VALUES (@id, @file, @bytes, @metadata, @created)',
      )
      .run(row);
  }

  remove(id: string): void {
    this.#database.prepare('DELETE FROM models WHERE id = ?').run(id);
  }
}
