/**
 * All embeddings of the library in one contiguous matrix, and exact search over it.
 *
 * Exact, because it is fast enough (100,000 × 512 in about 15 ms), while an approximate index would miss photos and would have
 * to be built and updated. The row of a deleted photo is filled by the last row, so that the matrix has no gaps.
 *
 * A search among some of the photos copies no large matrix (measured in docs/search.md):
 * - Few photos are gathered in pieces into one small buffer, which stays in the processor's cache.
 * - For many photos, all rows are searched where they are. Each row has one number more than the embedding: 1 where the photo
 *   is left out. The query has −4 in this column, so that photos that are left out come after all others, whose scores are
 *   between −1 and 1. The query of a search among all photos has 0 there.
 */
import type * as Usearch from 'usearch';
import { createRequire } from 'node:module';
import type { PhotoSet } from './photo-set.ts';

export interface Ranked {
  readonly ids: Int32Array;
  /** inner product with the query: cosine similarity, times the length of the photo's embedding; best first */
  readonly scores: Float32Array;
}

/** Up to this share of the photos it is faster to gather their rows than to search all of them (docs/search.md). */
const gatheredShare = 0.25;
/** Rows that are gathered at a time: 4 MB at 512 dimensions. */
const piece = 2048;
/** What the score of a photo that is left out is reduced by. */
const leftOut = 4;

/** Numbers per row of the matrix: the embedding, whether the photo is left out, and zeros up to a multiple of 64 bytes. */
export const rowLength = (dimensions: number): number => Math.ceil((dimensions + 1) / 16) * 16;

let changes = 0;

export class SearchMatrix {
  readonly dimensions: number;
  readonly #stride: number;
  #rows: Float32Array;
  #ids: Int32Array;
  /** by row, as in the matrix: 1 where the last search left the photo out */
  #leftOut: Uint8Array;
  #count = 0;
  #version = ++changes;
  #gathered: Float32Array | undefined;
  #lastAmong: { among: PhotoSet; size: number; version: number; count: number; isMarked: boolean } | undefined;
  readonly #rowOf = new Map<number, number>();

  constructor(dimensions: number, capacity = 1024) {
    this.dimensions = dimensions;
    this.#stride = rowLength(dimensions);
    this.#rows = new Float32Array(capacity * this.#stride);
    this.#ids = new Int32Array(capacity);
    this.#leftOut = new Uint8Array(capacity);
  }

