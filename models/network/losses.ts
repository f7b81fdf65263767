/**
 * What a training step minimises.
 *
 * With x_i, y_i the L2-normalised embeddings of photo and sentence of pair i, d(a, b) = 1 − a·b, and P the pairs that
 * show the same photo (all captions of a photo are positives of it, and never its negatives).
 */

/**
 * The bidirectional ranking loss (Wang et al. 2018, eq. 6): hinge terms [m + d(x, y⁺) − d(x, y⁻)]₊ in both directions,
 * image→text ones weighted, the mean of the `hardest` largest violations per row. The optional neighbourhood terms
 * (eq. 4–5) ask the same of captions among themselves: two captions of one photo closer than captions of two.
 */
export interface RankingObjective {
  readonly kind: 'ranking';
  readonly margin: number;
  readonly imageToTextWeight: number;
  /** how many of the largest violations of a row count */
  readonly hardest: number;
  /** weight of the neighbourhood term among sentences, 0 for none */
  readonly neighbourhoodWeight: number;
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
 * Captions alone, without photos: softmax cross-entropy of each caption over all others in the batch (itself left out),
 * whose target is spread evenly over the other captions of its photo. It pre-trains the text branch on captions whose
 * photos are not at hand, in the spirit of Wang et al.'s neighbourhood constraint among sentences (§3.2). The image
 * branch takes no part: give it a shape of one.
 */
export interface CaptionsObjective {
  readonly kind: 'captions';
  readonly temperature: number;
}

export type Objective = RankingObjective | SoftmaxObjective | CaptionsObjective;
