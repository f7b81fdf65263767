/** Fits a model's relevance on a captioned split, and measures its reliability. */
import type { Engine } from '../engine/engine.ts';
import type { CaptionedPhoto } from '../contract/training.ts';
import type { Embedder } from '../contract/embedder.ts';
import { embedPhotos, embedTexts, scoresOf, type Rerank } from '../evaluate-embedder.ts';
import type { Surprise } from '../text/surprise.ts';
import { labelledLibraries, labelQueries, type LabelQuery } from '../relevance/match-labels.ts';
import { mentionRates } from '../relevance/mentions.ts';
import { seededRandom, type Random } from '../math/random.ts';
import { fitCalibration, largestLibrary, type Calibration, type LabelledSearch } from '../relevance/relevance.ts';
import { reportRelevance, type JudgedSearch, type RelevanceReport } from '../relevance/relevance-report.ts';

/** What searches, and how rare a sentence's words are. */
export interface Searcher {
  readonly engine: Engine;
  readonly embedder: Embedder;
  readonly surprise: Surprise;
  /** by the regions of these photos, as a search ranks them */
  readonly rerank: (photos: readonly CaptionedPhoto[]) => Rerank;
}

/** Maximum number of photos of a split, with and without captions: the scores of more would need too much memory. */
const largestPool = 2500;
const largestWithOthers = 5000;
/** Photos per library. */
const sizes = [10, 35, 200, 1000, 3000, largestLibrary];
/** Photos per library where the relevance is measured, and, last, all photos that there are. */
const measuredSizes = [35, 200, 1000, Infinity];
/** Pairs of query and photo for each size: enough to fit five weights, in five seconds. */
const pairsToFit = 400_000;
/** Measuring is faster, and in libraries of a thousand photos many pairs are few queries. */
const pairsToMeasure = 2_000_000;

/** @param photos that the model has not seen in training, of any number of sets; those without captions are left out */
export async function calibrate(searcher: Searcher, photos: readonly CaptionedPhoto[]): Promise<Calibration> {
  const captioned = photos.filter(({ captions }) => captions.length > 0);
  const searches = await Searches.of(searcher, captioned);
  return searches.fit(searches.pool);
}

/**
 * As `calibrate`, but fitted on one half of the photos and measured with queries made from the other half.
 *
 * @returns for libraries of 35, 200 and 1,000 photos, and of all photos
 */
export async function measureRelevance(
  searcher: Searcher,
  photos: readonly CaptionedPhoto[],
): Promise<RelevanceReport[]> {
  const searches = await Searches.of(searcher, photos);
  const middle = Math.ceil(searches.pool.length / 2);
  const judged = searches.pool.subarray(middle);
  const calibration = searches.fit(searches.pool.subarray(0, middle));
  const all = searches.pool.length + searches.others.length;
  return [...new Set(measuredSizes.map((size) => Math.min(size, all)))].map((size) => {
    // Only larger libraries need the photos of the fit, too.
    const pool = size <= judged.length ? judged : searches.pool;
    return reportRelevance(calibration, size, searches.makeWhole(pool, size, judged));
  });
}

interface Search extends LabelledSearch {
  readonly query: number;
}

class Searches {
  /** photos with captions, in random order */
  readonly pool: Int32Array;
  /** photos without captions */
  readonly others: Int32Array;
  readonly #queries: readonly LabelQuery[];
  readonly #surprises: readonly number[];
  readonly #mentioned: readonly number[];
  /** scores [queries, photos] */
  readonly #similarities: Float32Array;
  readonly #setOf: readonly string[];
  readonly #random: Random;

