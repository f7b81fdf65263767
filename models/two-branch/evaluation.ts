/**
 * Recall@K, as in Wang et al. 2018, §4.1: how often the right answer is among the first K results.
 */

export interface Recall {
  /** percent of queries whose first right answer is among the first 1, 5, 10 */
  readonly r1: number;
  readonly r5: number;
  readonly r10: number;
  /** median rank of the first right answer, 1 is best */
  readonly medianRank: number;
}

export interface Recalls {
  /** every caption searches all photos; its own photo is right */
  readonly textToImage: Recall;
  /** every photo searches all captions; any of its own captions is right */
  readonly imageToText: Recall;
}

/**
 * @param similarities [captions, photos], higher is closer
 * @param photoOf for each caption the row of its photo
 *
 * Ties count as wrong: an answer with the same score as the right one is ranked before it, so that a network which maps
 * everything to one point has no recall. The same holds for NaN scores: a diverged network must not have perfect recall.
 */
export function recallAtK(similarities: Float32Array, photos: number, photoOf: Int32Array): Recalls {
  const captions = photoOf.length;
  const textRanks = new Int32Array(captions);
  const best = new Float32Array(photos).fill(-Infinity);
  for (let c = 0; c < captions; c++) {
    const row = similarities.subarray(c * photos, (c + 1) * photos);
    const own = row[photoOf[c]!]!;
    let rank = 0;
    for (let p = 0; p < photos; p++) if (!(row[p]! < own)) rank++;
    textRanks[c] = rank;
    if (own > best[photoOf[c]!]!) best[photoOf[c]!] = own;
  }
  const imageRanks = new Int32Array(photos).fill(1);
  for (let c = 0; c < captions; c++) {
    const row = similarities.subarray(c * photos, (c + 1) * photos);
    for (let p = 0; p < photos; p++) if (photoOf[c] !== p && !(row[p]! < best[p]!)) imageRanks[p]!++;
  }
  return { textToImage: summarise(textRanks), imageToText: summarise(imageRanks) };
}

/**
 * Recall@K of each set of photos among its own photos and captions: the recall among all photos of several sets is mostly
 * that of the largest.
 *
 * @param similarities [captions, photos] of all sets
 * @param sets rows of the photos of each set
 */
export function recallOfSets(
  similarities: Float32Array,
  photos: number,
  photoOf: Int32Array,
  sets: readonly Int32Array[],
): Recalls[] {
  return sets.map((rows) => {
    if (rows.length === photos) return recallAtK(similarities, photos, photoOf);
    const placeOf = new Map([...rows].map((row, place) => [row, place]));
    const captions = Int32Array.from(photoOf.keys()).filter((caption) => placeOf.has(photoOf[caption]!));
    const own = new Float32Array(captions.length * rows.length);
    captions.forEach((caption, c) => {
      rows.forEach((row, p) => (own[c * rows.length + p] = similarities[caption * photos + row]!));
    });
    return recallAtK(
      own,
      rows.length,
      captions.map((caption) => placeOf.get(photoOf[caption]!)!),
    );
  });
}

/** The rows of each set's photos, by the name of the set, in the order in which the sets appear. */
export function rowsOfSets(setOf: readonly string[]): Map<string, Int32Array> {
  const rows = new Map<string, number[]>();
  setOf.forEach((set, row) => {
    const own = rows.get(set);
    if (own) own.push(row);
    else rows.set(set, [row]);
  });
  return new Map([...rows].map(([set, own]) => [set, Int32Array.from(own)]));
}

function summarise(ranks: Int32Array): Recall {
  const sorted = ranks.slice().sort();
  const within = (k: number) => (100 * sorted.filter((rank) => rank <= k).length) / Math.max(1, sorted.length);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 ? sorted[middle] : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  return { r1: within(1), r5: within(5), r10: within(10), medianRank: median ?? 0 };
}

/** The number by which epochs and recipes are compared: the sum of the six recalls (rSum in the literature). */
export function recallSum({ textToImage: t, imageToText: i }: Recalls): number {
  return t.r1 + t.r5 + t.r10 + i.r1 + i.r5 + i.r10;
}
