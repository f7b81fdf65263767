/**
 * ResNet50 on TensorFlow.js: the Keras model as it was published, run by tf.loadLayersModel. Nothing of our conversion
 * to ONNX takes part, so the two can prove each other.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type * as TensorFlow from '@tensorflow/tfjs';
import { DescryError, errorMessage } from '../errors.ts';
import { meanPixel } from '../resnet50/convert.ts';
import { imageNet } from '../resnet50/feature.ts';
import { checkMatrix } from './checks.ts';
import type { ImageEncoder } from './engine.ts';
import type { Tf } from './tensorflow.ts';

/** The global average pool, which reads the last feature map, and the classifier behind it, as this model names them. */
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
  const pool = whole.getLayer(layers.pool);
  const truncated = tf.model({
    inputs: whole.inputs,
    outputs: [pool.output as TensorFlow.SymbolicTensor, pool.input as TensorFlow.SymbolicTensor],
  });
  // The classifier's layer ends in a softmax; the contract asks for what goes into it.
  const [kernel, bias] = whole.getLayer(layers.classifier).getWeights() as [TensorFlow.Tensor2D, TensorFlow.Tensor1D];

  type End = (averages: TensorFlow.Tensor2D, map: TensorFlow.Tensor4D) => TensorFlow.Tensor;
  const run = async (pixels: Uint8Array, count: number, end: End) => {
    checkMatrix('pixels', pixels, count, side * side * 3);
    const result = tf.tidy(() => {
      const rgb = tf.tensor4d(pixels, [count, side, side, 3], 'int32').toFloat();
      const bgr = tf.reverse(tf.sub(rgb, [...meanPixel]), -1);
      const [averages, map] = truncated.predict(bgr) as [TensorFlow.Tensor2D, TensorFlow.Tensor4D];
      return end(averages, map);
    });
    const data = await result.data<'float32'>();
    result.dispose();
    return data;
  };
  return {
    dimensions,
    side,
    encode: (pixels, count) =>
      run(pixels, count, (averages, map) =>
        // Another way to the deviations than the graph's, so that a test of one against the other means something.
        tf.concat([averages, tf.sqrt(tf.moments(map, [1, 2]).variance)], 1),
      ),
    classify: (pixels, count) => run(pixels, count, (averages) => tf.add(tf.matMul(averages, kernel), bias)),
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
      // The published input is 224 × 224; the network reads every size.
      const { modelTopology, weightsManifest } = JSON.parse(await readFile(modelFile, 'utf8'), (key, value: unknown) =>
        key === 'batch_input_shape' ? [null, null, null, 3] : value,
      ) as ModelJson;
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