  static async of(
    { engine, embedder, surprise, rerank }: Searcher,
    photos: readonly CaptionedPhoto[],
  ): Promise<Searches> {
    const random = seededRandom(1);
    const shuffled = Array.from(random.shuffle(Int32Array.from(photos.keys())), (row) => photos[row]!);
    const captioned = shuffled.filter(({ captions }) => captions.length > 0).slice(0, largestPool);
    const others = shuffled
      .filter(({ captions }) => captions.length === 0)
      .slice(0, largestWithOthers - captioned.length);
    const pool = [...captioned, ...others];
    const captions = captioned.map((photo) => photo.captions);
    const queries = labelQueries(captions, random);
    const sentences = queries.map((query) => query.text);
    const texts = await embedTexts(embedder, sentences);
    const similarities = await scoresOf(engine, texts, await embedPhotos(embedder, pool), embedder.dimensions);
    await rerank(pool)(texts, similarities);
    return new Searches({
      queries,
      surprises: sentences.map(surprise),
      mentioned: sentences.map(mentionRates(captions)),
      similarities,
      setOf: captioned.map(({ set }) => set),
      others: others.length,
      random,
    });
  }

  private constructor(of: {
    queries: readonly LabelQuery[];
    surprises: readonly number[];
    mentioned: readonly number[];
    similarities: Float32Array;
    setOf: readonly string[];
    others: number;
    random: Random;
  }) {
    this.#queries = of.queries;
    this.#surprises = of.surprises;
    this.#mentioned = of.mentioned;
    this.#similarities = of.similarities;
    this.#setOf = of.setOf;
    this.#random = of.random;
    this.pool = Int32Array.from(of.setOf, (_, i) => i);
    this.others = Int32Array.from({ length: of.others }, (_, i) => of.setOf.length + i);
  }

  /**
   * Half of the libraries are of photos of one set, like a user's own; the other half are mixed. With one set all are alike.
   *
   * @param pool photos for the libraries @param queryPhotos photos whose captions are the queries
   * @param pairs of query and photo, about
   */
  make(pool: Int32Array, size: number, queryPhotos: Int32Array, pairs: number): Search[] {
    const sets = [...new Set(Array.from(pool, (photo) => this.#setOf[photo]!))];
    const pools = sets.map((set) => pool.filter((photo) => this.#setOf[photo] === set));
    if (pools.length < 2) return this.#libraries(pool, size, queryPhotos, pairs);
    return [
      ...this.#libraries(pool, size, queryPhotos, pairs / 2),
      ...pools.flatMap((own) => {
        const members = new Set(own);
        const asked = queryPhotos.filter((photo) => members.has(photo));
        return this.#libraries(own, size, asked, (pairs / 2) * (asked.length / queryPhotos.length));
      }),
    ];
  }

  #libraries(pool: Int32Array, size: number, queryPhotos: Int32Array, pairs: number): Search[] {
    const known = Math.min(size, pool.length);
    const options = { size: known, count: Math.floor(pairs / known), queryPhotos: new Set(queryPhotos) };
    return labelledLibraries(this.#queries, pool, options, this.#random).map(({ query, photos, labels, own }) => ({
      query,
      surprise: this.#surprises[query]!,
      mentioned: this.#mentioned[query]!,
      size,
      own,
      scores: this.#scores(query, photos),
      labels,
    }));
  }

  #scores(query: number, photos: Int32Array): Float32Array {
    const row = query * (this.pool.length + this.others.length);
    return Float32Array.from(photos, (photo) => this.#similarities[row + photo]!);
  }

  /** Libraries as they are: no larger than the photos that there are, those without captions among them. */
  makeWhole(pool: Int32Array, size: number, queryPhotos: Int32Array): JudgedSearch[] {
    return this.make(pool, size, queryPhotos, pairsToMeasure).map((search) => {
      const others = this.#random.shuffle(this.others.slice()).subarray(0, size - search.scores.length);
      return {
        ...search,
        kind: this.#queries[search.query]!.kind,
        size: search.scores.length + others.length,
        others: this.#scores(search.query, others),
      };
    });
  }

  fit(pool: Int32Array): Calibration {
    return fitCalibration(sizes.flatMap((size) => this.make(pool, size, pool, pairsToFit)));
  }
}