  /**
   * @param ids each once; kept, not copied
   * @param rows [ids, rowLength(dimensions)]: their embeddings, each of L2 norm 1 or less, and zeros; kept, not copied
   */
  static of(dimensions: number, ids: Int32Array, rows: Float32Array): SearchMatrix {
    const matrix = new SearchMatrix(dimensions, 0);
    if (rows.length !== ids.length * matrix.#stride) throw new RangeError('the rows have another length');
    matrix.#rows = rows;
    matrix.#ids = ids;
    matrix.#leftOut = new Uint8Array(ids.length);
    matrix.#count = ids.length;
    ids.forEach((id, row) => matrix.#rowOf.set(id, row));
    return matrix;
  }

  get size(): number {
    return this.#count;
  }

  /** another number after each change; no other matrix has it */
  get version(): number {
    return this.#version;
  }

  /** in the order of the rows; only valid until the matrix changes */
  ids(): Int32Array {
    return this.#ids.subarray(0, this.#count);
  }

  has(id: number): boolean {
    return this.#rowOf.has(id);
  }

  /** @returns how many of the photos a search among them ranks */
  countOf(among: PhotoSet): number {
    let count = 0;
    for (let row = 0; row < this.#count; row++) if (among.has(this.#ids[row]!)) count++;
    return count;
  }

  /** @returns the photo's embedding [dimensions]; only valid until the matrix changes */
  embedding(id: number): Float32Array | undefined {
    const row = this.#rowOf.get(id);
    return row === undefined
      ? undefined
      : this.#rows.subarray(row * this.#stride, row * this.#stride + this.dimensions);
  }

  /** Embeddings of at most `count` photos, evenly spread over the rows; only valid until the matrix changes. */
  sample(count: number): Float32Array[] {
    const length = Math.min(count, this.#count);
    return Array.from({ length }, (_, i) => {
      const row = Math.floor((i * this.#count) / length);
      return this.#rows.subarray(row * this.#stride, row * this.#stride + this.dimensions);
    });
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
      this.#rows[row * this.#stride + this.dimensions] = this.#leftOut[row] = 0;
    }
    this.#rows.set(embedding, row * this.#stride);
    this.#version = ++changes;
  }

  delete(id: number): void {
    const row = this.#rowOf.get(id);
    if (row === undefined) return;
    const last = --this.#count;
    const moved = this.#ids[last]!;
    this.#rows.copyWithin(row * this.#stride, last * this.#stride, (last + 1) * this.#stride);
    this.#leftOut[row] = this.#leftOut[last]!;
    this.#ids[row] = moved;
    this.#rowOf.set(moved, row);
    this.#rowOf.delete(id);
    this.#version = ++changes;
  }

  /**
   * The `limit` photos nearest to `query` [dimensions], by inner product; equal scores are in the order of their ids, so
   * that the same search gives the same page.
   *
   * @param among the photos to search, which only grow while it is used; absent: all
   */
  search(query: Float32Array, limit: number, among?: PhotoSet): Ranked {
    const padded = new Float32Array(this.#stride);
    padded.set(query.subarray(0, this.dimensions));
    if (limit <= 0 || this.#count === 0) return nothing();
    if (among === undefined) return this.#ranked(this.#nearest(this.#filled(), padded, limit, this.#count), limit);
    const count = this.#countOf(among);
    if (count === 0) return nothing();
    if (count <= this.#count * gatheredShare) {
      return this.#ranked(this.#gather(this.#rowsOf(among, count), padded, limit), limit);
    }
    this.#leaveOutAllBut(among);
    padded[this.dimensions] = -leftOut;
    return this.#ranked(this.#nearest(this.#filled(), padded, limit, count), limit);
  }

  #filled(): Float32Array {
    return this.#rows.subarray(0, this.#count * this.#stride);
  }

  #rowsOf(among: PhotoSet, count: number): Int32Array {
    const rows = new Int32Array(count);
    let next = 0;
    for (let row = 0; row < this.#count; row++) if (among.has(this.#ids[row]!)) rows[next++] = row;
    return rows;
  }

  /** While a sentence is typed, its filters stay: the same set is not counted again. */
  #countOf(among: PhotoSet): number {
    const last = this.#lastAmong;
    if (last?.among === among && last.size === among.size && last.version === this.#version) return last.count;
    const count = this.countOf(among);
    this.#lastAmong = { among, size: among.size, version: this.#version, count, isMarked: false };
    return count;
  }

  /** Writes what has changed since the last search only. */
  #leaveOutAllBut(among: PhotoSet): void {
    if (this.#lastAmong?.isMarked) return;
    const [rows, flags, ids, stride, column] = [this.#rows, this.#leftOut, this.#ids, this.#stride, this.dimensions];
    for (let row = 0; row < this.#count; row++) {
      const flag = among.has(ids[row]!) ? 0 : 1;
      if (flags[row] !== flag) rows[row * stride + column] = flags[row] = flag;
    }
    if (this.#lastAmong) this.#lastAmong.isMarked = true;
  }

  /**
   * The nearest of the first `available` in the order of `rows`: `limit` of them, and all that have the same score as the last
   * of these, because their ids decide which are on the page.
   */
  #nearest(rows: Float32Array, query: Float32Array, limit: number, available: number): Nearest {
    const { exactSearch, MetricKind } = usearch();
    const wanted = Math.min(limit, available);
    for (let count = Math.min(wanted + 1, available); ; count = Math.min(count * 2, available)) {
      const { keys, distances } = exactSearch(rows, query, this.#stride, count, MetricKind.IP, 0);
      if (count < available && distances[count - 1] === distances[wanted - 1]) continue;
      return { rows: Int32Array.from(keys, Number), distances };
    }
  }

  #gather(chosen: Int32Array, query: Float32Array, limit: number): Nearest {
    const stride = this.#stride;
    const buffer = (this.#gathered ??= new Float32Array(piece * stride));
    const found: Nearest[] = [];
    for (let from = 0; from < chosen.length; from += piece) {
      const some = chosen.subarray(from, from + piece);
      some.forEach((row, i) => buffer.set(this.#rows.subarray(row * stride, (row + 1) * stride), i * stride));
      const { rows, distances } = this.#nearest(buffer.subarray(0, some.length * stride), query, limit, some.length);
      found.push({ rows: rows.map((row) => some[row]!), distances });
    }
    if (found.length === 1) return found[0]!;
    const all = found.reduce((sum, { rows }) => sum + rows.length, 0);
    const rows = new Int32Array(all);
    const distances = new Float32Array(all);
    let at = 0;
    for (const some of found) {
      rows.set(some.rows, at);
      distances.set(some.distances, at);
      at += some.rows.length;
    }
    return { rows, distances };
  }

  /** The `limit` nearest of what was found, in order. */
  #ranked({ rows, distances }: Nearest, limit: number): Ranked {
    const farthest = rows.length > limit ? distances.slice().sort()[limit - 1]! : Infinity;
    const order: { id: number; score: number }[] = [];
    rows.forEach((row, i) => {
      if (distances[i]! <= farthest) order.push({ id: this.#ids[row]!, score: 1 - distances[i]! });
    });
    order.sort((a, b) => b.score - a.score || a.id - b.id);
    order.length = Math.min(order.length, limit);
    return { ids: Int32Array.from(order, (o) => o.id), scores: Float32Array.from(order, (o) => o.score) };
  }

  #grow(): void {
    // Grows by a quarter: doubling the matrix of a large library would need hundreds of megabytes for one new photo.
    const capacity = Math.max(1024, Math.ceil(this.#ids.length * 1.25));
    const rows = new Float32Array(capacity * this.#stride);
    rows.set(this.#rows);
    const ids = new Int32Array(capacity);
    ids.set(this.#ids);
    const leftOut = new Uint8Array(capacity);
    leftOut.set(this.#leftOut);
    this.#rows = rows;
    this.#ids = ids;
    this.#leftOut = leftOut;
  }
}

/** Rows of the matrix, in no order. */
interface Nearest {
  readonly rows: Int32Array;
  /** 1 − inner product */
  readonly distances: Float32Array;
}

const nothing = (): Ranked => ({ ids: new Int32Array(), scores: new Float32Array() });

let loaded: typeof Usearch | undefined;
/** Loaded at the first search: no native module before the first paint. */
function usearch(): typeof Usearch {
  loaded ??= createRequire(import.meta.url)('usearch') as typeof Usearch;
  return loaded;
}
