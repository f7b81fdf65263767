/** Which photos are near-duplicates, from their features and the alignment of their pixels. */
import type { Alignment } from './alignment.ts';

/** Below it, light and shade differ. */
const leastTones = 0.95;
/** A series hardly moves: its photos cover each other without being moved far. */
const displacementWeight = 0.3;
const leastSum = 1.42;

/**
 * The numbers were fitted to one half of the pairs in test/fixtures/near-duplicate-pairs.jsonl, which were labelled by looking at
 * them; docs/duplicates.md has the figures on the other half. For another moment of an event the feature is as similar as in a
 * series, for similar landscapes the pixels are: only the sum separates both.
 *
 * @param cosine of the features, as `FeatureComparison` compares them
 */
export function isNear(cosine: number, { tones, detail, displacement }: Alignment): boolean {
  return tones >= leastTones && cosine + detail - displacementWeight * displacement >= leastSum;
}
