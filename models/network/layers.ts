/**
 * The layers of a branch as ONNX nodes: each emits its forward nodes at once and its backward nodes when it is given
 * the gradient of the loss with respect to its output (written `d` below, dL/doutput).
 *
 * Activations are [n, width] with n the batch, known only at run time.
 */
import type { Arithmetic } from '../onnx/arithmetic.ts';
import type { Value } from '../onnx/graph.ts';
import { normEpsilon } from './network.ts';

/** Added to a squared norm, so that a row of zeros stays zeros instead of becoming NaN. */
export const squaredNormEpsilon = 1e-12;

/**
 * The gradient of a parameter. That of a matrix is a product leftᵀ · right which is left unmultiplied: the update adds
 * it to the momentum within the one matrix product, which saves two passes over the largest tensors of the network.
 * With `rows` (int64 [k]) the product has k rows, which belong to these rows of the matrix; the others have none.
 */
export type Gradient =
  { readonly left: Value; readonly right: Value; readonly rows?: Value } | { readonly value: Value };

/** output = input · weight + bias */
export function linear(math: Arithmetic, input: Value, weight: Value, bias: Value) {
  return {
    output: math.graph.op('Gemm', [input, weight, bias]),
    backward: (d: Value) => ({
      weight: { left: input, right: d } as Gradient,
      bias: { value: asVector(math, math.sumOverRows(d)) } as Gradient,
      /** emitted on demand: the first layer has nobody to hand it to */
      input: () => math.productWithTransposed(d, weight),
    }),
  };
}

/**
 * The same for an input of which only some columns are not zero anywhere in the batch, as in bags of words: `input`
 * [n, k] holds these and `columns` (int64 [k], each once) says which. Only k rows of the weight are multiplied.
 *
 * 500 captions use about a quarter of 4,000 words; the whole step takes two thirds of the time that it takes densely.
 */
export function linearOfColumns(math: Arithmetic, input: Value, columns: Value, weight: Value, bias: Value) {
  const used = math.graph.op('Gather', [weight, columns], { axis: 0 });
  return {
    output: math.graph.op('Gemm', [input, used, bias]),
    backward: (d: Value) => ({
      weight: { left: input, right: d, rows: columns } as Gradient,
      bias: { value: asVector(math, math.sumOverRows(d)) } as Gradient,
    }),
  };
}

/** [1, width] → [width] */
function asVector({ graph }: Arithmetic, row: Value): Value {
  return graph.op('Reshape', [row, graph.integers(-1)]);
}

/**
 * ReLU, then dropout: output = max(input, 0) ⊙ mask · scale.
 *
 * @param mask uint8 [n, width], 1 keeps; absent for no dropout
 * @param scale 1/(1 − rate), which keeps the expected activation what it is without dropout
 */
export function relu(math: Arithmetic, input: Value, dropout?: { mask: Value; scale: number }) {
  const { multiply, indicator, positive, toFloat, scale } = math;
  const active = math.relu(input);
  if (!dropout) {
    return { output: active, backward: (d: Value) => multiply(d, indicator(positive(active))) };
  }
  const output = multiply(active, scale(toFloat(dropout.mask), dropout.scale));
  return {
    output,
    // The output is positive exactly where the input was and the mask kept it.
    backward: (d: Value) => multiply(scale(d, dropout.scale), indicator(positive(output))),
  };
}

/**
 * Batch norm with the statistics of the batch (Ioffe & Szegedy 2015, algorithm 1):
 * output = γ · (input − mean)/√(variance + ε) + β. The variance is the biased one, as in Keras.
 */
export function batchNorm(math: Arithmetic, input: Value, gamma: Value, beta: Value) {
  const { add, subtract, multiply, meanOverRows, sumOverRows, reciprocal, sqrt, shift } = math;
  const mean = meanOverRows(input);
  const centred = subtract(input, mean);
  const variance = meanOverRows(multiply(centred, centred));
  const inverse = reciprocal(sqrt(shift(variance, normEpsilon)));
  const normalised = multiply(centred, inverse);
  return {
    output: add(multiply(normalised, gamma), beta),
    /** of this batch, [width] */
    mean: asVector(math, mean),
    variance: asVector(math, variance),
    backward: (d: Value) => {
      const along = multiply(d, normalised);
      // The mean and the variance depend on every row; their share of the gradient is what is subtracted here.
      const inner = subtract(subtract(d, meanOverRows(d)), multiply(normalised, meanOverRows(along)));
      return {
        input: multiply(inner, multiply(inverse, gamma)),
        gamma: { value: asVector(math, sumOverRows(along)) } as Gradient,
        beta: { value: asVector(math, sumOverRows(d)) } as Gradient,
      };
    },
  };
}

/** Batch norm at inference, with the running statistics. */
export function runningNorm(
  { add, subtract, multiply, divide, sqrt, shift }: Arithmetic,
  input: Value,
  { gamma, beta, mean, variance }: { gamma: Value; beta: Value; mean: Value; variance: Value },
): Value {
  return add(multiply(subtract(input, mean), divide(gamma, sqrt(shift(variance, normEpsilon)))), beta);
}

/** Each row divided by its Euclidean norm. */
export function unitRows(math: Arithmetic, input: Value) {
  const { subtract, multiply, sumOverColumns, reciprocal, sqrt, shift } = math;
  const inverse = reciprocal(sqrt(shift(sumOverColumns(multiply(input, input)), squaredNormEpsilon)));
  const output = multiply(input, inverse);
  return {
    output,
    // Only what is perpendicular to the embedding moves it on the sphere.
    backward: (d: Value) => multiply(subtract(d, multiply(output, sumOverColumns(multiply(d, output)))), inverse),
  };
}
