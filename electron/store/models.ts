import { modelId } from '../ipc/contract.ts';
import type { Database } from './database.ts';

/** The name of the file of a model in the folder of models. */
export const modelFile = (id: string): string => `${id}.safetensors`;

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
      .all()
      .filter((row) => this.#isOwn(row));
  }

  get(id: string): ModelRow | undefined {
    const row = this.#database
      .prepare<[string], ModelRow>('SELECT id, file, bytes, metadata, created FROM models WHERE id = ?')
      .get(id);
    return row && this.#isOwn(row) ? row : undefined;
  }

  /**
   * A database can be edited: a name of a file from it is deleted with the model, and must not lead out of the folder of models.
   * So it is no path, but the name that `Models.add` gives.
   */
  #isOwn({ id, file }: ModelRow): boolean {
    if (modelId.safeParse(id).success && file === modelFile(id)) return true;
    this.#database.warn(`the model ${id} has the file ${file}, which no model has; it is left out`);
    return false;
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
