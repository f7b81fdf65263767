import type { Database } from './database.ts';
import { storedJson } from './stored-json.ts';

/** Small values by key, and recent searches. */
export class Preferences {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns the JSON value, undefined where none is set or what is stored is no JSON */
  get(key: string): unknown {
    const text = this.#database.prepare<[string], string>('SELECT value FROM settings WHERE key = ?').pluck().get(key);
    return text === undefined ? undefined : storedJson(this.#database, text, `the setting ${key}`);
  }

  has(key: string): boolean {
    return this.#database.prepare<[string], number>('SELECT 1 FROM settings WHERE key = ?').pluck().get(key) === 1;
  }

  set(key: string, value: unknown): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)')
      .run(key, JSON.stringify(value));
  }

  remove(key: string): void {
    this.#database.prepare('DELETE FROM settings WHERE key = ?').run(key);
  }

  /** newest first */
  recentSearches(limit: number): string[] {
    return this.#database
      .prepare<[number], string>('SELECT text FROM searches ORDER BY at DESC LIMIT ?')
      .pluck()
      .all(limit);
  }

  rememberSearch(text: string, at: number, keep: number): void {
    this.#database.prepare('INSERT OR REPLACE INTO searches (text, at) VALUES (?, ?)').run(text, at);
    this.#database
      .prepare('DELETE FROM searches WHERE text NOT IN (SELECT text FROM searches ORDER BY at DESC LIMIT ?)')
      .run(keep);
  }

  forgetSearch(text?: string): void {
    if (text === undefined) this.#database.prepare('DELETE FROM searches').run();
    else this.#database.prepare('DELETE FROM searches WHERE text = ?').run(text);
    this.#database.forgotten();
  }
}
