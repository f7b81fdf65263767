/**
 * Training on TensorFlow.js: the same network and update as models/network/training-graph.ts, with gradients by
 * tf.variableGrads.
 *
 * These are left as TensorFlow.js derives them, since they are the oracle of ours, although on WebAssembly it multiplies
 * by a transposed matrix, as every gradient of a product does, ten times slower than by a plain one.
 */
import type { NamedTensorMap, Tensor, Tensor2D, Variable } from '@tensorflow/tfjs';
import {
  makeBranch,
  normEpsilon,
  runningStatistics,
  tensorShapes,
  trainable,
  weightMatrices,
  type NetworkWeights,
  type TensorName,
} from '../network/network.ts';
import { names, sides, trainedSides, type Side } from '../network/training-graph.ts';
import { checkBatch, checkTrainable, noMomentum } from './checks.ts';
import type { Batch, Trainer, TrainingOptions } from './engine.ts';
import { batchLoss } from './tensorflow-losses.ts';
import { unitRows, type Tf } from './tensorflow.ts';

type Variables = Record<TensorName, Variable>;

export function openTensorFlowTrainer(
  tf: Tf,
  initial: NetworkWeights,
  options: TrainingOptions,
  momentum: NetworkWeights = noMomentum(initial),
): Trainer {
  const shapes = { image: initial.image.shape, text: initial.text.shape };
  checkTrainable(shapes);
  const trained = trainedSides(options);
  const run = `run${++runs}`;
  const variables = (weights: NetworkWeights, side: Side, kind: string): Variables => {
    const extents = tensorShapes(shapes[side]);
    const make = (name: TensorName) => {
      const value = tf.tensor(weights[side][name].slice(), [...extents[name]]);
      const variable = tf.variable(value, kind === 'parameter', `${run}.${kind}.${names.parameter(side, name)}`);
      value.dispose();
      return [name, variable] as const;
    };
    return Object.fromEntries([...trainable, ...runningStatistics].map(make)) as Variables;
  };
  const parameters = { image: variables(initial, 'image', 'parameter'), text: variables(initial, 'text', 'parameter') };
  const velocities = { image: variables(momentum, 'image', 'velocity'), text: variables(momentum, 'text', 'velocity') };
  let queue: Promise<unknown> = Promise.resolve();

  const step = async (batch: Batch, learningRate: number) => {
    checkBatch(batch, shapes, options);
    const loss = tf.tidy(() => {
      const photos = tf.tensor1d(batch.photos, 'int32');
      const { value, grads } = tf.variableGrads(
        () => {
          const x = options.givenImages
            ? tf.tensor2d(batch.images, [batch.count, shapes.image.inputs])
            : branchForward(tf, parameters.image, batchSide(tf, batch, 'image', shapes), options);
          const y = branchForward(tf, parameters.text, batchSide(tf, batch, 'text', shapes), options);
          return batchLoss(tf, options.objective, x, y, photos);
        },
        trained.flatMap((side) => trainable.map((name) => parameters[side][name])),
      );
      for (const side of trained) update(tf, parameters[side], velocities[side], grads, options, learningRate);
      return value;
    });
    const value = (await loss.data())[0]!;
    loss.dispose();
    return { loss: value };
  };
  const inTurn = <T>(action: () => Promise<T> | T): Promise<T> => {
    const result = queue.then(action);
    queue = result.catch(() => undefined);
    return result;
  };
  const copy = (from: Record<Side, Variables>): NetworkWeights => {
    const branch = (side: Side) => makeBranch(shapes[side], (name) => from[side][name].dataSync<'float32'>().slice());
    return { image: branch('image'), text: branch('text') };
  };
  return {
    step: (batch, learningRate) => inTurn(() => step(batch, learningRate)),
    weights: () => inTurn(() => copy(parameters)),
    momentum: () => inTurn(() => copy(velocities)),
    dispose: () =>
      inTurn(() => {
        for (const side of sides) {
          tf.dispose(Object.values(parameters[side]));
          tf.dispose(Object.values(velocities[side]));
        }
      }),
  };
}

/** TensorFlow.js wants the names of variables unique in the process. */
let runs = 0;

interface SideInput {
  readonly features: Tensor2D;
  /** 1/(1 − rate) where kept, 0 where dropped */
  readonly mask: Tensor2D | undefined;
}

function batchSide(
  tf: Tf,
  batch: Batch,
  side: Side,
  shapes: Record<Side, { readonly inputs: number; readonly hidden: number }>,
): SideInput & { side: Side } {
  const { inputs, hidden } = shapes[side];
  const mask = side === 'image' ? batch.imageMask : batch.textMask;
  return {
    side,
    features: tf.tensor2d(side === 'image' ? batch.images : batch.texts, [batch.count, inputs]),
    mask: mask && tf.tensor2d(mask, [batch.count, hidden], 'int32').toFloat(),
  };
}

/** Embeddings of a batch with the batch's own statistics; moves the running ones on the way. */
function branchForward(tf: Tf, p: Variables, { features, mask }: SideInput, options: TrainingOptions): Tensor2D {
  let active: Tensor = tf.relu(tf.add(tf.matMul(features, p.hiddenWeight as Tensor2D), p.hiddenBias));
  if (options.dropout > 0 && mask) active = tf.mul(active, tf.mul(mask, 1 / (1 - options.dropout)));
  const output = tf.add(tf.matMul(active as Tensor2D, p.outputWeight as Tensor2D), p.outputBias);
  const mean = tf.mean(output, 0);
  const centred = tf.sub(output, mean);
  const variance = tf.mean(tf.mul(centred, centred), 0);
  const kept = options.normMomentum;
  p.normMean.assign(tf.add(tf.mul(p.normMean, kept), tf.mul(mean, 1 - kept)));
  p.normVariance.assign(tf.add(tf.mul(p.normVariance, kept), tf.mul(variance, 1 - kept)));
  const normalised = tf.div(centred, tf.sqrt(tf.add(variance, normEpsilon)));
  return unitRows(tf, tf.add(tf.mul(normalised, p.normGamma), p.normBeta));
}

function update(
  tf: Tf,
  parameters: Variables,
  velocities: Variables,
  gradients: NamedTensorMap,
  { momentum, weightDecay }: TrainingOptions,
  learningRate: number,
): void {
  for (const name of trainable) {
    const [weight, velocity] = [parameters[name], velocities[name]];
    let moved = tf.add(tf.mul(velocity, momentum), gradients[weight.name]!);
    if (weightDecay > 0 && weightMatrices.has(name)) moved = tf.add(moved, tf.mul(weight, weightDecay));
    velocity.assign(moved);
    weight.assign(tf.sub(weight, tf.mul(moved, learningRate)));
  }
}
