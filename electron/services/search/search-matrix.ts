/**
 * All embeddings of the library in memory, in 8 bits, and exact search over them.
 *
 * Exact, because it is fast enough (docs/search.md), while an approximate index would miss photos and would have to be built and
 * updated. A search has two steps:
 *
 * 1. The query is rounded to 8 bits, too, and usearch multiplies all rows with it: the photos with the highest of these scores,
 *    and some hundred more than are asked for, are candidates.
 * 2. The candidates are compared with the query as it is, in double precision. How far their two scores lie apart says how far
 *    those of the other photos can: while one of these could still be among the best, more candidates are taken.
 *
 * Of a search among some of the photos, few are gathered; of many, all rows are searched where they are, for more candidates.
 */
import { embeddingOf, roundEmbedding, scaleOf } from '../../store/embedding-bytes.ts';
import { CandidateSearch, type Candidates, type Members, type RoundedQuery } from './candidates.ts';
import { blockRows, MatrixRows, type Block } from './matrix-rows.ts';
import type { PhotoSet } from './photo-set.ts';

export interface Ranked {
  readonly ids: Int32Array;
  /** inner product with the query: cosine similarity, times the length of the photo's embedding; best first */
  readonly scores: Float32Array;
}

/** Candidates that are taken besides those that are asked for. */
const moreCandidates = 256;
/** The scores of other photos change by less than this much times what those of the candidates change by at most. */
const safety = 1.5;
/** What single precision adds to that. */
const rounding = 1e-6;

let changes = 0;

export class SearchMatrix {
  readonly dimensions: number;
  readonly #rows: MatrixRows;
  readonly #integers: Int8Array;
  #version = ++changes;
  #lastAmong: Members | undefined;

  constructor(dimensions: number) {
    this.dimensions = dimensions;
    this.#rows = new MatrixRows(dimensions);
    this.#integers = new Int8Array(dimensions);
  }

  get size(): number {
    return this.#rows.count;
  }

  /** another number after each change; no other matrix has it */
  get version(): number {
    return this.#version;
  }

