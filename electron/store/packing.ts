import { packBytes } from '../../models/files/packed-bytes.ts';
import type { Database } from './database.ts';
import { forms, readFeature, storedFeature } from './feature-form.ts';
import { isSoundFeature } from './sound-numbers.ts';

/** What an earlier version stored of a photo's regions, and its feature → as it is stored now; null: it is as it should be. */
export type Coarser = (stored: Uint8Array, feature: Float32Array) => Uint8Array | null;

/** The setting that holds how far the packing is (a number of a row of features), while it is not done. */
const placeKey = 'features-packed';

/**
 * Writes features and regions of earlier versions in fewer bytes (feature-form.ts). Readers accept both, so that this may be done in
 * small transactions, each of which notes how far it is.
 */
export class Packing {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Rows of the table that have been looked at, and the number of its last one; undefined: nothing is to be done. */
  progress(): { done: number; total: number } | undefined {
    const done = this.#place();
    return done === undefined ? undefined : { done, total: Math.max(done, this.#last()) };
  }

  /**
   * Packs the features among the next `count` row numbers, with the regions that belong to them; in one transaction.
   * @returns how many features were packed
   */
  next(count: number, coarser: Coarser): number {
    return this.#database.transaction(() => {
      const after = this.#place();
      if (after === undefined) return 0;
      if (after >= this.#last()) {
        this.#database.prepare('DELETE FROM settings WHERE key = ?').run(placeKey);
        return 0;
      }
      const rows = this.#database
        .prepare<[number, number], { row: number; content: number; encoder: string; data: unknown }>(
          'SELECT rowid AS row, content, encoder, data FROM features WHERE rowid > ? AND rowid <= ? AND packed = 0',
        )
        .all(after, after + count);
      let packed = 0;
      for (const { row, content, encoder, data } of rows) {
        const feature = readFeature(data, forms.half);
        // One that is damaged is found when it is used.
        if (!feature || !isSoundFeature(feature)) continue;
        this.#packRegions(content, encoder, feature, coarser);
        const stored = storedFeature(feature);
        if (stored.packed === forms.half) continue;
        // Not INSERT OR REPLACE, which would delete what belongs to the row.
        this.#database
          .prepare('UPDATE features SET data = ?, packed = ? WHERE rowid = ?')
          .run(stored.data, stored.packed, row);
        packed++;
      }
      this.#database
        .prepare('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)')
        .run(placeKey, JSON.stringify(after + count));
      return packed;
    });
  }

  #packRegions(content: number, encoder: string, feature: Float32Array, coarser: Coarser): void {
    const regions = this.#database
      .prepare<[number, string], Buffer>('SELECT data FROM regions WHERE content = ? AND encoder = ? AND packed = 0')
      .pluck()
      .get(content, encoder);
    if (!regions) return;
    this.#database
      .prepare('UPDATE regions SET data = ?, packed = 1 WHERE content = ? AND encoder = ?')
      .run(packBytes(coarser(regions, feature) ?? regions), content, encoder);
  }

  #place(): number | undefined {
    const text = this.#database
      .prepare<[string], string>('SELECT value FROM settings WHERE key = ?')
      .pluck()
      .get(placeKey);
    const place = Number(text);
    // Another program may have changed it: then it begins anew.
    return text === undefined ? undefined : Number.isSafeInteger(place) && place >= 0 ? place : 0;
  }

  #last(): number {
    return this.#database.prepare<[], number | null>('SELECT max(rowid) FROM features').pluck().get() ?? 0;
  }
}
