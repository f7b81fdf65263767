/**
 * The losses as ONNX nodes: the loss itself and its gradient with respect to the embeddings.
 *
 * Row i of `images` (x) and of `texts` (y), both [n, width] with rows of norm 1, belong together. `photos` int32 [n]
 * numbers the photos: rows with equal numbers are positives of each other. The formulas are in losses.ts.
 */
import type { Arithmetic } from '../onnx/arithmetic.ts';
import type { Value } from '../onnx/graph.ts';
import type { CaptionsObjective, Objective, RankingObjective, SoftmaxObjective } from './losses.ts';

export interface LossNodes {
  /** [1] */
  readonly loss: Value;
  /** dL/dx and dL/dy */
  readonly images: Value;
  readonly texts: Value;
}

export function lossNodes(
  math: Arithmetic,
  objective: Objective,
  images: Value,
  texts: Value,
  photos: Value,
): LossNodes {
  const { graph } = math;
  const column = graph.op('Unsqueeze', [photos, graph.integers(1)]);
  const row = graph.op('Unsqueeze', [photos, graph.integers(0)]);
  /** [n, n], true where both rows show the same photo */
  const same = graph.op('Equal', [column, row]);
  switch (objective.kind) {
    case 'ranking':
      return ranking(math, objective, images, texts, same);
    case 'softmax':
      return softmax(math, objective, images, texts, same);
    case 'captions':
      return captions(math, objective, images, texts, same);
  }
}

function ranking(math: Arithmetic, objective: RankingObjective, x: Value, y: Value, same: Value): LossNodes {
  const { add, indicator, not } = math;
  const negatives = indicator(not(same));
  const toText = rankingDirection(math, objective, objective.imageToTextWeight, x, y, negatives);
  const toImage = rankingDirection(math, objective, 1, y, x, negatives);
  const both = {
    loss: add(toText.loss, toImage.loss),
    images: add(toText.anchors, toImage.others),
    texts: add(toText.others, toImage.anchors),
  };
  if (objective.neighbourhoodWeight === 0) return both;
  const among = neighbourhood(math, objective, y, same, negatives);
  return { loss: add(both.loss, among.loss), images: both.images, texts: add(both.texts, among.texts) };
}

/**
 * weight · mean of the hardest [m + d(aᵢ, oᵢ) − d(aᵢ, oⱼ)]₊ of each anchor aᵢ, over others oⱼ of another photo. With
 * d = 1 − a·o the violation is [m − aᵢ·oᵢ + aᵢ·oⱼ]₊.
 */
function rankingDirection(
  math: Arithmetic,
  objective: RankingObjective,
  weight: number,
  anchors: Value,
  others: Value,
  negatives: Value,
) {
  const { subtract, multiply, product, productOfTransposed, productWithTransposed, sumOverColumns } = math;
  const own = sumOverColumns(multiply(anchors, others));
  const { loss, pushed, total } = hardest(
    math,
    objective,
    weight,
    subtract(productWithTransposed(anchors, others), own),
    negatives,
  );
  return {
    loss,
    anchors: subtract(product(pushed, others), multiply(total, others)),
    others: subtract(productOfTransposed(pushed, anchors), multiply(total, anchors)),
  };
}

/**
 * Captions among themselves (eq. 5): the farthest caption of the same photo shall be nearer, by the margin, than any of
 * another photo. A caption alone in its batch is its own farthest, at distance 0.
 */
function neighbourhood(math: Arithmetic, objective: RankingObjective, y: Value, same: Value, negatives: Value) {
  const { graph, add, subtract, multiply, product, productOfTransposed, productWithTransposed } = math;
  const similarity = productWithTransposed(y, y);
  // No cosine reaches 2, so the smallest of a row is one of its positives.
  const positives = graph.op('Where', [same, similarity, graph.scalar(2)]);
  const [farthest, where] = graph.ops('TopK', [positives, graph.integers(1)], 2, { axis: 1, largest: 0, sorted: 1 });
  const ones = graph.op('Expand', [graph.scalar(1), graph.op('Shape', [farthest!])]);
  const chosen = marked(math, similarity, where!, ones);
  const { loss, pushed, total } = hardest(
    math,
    objective,
    objective.neighbourhoodWeight,
    subtract(similarity, farthest!),
    negatives,
  );
  const d = subtract(pushed, multiply(total, chosen));
  return { loss, texts: add(product(d, y), productOfTransposed(d, y)) };
}

/**
 * weight · mean of the `hardest` largest violations [margin + excess]₊ of each row, [n, n] → [1].
 *
 * @returns `pushed` [n, n], its gradient with respect to `excess`, and `total` [n, 1], the sum of each row of it
 */
