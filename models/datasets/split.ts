/** A split for a dataset that brings none. */
import { seededRandom } from '../math/random.ts';
import type { Split } from './files.ts';

/**
 * 80 % train, 10 % val, 10 % test, by photo and never by caption: captions of one photo on both sides would leak the answer. Small sets keep at least
 * one photo for val and test once they have three. The order of `names` does not matter.
 */
export function seededSplit(names: readonly string[], seed: number): Map<string, Split> {
  const sorted = [...names].sort();
  const held = sorted.length < 3 ? 0 : Math.max(1, Math.round(sorted.length / 10));
  const order = seededRandom(seed).shuffle(Int32Array.from(sorted.keys()));
  const splitAt = (place: number): Split => (place < held ? 'val' : place < 2 * held ? 'test' : 'train');
  return new Map([...order].map((index, place) => [sorted[index]!, splitAt(place)]));
}
