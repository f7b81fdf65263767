/** The arithmetic of the network as nodes of an ONNX graph. */
import type { GraphBuilder, Value } from '../onnx/graph.ts';
import { dataTypes } from '../onnx/proto.ts';
import type { Arithmetic } from './arithmetic.ts';

export interface OnnxArithmetic extends Arithmetic<Value> {
  readonly graph: GraphBuilder;
}

/** @param graph to which the nodes are appended */
export function onnxArithmetic(graph: GraphBuilder): OnnxArithmetic {
  const sum = (a: Value, axis: number) => graph.op('ReduceSum', [a, graph.integers(axis)], { keepdims: 1 });
  const mean = (a: Value, axis: number) => graph.op('ReduceMean', [a], { axes: [axis], keepdims: 1 });
  const toFloat = (a: Value) => graph.op('Cast', [a], { to: dataTypes.float32 });
  /** int64 [1] */
  const extent = (a: Value, axis: number) =>
    graph.op('Gather', [graph.op('Shape', [a]), graph.integers(axis)], { axis: 0 });
  /** [n] → the condition [n, n] that two elements are equal */
  const equalPairs = (labels: Value) =>
    graph.op('Equal', [
      graph.op('Unsqueeze', [labels, graph.integers(1)]),
      graph.op('Unsqueeze', [labels, graph.integers(0)]),
    ]);
  return {
    graph,
    number: (value) => graph.scalar(value),
    add: (a, b) => graph.op('Add', [a, b]),
    subtract: (a, b) => graph.op('Sub', [a, b]),
    multiply: (a, b) => graph.op('Mul', [a, b]),
    divide: (a, b) => graph.op('Div', [a, b]),
    scale: (a, factor) => graph.op('Mul', [a, graph.scalar(factor)]),
    shift: (a, offset) => graph.op('Add', [a, graph.scalar(offset)]),
    relu: (a) => graph.op('Relu', [a]),
    sqrt: (a) => graph.op('Sqrt', [a]),
    exp: (a) => graph.op('Exp', [a]),
    log: (a) => graph.op('Log', [a]),
    reciprocal: (a) => graph.op('Reciprocal', [a]),
    atLeast: (a, least) => graph.op('Max', [a, graph.scalar(least)]),
    softmax: (a) => graph.op('Softmax', [a], { axis: 1 }),
    logSoftmax: (a, of) => graph.op('LogSoftmax', [a], { axis: of === 'rows' ? 1 : 0 }),
    product: (a, b) => graph.op('Gemm', [a, b]),
    // Gemm multiplies by a transposed matrix without copying it.
    productOfTransposed: (a, b) => graph.op('Gemm', [a, b], { transA: 1 }),
    productWithTransposed: (a, b, factor = 1) => graph.op('Gemm', [a, b], { transB: 1, alpha: { float: factor } }),
    affine: (a, weight, bias) => graph.op('Gemm', [a, weight, bias]),
    sumOverRows: (a) => sum(a, 0),
    sumOverColumns: (a) => sum(a, 1),
    sumOfAll: (a) => graph.op('ReduceSum', [a, graph.integers(0, 1)], { keepdims: 0 }),
    meanOverRows: (a) => mean(a, 0),
    meanOverColumns: (a) => mean(a, 1),
    vector: (row) => graph.op('Reshape', [row, graph.integers(-1)]),
    rowCount: (a) => toFloat(extent(a, 0)),
    columnCount: (a) => toFloat(extent(a, 1)),
    toFloat,
    indicator: toFloat,
    positive: (a) => graph.op('Greater', [a, graph.scalar(0)]),
    not: (condition) => graph.op('Not', [condition]),
    where: (condition, a, b) => graph.op('Where', [condition, a, b]),
    equalPairs,
    diagonal(a) {
      const rows = graph.op('Squeeze', [extent(a, 0)]);
      return equalPairs(graph.op('Range', [graph.integer(0), rows, graph.integer(1)]));
    },
    largest(a, count) {
      const most = graph.op('Min', [extent(a, 1), graph.integers(count)]);
      const [values, where] = graph.ops('TopK', [a, most], 2, { axis: 1, largest: 1, sorted: 0 });
      return {
        values: values!,
        place(amounts) {
          const zeros = graph.op('Expand', [graph.scalar(0), graph.op('Shape', [a])]);
          return graph.op('ScatterElements', [zeros, where!, amounts], { axis: 1 });
        },
      };
    },
  };
}
