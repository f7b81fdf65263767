/**
 * Training on TensorFlow.js. The forward pass, the losses and the update are those of models/network; the gradients are
 * derived by tf.variableGrads, and the tests compare ours with them. That is slow on WebAssembly: the gradient of a product
 * multiplies by a transposed matrix, ten times slower than by a plain one.
 */
import type { NamedTensorMap, Tensor, Variable } from '@tensorflow/tfjs';
import type { Arithmetic } from '../network/arithmetic.ts';
import { branchInTraining, descend, movingAverage } from '../network/branch.ts';
import { linear } from '../network/layers.ts';
import { batchLoss } from '../network/losses.ts';
import {
  makeBranch,
  runningStatistics,
  tensorNames,
  tensorShapes,
  trainable,
  type BranchShape,
  type NetworkWeights,
  type TensorName,
} from '../network/network.ts';
import {
  checkBatch,
  checkTrainable,
  noMomentum,
  sides,
  trainedSides,
  type Batch,
  type Side,
  type TrainingOptions,
} from '../network/training-step.ts';
import type { TensorFlow, Trainer } from './engine.ts';
import { tensorFlowArithmetic } from './tensorflow-arithmetic.ts';

type Variables = Record<TensorName, Variable>;

/** @throws RangeError for a kernel machine, which is not trained by gradients */
export function openTensorFlowTrainer(
  tf: TensorFlow,
  initial: NetworkWeights,
  options: TrainingOptions,
  momentum: NetworkWeights = noMomentum(initial),
): Trainer {
  const shapes = { image: initial.image.shape, text: initial.text.shape };
  checkTrainable(shapes);
  const math = tensorFlowArithmetic(tf);
  const trained = trainedSides(options);
  const run = `run${++runs}`;
  const variables = (weights: NetworkWeights, side: Side, kind: string): Variables => {
    const extents = tensorShapes(shapes[side]);
    const make = (name: TensorName) => {
      const value = tf.tensor(weights[side][name].slice(), [...extents[name]]);
      const variable = tf.variable(value, kind === 'parameter', `${run}.${kind}.${side}.${name}`);
      value.dispose();
      return [name, variable] as const;
    };
    return Object.fromEntries(tensorNames.map(make)) as Variables;
  };
  const parameters = { image: variables(initial, 'image', 'parameter'), text: variables(initial, 'text', 'parameter') };
  const velocities = { image: variables(momentum, 'image', 'velocity'), text: variables(momentum, 'text', 'velocity') };
  let queue: Promise<unknown> = Promise.resolve();

  /** Embeddings of one side of a batch; also updates the running statistics. */
  const embed = (batch: Batch, side: Side): Tensor => {
    const shape = shapes[side];
    const features = tf.tensor2d(side === 'image' ? batch.images : batch.texts, [batch.count, shape.inputs]);
    if (side === 'image' && options.imagesEmbedded) return features;
    const own = parameters[side];
    const first = linear<Tensor>(math, features, own.hiddenWeight, own.hiddenBias);
    const { embeddings, statistics } = branchInTraining(math, own, first, dropoutOf(tf, batch, side, shape, options));
    for (const name of runningStatistics) {
      own[name].assign(movingAverage(math, own[name], statistics[name], options.normMomentum));
    }
    return embeddings;
  };
  const step = async (batch: Batch, learningRate: number) => {
    checkBatch(batch, shapes, options);
    const loss = tf.tidy(() => {
      const photos = tf.tensor1d(batch.photos, 'int32');
      const { value, grads } = tf.variableGrads(
        () =>
          batchLoss<Tensor>(
            math,
            options.objective,
            embed(batch, 'image'),
            embed(batch, 'text'),
            photos,
          ).loss.asScalar(),
        trained.flatMap((side) => trainable.map((name) => parameters[side][name])),
      );
      for (const side of trained) update(math, parameters[side], velocities[side], grads, options, learningRate);
      return value;
    });
    const value = (await loss.data())[0]!;
    loss.dispose();
    return { loss: value };
  };
  const oneAtATime = <T>(action: () => Promise<T> | T): Promise<T> => {
    const result = queue.then(action);
    queue = result.catch(() => undefined);
    return result;
  };
  const copy = (from: Record<Side, Variables>): NetworkWeights => {
    const branch = (side: Side) => makeBranch(shapes[side], (name) => from[side][name].dataSync<'float32'>().slice());
    return { image: branch('image'), text: branch('text') };
  };
  return {
    step: (batch, learningRate) => oneAtATime(() => step(batch, learningRate)),
    weights: () => oneAtATime(() => copy(parameters)),
    momentum: () => oneAtATime(() => copy(velocities)),
    dispose: () =>
      oneAtATime(() => {
        for (const side of sides) {
          tf.dispose(Object.values(parameters[side]));
          tf.dispose(Object.values(velocities[side]));
        }
      }),
  };
}

/** In TensorFlow.js, names of variables must be unique in the process. */
let runs = 0;

function dropoutOf(
  tf: TensorFlow,
  batch: Batch,
  side: Side,
  { hidden }: BranchShape,
  { dropout }: TrainingOptions,
): { mask: Tensor; scale: number } | undefined {
  const mask = side === 'image' ? batch.imageMask : batch.textMask;
  if (dropout === 0 || !mask) return undefined;
  return { mask: tf.tensor2d(mask, [batch.count, hidden], 'int32'), scale: 1 / (1 - dropout) };
}

function update(
  math: Arithmetic<Tensor>,
  parameters: Variables,
  velocities: Variables,
  gradients: NamedTensorMap,
  { momentum }: TrainingOptions,
  learningRate: number,
): void {
  for (const name of trainable) {
    const [weight, velocity] = [parameters[name], velocities[name]];
    const kept = math.scale(velocity, momentum);
    // There is no gradient for parameters on which the loss does not depend (training on captions only: the image branch).
    const gradient = gradients[weight.name];
    velocity.assign(gradient ? math.add(kept, gradient) : kept);
    weight.assign(descend<Tensor>(math, weight, velocity, math.number(learningRate)));
  }
}
