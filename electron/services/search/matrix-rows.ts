/**
 * Embeddings in 8 bits, in blocks that never have to be copied as a whole: the first new photo of a large library costs as
 * little as that of a small one. A block holds the rows of one level (store/embedding-bytes.ts), whose integers have the same
 * scale. The row of a deleted photo is filled by the last row of its level, so that blocks have no gaps.
 */
import { levels, scaleOf } from '../../store/embedding-bytes.ts';
import { IdRows } from './id-rows.ts';

const positionBits = 15;
/** Rows of a full block: 23 MB at 704 dimensions. */
export const blockRows = 1 << positionBits;
const firstRows = 256;

export interface Block {
  readonly level: number;
  readonly scale: number;
  /** [capacity, stride], from the start of its own buffer: usearch does not look at the offset of an array */
  rows: Int8Array<ArrayBuffer>;
  ids: Int32Array;
  count: number;
}

export class MatrixRows {
  readonly dimensions: number;
  /** bytes per row */
  readonly stride: number;
  readonly blocks: Block[] = [];
  /** by level: its blocks, of which all but the last are full, by their number */
  readonly #ofLevel: number[][] = Array.from({ length: levels }, () => []);
  readonly #positions = new IdRows();
  #count = 0;

  constructor(dimensions: number) {
    this.dimensions = dimensions;
    this.stride = Math.ceil(dimensions / 16) * 16;
  }

  get count(): number {
    return this.#count;
  }

  has(id: number): boolean {
    return this.#positions.get(id) !== undefined;
  }

  /** Block and row of a photo. */
  find(id: number): { block: Block; row: number } | undefined {
    const position = this.#positions.get(id);
    if (position === undefined) return undefined;
    return { block: this.blocks[position >> positionBits]!, row: position & (blockRows - 1) };
  }

  integers({ rows }: Block, row: number): Int8Array {
    return rows.subarray(row * this.stride, row * this.stride + this.dimensions);
  }

  /** @param integers [dimensions] */
  set(id: number, level: number, integers: Int8Array): void {
    let found = this.find(id);
    if (found && found.block.level !== level) {
      this.delete(id);
      found = undefined;
    }
    const { block, row } = found ?? this.#append(id, level);
    block.rows.set(integers, row * this.stride);
  }

  delete(id: number): boolean {
    const found = this.find(id);
    if (!found) return false;
    const { block, row } = found;
    const last = this.#lastOf(block.level)!;
    const from = --last.count;
    const moved = last.ids[from]!;
    const bytes = last.rows.subarray(from * this.stride, (from + 1) * this.stride);
    block.rows.set(bytes, row * this.stride);
    block.ids[row] = moved;
    this.#positions.set(moved, this.#positions.get(id)!);
    this.#positions.delete(id);
    this.#count--;
    return true;
  }

  /** The last block of a level with a row in it. */
  #lastOf(level: number): Block | undefined {
    const own = this.#ofLevel[level]!;
    for (let i = own.length - 1; i >= 0; i--) if (this.blocks[own[i]!]!.count > 0) return this.blocks[own[i]!];
    return undefined;
  }

  #append(id: number, level: number): { block: Block; row: number } {
    const own = this.#ofLevel[level]!;
    let number = own.find((one) => this.blocks[one]!.count < blockRows);
    if (number === undefined) {
      // After a full block there are many photos: the next one has its whole size at once, and is not copied.
      number = this.blocks.push(emptyBlock(level, this.stride, own.length > 0 ? blockRows : firstRows)) - 1;
      own.push(number);
    }
    const block = this.blocks[number]!;
    const row = block.count;
    if (row === block.ids.length) grow(block, this.stride);
    block.ids[row] = id;
    block.count++;
    this.#positions.set(id, number * blockRows + row);
    this.#count++;
    return { block, row };
  }
}

/** Memory that was not written to yet takes none, so that more of it costs no more than the rows that come. */
function emptyBlock(level: number, stride: number, capacity: number): Block {
  return {
    ...{ level, scale: scaleOf[level]!, count: 0 },
    rows: new Int8Array(capacity * stride),
    ids: new Int32Array(capacity),
  };
}

/** By a quarter: doubled, 100,000 photos took 10 MB more. */
function grow(block: Block, stride: number): void {
  const capacity = Math.min(Math.ceil(block.ids.length * 1.25), blockRows);
  const rows = new Int8Array(capacity * stride);
  rows.set(block.rows);
  const ids = new Int32Array(capacity);
  ids.set(block.ids);
  block.rows = rows;
  block.ids = ids;
}
