/**
 * The regions of the best photos of a search: a photo of which one part matches the sentence well comes before one that matches
 * a little everywhere. Only the best photos by the whole frame are looked at, and their rows are read from the database, so that
 * nothing more is in memory.
 */
import { scoreWithRegions, type RegionFrame } from '../../../models/contract/regions.ts';
import type { Store } from '../../store/store.ts';
import type { LoadedModel } from '../models/models.ts';
import { inner } from './like.ts';
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
  const scores = new Float32Array(frames.frames.length);
  return (ranked, query) => {
    const score = store.regions.scorer(id, query);
    const best = Array.from(ranked.ids.subarray(0, lookedAt), (photo, i) => {
      const whole = ranked.scores[i]!;
      const scored = score(columns.contents.data[columns.row(photo) ?? -1] ?? 0, whole, scores);
      if (scored === 'damaged') onDamaged(photo);
      if (scored !== true) return { photo, score: whole };
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

/**
 * @returns in the order of the frames; null: embeddings of the photo's regions are not known
 */
export function regionMatches(
  store: Store,
  { id, frames }: Pick<LoadedModel, 'id' | 'frames'>,
  content: number,
  sentence: Float32Array,
): RegionMatch[] | null {
  const embedding = store.contents.embedding(content, id);
  if (!frames || embedding?.length !== sentence.length) return null;
  const whole = inner(embedding, sentence);
  const scores = new Float32Array(frames.frames.length);
  if (store.regions.scorer(id, sentence)(content, whole, scores) !== true) return null;
  return frames.frames.map((frame, i) => ({ frame, score: scores[i]! }));
}
