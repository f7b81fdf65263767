/**
 * How well two small grey pictures cover each other after one is moved onto the other.
 *
 * The inverse compositional algorithm of image alignment (Baker & Matthews, "Lucas-Kanade 20 Years On", IJCV 2004, section 3.2)
 * with an affine warp, from coarse to fine; a change of contrast and brightness is projected out (their part 3, 2003). So a crop,
 * a border, a small rotation and an edit of the exposure are compensated. Pictures are square, whatever the photo's shape.
 */

/** Pixels per side of a picture. */
export const side = 32;
const pixels = side * side;
/** Least share of the picture that the other must cover. */
const leastOverlap = 0.6;
const iterations = 12;
/** The coarse picture is aligned from several sizes: a border of 5 % on each side is too far for one. */
const startScales = [1, 0.9, 1.11];
/** Share of the pixels that may differ: a text over the photo, somebody who moved. */
const outliers = 0.15;

export interface Alignment {
  /** correlation of the grey values that both cover, without the `outliers` share that differs most; −1 to 1 */
  readonly tones: number;
  /** the same of the differences from the surroundings: edges and texture, without light and shade */
  readonly detail: number;
  /** largest displacement of a corner, as a share of half the side */
  readonly displacement: number;
}

/** A picture prepared for comparisons. */
export interface PreparedPicture {
  /** fine and coarse */
  readonly levels: readonly [Level, Level];
  /** the fine picture less its surroundings */
  readonly detail: Float32Array;
  /** grey value, 0–255 */
  readonly mean: number;
}

interface Level {
  readonly size: number;
  /** mean 0 */
  readonly values: Float32Array;
  /** how the picture changes with each parameter of the warp, without what contrast and brightness explain: [6, pixels] */
  readonly descent: Float32Array;
  /** the inverse of their 6 × 6 products; null where the picture is flat */
  readonly inverse: Float64Array | null;
}

/** x' = (1 + w0) x + w1 y + w2, y' = w3 x + (1 + w4) y + w5, with x and y from −1 to 1. */
type Warp = Float64Array;

/** @param picture [side, side] grey values */
export function preparePicture(picture: Uint8Array): PreparedPicture {
  if (picture.length !== pixels) throw new RangeError(`a picture of ${picture.length} pixels instead of ${pixels}`);
  const fine = smooth(picture, side);
  const half = side / 2;
  const coarse = new Float32Array(half * half);
  for (let y = 0; y < half; y++) {
    for (let x = 0; x < half; x++) {
      const at = 2 * y * side + 2 * x;
      coarse[y * half + x] = (fine[at]! + fine[at + 1]! + fine[at + side]! + fine[at + side + 1]!) / 4;
    }
  }
  const surroundings = smooth(smooth(fine, side), side);
  return {
    levels: [prepareLevel(fine, side), prepareLevel(smooth(coarse, half), half)],
    detail: Float32Array.from(picture, (value, i) => (value + fine[i]!) / 2 - surroundings[i]!),
    mean: picture.reduce((sum, value) => sum + value, 0) / pixels,
  };
}

/** Each pixel becomes the mean of 3 × 3, weighted 1 2 1 in both directions. */
function smooth(picture: ArrayLike<number>, size: number): Float32Array {
  const rows = new Float32Array(size * size);
  const result = new Float32Array(size * size);
  for (let i = 0; i < rows.length; i++) {
    const x = i % size;
    rows[i] = (picture[x > 0 ? i - 1 : i]! + 2 * picture[i]! + picture[x < size - 1 ? i + 1 : i]!) / 4;
  }
  for (let i = 0; i < rows.length; i++) {
    result[i] = (rows[i >= size ? i - size : i]! + 2 * rows[i]! + rows[i < size * (size - 1) ? i + size : i]!) / 4;
  }
  return result;
}

