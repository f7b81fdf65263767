/** A branch at inference as an ONNX graph. */
import { GraphBuilder, type Value } from '../onnx/graph.ts';
import { branchAtInference } from './branch.ts';
import { extraShapes, tensorNames, tensorShapes, type BranchShape, type Extras, type TensorName } from './network.ts';
import { onnxArithmetic } from './onnx-arithmetic.ts';

/**
 * Inputs: `features` float [n, inputs] and the branch's tensors under their names in network.ts. They are inputs and not
 * constants, because the runtime reads inputs in place: opening a 4,100-word text branch takes 1 ms instead of the time to
 * write and parse a file of 38 MB. Output: `embeddings` [n, outputs].
 *
 * @param someInputs `features` and `hiddenWeight` are those of some of the inputs, in the same order
 * @returns the bytes of the .onnx file
 */
export function projectionGraph(shape: BranchShape, { someInputs = false } = {}): Uint8Array {
  const graph = new GraphBuilder('projection');
  const inputs = someInputs ? 'inputs' : shape.inputs;
  const extents = { ...tensorShapes(shape), ...(someInputs ? { hiddenWeight: [inputs, shape.hidden] } : {}) };
  const input = (name: string, of: readonly (number | string)[]) => graph.input(name, 'float32', of);
  const features = graph.input('features', 'float32', ['n', inputs]);
  const tensors = {
    ...(Object.fromEntries(tensorNames.map((name) => [name, input(name, extents[name])])) as Record<TensorName, Value>),
    ...(Object.fromEntries(extraShapes(shape).map(([name, of]) => [name, input(name, of)])) as {
      [Name in keyof Extras]?: Value;
    }),
  };
  const embeddings = branchAtInference(onnxArithmetic(graph), shape, tensors, features);
  graph.output('embeddings', embeddings, 'float32', ['n', shape.outputs]);
  return graph.toBytes();
}
