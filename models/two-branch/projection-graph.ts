/** A branch at inference as an ONNX graph: batch norm with its running statistics, no dropout. */
import { arithmetic } from '../onnx/arithmetic.ts';
import { GraphBuilder } from '../onnx/graph.ts';
import { linear, relu, runningNorm, unitRows } from './layers.ts';
import { tensorShapes, type BranchShape, type TensorName } from './network.ts';

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
  const reduced =
    shape.components === undefined
      ? features
      : graph.op('MatMul', [features, graph.input('reduction', 'float32', [shape.inputs, shape.components])]);
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
  graph.output('embeddings', unitRows(math, normed).output, 'float32', ['n', shape.outputs]);
  return graph.toBytes();
}
