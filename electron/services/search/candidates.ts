/** The rows of a matrix with the highest scores by a rounded query: see search-matrix.ts. */
import type * as Usearch from 'usearch';
import { createRequire } from 'node:module';
import { blockRows, type Block, type MatrixRows } from './matrix-rows.ts';
import type { PhotoSet } from './photo-set.ts';

/** Up to this share of the photos of a block it is faster to gather their rows than to search all of them. */
const gatheredShare = 0.25;
/** Rows that are gathered at a time: less than 3 MB at 704 dimensions. */
const piece = 4096;
/** So many rows of a block are sorted in a fraction of the time of their products. */
const few = 2048;

export interface RoundedQuery {
  /** [stride] */
  readonly integers: Int8Array;
  readonly scale: number;
}

/** The photos that a search is limited to. */
export interface Members {
  readonly among: PhotoSet;
  readonly size: number;
  readonly version: number;
  readonly count: number;
  readonly inBlocks: readonly number[];
}

/** Rows in the order of their scores by the rounded query. */
export interface Candidates {
  /** number of the block × `blockRows` + row */
  readonly positions: Int32Array;
  readonly ids: Int32Array;
  readonly approximate: Float64Array;
  /** all rows with this score or a higher one are there */
  readonly least: number;
}

/** What is known of a block. */
interface FoundIn {
  /** in the order of their scores */
  readonly rows: ArrayLike<number>;
  readonly scores: Float64Array;
  /** how many rows were asked for */
  readonly asked: number;
  /** no row that was not found has a higher score; −Infinity: there is none */
  readonly floor: number;
}

/** The best rows by a rounded query. */
export class CandidateSearch {
  readonly #rows: MatrixRows;
  readonly #query: RoundedQuery;
  readonly #members: Members | undefined;
  #buffer: Int8Array<ArrayBuffer> | undefined;
  readonly #foundIn: (FoundIn | undefined)[];

  constructor(rows: MatrixRows, query: RoundedQuery, members: Members | undefined) {
    this.#rows = rows;
    this.#query = query;
    this.#members = members;
    this.#foundIn = rows.blocks.map(() => undefined);
  }

