/**
 * Finds the vectors nearest to a vector, by sketches: random projections to 128 numbers, whose cosine differs from that of the
 * vectors by about (1 − cos²) / √128 (Achlioptas, "Database-friendly random projections", 2003).
 */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type * as Usearch from 'usearch';

export const sketchLength = 128;
/** How much lower the cosine of two sketches may be: 1.8 standard deviations of the projection's error at a cosine of 0.6. */
export const sketchTolerance = 0.1;

/** The numbers of a sketch of L2 norm 1, times `unit`, as bytes. */
export type Sketch = Int8Array;
/** Half of it is the largest number that a byte holds: in 128 numbers of norm 1, none is likely to be as large. */
const unit = 254;

/** @param length of the vectors, whose L2 norm is 1 */
export function sketcher(length: number): (vector: Float32Array) => Sketch {
  const signs = randomSigns(length * sketchLength);
  return (vector) => {
    const sums = new Float32Array(sketchLength);
    for (let i = 0, at = 0; i < length; i++, at += sketchLength) {
      const value = vector[i]!;
      for (let k = 0; k < sketchLength; k++) sums[k]! += value * signs[at + k]!;
    }
    const norm = Math.sqrt(sums.reduce((sum, value) => sum + value * value, 0)) || 1;
    return Int8Array.from(sums, (value) => Math.max(-127, Math.min(127, Math.round((value / norm) * unit))));
  };
}

/** Of each bit of the hashes of 0, 1, 2 and so on: the same on every machine, because sketches are stored. */
function randomSigns(count: number): Int8Array {
  const signs = new Int8Array(count);
  for (let i = 0, block = 0; i < count; block++) {
    for (const byte of createHash('sha256').update(`${block}`).digest()) {
      for (let bit = 0; bit < 8 && i < count; bit++) signs[i++] = (byte >> bit) & 1 ? 1 : -1;
    }
  }
  return signs;
}

/** Sketches with the contents that they belong to. */
export interface SketchIndex {
  add(content: number, sketch: Sketch): void;
  /**
   * @param pause called now and then, where a search takes long
   * @returns the contents of the nearest sketches whose cosine is at least `least`, nearest first
   */
  nearest(sketch: Sketch, count: number, least: number, pause: () => Promise<void>): Promise<number[]>;
}

/** Rows of a block: searched in a few milliseconds. */
export const blockRows = 8192;

/** Compares with every sketch: nothing has to be built, but the time for a search grows with their number. */
export class ExactSketchIndex implements SketchIndex {
  readonly #blocks: { readonly contents: Int32Array; readonly rows: Int8Array }[] = [];
  #size = 0;

  add(content: number, sketch: Sketch): void {
    const row = this.#size++ % blockRows;
    if (row === 0) {
      this.#blocks.push({ contents: new Int32Array(blockRows), rows: new Int8Array(blockRows * sketchLength) });
    }
    const block = this.#blocks.at(-1)!;
    block.contents[row] = content;
    block.rows.set(sketch, row * sketchLength);
  }

  async nearest(sketch: Sketch, count: number, least: number, pause: () => Promise<void>): Promise<number[]> {
    const found: { content: number; product: number }[] = [];
    for (const [i, { contents, rows }] of this.#blocks.entries()) {
      if (i > 0) await pause();
      const size = Math.min(blockRows, this.#size - i * blockRows);
      for (let row = 0, at = 0; row < size; row++) {
        // Four sums, because the processor waits for each addition to one.
        let [p, q, r, s] = [0, 0, 0, 0];
        for (let k = 0; k < sketchLength; k += 4, at += 4) {
          p = (p + Math.imul(rows[at]!, sketch[k]!)) | 0;
          q = (q + Math.imul(rows[at + 1]!, sketch[k + 1]!)) | 0;
          r = (r + Math.imul(rows[at + 2]!, sketch[k + 2]!)) | 0;
          s = (s + Math.imul(rows[at + 3]!, sketch[k + 3]!)) | 0;
        }
        const product = p + q + r + s;
        if (product >= least * unit * unit) found.push({ content: contents[row]!, product });
      }
    }
    found.sort((a, b) => b.product - a.product || a.content - b.content);
    return found.slice(0, count).map(({ content }) => content);
  }
}

/**
 * A graph of neighbours (Malkov & Yashunin, "Efficient and robust approximate nearest neighbor search using hierarchical
 * navigable small world graphs", 2018), for a whole library: a search takes less than a millisecond, whatever the number.
 */
export class GraphSketchIndex implements SketchIndex {
  readonly #index: Usearch.Index;
  #size = 0;

  constructor() {
    const { Index, MetricKind, ScalarKind } = createRequire(import.meta.url)('usearch') as typeof Usearch;
    this.#index = new Index({
      metric: MetricKind.IP,
      dimensions: sketchLength,
      quantization: ScalarKind.F16,
      connectivity: 16,
      expansion_add: 64,
      expansion_search: 64,
      multi: false,
    });
  }

  add(content: number, sketch: Sketch): void {
    // One thread: with several, the graph would be another one each time.
    this.#index.add(BigInt(content), numbers(sketch), 1);
    this.#size++;
  }

  async nearest(sketch: Sketch, count: number, least: number): Promise<number[]> {
    if (this.#size === 0) return [];
    const { keys, distances } = this.#index.search(numbers(sketch), Math.min(count, this.#size), 1);
    return Array.from(keys, Number).filter((_, i) => 1 - distances[i]! >= least);
  }
}

const numbers = (sketch: Sketch) => Float32Array.from(sketch, (value) => value / unit);
