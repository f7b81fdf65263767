/**
 * The ONNX graphs of fine-tuning: a training step of stage 5 with a head on its averages, and stage 5 at inference.
 *
 * The head is a linear layer from a photo's averages into the space of a text branch that stays as it is:
 * z = unit(unit(averages) · W + b). The loss is the softmax cross-entropy of the text branch's training, image → text, over the
 * captions of all training photos and not only of the batch: with a text branch that stays as it is, their embeddings are
 * computed once, and a batch can be as small as the memory for the maps requires.
 */
import { GraphBuilder, type Value } from '../../onnx/graph.ts';
import { descend } from '../../network/branch.ts';
import { linear, unitRows } from '../../network/layers.ts';
import { onnxArithmetic, type OnnxArithmetic } from '../../network/onnx-arithmetic.ts';
import { accumulate } from '../../network/training-graph.ts';
import { stage5, stage5Tensors, type Stage5Shape } from './stage5.ts';

export interface TuningShape extends Stage5Shape {
  /** of the shared space */
  readonly embedding: number;
}

export interface TuningOptions {
  /** of the softmax */
  readonly temperature: number;
  /** v ← momentum · v + gradient */
  readonly momentum: number;
}

/** Names of the graphs' inputs and outputs. */
export const tuningNames = {
  maps: 'maps',
  targets: 'targets',
  own: 'own',
  learningRate: 'learningRate',
  loss: 'loss',
  features: 'features',
  embeddings: 'embeddings',
  velocity: (tensor: string) => `${tensor}.velocity`,
  /** the output that replaces the input `name` in the next step */
  next: (name: string) => `${name}.next`,
} as const;

export const headTensors = ({ outputs, embedding }: TuningShape): [string, readonly number[]][] => [
  ['head/kernel', [outputs, embedding]],
  ['head/bias', [embedding]],
];

/** All tensors that learn, with their shapes. */
export const tunedTensors = (shape: TuningShape): [string, readonly number[]][] => [
  ...stage5Tensors(shape),
  ...headTensors(shape),
];

/**
 * Inputs: `maps` float [n · positions, inputs]; `targets` float [photos, embedding], rows of norm 1, a direction for each
 * training photo; `own` int32 [n], the row of each photo of the batch; `learningRate` float []; each of `tunedTensors`, and its
 * `….velocity`. Outputs: `loss` float [1], and `….next` of each tensor and velocity.
 *
 * @returns the bytes of the .onnx file
 */
export function tuningGraph(shape: TuningShape, { temperature, momentum }: TuningOptions): Uint8Array {
  const graph = new GraphBuilder('tuning_step');
  const math = onnxArithmetic(graph);
  const { maps, targets, own, learningRate } = tuningNames;
  const tensors = inputs(graph, tunedTensors(shape));
  const layers = stage5(math, shape, graph.input(maps, 'float32', ['rows', shape.inputs]), (name) =>
    tensors.get(name)!,
  );
  const pooled = pool(math, shape, layers.map);
  const unit = unitRows(math, pooled.output);
  const head = linear(math, unit.output, tensors.get('head/kernel')!, tensors.get('head/bias')!);
  const embedded = unitRows(math, head.output);
  const loss = softmaxLoss(
    math,
    embedded.output,
    graph.input(targets, 'float32', ['photos', shape.embedding]),
    graph.input(own, 'int32', ['n']),
    temperature,
  );
  graph.output(tuningNames.loss, loss.loss, 'float32', [1]);
  const headBack = head.backward(embedded.backward(loss.backward()));
  const gradients = layers.backward(pooled.backward(unit.backward(headBack.input())));
  gradients.set('head/kernel', headBack.weight).set('head/bias', headBack.bias);
  const rate = graph.input(learningRate, 'float32', []);
  for (const [name, extents] of tunedTensors(shape)) {
    const velocityName = tuningNames.velocity(name);
    const velocity = graph.input(velocityName, 'float32', extents);
    const velocityNext = accumulate(math, velocity, gradients.get(name)!, momentum);
    graph.output(tuningNames.next(velocityName), velocityNext, 'float32', extents);
    graph.output(tuningNames.next(name), descend(math, tensors.get(name)!, velocityNext, rate), 'float32', extents);
  }
  return graph.toBytes();
}

/**
 * Inputs: `maps` float [n · positions, inputs], and `stage5Tensors`. Output: `features` [n, 2 · outputs], the averages over the
 * positions and then the standard deviations, as in models/resnet50/convert.ts.
 */
export function stage5Graph(shape: Stage5Shape): Uint8Array {
  const graph = new GraphBuilder('stage5');
  const math = onnxArithmetic(graph);
  const tensors = inputs(graph, stage5Tensors(shape));
  const maps = graph.input(tuningNames.maps, 'float32', ['rows', shape.inputs]);
  const { map } = stage5(math, shape, maps, (name) => tensors.get(name)!);
  const averages = pool(math, shape, map).output;
  const squares = pool(math, shape, math.multiply(map, map)).output;
  const variances = math.subtract(squares, math.multiply(averages, averages));
  // Rounding can make the difference negative if a map is constant.
  const deviations = math.sqrt(math.relu(variances));
  const features = graph.op('Concat', [averages, deviations], { axis: 1 });
  graph.output(tuningNames.features, features, 'float32', ['n', 2 * shape.outputs]);
  return graph.toBytes();
}

function inputs(graph: GraphBuilder, tensors: readonly [string, readonly number[]][]): Map<string, Value> {
  return new Map(tensors.map(([name, extents]) => [name, graph.input(name, 'float32', extents)]));
}

/** Averages over the positions of each photo: [n · positions, outputs] → [n, outputs]. */
function pool({ graph, scale }: OnnxArithmetic, { side, outputs }: Stage5Shape, map: Value) {
  const positions = side * side;
  const photos = graph.op('Reshape', [map, graph.integers(-1, positions, outputs)]);
  return {
    output: graph.op('ReduceMean', [photos], { axes: [1], keepdims: 0 }),
    backward(d: Value): Value {
      const each = graph.op('Unsqueeze', [scale(d, 1 / positions), graph.integers(1)]);
      const spread = graph.op('Expand', [each, graph.integers(1, positions, 1)]);
      return graph.op('Reshape', [spread, graph.integers(-1, outputs)]);
    },
  };
}

/** −log of the share of a photo's own target in softmax(embedding · target / temperature), averaged over the batch. */
function softmaxLoss(math: OnnxArithmetic, embeddings: Value, targets: Value, own: Value, temperature: number) {
  const { graph } = math;
  const logShare = math.logSoftmax(math.productWithTransposed(embeddings, targets, 1 / temperature), 'rows');
  const count = graph.op('Squeeze', [
    graph.op('Gather', [graph.op('Shape', [targets]), graph.integers(0)], { axis: 0 }),
  ]);
  const rows = graph.op('Cast', [graph.op('Range', [graph.integer(0), count, graph.integer(1)])], { to: 6 });
  const chosen = graph.op('Equal', [
    graph.op('Unsqueeze', [own, graph.integers(1)]),
    graph.op('Unsqueeze', [rows, graph.integers(0)]),
  ]);
  const target = math.indicator(chosen);
  const share = math.divide(math.number(1), math.rowCount(embeddings));
  return {
    loss: math.multiply(math.scale(math.sumOfAll(math.multiply(target, logShare)), -1), share),
    backward(): Value {
      const error = math.multiply(math.subtract(math.exp(logShare), target), share);
      return math.product(math.scale(error, 1 / temperature), targets);
    },
  };
}
