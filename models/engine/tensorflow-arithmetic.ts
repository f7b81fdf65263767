/**
 * The arithmetic of the network on tensors of TensorFlow.js. Forward pass and losses come from models/network; their
 * gradients are derived by TensorFlow.js, which is what the tests compare ours with.
 */
import type { Tensor } from '@tensorflow/tfjs';
import type { Arithmetic } from '../network/arithmetic.ts';
import type { TensorFlow } from './engine.ts';

/** Every function must be called within tf.tidy, which frees intermediate tensors. */
export function tensorFlowArithmetic(tf: TensorFlow): Arithmetic<Tensor> {
  const matMul = (a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor =>
    tf.matMul(a, b, transposeA, transposeB);
  const number = (value: number) => tf.scalar(value);
  const indicator = (condition: Tensor) => tf.cast(condition, 'float32');
  return {
    number,
    add: (a, b) => tf.add(a, b),
    subtract: (a, b) => tf.sub(a, b),
    multiply: (a, b) => tf.mul(a, b),
    divide: (a, b) => tf.div(a, b),
    scale: (a, factor) => tf.mul(a, factor),
    shift: (a, offset) => tf.add(a, offset),
    relu: (a) => tf.relu(a),
    sqrt: (a) => tf.sqrt(a),
    exp: (a) => tf.exp(a),
    log: (a) => tf.log(a),
    reciprocal: (a) => tf.div(1, a),
    atLeast: (a, least) => tf.maximum(a, least),
    softmax: (a) => tf.softmax(a, 1),
    // tf.logSoftmax supports only the last axis.
    logSoftmax: (a, of) => (of === 'rows' ? tf.logSoftmax(a) : tf.transpose(tf.logSoftmax(tf.transpose(a)))),
    product: (a, b) => matMul(a, b),
    productOfTransposed: (a, b) => matMul(a, b, true),
    productWithTransposed: (a, b, factor = 1) => tf.mul(matMul(a, b, false, true), factor),
    affine: (a, weight, bias) => tf.add(matMul(a, weight), bias),
    sumOverRows: (a) => tf.sum(a, 0, true),
    sumOverColumns: (a) => tf.sum(a, 1, true),
    sumOfAll: (a) => tf.sum(a),
    meanOverRows: (a) => tf.mean(a, 0, true),
    meanOverColumns: (a) => tf.mean(a, 1, true),
    vector: (row) => tf.reshape(row, [-1]),
    rowCount: (a) => number(a.shape[0]),
    columnCount: (a) => number(a.shape[1]!),
    toFloat: indicator,
    indicator,
    positive: (a) => tf.greater(a, 0),
    not: (condition) => tf.logicalNot(condition),
    where: (condition, a, b) => tf.where(condition, a, b),
    equalPairs: (labels) => tf.equal(tf.expandDims(labels, 1), tf.expandDims(labels, 0)),
    diagonal: (a) => tf.cast(tf.eye(a.shape[0]), 'bool'),
    largest(a, count) {
      const [rows, columns] = a.shape as [number, number];
      /** [rows, count, columns], 1 where the value comes from */
      const chosen = withoutGradient(tf, a, (matrix) =>
        tf.oneHot(tf.topk(matrix, Math.min(count, columns)).indices.toInt(), columns),
      );
      return {
        values: tf.sum(tf.mul(chosen, tf.reshape(a, [rows, 1, columns])), 2),
        place: (amounts) => tf.sum(tf.mul(chosen, tf.expandDims(amounts, 2)), 1),
      };
    },
  };
}

/**
 * A value computed from `a` without a gradient: TensorFlow.js has no gradient of topk, and the indices of the largest elements
 * need none.
 */
function withoutGradient(tf: TensorFlow, a: Tensor, compute: (a: Tensor) => Tensor): Tensor {
  return tf.customGrad((input) => ({
    value: tf.cast(compute(input as Tensor), 'float32'),
    gradFunc: () => tf.zerosLike(input as Tensor),
  }))(a);
}
