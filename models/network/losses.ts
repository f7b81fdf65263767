/**
 * The losses that a training step minimises, and their gradients with respect to the embeddings.
 *
 * With x_i, y_i the L2-normalised embeddings of photo and sentence of pair i, d(a, b) = 1 − a·b, and P the pairs with
 * the same photo (all captions of a photo are positives of it, and never negatives).
 */
import type { Arithmetic } from './arithmetic.ts';

/**
 * The bidirectional ranking loss (Wang et al. 2018, eq. 6): hinge terms [m + d(x, y⁺) − d(x, y⁻)]₊ in both directions,
 * image→text ones weighted, the mean of the `hardest` largest violations per row.
 */
export interface RankingObjective {
  readonly kind: 'ranking';
  readonly margin: number;
  readonly imageToTextWeight: number;
  /** how many of the largest violations of a row are used */
  readonly hardest: number;
}

/**
 * Symmetric softmax cross-entropy over the batch: −log of the share of the positives in softmax(x·y / temperature),
 * averaged over rows (image→text) and columns (text→image). A row's target is spread evenly over its positives.
 */
export interface SoftmaxObjective {
  readonly kind: 'softmax';
  readonly temperature: number;
}

/**
 * Captions without photos: softmax cross-entropy of each caption over all others in the batch, whose target is spread evenly
 * over the other captions of its photo. It pre-trains the text branch on captions whose photos are not available, similar to
 * Wang et al.'s neighbourhood constraint among sentences (§3.2). The image embeddings of the batch are not used.
 */
export interface CaptionsObjective {
  readonly kind: 'captions';
  readonly temperature: number;
}

export type Objective = RankingObjective | SoftmaxObjective | CaptionsObjective;

export interface Loss<V> {
  /** one number */
  readonly loss: V;
  /** dL/dx and dL/dy; computed on demand, because TensorFlow.js derives its own */
  backward(): { readonly images: V; readonly texts: V };
}

/**
 * @param images x, [n, width], rows of norm 1
 * @param texts y, [n, width], rows of norm 1; row i belongs to row i of the images
 * @param photos int32 [n]; rows with equal numbers are positives of each other
 */
export function batchLoss<V>(math: Arithmetic<V>, objective: Objective, images: V, texts: V, photos: V): Loss<V> {
  const same = math.equalPairs(photos);
  switch (objective.kind) {
    case 'ranking':
      return ranking(math, objective, images, texts, same);
    case 'softmax':
      return softmax(math, objective, images, texts, same);
    case 'captions':
      return captions(math, objective, images, texts, same);
  }
}

function ranking<V>(math: Arithmetic<V>, objective: RankingObjective, x: V, y: V, same: V): Loss<V> {
  const { add, indicator, not } = math;
  const negatives = indicator(not(same));
  const toText = rankingDirection(math, objective, objective.imageToTextWeight, x, y, negatives);
  const toImage = rankingDirection(math, objective, 1, y, x, negatives);
  return {
    loss: add(toText.loss, toImage.loss),
    backward() {
      const [fromImages, fromTexts] = [toText.backward(), toImage.backward()];
      return {
        images: add(fromImages.anchors, fromTexts.others),
        texts: add(fromImages.others, fromTexts.anchors),
      };
    },
  };
}

/**
 * weight · mean of the hardest [m + d(aᵢ, oᵢ) − d(aᵢ, oⱼ)]₊ of each anchor aᵢ, over others oⱼ of another photo. With
 * d = 1 − a·o the violation is [m − aᵢ·oᵢ + aᵢ·oⱼ]₊.
 *
 * @param negatives [n, n], 1 where two rows show different photos, else 0
 */
function rankingDirection<V>(
  math: Arithmetic<V>,
  { margin, hardest }: RankingObjective,
  weight: number,
  anchors: V,
  others: V,
  negatives: V,
) {
  const { subtract, multiply, divide, product, productOfTransposed, sumOverColumns } = math;
  const own = sumOverColumns(multiply(anchors, others));
  const excess = subtract(math.productWithTransposed(anchors, others), own);
  const violations = multiply(math.relu(math.shift(excess, margin)), negatives);
  const { values, place } = math.largest(violations, hardest);
  const share = divide(math.number(weight), multiply(math.rowCount(values), math.columnCount(values)));
  return {
    loss: multiply(math.sumOfAll(values), share),
    backward() {
      // [n, n], the gradient with respect to the excess, and the sum of each row of it
      const pushed = place(multiply(math.indicator(math.positive(values)), share));
      const total = sumOverColumns(pushed);
      return {
        anchors: subtract(product(pushed, others), multiply(total, others)),
        others: subtract(productOfTransposed(pushed, anchors), multiply(total, anchors)),
      };
    },
  };
}

/**
 * Cross-entropy of softmax(x·y / temperature) in both directions. Its gradient with respect to the logits is, per
 * direction, the softmax less its target.
 */
function softmax<V>(math: Arithmetic<V>, { temperature }: SoftmaxObjective, x: V, y: V, same: V): Loss<V> {
  const { add, subtract, multiply, divide, scale, exp, sumOfAll, sumOverRows, sumOverColumns } = math;
  const logits = math.productWithTransposed(x, y, 1 / temperature);
  const positives = math.indicator(same);
  // logSoftmax subtracts the largest logit first: temperature 0.05 makes logits of ±20, whose exponentials are large.
  const toText = {
    logShare: math.logSoftmax(logits, 'rows'),
    target: divide(positives, sumOverColumns(positives)),
  };
  const toImage = {
    logShare: math.logSoftmax(logits, 'columns'),
    target: divide(positives, sumOverRows(positives)),
  };
  const entropy = ({ logShare, target }: typeof toText) => sumOfAll(multiply(target, logShare));
  const error = ({ logShare, target }: typeof toText) => subtract(exp(logShare), target);
  const half = divide(math.number(0.5), math.rowCount(x));
  return {
    loss: multiply(scale(add(entropy(toText), entropy(toImage)), -1), half),
    backward() {
      const d = scale(multiply(add(error(toText), error(toImage)), half), 1 / temperature);
      return { images: math.product(d, y), texts: math.productOfTransposed(d, x) };
    },
  };
}

/** A logit far below that of any cosine: its softmax is zero. */
const excluded = -1e4;

/** Cross-entropy of softmax(yᵢ·yⱼ / temperature) over j ≠ i. A caption without another caption of its photo in the batch has no loss. */
function captions<V>(math: Arithmetic<V>, { temperature }: CaptionsObjective, x: V, y: V, same: V): Loss<V> {
  const { add, subtract, multiply, divide, scale, exp, indicator, sumOfAll, sumOverColumns } = math;
  const itself = math.diagonal(y);
  const logits = math.where(itself, math.number(excluded), math.productWithTransposed(y, y, 1 / temperature));
  const siblings = multiply(indicator(same), indicator(math.not(itself)));
  const count = sumOverColumns(siblings);
  const target = divide(siblings, math.atLeast(count, 1));
  const logShare = math.logSoftmax(logits, 'rows');
  const share = divide(math.number(1), math.rowCount(y));
  return {
    loss: multiply(scale(sumOfAll(multiply(target, logShare)), -1), share),
    backward() {
      // Rows without a sibling have no loss, hence no gradient.
      const error = multiply(subtract(exp(logShare), target), indicator(math.positive(count)));
      const d = scale(multiply(error, share), 1 / temperature);
      return { images: scale(x, 0), texts: add(math.product(d, y), math.productOfTransposed(d, y)) };
    },
  };
}
