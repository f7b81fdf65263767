/**
 * All embeddings of the library in one contiguous matrix, and exact search over it.
 *
 * Exact, because it is fast enough (100,000 × 512 in about 15 ms), while an approximate index would miss photos and would have
 * to be built and updated. The row of a deleted photo is filled by the last row, so that the matrix has no gaps.
 */
import type * as Usearch from 'usearch';
import { createRequire } from 'node:module';

export interface Ranked {
  readonly ids: Int32Array;
  /** inner product with the query: cosine similarity, times the length of the photo's embedding; best first */
  readonly scores: Float32Array;
}

export class SearchMatrix {
  readonly dimensions: number;
  #rows: Float32Array;
  #ids: Int32Array;
  #count = 0;
  readonly #rowOf = new Map<number, number>();

  constructor(dimensions: number, capacity = 1024) {
    this.dimensions = dimensions;
    this.#rows = new Float32Array(capacity * dimensions);
    this.#ids = new Int32Array(capacity);
  }

  /**
   * @param ids each once; kept, not copied
   * @param rows their embeddings [ids, dimensions], each of L2 norm 1 or less; kept, not copied
   */
  static of(dimensions: number, ids: Int32Array, rows: Float32Array): SearchMatrix {
    const matrix = new SearchMatrix(dimensions);
    if (ids.length === 0) return matrix;
    matrix.#rows = rows;
    matrix.#ids = ids;
    matrix.#count = ids.length;
    ids.forEach((id, row) => matrix.#rowOf.set(id, row));
    return matrix;
  }

  get size(): number {
    return this.#count;
  }

  /** @returns how many of the photos a search among them ranks */
  countOf(among: ReadonlySet<number>): number {
    let count = 0;
    for (const id of among) if (this.#rowOf.has(id)) count++;
    return count;
  }

  /** Adds or replaces a photo's embedding. */
  set(id: number, embedding: Float32Array): void {
    let row = this.#rowOf.get(id);
    if (row === undefined) {
      row = this.#count;
      if (row === this.#ids.length) this.#grow();
      this.#count++;
      this.#ids[row] = id;
      this.#rowOf.set(id, row);
    }
    this.#rows.set(embedding, row * this.dimensions);
  }

  delete(id: number): void {
    const row = this.#rowOf.get(id);
    if (row === undefined) return;
    const last = --this.#count;
    const moved = this.#ids[last]!;
    this.#rows.copyWithin(row * this.dimensions, last * this.dimensions, (last + 1) * this.dimensions);
    this.#ids[row] = moved;
    this.#rowOf.set(moved, row);
    this.#rowOf.delete(id);
  }

  /**
   * The `limit` photos nearest to `query` [dimensions], by inner product; equal scores are in the order of their ids, so
   * that the same search gives the same page.
   *
   * @param among the photos to search; absent: all
   */
  search(query: Float32Array, limit: number, among?: ReadonlySet<number>): Ranked {
    const { rows, ids } = among
      ? this.#subset(among)
      : { rows: this.#filled(), ids: this.#ids.subarray(0, this.#count) };
    if (ids.length === 0 || limit <= 0) return { ids: new Int32Array(), scores: new Float32Array() };
    const { exactSearch, MetricKind } = usearch();
    const wanted = Math.min(limit, ids.length);
    // One more than `limit`, to detect equal scores at the end of the page; then all of these are fetched, because their ids
    // decide which of them are on the page.
    for (let count = Math.min(wanted + 1, ids.length); ; count = Math.min(count * 2, ids.length)) {
      const { keys, distances } = exactSearch(rows, query, this.dimensions, count, MetricKind.IP, 0);
      if (count < ids.length && distances[count - 1] === distances[wanted - 1]) continue;
      const order = Array.from(keys, (key, i) => ({ id: ids[Number(key)]!, score: 1 - distances[i]! }));
      order.sort((a, b) => b.score - a.score || a.id - b.id);
      order.length = wanted;
      return { ids: Int32Array.from(order, (o) => o.id), scores: Float32Array.from(order, (o) => o.score) };
    }
  }

  #filled(): Float32Array {
    return this.#rows.subarray(0, this.#count * this.dimensions);
  }

  #subset(among: ReadonlySet<number>): { rows: Float32Array; ids: Int32Array } {
    const ids = this.#ids.subarray(0, this.#count).filter((id) => among.has(id));
    const rows = new Float32Array(ids.length * this.dimensions);
    ids.forEach((id, i) => {
      const at = this.#rowOf.get(id)! * this.dimensions;
      rows.set(this.#rows.subarray(at, at + this.dimensions), i * this.dimensions);
    });
    return { rows, ids };
  }

  #grow(): void {
    // Grows by a quarter: doubling the matrix of a large library would need hundreds of megabytes for one new photo.
    const capacity = Math.max(1024, Math.ceil(this.#ids.length * 1.25));
    const rows = new Float32Array(capacity * this.dimensions);
    rows.set(this.#rows);
    const ids = new Int32Array(capacity);
    ids.set(this.#ids);
    this.#rows = rows;
    this.#ids = ids;
  }
}

let loaded: typeof Usearch | undefined;
/** Loaded at the first search: no native module before the first paint. */
function usearch(): typeof Usearch {
  loaded ??= createRequire(import.meta.url)('usearch') as typeof Usearch;
  return loaded;
}
