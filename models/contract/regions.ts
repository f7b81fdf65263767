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
  /** how the best region counts beside the whole photo */
  readonly share: RegionShare;
}

/**
 * The score of a photo with regions is w + weight · (m − (offset + slope · w)), where w is the inner product of the sentence
 * and the whole photo, and m the largest with one of its regions. `offset + slope · w` is what m is expected to be: so a photo
 * whose regions are not known yet has the score w, neither better nor worse than others.
 */
export interface RegionShare {
  readonly weight: number;
  readonly offset: number;
  readonly slope: number;
}
