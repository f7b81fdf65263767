/** Implements the contract's photo side by ResNet50. */
import type { PhotoEncoder, Preprocessing } from '../contract/encoder.ts';
import type { FoundWeights } from '../contract/weights.ts';
import type { Engine } from '../engine/engine.ts';
import { openResnet50 } from '../resnet50/encoder.ts';
import { imageNet } from '../resnet50/feature.ts';
import { storedRegions } from './regions.ts';

export const featureLength = imageNet.dimensions;

/** Without normalisation: the graph takes bytes and subtracts ImageNet's mean pixel. */
export const preprocessing: Preprocessing = { side: imageNet.side, fit: 'squash', normalisation: null };

export async function openPhotos(engine: Engine, files: FoundWeights['files']): Promise<PhotoEncoder> {
  const encoder = await openResnet50(engine, { onnx: files['onnx']!, keras: files['keras']! });
  return {
    encode: async (pixels, count) => encoder.encode(bytesOf(pixels), count),
    encodeRegions: async (pixels, count) => {
      const { features, map } = await encoder.encodeWithMap(bytesOf(pixels), count);
      return { features, regions: await storedRegions(engine, map, features, count) };
    },
    dispose: () => encoder.dispose(),
  };
}

function bytesOf(pixels: Uint8Array | Float32Array): Uint8Array {
  if (pixels instanceof Uint8Array) return pixels;
  throw new TypeError('ResNet50 takes bytes');
}
