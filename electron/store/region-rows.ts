/**
 * Embeddings of regions in 4 bits: of each row a scale, and integers from −7 to 7. A search reads the rows of a hundred photos
 * from the database, so that their size counts; what it costs in recall is in docs/experiments.md.
 *
 * Regions of a photo are like the photo, and differ from it in few directions. So what is stored of them is their difference
 * from the photo's embedding along those directions, a fifth of the numbers; the inner product of a sentence with a region is
 * that with the photo plus that of the sentence's own numbers along the directions with the stored ones.
 */

/** [regions]: each a float32, and half a byte for each number; the first of two is in the upper half */
export type RegionRows = Uint8Array;

const largest = 7;
/** What is added, so that half a byte holds no sign. */
const zero = 8;
const scaleBytes = 4;
/** An embedding has norm 1 or less, a difference of two 2 or less; rounding to 4 bits can make it longer. */
const longest = { embedding: 1.5, difference: 3 } as const;

const bytesPerRow = (dimensions: number) => scaleBytes + Math.ceil(dimensions / 2);

/** @param values [rows, dimensions] */
export function nibblesOf(values: Float32Array, rows: number): RegionRows {
  const dimensions = values.length / rows;
  const bytes = bytesPerRow(dimensions);
  const result = new Uint8Array(rows * bytes);
  const view = new DataView(result.buffer);
  for (let row = 0; row < rows; row++) {
    const from = row * dimensions;
    let extreme = 0;
    for (let i = 0; i < dimensions; i++) extreme = Math.max(extreme, Math.abs(values[from + i]!));
    const scale = extreme / largest;
    view.setFloat32(row * bytes, scale, true);
    const nibble = (i: number) => (i < dimensions && scale > 0 ? Math.round(values[from + i]! / scale) : 0) + zero;
    for (let i = 0, at = row * bytes + scaleBytes; i < dimensions; i += 2) {
      result[at++] = (nibble(i) << 4) | nibble(i + 1);
    }
  }
  return result;
}

/** n1² + n2² of each byte */
const squaresOfByte = Float32Array.from(
  { length: 256 },
  (_, both) => ((both >> 4) - zero) ** 2 + ((both & 15) - zero) ** 2,
);

/**
 * Whether stored rows can be what was stored: of the length that the model makes, and each with a norm that an embedding has.
 * A row of zeros is one, because `nibblesOf` rounds small rows to it.
 */
export function areSound(
  data: RegionRows,
  rows: number,
  dimensions: number,
  of: keyof typeof longest = 'embedding',
): boolean {
  const longestSquared = longest[of] ** 2;
  const bytes = bytesPerRow(dimensions);
  if (data.length !== rows * bytes) return false;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let row = 0; row < rows; row++) {
    const scale = view.getFloat32(row * bytes, true);
    let squares = 0;
    for (let at = row * bytes + scaleBytes; at < (row + 1) * bytes; at++) squares += squaresOfByte[data[at]!]!;
    // not `>`: the scale may not be a number
    if (!(scale >= 0 && scale * scale * squares <= longestSquared)) return false;
  }
  return true;
}

/**
 * Inner products of a query with the rows.
 *
 * @param query [dimensions]
 * @param out [rows]: filled
 * @throws RangeError where the rows have other dimensions
 */
export function regionScores(data: RegionRows, query: Float32Array, out: Float32Array): void {
  const dimensions = query.length;
  const bytes = bytesPerRow(dimensions);
  if (data.length !== out.length * bytes) throw new RangeError('the embeddings of regions have another length');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const pairs = dimensions >> 1;
  for (let row = 0; row < out.length; row++) {
    let at = row * bytes + scaleBytes;
    let sum = 0;
    for (let i = 0; i < pairs; i++) {
      const both = data[at++]!;
      sum += ((both >> 4) - zero) * query[2 * i]! + ((both & 15) - zero) * query[2 * i + 1]!;
    }
    if (dimensions % 2 === 1) sum += ((data[at]! >> 4) - zero) * query[dimensions - 1]!;
    out[row] = sum * view.getFloat32(row * bytes, true);
  }
}

/** @returns the numbers themselves, nearly [rows, dimensions] */
export function fromNibbles(data: RegionRows, rows: number, dimensions: number): Float32Array {
  const bytes = bytesPerRow(dimensions);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const values = new Float32Array(rows * dimensions);
  for (let row = 0; row < rows; row++) {
    const scale = view.getFloat32(row * bytes, true);
    for (let i = 0; i < dimensions; i++) {
      const both = data[row * bytes + scaleBytes + (i >> 1)]!;
      values[row * dimensions + i] = ((i % 2 === 0 ? both >> 4 : both & 15) - zero) * scale;
    }
  }
  return values;
}

/** Directions in the space of a model's embeddings, orthonormal. */
export interface Directions {
  readonly count: number;
  /** [count, dimensions] */
  readonly rows: Float32Array;
}

/** @param values [rows, dimensions] @returns the numbers of each row along the directions [rows, count] */
export function along({ count, rows: directions }: Directions, values: Float32Array): Float32Array {
  const dimensions = directions.length / count;
  const rows = values.length / dimensions;
  const result = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    const from = row * dimensions;
    for (let direction = 0; direction < count; direction++) {
      const start = direction * dimensions;
      // Two sums, so that an addition does not wait for the one before it.
      let [even, odd] = [0, 0];
      for (let i = 0; i + 1 < dimensions; i += 2) {
        even += values[from + i]! * directions[start + i]!;
        odd += values[from + i + 1]! * directions[start + i + 1]!;
      }
      if (dimensions % 2 === 1) even += values[from + dimensions - 1]! * directions[start + dimensions - 1]!;
      result[row * count + direction] = even + odd;
    }
  }
  return result;
}

/** @param regions [rows, dimensions] @param whole [dimensions] @returns regions − whole [rows, dimensions] */
export function differences(regions: Float32Array, whole: Float32Array): Float32Array {
  const dimensions = whole.length;
  return regions.map((value, i) => value - whole[i % dimensions]!);
}
