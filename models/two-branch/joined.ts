/**
 * Networks that are trained one by one on the same photos and score together: the score of a photo is the mean of their scores
 * (an ensemble, Dietterich 2000). A kernel machine and trained layers make different mistakes, so that together they find more
 * than each alone (docs/experiments.md).
 *
 * Side by side their embeddings would be long. All texts lie near a subspace of few dimensions, and an inner product with a text
 * needs only the part of a photo's embedding in it: the joined embedding is projected on the principal components of the texts,
 * which loses nothing that could be measured (from 1,024 numbers to 384).
 */
import type { Engine } from '../engine/engine.ts';
import { principalComponents } from '../math/principal-components.ts';
import type { Random } from '../math/random.ts';
import { sideBySide } from '../math/rows.ts';
import { transposed } from '../math/transposed.ts';
import type { NetworkWeights } from '../network/network.ts';
import type { ImageSpec } from './image-input.ts';

/** A network and what it reads of a photo. */
export interface Member {
  readonly weights: NetworkWeights;
  readonly image: ImageSpec;
}

/** What is joined with a first network. */
export interface Joined {
  /** at least one */
  readonly others: readonly Member[];
  /** orthonormal, [dimensions, outputs of all networks one after the other, the first one's first] */
  readonly basis: Float32Array;
  /** of the joined embeddings */
  readonly dimensions: number;
}

/** Captions that the basis is fitted to: they are twice in memory, at 1,536 numbers 100 MB. */
export const captionsOfBasis = 8000;

/**
 * @param texts embeddings of the same captions by each network [captions, outputs]
 * @param dimensions wanted at most
 */
export async function fitBasis(
  products: Engine['similarities'],
  texts: readonly Float32Array[],
  captions: number,
  dimensions: number,
  random: Random,
): Promise<Pick<Joined, 'basis' | 'dimensions'>> {
  const rows = joinedRows(texts, captions);
  const width = rows.length / captions;
  const count = Math.min(dimensions, width - 1, captions - 1);
  // Each caption also with the opposite sign: components are those of the differences from the mean, which must be 0 here,
  // because inner products depend on the mean, too.
  const both = new Float32Array(2 * rows.length);
  both.set(rows);
  both.set(
    rows.map((value) => -value),
    rows.length,
  );
  const basis = await principalComponents(products, both, width, count, random);
  return { basis: transposed(basis, width, count), dimensions: count };
}

/**
 * @param parts of each network [count, its own width]
 * @returns [count, sum of the widths]: rows whose inner product is the mean of the parts'
 */
export function joinedRows(parts: readonly Float32Array[], count: number): Float32Array {
  const factor = 1 / Math.sqrt(parts.length);
  return sideBySide(parts, count).map((value) => value * factor);
}
