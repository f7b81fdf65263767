import { fromHalf, toHalf } from '../../models/files/half.ts';
import type { Database } from './database.ts';
import type { Directions } from './region-rows.ts';

/** The directions along which embeddings of regions are stored; a row of these names the directions by their number. */
export interface StoredDirections extends Directions {
  readonly id: number;
}

/** How far the norm of a direction in half precision may be from 1. */
const rounding = 0.01;

/** The directions of each model (RegionEmbedder.directions). */
export class RegionDirections {
  readonly #database: Database;
  /** the last ones that were read: a search needs them each time */
  #last: StoredDirections | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns undefined where none are stored, or they are damaged */
  of(model: string): StoredDirections | undefined {
    const id = this.#database
      .prepare<[string], number>('SELECT id FROM region_directions WHERE model = ?')
      .pluck()
      .get(model);
    if (id === undefined || id === this.#last?.id) return id === undefined ? undefined : this.#last;
    const row = this.#database
      .prepare<[number], { count: number; data: Buffer }>('SELECT count, data FROM region_directions WHERE id = ?')
      .get(id);
    const directions = row && directionsOf(row);
    if (directions) this.#last = { id, ...directions };
    return directions && this.#last;
  }

  /**
   * Rows that were stored along earlier ones count as damaged from now on.
   * @param rows orthonormal [count, dimensions]
   */
  set(model: string, rows: Float32Array, count: number): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO region_directions (model, count, data) VALUES (?, ?, ?)')
      .run(model, count, new Uint8Array(toHalf(rows).buffer));
  }
}

function directionsOf({ count, data }: { count: number; data: Buffer }): Directions | undefined {
  const numbers = data.length / 2;
  if (!(count > 0 && Number.isInteger(numbers / count))) return undefined;
  const rows = fromHalf(new Uint16Array(Uint8Array.from(data).buffer));
  const dimensions = numbers / count;
  for (let row = 0; row < count; row++) {
    let squares = 0;
    for (let i = row * dimensions; i < (row + 1) * dimensions; i++) squares += rows[i]! * rows[i]!;
    // not `>`: it may not be a number
    if (!(Math.abs(squares - 1) <= 2 * rounding)) return undefined;
  }
  return { count, rows };
}
