/** ResNet50 (He et al. 2015) as an encoder of photos, on either engine. */
import { isGraphics, photosPerRun, type PhotoMode } from '../engine/modes.ts';
import type { Engine, GraphOptions, OnnxEngine } from '../engine/engine.ts';
import { DescryError, errorMessage } from '../errors.ts';
import { checkMatrix } from '../math/rows.ts';
import { imageNet } from './feature.ts';
import { multipliesBytesExactly } from './exact-bytes.ts';
import { openKerasNetwork } from './keras-network.ts';
import type { Network, Output } from './network.ts';
import { withStage5, type Stage5Weights } from './tuning/weights.ts';

/** The files that the encoder is loaded from; each engine reads one. */
export interface EncoderFiles {
  /** `resnet50.onnx`, written by convert.ts */
  readonly onnx: string;
  /** `resnet50-8bit.onnx`, written by convert-8bit.ts; absent: there is none of these weights */
  readonly bytes?: string | undefined;
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

/** The modes that can be tried with these files on this engine. Whether one works, only a trial can say. */
export function modesOf(engine: Engine, files: Pick<EncoderFiles, 'bytes'>): PhotoMode[] {
  if (engine.name !== 'onnx') return ['float'];
  return ['float', ...(files.bytes === undefined ? [] : ['8-bit' as const]), ...engine.graphics];
}

export interface Resnet50Options {
  /** weights of stage 5 in place of those in the files; they are computed in floats on the processor, whatever the mode */
  readonly tuned?: Stage5Weights;
  /** default: `float` */
  readonly mode?: PhotoMode;
}

/**
 * @throws DescryError `asset-corrupt` where the engine's file cannot be loaded; `engine-unavailable` where the processor cannot
 *   compute in 8 bits; RangeError where there is no file for the mode
 */
export async function openResnet50(
  engine: Engine,
  files: EncoderFiles,
  { tuned, mode = 'float' }: Resnet50Options = {},
): Promise<PhotoEncoder> {
  const { side } = imageNet;
  const network =
    engine.name === 'onnx'
      ? await openGraph(engine, files, tuned ? 'float' : mode, tuned)
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

async function openGraph(
  engine: OnnxEngine,
  files: EncoderFiles,
  mode: PhotoMode,
  tuned: Stage5Weights | undefined,
): Promise<Network> {
  const file = mode === '8-bit' ? files.bytes : files.onnx;
  if (file === undefined) throw new RangeError('there is no 8-bit network of these weights');
  if (mode === '8-bit' && !(await multipliesBytesExactly(engine))) {
    throw new DescryError('engine-unavailable', 'This processor does not multiply bytes exactly. Choose floats.');
  }
  const { side } = imageNet;
  const graphics = isGraphics(mode);
  const options: GraphOptions = isGraphics(mode)
    ? { provider: mode, sizes: { n: photosPerRun, height: side, width: side } }
    : {};
  const open = async () => engine.openGraph(tuned ? await withStage5(file, tuned) : file, options);
  const graph = await open().catch((error: unknown) => {
    // A provider may be absent or broken on this machine, whatever the file.
    if (graphics) throw error;
    throw new DescryError(
      'asset-corrupt',
      `${file} cannot be loaded as ResNet50 (${errorMessage(error)}). Delete it; it will be converted again.`,
      { cause: error },
    );
  });
  const run: Network['run'] = (data, count, outputs) =>
    graph.runAll({ pixels: { data, shape: [count, side, side, 3] } }, outputs);
  return { run: graphics ? inRunsOf(photosPerRun, run) : run, dispose: () => graph.dispose() };
}

/** For a graph that takes just so many photos: the last run is filled up with black ones. */
export function inRunsOf(size: number, run: Network['run']): Network['run'] {
  return async (pixels, count, outputs) => {
    const each = pixels.length / count;
    const results: Float32Array[] = [];
    for (let first = 0; first < count; first += size) {
      const some = Math.min(size, count - first);
      const filled = new Uint8Array(size * each);
      filled.set(pixels.subarray(first * each, (first + some) * each));
      for (const [i, found] of (await run(filled, size, outputs)).entries()) {
        const length = found.length / size;
        results[i] ??= new Float32Array(count * length);
        results[i].set(found.subarray(0, some * length), first * length);
      }
    }
    return results;
  };
}