function prepareLevel(picture: Float32Array, size: number): Level {
  const count = size * size;
  const scale = (size - 1) / 2;
  const mean = picture.reduce((sum, value) => sum + value, 0) / count;
  const values = picture.map((value) => value - mean);
  const descent = new Float32Array(6 * count);
  for (let i = 0; i < count; i++) {
    const column = i % size;
    const line = (i - column) / size;
    const x = column / scale - 1;
    const y = line / scale - 1;
    const left = Math.max(0, column - 1);
    const right = Math.min(size - 1, column + 1);
    const above = Math.max(0, line - 1);
    const below = Math.min(size - 1, line + 1);
    const gx = ((values[line * size + right]! - values[line * size + left]!) / (right - left)) * scale;
    const gy = ((values[below * size + column]! - values[above * size + column]!) / (below - above)) * scale;
    descent[i] = gx * x;
    descent[count + i] = gx * y;
    descent[2 * count + i] = gx;
    descent[3 * count + i] = gy * x;
    descent[4 * count + i] = gy * y;
    descent[5 * count + i] = gy;
  }
  const energy = values.reduce((sum, value) => sum + value * value, 0) + 1e-6;
  for (let k = 0; k < 6; k++) {
    const one = descent.subarray(k * count, (k + 1) * count);
    let [sum, along] = [0, 0];
    for (let i = 0; i < count; i++) {
      sum += one[i]!;
      along += one[i]! * values[i]!;
    }
    for (let i = 0; i < count; i++) one[i]! -= sum / count + (along / energy) * values[i]!;
  }
  return { size, values, descent, inverse: inverseProducts(descent, count) };
}

function inverseProducts(descent: Float32Array, count: number): Float64Array | null {
  const matrix = new Float64Array(36);
  for (let j = 0; j < 6; j++) {
    for (let k = 0; k <= j; k++) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += descent[j * count + i]! * descent[k * count + i]!;
      matrix[j * 6 + k] = matrix[k * 6 + j] = sum;
    }
    // One grey level of noise per pixel: a flat picture does not determine the warp.
    matrix[j * 7]! += count;
  }
  return invert(matrix);
}

/** Gauss–Jordan of a symmetric positive definite 6 × 6 matrix. */
function invert(matrix: Float64Array): Float64Array | null {
  const result = new Float64Array(36);
  for (let j = 0; j < 6; j++) result[j * 7] = 1;
  for (let j = 0; j < 6; j++) {
    const pivot = matrix[j * 7]!;
    if (!(pivot > 1e-9)) return null;
    for (let k = 0; k < 6; k++) {
      matrix[j * 6 + k]! /= pivot;
      result[j * 6 + k]! /= pivot;
    }
    for (let i = 0; i < 6; i++) {
      if (i === j) continue;
      const factor = matrix[i * 6 + j]!;
      for (let k = 0; k < 6; k++) {
        matrix[i * 6 + k]! -= factor * matrix[j * 6 + k]!;
        result[i * 6 + k]! -= factor * result[j * 6 + k]!;
      }
    }
  }
  return result;
}

/** Grey levels: a picture that varies less is flat. */
const flatDeviation = 2;
/** Grey levels: of flat pictures, one is not a copy of the other if it is lighter than this. */
const flatDifference = 4;
/**
 * Flat pictures correlate whatever they show: a black photo, a white sheet, a grey wall. So their detail counts for less, and the
 * features must be nearly equal: by the rule (rule.ts) their cosine must be 0.87.
 */
const flatDetail = 0.55;

function alignFlat(a: PreparedPicture, b: PreparedPicture): Alignment {
  const isEqual = Math.abs(a.mean - b.mean) <= flatDifference;
  return { tones: isEqual ? 1 : 0, detail: isEqual ? flatDetail : 0, displacement: 0 };
}

function isFlat({ levels: [{ values }] }: PreparedPicture): boolean {
  return values.reduce((sum, value) => sum + value * value, 0) < values.length * flatDeviation ** 2;
}

