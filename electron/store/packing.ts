import { packBytes } from '../../models/files/packed-bytes.ts';
import type { Contents } from './contents.ts';
import type { Database } from './database.ts';
import { forms, readFeature, storedFeature } from './feature-form.ts';
import type { Preferences } from './preferences.ts';
import { isSoundFeature } from './sound-numbers.ts';

/** What an earlier version stored of a photo's regions, and its feature → as it is stored now; null: it is as it should be. */
export type Coarser = (stored: Uint8Array, feature: Float32Array) => Uint8Array | null;

/** The settings that hold how far the packing of each table is (the number of a row), while it is not done. */
const placeKeys = { features: 'features-packed', embeddings: 'embeddings-packed' } as const;
type Table = keyof typeof placeKeys;
/** In the order in which they are packed: features take the most room. */
const tables = ['features', 'embeddings'] as const;
/** An embedding is packed in a twentieth of the time of a feature. */
const embeddingsForFeature = 20;

/**
 * Writes features, regions and embeddings of earlier versions in fewer bytes (feature-form.ts, embedding-bytes.ts). Readers accept
 * both, so that this may be done in small transactions, each of which notes how far it is.
 */
export class Packing {
  readonly #database: Database;
  readonly #contents: Pick<Contents, 'storeInBytes'>;
  readonly #preferences: Preferences;

  constructor(database: Database, contents: Pick<Contents, 'storeInBytes'>, preferences: Preferences) {
    this.#database = database;
    this.#contents = contents;
    this.#preferences = preferences;
  }

  /** Rows of both tables that have been looked at, of how many; undefined: nothing is to be done. */
  progress(): { done: number; total: number } | undefined {
    if (!this.#table()) return undefined;
    let [done, total] = [0, 0];
    for (const table of tables) {
      const last = this.#last(table);
      done += Math.min(last, this.#place(table) ?? last);
      total += last;
    }
    return { done, total };
  }

  /**
   * Packs the features among the next `count` row numbers, with the regions that belong to them, or after the last one the next
   * embeddings; in one transaction.
   * @returns how many features were packed
   */
  next(count: number, coarser: Coarser): number {
    return this.#database.transaction(() => {
      const table = this.#table();
      if (!table) return 0;
      const after = this.#place(table)!;
      if (after >= this.#last(table)) {
        this.#preferences.remove(placeKeys[table]);
        return 0;
      }
      if (table === 'embeddings') {
        const last = this.#contents.storeInBytes(after, embeddingsForFeature * count) ?? this.#last(table);
        this.#preferences.set(placeKeys[table], last);
        return 0;
      }
      const packed = this.#packFeatures(after, after + count, coarser);
      this.#preferences.set(placeKeys[table], after + count);
      return packed;
    });
  }

  #packFeatures(after: number, to: number, coarser: Coarser): number {
    const rows = this.#database
      .prepare<[number, number], { row: number; content: number; encoder: string; data: unknown }>(
        'SELECT rowid AS row, content, encoder, data FROM features WHERE rowid > ? AND rowid <= ? AND packed = 0',
      )
      .all(after, to);
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
    return packed;
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

  /** The one that is packed now. */
  #table(): Table | undefined {
    return tables.find((table) => this.#place(table) !== undefined);
  }

  #place(table: Table): number | undefined {
    if (!this.#preferences.has(placeKeys[table])) return undefined;
    const place = this.#preferences.get(placeKeys[table]);
    // Another program may have changed it: then it begins anew.
    return Number.isSafeInteger(place) && Number(place) >= 0 ? Number(place) : 0;
  }

  #last(table: Table): number {
    return this.#database.prepare<[], number | null>(`SELECT max(rowid) FROM ${table}`).pluck().get() ?? 0;
  }
}
