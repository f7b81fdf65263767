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