/** The better of the two directions, so that the result is the same with the two exchanged. */
export function align(a: PreparedPicture, b: PreparedPicture): Alignment {
  if (isFlat(a) && isFlat(b)) return alignFlat(a, b);
  const [one, other] = [alignTo(a, b), alignTo(b, a)];
  return other.detail > one.detail ? other : one;
}

function alignTo(fixed: PreparedPicture, moving: PreparedPicture): Alignment {
  let warp: Warp = new Float64Array(6);
  let best = -1;
  for (const scale of startScales) {
    const start = Float64Array.of(scale - 1, 0, 0, 0, scale - 1, 0);
    improve(fixed.levels[1], moving.levels[1], start);
    const reached = correlation(fixed.levels[1], moving.levels[1], start);
    if (reached <= best) continue;
    best = reached;
    warp = start;
  }
  improve(fixed.levels[0], moving.levels[0], warp);
  const unmoved = compare(fixed, moving, new Float64Array(6));
  const moved = compare(fixed, moving, warp);
  return moved && (!unmoved || moved.detail > unmoved.detail) ? moved : unmoved!;
}

const sampled = new Float32Array(pixels);
const covered = new Uint8Array(pixels);

/** Values of a picture at the warped positions, bilinear, into `sampled`. @returns how many are inside the picture */
function sample(picture: Float32Array, size: number, warp: Warp): number {
  const scale = (size - 1) / 2;
  let count = 0;
  for (let line = 0, i = 0; line < size; line++) {
    const y = line / scale - 1;
    let u = (-(1 + warp[0]!) + warp[1]! * y + warp[2]! + 1) * scale;
    let v = (-warp[3]! + (1 + warp[4]!) * y + warp[5]! + 1) * scale;
    for (let column = 0; column < size; column++, i++, u += 1 + warp[0]!, v += warp[3]!) {
      // Half a pixel beyond the edge: rounding must not lose the edge of equal pictures.
      if (!(u >= -0.5 && v >= -0.5 && u <= size - 0.5 && v <= size - 0.5)) {
        covered[i] = 0;
        continue;
      }
      const left = u <= 0 ? 0 : Math.min(size - 2, u | 0);
      const top = v <= 0 ? 0 : Math.min(size - 2, v | 0);
      const fx = Math.max(0, Math.min(1, u - left));
      const fy = Math.max(0, Math.min(1, v - top));
      const at = top * size + left;
      const upper = picture[at]! * (1 - fx) + picture[at + 1]! * fx;
      const lower = picture[at + size]! * (1 - fx) + picture[at + size + 1]! * fx;
      sampled[i] = upper * (1 - fy) + lower * fy;
      covered[i] = 1;
      count++;
    }
  }
  return count;
}

function improve(fixed: Level, moving: Level, warp: Warp): void {
  const { size, values, descent, inverse } = fixed;
  if (!inverse) return;
  const count = size * size;
  const right = new Float64Array(6);
  for (let round = 0; round < iterations; round++) {
    const used = sample(moving.values, size, warp);
    if (used < leastOverlap * count) return;
    // Contrast and brightness on what is covered: sampled ≈ slope · values + offset.
    let [a, b, aa, ab] = [0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      if (covered[i] === 0) continue;
      a += values[i]!;
      b += sampled[i]!;
      aa += values[i]! * values[i]!;
      ab += values[i]! * sampled[i]!;
    }
    const slope = Math.max(0.1, (ab - (a * b) / used) / (aa - (a * a) / used + used));
    const offset = (b - slope * a) / used;
    right.fill(0);
    for (let i = 0; i < count; i++) {
      if (covered[i] === 0) continue;
      const residual = (sampled[i]! - offset) / slope - values[i]!;
      for (let k = 0, at = i; k < 6; k++, at += count) right[k]! += descent[at]! * residual;
    }
    const step = new Float64Array(6);
    for (let j = 0; j < 6; j++) for (let k = 0; k < 6; k++) step[j]! += inverse[j * 6 + k]! * right[k]!;
    if (!compose(warp, step)) return;
    if (Math.max(...step.map(Math.abs)) < 2e-3) return;
  }
}

