/** A seeded generator: the same seed gives the same split, initial weights, batches and dropout on every machine. */
export interface Random {
  /** uniform in [0, 1) */
  uniform(): number;
  /** uniform integer in [0, limit) */
  below(limit: number): number;
  /** Fisher–Yates, in place */
  shuffle(items: Int32Array): Int32Array;
  /** the whole state, for a checkpoint */
  state(): number;
}

/** Mulberry32 (Tommy Ettinger, public domain): one 32-bit word of state, sufficient for shuffles and dropout. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number) => Math.floor(uniform() * limit);
  return {
    uniform,
    below,
    shuffle(items) {
      for (let i = items.length - 1; i > 0; i--) {
        const j = below(i + 1);
        const item = items[i]!;
        items[i] = items[j]!;
        items[j] = item;
      }
      return items;
    },
    state: () => state,
  };
}

/** @returns a mask of `length` bytes, each 0 with probability `rate`, else 1 */
export function dropoutMask(length: number, rate: number, random: Random): Uint8Array {
  const mask = new Uint8Array(length);
  for (let i = 0; i < length; i++) mask[i] = random.uniform() < rate ? 0 : 1;
  return mask;
}
