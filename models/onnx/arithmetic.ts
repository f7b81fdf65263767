/**
 * Short names for the operators of a formula, so that a graph of a loss reads like the loss.
 *
 * Matrices are [rows, columns]; `overRows` reduces the rows away and leaves [1, columns], `overColumns` leaves [rows, 1].
 */
import type { GraphBuilder, Value } from './graph.ts';
import { dataTypes } from './proto.ts';

export type Arithmetic = ReturnType<typeof arithmetic>;

export function arithmetic(graph: GraphBuilder) {
  const rows = { axes: [0], keepdims: 1 } as const;
  const columns = { axes: [1], keepdims: 1 } as const;
  const sum = (x: Value, axes: readonly number[]) =>
    graph.op('ReduceSum', [x, graph.integers(...axes)], { keepdims: 1 });
  return {
    graph,
    number: (value: number): Value => graph.scalar(value),
    add: (a: Value, b: Value): Value => graph.op('Add', [a, b]),
    subtract: (a: Value, b: Value): Value => graph.op('Sub', [a, b]),
    multiply: (a: Value, b: Value): Value => graph.op('Mul', [a, b]),
    divide: (a: Value, b: Value): Value => graph.op('Div', [a, b]),
    scale: (a: Value, factor: number): Value => graph.op('Mul', [a, graph.scalar(factor)]),
    shift: (a: Value, offset: number): Value => graph.op('Add', [a, graph.scalar(offset)]),
    relu: (a: Value): Value => graph.op('Relu', [a]),
    sqrt: (a: Value): Value => graph.op('Sqrt', [a]),
    exp: (a: Value): Value => graph.op('Exp', [a]),
    /** 1/a */
    reciprocal: (a: Value): Value => graph.op('Reciprocal', [a]),
    /** a · b */
    product: (a: Value, b: Value): Value => graph.op('Gemm', [a, b]),
    /** aᵀ · b, without laying the transpose out in memory */
    productOfTransposed: (a: Value, b: Value): Value => graph.op('Gemm', [a, b], { transA: 1 }),
    /** factor · a · bᵀ */
    productWithTransposed: (a: Value, b: Value, factor = 1): Value =>
      graph.op('Gemm', [a, b], { transB: 1, alpha: { float: factor } }),
    sumOverRows: (a: Value): Value => sum(a, [0]),
    sumOverColumns: (a: Value): Value => sum(a, [1]),
    sumOfAll: (a: Value): Value => graph.op('ReduceSum', [a, graph.integers(0, 1)], { keepdims: 0 }),
    meanOverRows: (a: Value): Value => graph.op('ReduceMean', [a], rows),
    meanOverColumns: (a: Value): Value => graph.op('ReduceMean', [a], columns),
    /** 1 where a condition holds, else 0 */
    indicator: (condition: Value): Value => graph.op('Cast', [condition], { to: dataTypes.float32 }),
    positive: (a: Value): Value => graph.op('Greater', [a, graph.scalar(0)]),
    not: (condition: Value): Value => graph.op('Not', [condition]),
    toFloat: (a: Value): Value => graph.op('Cast', [a], { to: dataTypes.float32 }),
    /** the number of rows, int64 [1] */
    rowCount: (a: Value): Value => graph.op('Gather', [graph.op('Shape', [a]), graph.integers(0)], { axis: 0 }),
  };
}
