/**
 * The layers of a branch. Each computes its output at once, and its gradients from the gradient of the loss with respect to
 * its output (written `d` below, dL/doutput).
 *
 * Activations are [n, width] with n the batch. Both engines use the outputs; only ONNX Runtime uses the gradients,
 * because TensorFlow.js derives its own.
 */
import type { Arithmetic } from './arithmetic.ts';
import { normEpsilon } from './network.ts';

/** Added to a squared norm, so that a row of zeros stays zero instead of becoming NaN. */
const squaredNormEpsilon = 1e-12;

/**
 * The gradient of a parameter. For a matrix it is a product leftᵀ · right that is not yet multiplied: the update adds it to
 * the momentum within the same matrix product, which saves two passes over the largest tensors of the network. With `rows`
 * (int64 [k]) the product has k rows, for these rows of the matrix; the gradient of the other rows is zero.
 */
export type Gradient<V> = { readonly left: V; readonly right: V; readonly rows?: V } | { readonly value: V };

/** A fully connected layer that reads the inputs of a branch: nothing before it needs a gradient. */
export interface FirstLayer<V> {
  readonly output: V;
  backward(d: V): { readonly weight: Gradient<V>; readonly bias: Gradient<V> };
}

/** output = input · weight + bias */
export function linear<V>(math: Arithmetic<V>, input: V, weight: V, bias: V) {
  return {
    output: math.affine(input, weight, bias),
    backward: (d: V) => ({
      weight: { left: input, right: d } as Gradient<V>,
      bias: { value: math.vector(math.sumOverRows(d)) } as Gradient<V>,
      /** A function, because the first layer of a branch has nothing before it. */
      input: () => math.productWithTransposed(d, weight),
    }),
  };
}

/**
 * ReLU, then dropout: output = max(input, 0) ⊙ mask · scale.
 *
 * @param mask uint8 [n, width], 1 keeps; absent for no dropout
 * @param scale 1/(1 − rate), which keeps the expected activation the same as without dropout
 */
export function relu<V>(math: Arithmetic<V>, input: V, dropout?: { readonly mask: V; readonly scale: number }) {
  const { multiply, indicator, positive, toFloat, scale } = math;
  const active = math.relu(input);
  if (!dropout) {
    return { output: active, backward: (d: V) => multiply(d, indicator(positive(active))) };
  }
  const output = multiply(active, scale(toFloat(dropout.mask), dropout.scale));
  return {
    output,
    // The output is positive exactly where the input is positive and the mask keeps it.
    backward: (d: V) => multiply(scale(d, dropout.scale), indicator(positive(output))),
  };
}

/**
 * Batch norm with the statistics of the batch (Ioffe & Szegedy 2015, algorithm 1):
 * output = γ · (input − mean)/√(variance + ε) + β. The variance is the biased one, as in Keras.
 */
export function batchNorm<V>(math: Arithmetic<V>, input: V, gamma: V, beta: V) {
  const { add, subtract, multiply, meanOverRows, sumOverRows, reciprocal, sqrt, shift, vector } = math;
  const mean = meanOverRows(input);
  const centred = subtract(input, mean);
  const variance = meanOverRows(multiply(centred, centred));
  const inverse = reciprocal(sqrt(shift(variance, normEpsilon)));
  const normalised = multiply(centred, inverse);
  return {
    output: add(multiply(normalised, gamma), beta),
    /** of this batch, [width] */
    mean: vector(mean),
    variance: vector(variance),
    backward: (d: V) => {
      const along = multiply(d, normalised);
      // The mean and the variance depend on every row; the subtracted terms are their gradients.
      const inner = subtract(subtract(d, meanOverRows(d)), multiply(normalised, meanOverRows(along)));
      return {
        input: multiply(inner, multiply(inverse, gamma)),
        gamma: { value: vector(sumOverRows(along)) } as Gradient<V>,
        beta: { value: vector(sumOverRows(d)) } as Gradient<V>,
      };
    },
  };
}

/** Batch norm at inference, with the running statistics. */
export function runningNorm<V>(
  { add, subtract, multiply, divide, sqrt, shift }: Arithmetic<V>,
  input: V,
  { gamma, beta, mean, variance }: { readonly gamma: V; readonly beta: V; readonly mean: V; readonly variance: V },
): V {
  return add(multiply(subtract(input, mean), divide(gamma, sqrt(shift(variance, normEpsilon)))), beta);
}

/** Each row divided by its Euclidean norm. */
export function unitRows<V>(math: Arithmetic<V>, input: V) {
  const { subtract, multiply, sumOverColumns, reciprocal, sqrt, shift } = math;
  const inverse = reciprocal(sqrt(shift(sumOverColumns(multiply(input, input)), squaredNormEpsilon)));
  const output = multiply(input, inverse);
  return {
    output,
    // Only the component perpendicular to the embedding changes its direction.
    backward: (d: V) => multiply(subtract(d, multiply(output, sumOverColumns(multiply(d, output)))), inverse),
  };
}
