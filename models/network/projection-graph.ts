/** A branch at inference as an ONNX graph: batch norm with its running statistics, no dropout. */
import { arithmetic, type Arithmetic } from '../onnx/arithmetic.ts';
import { GraphBuilder, type Value } from '../onnx/graph.ts';
import { linear, relu, runningNorm, unitRows } from './layers.ts';
import { extraShapes, popularityTemperature, tensorShapes, type BranchShape, type TensorName } from './network.ts';

/**
 * Inputs: `features` float [n, inputs] and the branch's tensors under their names in network.ts. They are inputs and no
 * constants, because the runtime reads them where they lie: opening a 4,100-word text branch costs 1 ms instead of the
 * time to write and parse a file of 38 MB. Output: `embeddings` [n, outputs].
 *
 * @returns the bytes of the .onnx file
 */
export function projectionGraph(shape: BranchShape): Uint8Array {
  const graph = new GraphBuilder('projection');
  const math = arithmetic(graph);
  const extents = tensorShapes(shape);
  const tensor = (name: TensorName) => graph.input(name, 'float32', extents[name]);
  const features = graph.input('features', 'float32', ['n', shape.inputs]);
  const extras = new Map(extraShapes(shape).map(([name, extents]) => [name, graph.input(name, 'float32', extents)]));
  const reduction = extras.get('reduction');
  const reduced = reduction === undefined ? features : graph.op('MatMul', [features, reduction]);
  const hidden = linear(math, reduced, tensor('hiddenWeight'), tensor('hiddenBias')).output;
  const active =
    shape.activation === 'softmax' ? graph.op('Softmax', [hidden], { axis: 1 }) : relu(math, hidden).output;
  const output = linear(math, active, tensor('outputWeight'), tensor('outputBias'));
  const normed = runningNorm(math, output.output, {
    gamma: tensor('normGamma'),
    beta: tensor('normBeta'),
    mean: tensor('normMean'),
    variance: tensor('normVariance'),
  });
  const unit = unitRows(math, normed).output;
  const references = extras.get('references');
  const embeddings = references === undefined ? unit : math.multiply(unit, popularityLength(math, unit, references));
  graph.output('embeddings', embeddings, 'float32', ['n', shape.outputs]);
  return graph.toBytes();
}

/** exp(−τ log mean exp(z·r / τ)), [n, 1]. The largest cosine is 1, so that no exponential overflows. */
function popularityLength({ graph, scale }: Arithmetic, unit: Value, references: Value): Value {
  const cosines = graph.op('Gemm', [unit, references], { transB: 1 });
  const exponentials = graph.op('Exp', [scale(cosines, 1 / popularityTemperature)]);
  const mean = graph.op('ReduceMean', [exponentials], { axes: [1], keepdims: 1 });
  return graph.op('Exp', [scale(graph.op('Log', [mean]), -popularityTemperature)]);
}
