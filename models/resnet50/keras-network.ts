/**
 * ResNet50 on TensorFlow.js: the published Keras model, run by tf.loadLayersModel. It shares no code with our conversion to
 * ONNX, so that a comparison of the two is a test of both.
 */
import path from 'node:path';
import type { io, LayersModel, SymbolicTensor, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { TensorFlow } from '../engine/engine.ts';
import { DescryError, errorMessage } from '../errors.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { imageNet } from './feature.ts';
import { kerasLimits } from './keras.ts';
import { meanPixel, type Network, type Output } from './network.ts';
import { convolutions, stage5Shape } from './tuning/stage5.ts';
import type { Stage5Weights } from './tuning/weights.ts';

/** Names of the global average pool, which reads the last feature map, and of the classifier after it. */
const layers = { pool: 'avg_pool', classifier: 'fc1000' } as const;

/**
 * @param modelFile Keras' model.json in TensorFlow.js format, with its shards in the same folder
 * @param tuned weights of stage 5 in place of those in the shards
 * @throws DescryError `asset-corrupt` where it cannot be loaded
 */
export async function openKerasNetwork(tf: TensorFlow, modelFile: string, tuned?: Stage5Weights): Promise<Network> {
  const whole = await tf.loadLayersModel(fromFiles(modelFile)).catch((error: unknown) => {
    throw new DescryError(
      'asset-corrupt',
      `${modelFile} cannot be loaded as Keras' ResNet50 (${errorMessage(error)}). Delete it; it will be fetched again.`,
      { cause: error },
    );
  });
  if (tuned) replaceStage5(tf, whole, tuned);
  const pool = whole.getLayer(layers.pool);
  const truncated = tf.model({
    inputs: whole.inputs,
    outputs: [pool.output as SymbolicTensor, pool.input as SymbolicTensor],
  });
  // The classifier's layer ends with a softmax; the contract requires the values before it.
  const [kernel, bias] = whole.getLayer(layers.classifier).getWeights() as [Tensor2D, Tensor1D];

  const { side } = imageNet;
  return {
    async run(pixels, count, outputs) {
      const results = tf.tidy((): Tensor[] => {
        const rgb = tf.tensor4d(pixels, [count, side, side, 3], 'int32').toFloat();
        const bgr = tf.reverse(tf.sub(rgb, [...meanPixel]), -1);
        const [averages, map] = truncated.predict(bgr) as [Tensor2D, Tensor4D];
        const result: Record<Output, () => Tensor> = {
          // Another formula for the deviations than the graph's, so that comparing the two is a real test.
          features: () => tf.concat([averages, tf.sqrt(tf.moments(map, [1, 2]).variance)], 1),
          logits: () => tf.add(tf.matMul(averages, kernel), bias),
          // channels first, as the graph gives it
          map: () => tf.transpose(map, [0, 3, 1, 2]),
        };
        return outputs.map((output) => result[output]());
      });
      const data = await Promise.all(results.map((result) => result.data<'float32'>()));
      tf.dispose(results);
      return data;
    },
    dispose() {
      whole.dispose();
      return Promise.resolve();
    },
  };
}

/** Tuned kernels have their batch norms folded in, so that the norms become without effect. */
function replaceStage5(tf: TensorFlow, network: LayersModel, tuned: Stage5Weights): void {
  for (const { name, taps, inputs, outputs } of convolutions(stage5Shape)) {
    const size = Math.sqrt(taps);
    const kernel = tf.tensor4d(tuned.get(`${name}/kernel`)!.data, [size, size, inputs, outputs]);
    network.getLayer(name).setWeights([kernel, tf.tensor1d(tuned.get(`${name}/bias`)!.data)]);
    const norm = network.getLayer(name.replace('res', 'bn'));
    const { epsilon } = norm.getConfig() as { epsilon: number };
    const filled = (value: number) => tf.fill([outputs], value);
    norm.setWeights([filled(1), filled(0), filled(0), filled(1 - epsilon)]);
  }
}

interface ModelJson {
  readonly modelTopology: object;
  readonly weightsManifest: readonly { paths: string[]; weights: io.WeightsManifestEntry[] }[];
}

/** TensorFlow.js without tfjs-node reads models from URLs only; this handler reads them from the disk. */
function fromFiles(modelFile: string): io.IOHandler {
  return {
    async load() {
      // The published input is 224 × 224; the network accepts every size.
      const { modelTopology, weightsManifest } = JSON.parse(
        String(await readRegularFile(modelFile, { largest: kerasLimits.model })),
        (key, value: unknown) => (key === 'batch_input_shape' ? [null, null, null, 3] : value),
      ) as ModelJson;
      const paths = weightsManifest.flatMap((group) => group.paths);
      const shards = await Promise.all(
        paths.map((shard) =>
          readRegularFile(path.join(path.dirname(modelFile), shard), { largest: kerasLimits.shard }),
        ),
      );
      return {
        modelTopology,
        weightSpecs: weightsManifest.flatMap((group) => group.weights),
        weightData: Uint8Array.from(Buffer.concat(shards)).buffer,
      };
    },
  };
}
