/** ResNet50 (He et al. 2015) as an encoder of photos, on either engine. */
import type { Engine, OnnxEngine } from '../engine/engine.ts';
import { DescryError, errorMessage } from '../errors.ts';
import { checkMatrix } from '../math/rows.ts';
import { imageNet } from './feature.ts';
import { openKerasNetwork } from './keras-network.ts';
import type { Network, Output } from './network.ts';
import { withStage5, type Stage5Weights } from './tuning/weights.ts';

/** The files that the encoder is loaded from; each engine reads one. */
export interface EncoderFiles {
  /** `resnet50.onnx`, written by convert.ts */
  readonly onnx: string;
  /** Keras' `model.json`, with its shards in the same folder */
  readonly keras: string;
}

export interface PhotoEncoder {
  /**
   * @param pixels uint8 sRGB, [count, side, side, 3], rows from the top
   * @returns features [count, 4096], see feature.ts
   * @throws RangeError when `pixels` has another size
   */
  encode(pixels: Uint8Array, count: number): Promise<Float32Array>;
  /** Also the last feature maps [count, 2048, 8, 8], of which a feature is a summary. */
  encodeWithMap(pixels: Uint8Array, count: number): Promise<{ features: Float32Array; map: Float32Array }>;
  /** ImageNet logits [count, 1000] of the same pixels; for the tests, which compare the conversion with the original. */
  classify(pixels: Uint8Array, count: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/**
 * @param tuned weights of stage 5 in place of those in the files
 * @throws DescryError `asset-corrupt` where the engine's file cannot be loaded
 */
export async function openResnet50(engine: Engine, files: EncoderFiles, tuned?: Stage5Weights): Promise<PhotoEncoder> {
  const { side } = imageNet;
  const network =
    engine.name === 'onnx'
      ? await openGraph(engine, files.onnx, tuned)
      : await openKerasNetwork(engine.tf, files.keras, tuned);
  const run = async (pixels: Uint8Array, count: number, ...outputs: Output[]) => {
    checkMatrix('pixels', pixels, count, side * side * 3);
    return network.run(pixels, count, outputs);
  };
  return {
    encode: async (pixels, count) => (await run(pixels, count, 'features'))[0]!,
    encodeWithMap: async (pixels, count) => {
      const [features, map] = await run(pixels, count, 'features', 'map');
      return { features: features!, map: map! };
    },
    classify: async (pixels, count) => (await run(pixels, count, 'logits'))[0]!,
    dispose: () => network.dispose(),
  };
}

async function openGraph(engine: OnnxEngine, file: string, tuned: Stage5Weights | undefined): Promise<Network> {
  const open = async () => engine.openGraph(tuned ? await withStage5(file, tuned) : file);
  const graph = await open().catch((error: unknown) => {
    throw new DescryError(
      'asset-corrupt',
      `${file} cannot be loaded as ResNet50 (${errorMessage(error)}). Delete it; it will be converted again.`,
      { cause: error },
    );
  });
  const { side } = imageNet;
  return {
    run: (data, count, outputs) => graph.runAll({ pixels: { data, shape: [count, side, side, 3] } }, outputs),
    dispose: () => graph.dispose(),
  };
}
