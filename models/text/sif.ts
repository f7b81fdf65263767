/**
 * Smooth inverse frequency (Arora, Liang & Ma 2017, Algorithm 1): a sentence is the mean of its word vectors, each
 * weighted by a / (a + p(w)), without its projection on the first principal component of the training sentences.
 */
/** Zipf–Mandelbrot's shift (Mandelbrot 1953): rank r has a frequency in proportion to 1 / (r + 2.7), r from 1. */
const zipfShift = 2.7;
const zipf = (rank: number) => 1 / (rank + 1 + zipfShift);

/**
 * p(w) of a word that has a vector, by its rank. Words of the captions have their share of all caption words; others
 * have Zipf's estimate from their rank, scaled so that over the captions' own words the estimates sum to the same mass
 * as the shares: both are then probabilities of one language.
 * @param counts how often the training captions use the word of each rank
 */
export function wordProbability(counts: ReadonlyMap<number, number>): (rank: number) => number {
  let total = 0;
  let mass = 0;
  for (const [rank, count] of counts) {
    total += count;
    mass += zipf(rank);
  }
  // Without captions every word is rare: the estimate is then Zipf's for the commonest word taken as certain.
  if (total === 0) mass = zipf(0);
  return (rank) => {
    const count = counts.get(rank);
    return count === undefined ? zipf(rank) / mass : count / total;
  };
}

/** Sum of xxᵀ over vectors, from which the principal component comes: sentences need not be kept. */
export class SecondMoment {
  readonly dimensions: number;
  /** the lower triangle is kept up to date; row-major [dimensions, dimensions] */
  readonly #sums: Float64Array;

  constructor(dimensions: number) {
    this.dimensions = dimensions;
    this.#sums = new Float64Array(dimensions * dimensions);
  }

  add(vector: Float32Array): void {
    const d = this.dimensions;
    for (let i = 0; i < d; i++) {
      const x = vector[i]!;
      for (let j = 0; j <= i; j++) this.#sums[i * d + j]! += x * vector[j]!;
    }
  }

  /**
   * The direction of the largest second moment, of norm 1 (zeros where there was nothing to sum). Not centred: Arora's
   * code takes the first right singular vector of the sentences as they are. Its largest coordinate is positive, so
   * that the sign is the same everywhere.
   */
  principalComponent(): Float32Array {
    const d = this.dimensions;
    const at = (i: number, j: number) => this.#sums[j <= i ? i * d + j : j * d + i]!;
    let largest = 0;
    for (let i = 1; i < d; i++) if (at(i, i) > at(largest, largest)) largest = i;
    if (d === 0 || at(largest, largest) === 0) return new Float32Array(d);

    // Power iteration from the column with the largest diagonal, which cannot be orthogonal to the component.
    let vector = unit(Float64Array.from({ length: d }, (_, i) => at(i, largest)));
    for (let round = 0; round < 2000; round++) {
      const next = unit(
        Float64Array.from({ length: d }, (_, i) => vector.reduce((sum, x, j) => sum + at(i, j) * x, 0)),
      );
      const change = next.reduce((sum, x, i) => sum + (x - vector[i]!) ** 2, 0);
      vector = next;
      if (change < 1e-20) break;
    }
    const peak = vector.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
    return Float32Array.from(vector, (x) => (peak < 0 ? -x : x));
  }
}

function unit(vector: Float64Array): Float64Array {
  const norm = Math.hypot(...vector);
  return norm === 0 ? vector : vector.map((x) => x / norm);
}

/** v − (v·u) u on the `component.length` numbers of `out` from `offset`, for u of norm 1. */
export function removeComponent(out: Float32Array, offset: number, component: Float32Array): void {
  let projection = 0;
  for (let i = 0; i < component.length; i++) projection += out[offset + i]! * component[i]!;
  for (let i = 0; i < component.length; i++) out[offset + i]! -= projection * component[i]!;
}
