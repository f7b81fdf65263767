import type { EncoderIdentity } from '../../models/contract/information.ts';
import type { Database } from './database.ts';

/**
 * The encoders whose features are cached, each under a key of the table `features`, and which of them each model's
 * embeddings are made from. Nobody takes a key apart.
 */
export class Encoders {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns the key of an encoder's features, made where the encoder is new */
  key({ id, version }: EncoderIdentity): string {
    const known = this.#key(id, version);
    if (known !== undefined) return known;
    return this.#database.transaction(() => {
      this.#database
        .prepare('INSERT OR IGNORE INTO encoders (key, id, version) VALUES (?, ?, ?)')
        .run(`${id}+${version}`, id, version);
      return this.#key(id, version)!;
    });
  }

  #key(id: string, version: number): string | undefined {
    return this.#database
      .prepare<[string, number], string>('SELECT key FROM encoders WHERE id = ? AND version = ?')
      .pluck()
      .get(id, version);
  }

  all(): (EncoderIdentity & { readonly key: string })[] {
    return this.#database
      .prepare<[], EncoderIdentity & { key: string }>('SELECT key, id, version FROM encoders ORDER BY id, version')
      .all();
  }

  /** Keys of the features that an encoder made in lower versions: nothing makes them any more. */
  outdated(key: string): string[] {
    return this.#database
      .prepare<[string], string>(
        `SELECT older.key FROM encoders e JOIN encoders older ON older.id = e.id AND older.version < e.version
         WHERE e.key = ?`,
      )
      .pluck()
      .all(key);
  }

  /**
   * Notes that a model's embeddings are made of the features under `key`. Those that it has of another encoder's features
   * are forgotten: they cannot be compared with the new ones.
   */
  setReadBy(model: string, key: string): void {
    const before = this.readBy(model);
    const id = this.#database.prepare<[string], string>('SELECT id FROM encoders WHERE key = ?').pluck().get(key);
    if (before === id) return;
    this.#database.transaction(() => {
      if (before !== undefined) this.#database.prepare('DELETE FROM embeddings WHERE model = ?').run(model);
      this.#database.prepare('INSERT OR REPLACE INTO model_encoders (model, encoder) VALUES (?, ?)').run(model, id);
    });
  }

  /** @returns the id of the encoder that a model's embeddings are made from; undefined where that is not known */
  readBy(model: string): string | undefined {
    return this.#database
      .prepare<[string], string>('SELECT encoder FROM model_encoders WHERE model = ?')
      .pluck()
      .get(model);
  }

  /**
   * Forgets what an encoder made, in all its versions: its features, and the embeddings that models made of them. Its keys
   * stay, because another process may hold one.
   *
   * @returns how many features were removed
   */
  remove(id: string): number {
    return this.#database.transaction(() => {
      const run = (sql: string) => this.#database.prepare(sql).run(id).changes;
      run('DELETE FROM embeddings WHERE model IN (SELECT model FROM model_encoders WHERE encoder = ?)');
      return run('DELETE FROM features WHERE encoder IN (SELECT key FROM encoders WHERE id = ?)');
    });
  }
}
