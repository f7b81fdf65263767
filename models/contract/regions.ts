/** Parts of a photo that have embeddings of their own, so that a small thing is found that the whole frame hardly shows. */

/** Where a region lies: fractions of the frame's width and height, from the top left. */
export interface RegionFrame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The regions that an encoder looks at in every photo. */
export interface Regions {
  /** raised whenever what is stored changes its meaning: it is then made again from the photos */
  readonly version: number;
  /** where they lie, in the order in which their embeddings come */
  readonly frames: readonly RegionFrame[];
  /** bytes that are stored of the regions of one photo */
  readonly bytes: number;
  /**
   * What an earlier version of the program stored in more detail, as it is stored now; absent: there was none.
   * @param stored of one photo [bytes]
   * @param feature of the whole photo
   */
  readonly coarser?: (stored: Uint8Array, feature: Float32Array) => Uint8Array;
}

/** Features of photos and of their regions. */
export interface EncodedRegions {
  /** [count, featureLength], as `encode` gives them */
  readonly features: Float32Array;
  /** [count, Regions.bytes]: opaque; models rebuild the features of the regions from it */
  readonly regions: Uint8Array;
}

/** A model's side of the regions. */
export interface RegionEmbedder {
  /**
   * @param features of the whole photos, [count, featureLength]
   * @param stored [count, Regions.bytes]
   * @returns embeddings [count, regions, dimensions], comparable with those of sentences
   */
  embed(features: Float32Array, stored: Uint8Array, count: number): Promise<Float32Array>;
  /**
   * The directions in which embeddings of regions differ most from those of their photos, as many as are needed so that what is
   * left out does not count. Null: embeddings are stored whole.
   *
   * @param differences of some regions from their photos [n, dimensions]
   * @returns orthonormal [count, dimensions]; null: they are too few numbers, or too few rows
   */
  readonly directions: ((differences: Float32Array) => Promise<Float32Array | null>) | null;
  /** how the best region counts beside the whole photo */
  readonly share: RegionShare;
}

/**
 * How much the best region adds to the score of a photo. `offset + slope · whole` is what the best region is expected to score, so
 * that a photo whose regions are not known yet is neither better nor worse off than the others.
 */
export interface RegionShare {
  readonly weight: number;
  readonly offset: number;
  readonly slope: number;
}

/**
 * @param whole inner product of a sentence with the whole photo
 * @param best the largest with one of its regions
 */
export function scoreWithRegions(whole: number, best: number, { weight, offset, slope }: RegionShare): number {
  return whole + weight * (best - (offset + slope * whole));
}