function hardest(math: Arithmetic, objective: RankingObjective, weight: number, excess: Value, negatives: Value) {
  const { graph, multiply, divide, shift, positive, indicator, sumOfAll, sumOverColumns, toFloat, rowCount } = math;
  const violations = multiply(math.relu(shift(excess, objective.margin)), negatives);
  const n = rowCount(violations);
  const count = graph.op('Min', [n, graph.integers(objective.hardest)]);
  const [values, where] = graph.ops('TopK', [violations, count], 2, { axis: 1, largest: 1, sorted: 0 });
  const share = divide(graph.scalar(weight), multiply(toFloat(n), toFloat(count)));
  const pushed = marked(math, violations, where!, multiply(indicator(positive(values!)), share));
  return { loss: multiply(sumOfAll(values!), share), pushed, total: sumOverColumns(pushed) };
}

/** A matrix shaped like `like` with `values` [n, k] in the columns `where` of each row, zero elsewhere. */
function marked({ graph }: Arithmetic, like: Value, where: Value, values: Value): Value {
  const zeros = graph.op('Expand', [graph.scalar(0), graph.op('Shape', [like])]);
  return graph.op('ScatterElements', [zeros, where, values], { axis: 1 });
}

/**
 * Cross-entropy of softmax(x·y / temperature) in both directions. Its gradient is, per direction, what the softmax says
 * minus what it should say.
 */
function softmax(math: Arithmetic, { temperature }: SoftmaxObjective, x: Value, y: Value, same: Value): LossNodes {
  const { graph, add, subtract, multiply, divide, scale, exp, indicator, sumOfAll, sumOverRows, sumOverColumns } = math;
  const logits = math.productWithTransposed(x, y, 1 / temperature);
  const positives = indicator(same);
  // LogSoftmax subtracts the largest logit first: temperature 0.05 makes logits of ±20, and smaller ones are thinkable.
  const directions = [
    { logShare: graph.op('LogSoftmax', [logits], { axis: 1 }), target: divide(positives, sumOverColumns(positives)) },
    { logShare: graph.op('LogSoftmax', [logits], { axis: 0 }), target: divide(positives, sumOverRows(positives)) },
  ].map(({ logShare, target }) => ({
    entropy: sumOfAll(multiply(target, logShare)),
    error: subtract(exp(logShare), target),
  }));
  const [toText, toImage] = directions as [(typeof directions)[0], (typeof directions)[0]];
  const half = divide(graph.scalar(0.5), math.toFloat(math.rowCount(x)));
  const d = scale(multiply(add(toText.error, toImage.error), half), 1 / temperature);
  return {
    loss: multiply(scale(add(toText.entropy, toImage.entropy), -1), half),
    images: math.product(d, y),
    texts: math.productOfTransposed(d, x),
  };
}

/** A logit that no cosine reaches: its share of a softmax is nothing. */
const excluded = -1e4;

/** Cross-entropy of softmax(yᵢ·yⱼ / temperature) over j ≠ i. A caption alone in its batch has no target and no loss. */
function captions(math: Arithmetic, { temperature }: CaptionsObjective, x: Value, y: Value, same: Value): LossNodes {
  const { graph, add, subtract, multiply, divide, scale, exp, indicator, not, sumOfAll, sumOverColumns } = math;
  const n = graph.op('Squeeze', [math.rowCount(y)]);
  const numbers = graph.op('Range', [graph.integer(0), n, graph.integer(1)]);
  const itself = graph.op('Equal', [
    graph.op('Unsqueeze', [numbers, graph.integers(1)]),
    graph.op('Unsqueeze', [numbers, graph.integers(0)]),
  ]);
  const logits = graph.op('Where', [itself, graph.scalar(excluded), math.productWithTransposed(y, y, 1 / temperature)]);
  const siblings = multiply(indicator(same), indicator(not(itself)));
  const count = sumOverColumns(siblings);
  const target = divide(siblings, graph.op('Max', [count, graph.scalar(1)]));
  const logShare = graph.op('LogSoftmax', [logits], { axis: 1 });
  const share = divide(graph.scalar(1), math.toFloat(math.rowCount(y)));
  // Rows without a sibling push nobody away.
  const error = multiply(subtract(exp(logShare), target), indicator(math.positive(count)));
  const d = scale(multiply(error, share), 1 / temperature);
  return {
    loss: multiply(scale(sumOfAll(multiply(target, logShare)), -1), share),
    images: scale(x, 0),
    texts: add(math.product(d, y), math.productOfTransposed(d, y)),
  };
}
