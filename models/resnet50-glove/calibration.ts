/** Fits a model's relevance on a captioned split, and measures its reliability. */
import type { Engine } from '../engine/engine.ts';
import type { CaptionedPhoto } from '../contract/training.ts';
import type { Embedder } from '../contract/embedder.ts';
import { embedPhotos, scoresOf } from '../evaluate-embedder.ts';
import type { Surprise } from '../text/surprise.ts';
import { labelledLibraries, labelQueries, type LabelQuery } from '../relevance/match-labels.ts';
import { seededRandom, type Random } from '../math/random.ts';
import { fitCalibration, type Calibration } from '../relevance/relevance.ts';
import { reportRelevance, type JudgedSearch, type RelevanceReport } from '../relevance/relevance-report.ts';

/** What searches, and how rare a sentence's words are. */
export interface Searcher {
  readonly engine: Engine;
  readonly embedder: Embedder;
  readonly surprise: Surprise;
}

/** Maximum number of photos of a split: the labels of more would need too much memory. */
const largestPool = 1000;
/** Photos per library. */
const sizes = [10, 35, 200, largestPool];
/** Pairs of query and photo for each size: enough to fit five weights, in three seconds. */
const pairsToFit = 400_000;
/** Measuring is faster, and in libraries of a thousand photos many pairs are few queries. */
const pairsToMeasure = 2_000_000;

/** @param photos that the network has not seen */
export async function calibrate(searcher: Searcher, photos: readonly CaptionedPhoto[]): Promise<Calibration> {
  const searches = await Searches.of(searcher, photos);
  return searches.fit(searches.pool);
}

/**
 * As `calibrate`, but fitted on one half of the photos and measured with queries made from the other half.
 *
 * @returns for libraries of 35, 200 and 1,000 photos
 */
export async function measureRelevance(
  searcher: Searcher,
  photos: readonly CaptionedPhoto[],
): Promise<RelevanceReport[]> {
  const searches = await Searches.of(searcher, photos);
  const middle = Math.ceil(searches.pool.length / 2);
  const judged = searches.pool.subarray(middle);
  const calibration = searches.fit(searches.pool.subarray(0, middle));
  return sizes.slice(1).map((size) => {
    // Only the largest library needs the photos of the fit, too.
    const pool = size <= judged.length ? judged : searches.pool;
    return reportRelevance(calibration, Math.min(size, pool.length), searches.make(pool, size, judged, pairsToMeasure));
  });
}

class Searches {
  readonly pool: Int32Array;
  readonly #queries: readonly LabelQuery[];
  readonly #surprises: readonly number[];
  /** scores [queries, photos] */
  readonly #similarities: Float32Array;
  readonly #photos: number;
  readonly #random: Random;

  static async of({ engine, embedder, surprise }: Searcher, photos: readonly CaptionedPhoto[]): Promise<Searches> {
    const random = seededRandom(1);
    const chosen = random.shuffle(Int32Array.from(photos.keys())).slice(0, largestPool);
    const pool = Array.from(chosen, (row) => photos[row]!);
    const queries = labelQueries(
      pool.map(({ captions }) => captions),
      random,
    );
    const sentences = queries.map((query) => query.text);
    const similarities = await scoresOf(embedder, engine, sentences, await embedPhotos(embedder, pool));
    return new Searches(queries, sentences.map(surprise), similarities, pool.length, random);
  }

  private constructor(
    queries: readonly LabelQuery[],
    surprises: readonly number[],
    similarities: Float32Array,
    photos: number,
    random: Random,
  ) {
    this.#queries = queries;
    this.#surprises = surprises;
    this.#similarities = similarities;
    this.#photos = photos;
    this.#random = random;
    this.pool = Int32Array.from({ length: photos }, (_, i) => i);
  }

  /** @param pool photos for the libraries @param queryPhotos photos whose captions are the queries */
  make(pool: Int32Array, size: number, queryPhotos: Int32Array, pairs: number): JudgedSearch[] {
    const options = { size, count: Math.floor(pairs / size), queryPhotos: new Set(queryPhotos) };
    return labelledLibraries(this.#queries, pool, options, this.#random).map(({ query, photos, labels }) => ({
      kind: this.#queries[query]!.kind,
      surprise: this.#surprises[query]!,
      scores: Float32Array.from(photos, (photo) => this.#similarities[query * this.#photos + photo]!),
      labels,
    }));
  }

  fit(pool: Int32Array): Calibration {
    const distinct = new Set(sizes.map((size) => Math.min(size, pool.length)));
    return fitCalibration([...distinct].flatMap((size) => this.make(pool, size, pool, pairsToFit)));
  }
}
