/** @param features of photos, at least one, each of the same length @returns them as `embedFeatures` takes them [count, featureLength] */
export function asRows(features: readonly Float32Array[]): Float32Array {
  const length = features[0]!.length;
  const rows = new Float32Array(features.length * length);
  features.forEach((feature, row) => rows.set(feature, row * length));
  return rows;
}

/** Makes embeddings of norm 1 or less; two are compared by inner product. */
export interface Embedder {
  /** numbers of an embedding */
  readonly dimensions: number;
  /** @param features [count, featureLength] @returns [count, dimensions] */
  embedFeatures(features: Float32Array, count: number): Promise<Float32Array>;
  /** @returns [sentences, dimensions] */
  embedSentences(sentences: readonly string[]): Promise<Float32Array>;
  /** Frees its memory; all calls must have ended. */
  dispose(): Promise<void>;
}
