/**
 * The regions of the best photos of a search: a photo of which one part matches the sentence well comes before one that matches
 * a little everywhere. Only the best photos by the whole frame are looked at, and their rows are read from the database, so that
 * nothing more is in memory.
 */
import { scoreWithRegions, type RegionFrame, type Regions } from '../../../models/contract/regions.ts';
import { areSound, regionScores, type RegionRows } from '../../store/region-rows.ts';
import type { Store } from '../../store/store.ts';
import type { LoadedModel } from '../models/models.ts';
import type { PhotoColumns } from './photo-columns.ts';
import type { Ranked } from './search-matrix.ts';

/** How many photos are looked at; with 50, 200 or all of 1,000 recall is the same (docs/experiments.md). */
export const lookedAt = 100;

/** Ranks again what was ranked by whole frames. */
export type RankByRegions = (ranked: Ranked, query: Float32Array) => Ranked;

/**
 * @param onDamaged the stored embeddings of a photo's regions cannot be used
 * @returns undefined: the model compares sentences with whole photos only
 */
export function rankByRegions(
  store: Store,
  model: LoadedModel,
  columns: PhotoColumns,
  onDamaged: (photo: number) => void,
): RankByRegions | undefined {
  const { frames, id, regions } = model;
  if (!frames || !regions) return undefined;
  const read = store.regions.reader(id);
  const scores = new Float32Array(frames.frames.length);
  return (ranked, query) => {
    const best = Array.from(ranked.ids.subarray(0, lookedAt), (photo, i) => {
      const whole = ranked.scores[i]!;
      const rows = read(columns.contents.data[columns.row(photo) ?? -1] ?? 0);
      if (!rows) return { photo, score: whole };
      if (!areSound(rows, scores.length, query.length)) {
        onDamaged(photo);
        return { photo, score: whole };
      }
      regionScores(rows, query, scores);
      return { photo, score: scoreWithRegions(whole, Math.max(...scores), regions.share) };
    });
    best.sort((a, b) => b.score - a.score || a.photo - b.photo);
    const ids = ranked.ids.slice();
    const all = ranked.scores.slice();
    best.forEach(({ photo, score }, i) => {
      ids[i] = photo;
      all[i] = score;
    });
    // The photos after these keep their order, and none of them has a better score than these.
    const lowest = best.at(-1)?.score ?? 0;
    for (let i = best.length; i < all.length; i++) all[i] = Math.min(all[i]!, lowest);
    return { ids, scores: all };
  };
}

/** A part of a photo, and its inner product with a sentence. */
export interface RegionMatch {
  readonly frame: RegionFrame;
  readonly score: number;
}

export function regionMatches({ frames }: Regions, rows: RegionRows, sentence: Float32Array): RegionMatch[] {
  const scores = new Float32Array(frames.length);
  regionScores(rows, sentence, scores);
  return frames.map((frame, i) => ({ frame, score: scores[i]! }));
}
