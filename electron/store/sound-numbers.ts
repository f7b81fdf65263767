/**
 * Whether stored numbers can be what was stored. A disk or another program can change bytes that SQLite does not check, and one
 * row that is not a number, or has the length of a thousand others, would lead every search or make it fail.
 */

/** An embedding has norm 1 or less (models/contract/embedder.ts); rounding to half precision adds less than 0.001. */
const longestSquared = 1.01 ** 2;
/** What is shorter is a row that was overwritten by zeros. */
const shortestSquared = 1e-6;

/** @param squared squared L2 norm of an embedding @returns false also where it is not finite */
export function isEmbeddingNorm(squared: number): boolean {
  return squared >= shortestSquared && squared <= longestSquared;
}

/** @returns not finite where one of the numbers is not */
export function squaredNorm(values: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!;
  return squares;
}

/** @param length how many numbers a feature has; absent: any count */
export function isSoundFeature(feature: Float32Array, length?: number): boolean {
  return feature.length > 0 && (length === undefined || feature.length === length) && allFinite(feature);
}

/** A sum of finite halves is finite: at most 65,504 each. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return Number.isFinite(sum);
}
