/** The network, for which the two engines have different files and code. */

/** ImageNet's mean pixel in RGB order (Keras `caffe` preprocessing, which names it in BGR order). */
export const meanPixel = [123.68, 116.779, 103.939] as const;

/** One of the results of the graph in convert.ts. */
export type Output = 'features' | 'logits' | 'map';

export interface Network {
  /** @param pixels uint8 sRGB, [count, side, side, 3] @returns of each output [count, length of the result] */
  run(pixels: Uint8Array, count: number, outputs: readonly Output[]): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}
