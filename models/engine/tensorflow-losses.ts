/** The losses of models/network/losses.ts in TensorFlow.js, which derives their gradients by itself. */
import type { Tensor, Tensor2D, Tensor1D, Scalar } from '@tensorflow/tfjs';
import type { CaptionsObjective, Objective, RankingObjective, SoftmaxObjective } from '../network/losses.ts';
import type { Tf } from './tensorflow.ts';

/**
 * @param x image embeddings [n, width], rows of norm 1
 * @param y text embeddings [n, width]
 * @param photos int32 [n]
 */
export function batchLoss(tf: Tf, objective: Objective, x: Tensor2D, y: Tensor2D, photos: Tensor1D): Scalar {
  const same = tf.cast(tf.equal(tf.expandDims(photos, 1), tf.expandDims(photos, 0)), 'float32') as Tensor2D;
  switch (objective.kind) {
    case 'ranking':
      return ranking(tf, objective, x, y, same);
    case 'softmax':
      return softmax(tf, objective, x, y, same);
    case 'captions':
      return captions(tf, objective, x, y, same);
  }
}

function ranking(tf: Tf, objective: RankingObjective, x: Tensor2D, y: Tensor2D, same: Tensor2D): Scalar {
  const direction = (anchors: Tensor2D, others: Tensor2D) => {
    const own = tf.sum(tf.mul(anchors, others), 1, true);
    return hardest(tf, objective, tf.sub(tf.matMul(anchors, others, false, true), own), same);
  };
  const both = tf.add<Scalar>(tf.mul(direction(x, y), objective.imageToTextWeight), direction(y, x));
  if (objective.neighbourhoodWeight === 0) return both;
  return tf.add(both, tf.mul(neighbourhood(tf, objective, y, same), objective.neighbourhoodWeight));
}

function neighbourhood(tf: Tf, objective: RankingObjective, y: Tensor2D, same: Tensor2D): Scalar {
  const similarity = tf.matMul(y, y, false, true);
  const chosen = constantOf(tf, similarity, (value) => {
    const positives = tf.add(tf.mul(value, same), tf.mul(tf.sub(1, same), 2));
    return tf.oneHot(tf.argMin(positives, 1).toInt(), same.shape[1]);
  });
  const farthest = tf.sum(tf.mul(similarity, chosen), 1, true);
  return hardest(tf, objective, tf.sub(similarity, farthest), same);
}

/** Mean of the `hardest` largest [margin + excess]₊ of each row, over the columns that are no positives. */
function hardest(tf: Tf, { margin, hardest: most }: RankingObjective, excess: Tensor, same: Tensor2D): Scalar {
  const n = same.shape[0];
  const count = Math.min(most, n);
  const violations = tf.mul(tf.relu(tf.add(excess, margin)), tf.sub(1, same));
  const selected = constantOf(tf, violations, (value) =>
    tf.sum(tf.oneHot(tf.topk(value, count).indices.toInt(), n), 1).toFloat(),
  );
  return tf.div(tf.sum(tf.mul(violations, selected)), n * count);
}

function softmax(tf: Tf, { temperature }: SoftmaxObjective, x: Tensor2D, y: Tensor2D, same: Tensor2D): Scalar {
  const logits = tf.div(tf.matMul(x, y, false, true), temperature);
  const target = tf.div(same, tf.sum(same, 1, true));
  const entropy = (rows: Tensor) => tf.neg(tf.sum(tf.mul(tf.logSoftmax(rows), target)));
  // `same` is symmetric, so the columns, laid as rows, have the same targets.
  return tf.div(tf.add(entropy(logits), entropy(tf.transpose(logits))), 2 * same.shape[0]);
}

function captions(tf: Tf, { temperature }: CaptionsObjective, x: Tensor2D, y: Tensor2D, same: Tensor2D): Scalar {
  const n = same.shape[0];
  const itself = tf.eye(n);
  const siblings = tf.sub(same, itself);
  const target = tf.div(siblings, tf.maximum(tf.sum(siblings, 1, true), 1));
  const logits = tf.sub(tf.div(tf.matMul(y, y, false, true), temperature), tf.mul(itself, 1e4));
  const entropy = tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), target)));
  // The image branch takes no part, but its parameters must have a gradient.
  return tf.add(tf.div(entropy, n), tf.mul(tf.sum(x), 0));
}

/**
 * A value computed from `x` through which no gradient flows. TensorFlow.js knows no gradient of topk, and the choice of
 * the hardest needs none.
 */
function constantOf(tf: Tf, x: Tensor, compute: (x: Tensor) => Tensor): Tensor {
  return tf.customGrad((input) => ({
    value: tf.cast(compute(input as Tensor), 'float32'),
    gradFunc: () => tf.zerosLike(input as Tensor),
  }))(x);
}
