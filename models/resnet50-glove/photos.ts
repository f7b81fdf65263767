/** Implements the contract's photo side by ResNet50. */
import type { PhotoEncoder, Preprocessing } from '../contract/encoder.ts';
import type { FoundWeights } from '../contract/weights.ts';
import type { Engine } from '../engine/engine.ts';
import { openResnet50 } from '../resnet50/encoder.ts';
import { imageNet } from '../resnet50/feature.ts';

export const featureLength = imageNet.dimensions;

/** Without normalisation: the graph takes bytes and subtracts ImageNet's mean pixel. */
export const preprocessing: Preprocessing = { side: imageNet.side, fit: 'squash', normalisation: null };

export async function openPhotos(engine: Engine, files: FoundWeights['files']): Promise<PhotoEncoder> {
  const encoder = await openResnet50(engine, { onnx: files['onnx']!, keras: files['keras']! });
  return {
    encode: (pixels, count) => {
      if (!(pixels instanceof Uint8Array)) throw new TypeError('ResNet50 takes bytes');
      return encoder.encode(pixels, count);
    },
    dispose: () => encoder.dispose(),
  };
}
