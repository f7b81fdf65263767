/**
 * One training step of the two-branch network as one ONNX graph: forward, loss, backward, and the update by stochastic
 * gradient descent with momentum. Parameters, momentum and running statistics come in as inputs and leave, updated, as
 * outputs, so the graph holds no state and one file serves a whole run.
 *
 * The update is v' = momentum · v + gradient + weightDecay · w (matrices only), w' = w − learningRate · v' (Sutskever et
 * al. 2013 in PyTorch's form, where the learning rate stays outside the momentum).
 */
import type { TrainingOptions } from '../engine/engine.ts';
import { arithmetic, type Arithmetic } from '../onnx/arithmetic.ts';
import { GraphBuilder, type Value } from '../onnx/graph.ts';
import { batchNorm, linear, linearOfColumns, relu, unitRows, type Gradient } from './layers.ts';
import { lossNodes } from './loss-graph.ts';
import {
  runningStatistics,
  tensorShapes,
  trainable,
  weightMatrices,
  type BranchShape,
  type TensorName,
} from './network.ts';

export const sides = ['image', 'text'] as const;
export type Side = (typeof sides)[number];
/** Which branches a run changes. */
export const trainedSides = ({ givenImages }: TrainingOptions): readonly Side[] => (givenImages ? ['text'] : sides);
type Trainable = (typeof trainable)[number];

/** Names of the graph's inputs and outputs. */
export const names = {
  parameter: (side: Side, tensor: TensorName) => `${side}.${tensor}`,
  velocity: (side: Side, tensor: TensorName) => `${side}.${tensor}.velocity`,
  /** the output that replaces the input `name` in the next step */
  next: (name: string) => `${name}.next`,
  features: (side: Side) => `${side}.features`,
  columns: (side: 'text') => `${side}.columns`,
  mask: (side: Side) => `${side}.mask`,
  photos: 'photos',
  learningRate: 'learningRate',
  loss: 'loss',
} as const;

/**
 * Inputs, besides parameters and velocities: `image.features` float [n, inputs]; `text.features` float [n, k], the
 * columns that are not zero in the whole batch, and `text.columns` int64 [k], which those are; `image.mask`, `text.mask`
 * uint8 [n, hidden] where there is dropout; `photos` int32 [n]; `learningRate` float [].
 * Outputs: `loss` float [1], without the weight decay, and `….next` of each parameter and velocity.
 *
 * @returns the bytes of the .onnx file
 */
export function trainingGraph(shapes: Record<Side, BranchShape>, options: TrainingOptions): Uint8Array {
  const graph = new GraphBuilder('training_step');
  const math = arithmetic(graph);
  const photos = graph.input(names.photos, 'int32', ['n']);
  const learningRate = graph.input(names.learningRate, 'float32', []);
  const image = options.givenImages
    ? {
        embeddings: graph.input(names.features('image'), 'float32', ['n', shapes.image.inputs]),
        update: () => undefined,
      }
    : branch(math, 'image', shapes.image, options);
  const text = branch(math, 'text', shapes.text, options);
  const loss = lossNodes(math, options.objective, image.embeddings, text.embeddings, photos);
  graph.output(names.loss, loss.loss, 'float32', [1]);
  image.update(loss.images, learningRate);
  text.update(loss.texts, learningRate);
  return graph.toBytes();
}

function branch(math: Arithmetic, side: Side, shape: BranchShape, options: TrainingOptions) {
  const { graph } = math;
  const extents = tensorShapes(shape);
  const parameter = (tensor: TensorName) => graph.input(names.parameter(side, tensor), 'float32', extents[tensor]);
  const parameters = {
    hiddenWeight: parameter('hiddenWeight'),
    hiddenBias: parameter('hiddenBias'),
    outputWeight: parameter('outputWeight'),
    outputBias: parameter('outputBias'),
    normGamma: parameter('normGamma'),
    normBeta: parameter('normBeta'),
  } satisfies Record<Trainable, Value>;
  const running = { normMean: parameter('normMean'), normVariance: parameter('normVariance') };
  const features = graph.input(names.features(side), 'float32', ['n', side === 'image' ? shape.inputs : 'k']);
  const dropout =
    options.dropout > 0
      ? { mask: graph.input(names.mask(side), 'uint8', ['n', shape.hidden]), scale: 1 / (1 - options.dropout) }
      : undefined;

  const { hiddenWeight, hiddenBias } = parameters;
  const hidden =
    side === 'image'
      ? linear(math, features, hiddenWeight, hiddenBias)
      : linearOfColumns(math, features, graph.input(names.columns(side), 'int64', ['k']), hiddenWeight, hiddenBias);
  const active = relu(math, hidden.output, dropout);
  const output = linear(math, active.output, parameters.outputWeight, parameters.outputBias);
  const norm = batchNorm(math, output.output, parameters.normGamma, parameters.normBeta);
  const unit = unitRows(math, norm.output);

  return {
    embeddings: unit.output,
    /** Emits the backward pass and the new values, given dL/dembeddings. */
    update(d: Value, learningRate: Value): void {
      const normBack = norm.backward(unit.backward(d));
      const outputBack = output.backward(normBack.input);
      const hiddenBack = hidden.backward(active.backward(outputBack.input()));
      const gradients: Record<Trainable, Gradient> = {
        hiddenWeight: hiddenBack.weight,
        hiddenBias: hiddenBack.bias,
        outputWeight: outputBack.weight,
        outputBias: outputBack.bias,
        normGamma: normBack.gamma,
        normBeta: normBack.beta,
      };
      for (const tensor of trainable) {
        const decay = weightMatrices.has(tensor) ? options.weightDecay : 0;
        const velocityName = names.velocity(side, tensor);
        const velocity = graph.input(velocityName, 'float32', extents[tensor]);
        const moved = accumulate(math, velocity, gradients[tensor], options.momentum);
        const velocityNext = decay > 0 ? math.add(moved, math.scale(parameters[tensor], decay)) : moved;
        const next = math.subtract(parameters[tensor], math.multiply(velocityNext, learningRate));
        graph.output(names.next(velocityName), velocityNext, 'float32', extents[tensor]);
        graph.output(names.next(names.parameter(side, tensor)), next, 'float32', extents[tensor]);
      }
      const batch = { normMean: norm.mean, normVariance: norm.variance };
      for (const tensor of runningStatistics) {
        const next = math.add(
          math.scale(running[tensor], options.normMomentum),
          math.scale(batch[tensor], 1 - options.normMomentum),
        );
        graph.output(names.next(names.parameter(side, tensor)), next, 'float32', extents[tensor]);
      }
    },
  };
}

/** momentum · velocity + gradient */
function accumulate(math: Arithmetic, velocity: Value, gradient: Gradient, momentum: number): Value {
  const { graph } = math;
  if ('value' in gradient) return math.add(math.scale(velocity, momentum), gradient.value);
  const { left, right, rows } = gradient;
  if (!rows) return graph.op('Gemm', [left, right, velocity], { transA: 1, beta: { float: momentum } });
  const indices = graph.op('Unsqueeze', [rows, graph.integers(1)]);
  return graph.op('ScatterND', [math.scale(velocity, momentum), indices, math.productOfTransposed(left, right)], {
    reduction: 'add',
  });
}