  /** The best `count` rows, and those with the same score as the last of them. */
  best(count: number): Candidates {
    const { blocks } = this.#rows;
    const all = this.#members?.count ?? this.#rows.count;
    blocks.forEach((block, i) => {
      const available = this.#available(i);
      // Few are asked for at once; of many, and of some of the photos, for which more rows must be sorted, twice as many as there
      // would be if the best were spread evenly.
      const least = this.#members ? 64 : few;
      const ask = Math.min(count, available, Math.max(least, Math.ceil((2 * count * available) / all)));
      if (available > 0) this.#foundIn[i] = this.#search(block, ask, available);
    });
    // Of a block in which more of the best can be, more rows are asked for, so that the last of the best becomes better.
    for (let least = this.#leastOf(count); ; least = this.#leastOf(count)) {
      if (!this.#searchFrom(least)) return this.#found(least);
    }
  }

  /** All rows with this score or a higher one. */
  from(least: number): Candidates {
    while (this.#searchFrom(least));
    return this.#found(least);
  }

  /** Asks for more rows of each block that can have more with this score or a higher one. @returns whether there was one */
  #searchFrom(least: number): boolean {
    let any = false;
    this.#rows.blocks.forEach((block, i) => {
      const found = this.#foundIn[i];
      if (!found || found.floor === -Infinity || found.floor < least) return;
      const available = this.#available(i);
      this.#foundIn[i] = this.#search(block, Math.min(available, found.asked * 4), available);
      any = true;
    });
    return any;
  }

  #available(block: number): number {
    return this.#members?.inBlocks[block] ?? this.#rows.blocks[block]!.count;
  }

  /** The score of the last of the best `count` that were found. */
  #leastOf(count: number): number {
    const found = this.#foundIn.filter((one) => one !== undefined);
    const all = new Float64Array(found.reduce((sum, { scores }) => sum + scores.length, 0));
    let at = 0;
    for (const { scores } of found) {
      all.set(scores, at);
      at += scores.length;
    }
    return all.sort()[all.length - count] ?? -Infinity;
  }

  #found(least: number): Candidates {
    const positions: number[] = [];
    const approximate: number[] = [];
    const ids: number[] = [];
    this.#foundIn.forEach((found, i) => {
      if (!found) return;
      // in the order of their scores, so that the first that is too low ends the block
      for (let at = 0; at < found.rows.length && found.scores[at]! >= least; at++) {
        positions.push(i * blockRows + found.rows[at]!);
        approximate.push(found.scores[at]!);
        ids.push(this.#rows.blocks[i]!.ids[found.rows[at]!]!);
      }
    });
    return {
      positions: Int32Array.from(positions),
      ids: Int32Array.from(ids),
      approximate: Float64Array.from(approximate),
      least,
    };
  }

  /** @param ask how many of the block's `available` rows */
  #search(block: Block, ask: number, available: number): FoundIn {
    const among = this.#members?.among;
    if (!among) return this.#read(this.#nearest(block.rows, block.count, ask), block.scale, ask, ask < available);
    if (available <= block.count * gatheredShare) return this.#gather(block, ask, available, among);
    // Those that are left out may be the nearest ones: then more of all rows are needed.
    for (let count = Math.ceil((ask * block.count) / available) + 64; count < block.count / 4; count *= 4) {
      const all = this.#read(this.#nearest(block.rows, block.count, count), block.scale, count, true);
      const members: number[] = [];
      for (let i = 0; i < all.rows.length && members.length < ask; i++) {
        if (among.has(block.ids[all.rows[i]!]!)) members.push(i);
      }
      if (members.length < ask) continue;
      const rows = members.map((i) => all.rows[i]!);
      const scores = Float64Array.from(members, (i) => all.scores[i]!);
      return { rows, scores, asked: ask, floor: ask < available ? scores[ask - 1]! : -Infinity };
    }
    return this.#gather(block, ask, available, among);
  }

  #gather(block: Block, ask: number, available: number, among: PhotoSet): FoundIn {
    const { stride } = this.#rows;
    const buffer = (this.#buffer ??= new Int8Array(piece * stride));
    const chosen = new Int32Array(Math.min(piece, available));
    const found: { row: number; score: number }[] = [];
    let floor = -Infinity;
    for (let row = 0; row < block.count;) {
      let count = 0;
      for (; row < block.count && count < chosen.length; row++) {
        if (!among.has(block.ids[row]!)) continue;
        buffer.set(block.rows.subarray(row * stride, (row + 1) * stride), count * stride);
        chosen[count++] = row;
      }
      if (count === 0) break;
      const some = Math.min(ask, count);
      const {
        rows,
        scores,
        floor: lowest,
      } = this.#read(this.#nearest(buffer, count, some), block.scale, some, some < count);
      scores.forEach((score, i) => found.push({ row: chosen[rows[i]!]!, score }));
      floor = Math.max(floor, lowest);
    }
    found.sort((a, b) => b.score - a.score);
    if (found.length > ask) floor = Math.max(floor, found[ask]!.score);
    found.length = Math.min(found.length, ask);
    const scores = Float64Array.from(found, ({ score }) => score);
    return { rows: found.map(({ row }) => row), scores, asked: ask, floor };
  }

  #read({ keys, distances }: Found, scale: number, asked: number, hasMore: boolean): FoundIn {
    // The lower halves of the keys, which are below 2^32: a BigInt for each would take longer than the search.
    const halves = new Uint32Array(keys.buffer, keys.byteOffset, 2 * keys.length);
    const rows = new Uint32Array(keys.length);
    for (let i = 0; i < rows.length; i++) rows[i] = halves[2 * i + lower]!;
    const scores = new Float64Array(distances.length);
    const factor = scale * this.#query.scale;
    for (let i = 0; i < scores.length; i++) scores[i] = (1 - distances[i]!) * factor;
    return { rows, scores, asked, floor: hasMore ? scores.at(-1)! : -Infinity };
  }

  /** Integers times integers: the distances are whole numbers, and exact where their sums are below 2^24. */
  #nearest(rows: Int8Array, available: number, count: number): Found {
    const { exactSearch, MetricKind } = usearch();
    const { stride } = this.#rows;
    return exactSearch(
      rows.subarray(0, available * stride),
      this.#query.integers,
      stride,
      count,
      MetricKind.IP,
      searchThreads,
    );
  }
}

/** Where the lower half of a 64-bit number is, in 32-bit ones. */
const lower = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 0 : 1;

type Found = Pick<Usearch.Matches, 'keys' | 'distances'>;

/**
 * usearch's threads take rows one by one from a shared counter, which costs as much as the product of a row in 8 bits: two are no
 * faster than one (docs/search.md).
 */
const searchThreads = 1;

let loaded: typeof Usearch | undefined;
/** Loaded at the first search: no native module before the first paint. */
function usearch(): typeof Usearch {
  loaded ??= createRequire(import.meta.url)('usearch') as typeof Usearch;
  return loaded;
}