/** warp ← warp ∘ step⁻¹. @returns false where the step cannot be inverted, or leads nowhere near */
function compose(warp: Warp, step: Float64Array): boolean {
  const [a, b, c, d, e, f] = [1 + step[0]!, step[1]!, step[2]!, step[3]!, 1 + step[4]!, step[5]!];
  const determinant = a * e - b * d;
  if (!(Math.abs(determinant) > 0.3)) return false;
  const [ia, ib, id, ie] = [e / determinant, -b / determinant, -d / determinant, a / determinant];
  const ic = -(ia * c + ib * f);
  const ig = -(id * c + ie * f);
  const [p, q, r, s, t, u] = [1 + warp[0]!, warp[1]!, warp[2]!, warp[3]!, 1 + warp[4]!, warp[5]!];
  warp[0] = p * ia + q * id - 1;
  warp[1] = p * ib + q * ie;
  warp[2] = p * ic + q * ig + r;
  warp[3] = s * ia + t * id;
  warp[4] = s * ib + t * ie - 1;
  warp[5] = s * ic + t * ig + u;
  return warp.every((value) => Math.abs(value) < 0.6);
}

const one = new Float32Array(pixels);
const other = new Float32Array(pixels);
const distance = new Float32Array(pixels);

function compare(fixed: PreparedPicture, moving: PreparedPicture, warp: Warp): Alignment | undefined {
  const used = sample(moving.levels[0].values, side, warp);
  if (used < leastOverlap * pixels) return undefined;
  gather(fixed.levels[0].values);
  correlate(used);
  const tones = trimmed(used);
  sample(moving.detail, side, warp);
  gather(fixed.detail);
  correlate(used);
  const detail = trimmed(used);
  const corner = (x: number, y: number) =>
    Math.hypot(warp[0]! * x + warp[1]! * y + warp[2]!, warp[3]! * x + warp[4]! * y + warp[5]!);
  const displacement = Math.max(corner(-1, -1), corner(1, -1), corner(-1, 1), corner(1, 1));
  return { tones, detail, displacement };
}

/** Correlation of the grey values that both cover; −1 where that is too little. */
function correlation(fixed: Level, moving: Level, warp: Warp): number {
  const used = sample(moving.values, fixed.size, warp);
  if (used < leastOverlap * fixed.values.length) return -1;
  gather(fixed.values);
  return correlate(used);
}

function gather(values: Float32Array): void {
  for (let i = 0, count = 0; i < values.length; i++) {
    if (covered[i] === 0) continue;
    one[count] = values[i]!;
    other[count++] = sampled[i]!;
  }
}

/** The correlation without the pixels that are farthest from the regression line. To be called after `correlate`. */
function trimmed(count: number): number {
  const limit = distance.slice(0, count).sort()[Math.floor((1 - outliers) * (count - 1))]!;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    if (distance[i]! > limit) continue;
    one[kept] = one[i]!;
    other[kept++] = other[i]!;
  }
  return correlate(kept);
}

/** The correlation of the first `count` values; leaves each one's distance from the regression line in `distance`. */
function correlate(count: number): number {
  let [meanA, meanB] = [0, 0];
  for (let i = 0; i < count; i++) {
    meanA += one[i]!;
    meanB += other[i]!;
  }
  meanA /= count;
  meanB /= count;
  let [aa, bb, ab] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const [p, q] = [one[i]! - meanA, other[i]! - meanB];
    aa += p * p;
    bb += q * q;
    ab += p * q;
  }
  // One grey level of noise per pixel: two empty pictures are equal, and an empty one is unlike any other.
  const [na, nb] = [aa + count, bb + count];
  const slope = Math.sqrt(nb / na);
  for (let i = 0; i < count; i++) distance[i] = Math.abs(other[i]! - meanB - slope * (one[i]! - meanA));
  return (ab + count) / Math.sqrt(na * nb);
}
