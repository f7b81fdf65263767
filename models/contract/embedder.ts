/** Makes embeddings: of norm 1, or less for a photo that is like many; two are compared by their inner product. */
export interface Embedder {
  /** numbers of an embedding */
  readonly dimensions: number;
  /** @param features [count, featureLength] @returns [count, dimensions] */
  embedFeatures(features: Float32Array, count: number): Promise<Float32Array>;
  /** @returns [sentences, dimensions] */
  embedSentences(sentences: readonly string[]): Promise<Float32Array>;
  /** Gives back what it holds; calls under way must have ended. */
  dispose(): Promise<void>;
}
