import { fromHalf, halvesOf, toHalf } from '../../models/files/half.ts';
import type { Database } from './database.ts';
import type { Directions } from './region-rows.ts';
import { squaredNorm } from './sound-numbers.ts';

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
  const halves = halvesOf(data);
  if (!halves || !(count > 0 && Number.isInteger(halves.length / count))) return undefined;
  const rows = fromHalf(halves);
  const dimensions = rows.length / count;
  for (let row = 0; row < count; row++) {
    const squares = squaredNorm(rows.subarray(row * dimensions, (row + 1) * dimensions));
    // not `>`: it may not be a number
    if (!(Math.abs(squares - 1) <= 2 * rounding)) return undefined;
  }
  return { count, rows };
}