  /** in no order */
  *ids(): IterableIterator<number> {
    for (const { ids, count } of this.#rows.blocks) for (let row = 0; row < count; row++) yield ids[row]!;
  }

  has(id: number): boolean {
    return this.#rows.has(id);
  }

  /** @returns how many of the photos a search among them ranks */
  countOf(among: PhotoSet): number {
    return this.#membersOf(among).count;
  }

  /** @returns the photo's embedding [dimensions], a copy */
  embedding(id: number): Float32Array | undefined {
    const found = this.#rows.find(id);
    return found && embeddingOf(this.#rows.integers(found.block, found.row), found.block.level);
  }

  /** Inner products of a query [dimensions] with photos of the matrix, as `search` computes them. */
  scores(ids: Int32Array, query: Float32Array): Float32Array {
    const numbers = Float64Array.from(query);
    return Float32Array.from(ids, (id) => {
      const found = this.#rows.find(id);
      if (!found) throw new RangeError(`photo ${id} is not in the matrix`);
      return this.#exact(found.block, found.row, numbers);
    });
  }

  /** Embeddings of at most `count` photos, evenly spread over the rows. */
  sample(count: number): Float32Array[] {
    const length = Math.min(count, this.size);
    const sampled: Float32Array[] = [];
    let before = 0;
    for (const block of this.#rows.blocks) {
      for (; sampled.length < length;) {
        const row = Math.floor((sampled.length * this.size) / length) - before;
        if (row >= block.count) break;
        sampled.push(embeddingOf(this.#rows.integers(block, row), block.level));
      }
      before += block.count;
    }
    return sampled;
  }

  /** Adds or replaces a photo's embedding, which is rounded as it is in the database. */
  set(id: number, embedding: Float32Array): void {
    if (embedding.length !== this.dimensions) throw new RangeError('the embedding has another length');
    this.setRounded(id, roundEmbedding(embedding, this.#integers), this.#integers);
  }

  /** @param integers [dimensions], of the level; copied */
  setRounded(id: number, level: number, integers: Int8Array): void {
    this.#rows.set(id, level, integers);
    this.#version = ++changes;
  }

  delete(id: number): void {
    if (this.#rows.delete(id)) this.#version = ++changes;
  }

  /**
   * The `limit` photos nearest to `query` [dimensions], by inner product; equal scores are in the order of their ids, so
   * that the same search gives the same page.
   *
   * @param among the photos to search, which only grow while it is used; absent: all
   */
  search(query: Float32Array, limit: number, among?: PhotoSet): Ranked {
    const members = among && this.#membersOf(among);
    const available = members?.count ?? this.size;
    const wanted = Math.min(limit, available);
    if (wanted <= 0) return { ids: new Int32Array(), scores: new Float32Array() };
    const numbers = new Float64Array(this.dimensions);
    numbers.set(query.subarray(0, this.dimensions));
    const rounded = this.#round(query);
    const longest = this.#longestDifference(numbers, rounded);
    const search = new CandidateSearch(this.#rows, rounded, members);
    let candidates = search.best(Math.min(wanted + moreCandidates + (wanted >> 2), available));
    for (;;) {
      const { scores, difference } = this.#compare(candidates, numbers);
      const order = Uint32Array.from(scores, (_, i) => i);
      order.sort((a, b) => scores[b]! - scores[a]! || candidates.ids[a]! - candidates.ids[b]!);
      const page = order.subarray(0, wanted);
      const least = scores[page[wanted - 1]!]! - Math.min(longest, safety * difference) - rounding;
      if (candidates.ids.length === available || candidates.least <= least) {
        const { ids } = candidates;
        return { ids: Int32Array.from(page, (i) => ids[i]!), scores: Float32Array.from(page, (i) => scores[i]!) };
      }
      candidates = search.from(least);
    }
  }

  #round(query: Float32Array): RoundedQuery {
    const integers = new Int8Array(this.#rows.stride);
    // the longest a query can be is not known, and the levels end at 1
    const extreme = query.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
    const level = roundEmbedding(
      query.map((value) => value / extreme),
      integers,
    );
    return { integers, scale: scaleOf[level]! * extreme };
  }

  /** How much rounding the query can change a score at most, by the inequality of Cauchy and Schwarz: embeddings have norm 1. */
  #longestDifference(query: Float64Array, { integers, scale }: RoundedQuery): number {
    let squares = 0;
    for (let i = 0; i < query.length; i++) squares += (query[i]! - integers[i]! * scale) ** 2;
    return 1.02 * Math.sqrt(squares);
  }

  #compare({ positions, approximate }: Candidates, query: Float64Array) {
    const scores = new Float32Array(positions.length);
    let difference = 0;
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i]!;
      const score = this.#exact(this.#rows.blocks[Math.floor(position / blockRows)]!, position % blockRows, query);
      scores[i] = score;
      difference = Math.max(difference, Math.abs(score - approximate[i]!));
    }
    return { scores, difference };
  }

  /** In double precision: the same wherever the row lies, and whatever is computed with it. */
  #exact({ rows, scale }: Block, row: number, query: Float64Array): number {
    const end = query.length - (query.length % 4);
    let at = row * this.#rows.stride;
    let [a, b, c, d] = [0, 0, 0, 0];
    let i = 0;
    for (; i < end; i += 4, at += 4) {
      a += rows[at]! * query[i]!;
      b += rows[at + 1]! * query[i + 1]!;
      c += rows[at + 2]! * query[i + 2]!;
      d += rows[at + 3]! * query[i + 3]!;
    }
    for (; i < query.length; i++, at++) a += rows[at]! * query[i]!;
    return (a + b + (c + d)) * scale;
  }

  /** While a sentence is typed, its filters stay: the same set is not counted again. */
  #membersOf(among: PhotoSet): Members {
    const last = this.#lastAmong;
    if (last?.among === among && last.size === among.size && last.version === this.#version) return last;
    const inBlocks = this.#rows.blocks.map(({ ids, count }) => {
      let members = 0;
      for (let row = 0; row < count; row++) if (among.has(ids[row]!)) members++;
      return members;
    });
    const count = inBlocks.reduce((sum, members) => sum + members, 0);
    this.#lastAmong = { among, size: among.size, version: this.#version, count, inBlocks };
    return this.#lastAmong;
  }
}
