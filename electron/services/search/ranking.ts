/** Orders photos for a search, each content once. */
import type { Judgement } from '../../../models/contract/encoder.ts';
import type { Example } from '../../ipc/contract.ts';
import type { LoadedModel } from '../models/models.ts';
import { negatedWeight, type Negation } from './negation.ts';
import type { PhotoColumns } from './photo-columns.ts';
import type { PhotoSet } from './photo-set.ts';
import { lookedAt, type RankByRegions } from './regions.ts';
import type { Ranked, SearchMatrix } from './search-matrix.ts';

/** Photos in the order of a search, with what is known of the match. */
export interface RankedPhotos extends Ranked, Judgement {}

export interface Searched {
  readonly matrix: SearchMatrix;
  readonly columns: PhotoColumns;
  /** the photos that are searched; absent: all */
  readonly among: PhotoSet | undefined;
  /** how many these are */
  readonly count: number;
  readonly limit: number;
  /** absent: photos are ranked by their whole frames */
  readonly byRegions?: RankByRegions | undefined;
}

/** The photos nearest to a query. For a query without calibration, every result counts as a good match. */
export function rankNearest(query: Float32Array, searched: Searched): RankedPhotos {
  const ranked = distinct(searched, (count) => nearest(query, count, searched));
  return { ...ranked, relevance: new Float32Array(), goodMatches: ranked.ids.length, sure: true };
}

/**
 * The photos nearest to a sentence that show none of what is negated, by the probability of both.
 *
 * @param sentence with its embedding [dimensions]
 * @param judged number of photos among which the relevance is judged
 */
export function rankDescribed(
  model: LoadedModel,
  { text, embedding }: Negation,
  negations: readonly Negation[],
  searched: Searched,
  judged: number,
): RankedPhotos {
  const { judge } = model;
  if (!judge) return rankNearest(withoutNegated(embedding, negations), searched);
  if (negations.length === 0) {
    const ranked = rankNearest(embedding, searched);
    return { ...ranked, ...judge(text, ranked.scores, judged) };
  }
  // What is negated only lowers the relevance. So once the relevance of the description alone falls below the last one of the
  // page, no photo after it can be on the page.
  for (let candidates = searched.limit * 2; ; candidates *= 2) {
    const { ids, scores } = distinct({ ...searched, limit: candidates }, (count) =>
      nearest(embedding, count, searched),
    );
    const negated = negations.map((negation) => ({
      sentence: negation.text,
      scores: searched.matrix.scores(ids, negation.embedding),
    }));
    const { relevance } = judge(text, scores, judged, negated);
    const order = Uint32Array.from(ids, (_, i) => i);
    order.sort((a, b) => relevance[b]! - relevance[a]! || scores[b]! - scores[a]! || ids[a]! - ids[b]!);
    const page = order.subarray(0, searched.limit);
    const lowest = relevance[page.at(-1) ?? 0] ?? 0;
    const [beyond] = judge(text, scores.subarray(-1), judged).relevance;
    if (ids.length === candidates && beyond! > lowest) continue;
    const sorted = { ids: Int32Array.from(page, (i) => ids[i]!), scores: Float32Array.from(page, (i) => scores[i]!) };
    const pageNegated = negated.map(({ sentence, scores: own }) => ({
      sentence,
      scores: Float32Array.from(page, (i) => own[i]!),
    }));
    return { ...sorted, ...judge(text, sorted.scores, judged, pageNegated) };
  }
}

/** For a model without relevance: what is negated is subtracted from the query. */
export function withoutNegated(embedding: Float32Array, negations: readonly Negation[]): Float32Array {
  const query = Float32Array.from(embedding);
  for (const negation of negations) negation.embedding.forEach((value, i) => (query[i]! -= negatedWeight * value));
  return query;
}

/** The good matches newest first, and after them the less likely ones, in order of relevance. */
export function byDate(
  { ids, scores, relevance, goodMatches, sure }: RankedPhotos,
  columns: PhotoColumns,
): RankedPhotos {
  const time = (photo: number) => columns.times.data[columns.row(photo) ?? -1] ?? 0;
  const good = Array.from({ length: goodMatches }, (_, i) => i);
  good.sort((a, b) => time(ids[b]!) - time(ids[a]!) || ids[b]! - ids[a]!);
  const at = (i: number) => good[i] ?? i;
  return {
    ids: ids.map((_, i) => ids[at(i)]!),
    scores: scores.map((_, i) => scores[at(i)]!),
    relevance: relevance.map((_, i) => relevance[at(i)]!),
    goodMatches,
    sure,
  };
}

export const firstOf = ({ ids, scores, relevance, goodMatches, sure }: RankedPhotos, limit: number): RankedPhotos => ({
  ids: ids.slice(0, limit),
  scores: scores.slice(0, limit),
  relevance: relevance.slice(0, limit),
  goodMatches: Math.min(goodMatches, limit),
  sure,
});

/** The photos that others should be like come first, in the order in which they were given. */
export function examplesFirst(ranked: RankedPhotos, like: readonly Example[], columns: PhotoColumns): RankedPhotos {
  const contents = like.flatMap((example) => ('content' in example ? [example.content] : []));
  const place = (id: number) => {
    const at = contents.indexOf(columns.contents.data[columns.row(id) ?? -1] ?? 0);
    return at < 0 ? contents.length : at;
  };
  const order = Array.from(ranked.ids, (_, i) => i).sort((a, b) => place(ranked.ids[a]!) - place(ranked.ids[b]!));
  return {
    ...ranked,
    ids: Int32Array.from(order, (i) => ranked.ids[i]!),
    scores: Float32Array.from(order, (i) => ranked.scores[i]!),
  };
}

/** The same photos are looked at whatever the count, so that a page does not depend on its length. */
function nearest(query: Float32Array, count: number, { matrix, among, byRegions }: Searched): Ranked {
  if (!byRegions) return matrix.search(query, count, among);
  const { ids, scores } = byRegions(matrix.search(query, Math.max(count, lookedAt), among), query);
  return { ids: ids.subarray(0, count), scores: scores.subarray(0, count) };
}

/** Drops all but the first photo of each content, asking for more until `limit` are left or there are no more. */
function distinct({ columns, limit }: Searched, search: (count: number) => Ranked): Ranked {
  for (let count = limit; ; count *= 2) {
    const ranked = search(count);
    const seen = new Set<number>();
    const rows: number[] = [];
    ranked.ids.forEach((id, row) => {
      const at = columns.row(id);
      const content = at === undefined ? -id : columns.contents.data[at]!;
      if (!seen.has(content)) rows.push(row);
      seen.add(content);
    });
    if (rows.length >= limit || ranked.ids.length < count) {
      const kept = rows.slice(0, limit);
      return {
        ids: Int32Array.from(kept, (row) => ranked.ids[row]!),
        scores: Float32Array.from(kept, (row) => ranked.scores[row]!),
      };
    }
  }
}
