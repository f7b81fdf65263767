/**
 * ResNet50 on TensorFlow.js: the Keras model as it was published, run by tf.loadLayersModel. Nothing of our conversion
 * to ONNX takes part, so the two can prove each other.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type * as TensorFlow from '@tensorflow/tfjs';
import { DescryError, errorMessage } from '../errors.ts';
import { meanPixel } from '../resnet50/convert.ts';
import { checkMatrix, imageNet } from './checks.ts';
import type { ImageEncoder } from './engine.ts';
import type { Tf } from './tensorflow.ts';

/** The global average pool, and the classifier behind it, as this model names them. */
const layers = { pool: 'avg_pool', classifier: 'fc1000' } as const;

/** @param modelFile Keras' model.json in TensorFlow.js format, its shards beside it */
export async function openKerasEncoder(tf: Tf, modelFile: string): Promise<ImageEncoder> {
  const { side, dimensions } = imageNet;
  const whole = await tf.loadLayersModel(fromFiles(modelFile)).catch((error: unknown) => {
    throw new DescryError(
      'asset-corrupt',
      `${modelFile} cannot be loaded as Keras' ResNet50 (${errorMessage(error)}). Delete it; it will be fetched again.`,
      { cause: error },
    );
  });
  const truncated = tf.model({
    inputs: whole.inputs,
    outputs: whole.getLayer(layers.pool).output as TensorFlow.SymbolicTensor,
  });
  // The classifier's layer ends in a softmax; the contract asks for what goes into it.
  const [kernel, bias] = whole.getLayer(layers.classifier).getWeights() as [TensorFlow.Tensor2D, TensorFlow.Tensor1D];

  const run = async (pixels: Uint8Array, count: number, end: (features: TensorFlow.Tensor2D) => TensorFlow.Tensor) => {
    checkMatrix('pixels', pixels, count, side * side * 3);
    const result = tf.tidy(() => {
      const rgb = tf.tensor4d(pixels, [count, side, side, 3], 'int32').toFloat();
      const bgr = tf.reverse(tf.sub(rgb, [...meanPixel]), -1);
      return end(truncated.predict(bgr) as TensorFlow.Tensor2D);
    });
    const data = await result.data<'float32'>();
    result.dispose();
    return data;
  };
  return {
    dimensions,
    side,
    encode: (pixels, count) => run(pixels, count, (features) => features),
    classify: (pixels, count) => run(pixels, count, (features) => tf.add(tf.matMul(features, kernel), bias)),
    dispose() {
      whole.dispose();
      return Promise.resolve();
    },
  };
}

interface ModelJson {
  readonly modelTopology: object;
  readonly weightsManifest: readonly { paths: string[]; weights: TensorFlow.io.WeightsManifestEntry[] }[];
}

/** TensorFlow.js without tfjs-node reads models from URLs only; this reads them from the disk. */
function fromFiles(modelFile: string): TensorFlow.io.IOHandler {
  return {
    async load() {
      const { modelTopology, weightsManifest } = JSON.parse(await readFile(modelFile, 'utf8')) as ModelJson;
      const paths = weightsManifest.flatMap((group) => group.paths);
      const shards = await Promise.all(paths.map((shard) => readFile(path.join(path.dirname(modelFile), shard))));
      return {
        modelTopology,
        weightSpecs: weightsManifest.flatMap((group) => group.weights),
        weightData: Uint8Array.from(Buffer.concat(shards)).buffer,
      };
    },
  };
}
