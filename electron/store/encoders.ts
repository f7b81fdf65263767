import type { EncoderIdentity } from '../../models/contract/information.ts';
import type { Database } from './database.ts';
import type { FeatureForm } from './feature-form.ts';

/**
 * The encoders whose features are cached, each with a key in the table `features`, and the encoder that each model's
 * embeddings are made from. Keys are opaque.
 */
export class Encoders {
  readonly #database: Database;
  readonly #forms = new Map<string, FeatureForm>();

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * @param form how its features are stored from now on; those that are stored already stay as they are
   * @returns the key of an encoder's features; a new key for a new encoder
   */
  key({ id, version }: EncoderIdentity, form: FeatureForm = 'packed'): string {
    const key = this.#key(id, version) ?? this.#add(id, version);
    this.#forms.set(key, form);
    return key;
  }

  #add(id: string, version: number): string {
    return this.#database.transaction(() => {
      this.#database
        .prepare('INSERT OR IGNORE INTO encoders (key, id, version) VALUES (?, ?, ?)')
        .run(`${id}+${version}`, id, version);
      return this.#key(id, version)!;
    });
  }

  /** How features under a key are stored. */
  form(key: string): FeatureForm {
    return this.#forms.get(key) ?? 'packed';
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

  /** Keys of features that the encoder made in lower versions. */
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
   * Stores that a model's embeddings are made from the features under `key`. Its embeddings from another encoder's features
   * are deleted: they are not comparable with the new ones.
   */
  setReadBy(model: string, key: string): void {
    const before = this.readBy(model);
    const id = this.#database.prepare<[string], string>('SELECT id FROM encoders WHERE key = ?').pluck().get(key);
    if (before === id) return;
    this.#database.transaction(() => {
      if (before !== undefined) {
        this.#database.prepare('DELETE FROM embeddings WHERE model = ?').run(model);
        this.#database.prepare('DELETE FROM region_directions WHERE model = ?').run(model);
      }
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

  /** All models of which it is known, with the id of the encoder that their embeddings are made from. */
  readers(): { readonly model: string; readonly encoder: string }[] {
    return this.#database
      .prepare<[], { model: string; encoder: string }>('SELECT model, encoder FROM model_encoders')
      .all();
  }

  /** A number for the feature that was stored last: those stored later have greater ones. 0 where there is none. */
  lastFeature(): number {
    return this.#database.prepare<[], number>('SELECT coalesce(max(rowid), 0) FROM features').pluck().get()!;
  }

  /**
   * Deletes the features that were stored after the one with this number, and all that was computed of them: they are computed
   * anew.
   *
   * @param sound keys of features that stay, with the embeddings that models made of them
   * @returns how many features were removed
   */
  removeAfter(feature: number, sound: readonly string[] = []): number {
    return this.#database.transaction(() => {
      const run = (sql: string) => this.#database.prepare(sql).run({ feature, sound: JSON.stringify(sound) }).changes;
      const some = 'rowid > @feature AND encoder NOT IN (SELECT value FROM json_each(@sound))';
      const contents = `(SELECT content FROM features WHERE ${some})`;
      run(`DELETE FROM embeddings WHERE content IN ${contents} AND model NOT IN (
        SELECT m.model FROM model_encoders m JOIN encoders e ON e.id = m.encoder
        WHERE e.key IN (SELECT value FROM json_each(@sound)))`);
      run(`DELETE FROM similar_pairs WHERE content IN ${contents}`);
      run(`DELETE FROM similar_pairs WHERE other IN ${contents}`);
      run(`DELETE FROM compared WHERE content IN ${contents}`);
      return run(`DELETE FROM features WHERE ${some}`);
    });
  }

  /**
   * Deletes the features of an encoder, in all its versions, and the embeddings that models made of them. Its keys stay,
   * because another process may use one.
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
