/** Fits a model's relevance on a captioned split, and measures its reliability. */
import type { Engine } from '../engine/engine.ts';
import type { SentenceEncoder } from '../text/sentence-encoder.ts';
import { labelledLibraries, labelQueries, type LabelQuery } from '../relevance/match-labels.ts';
import { mentionRates } from '../relevance/mentions.ts';
import type { NetworkWeights } from '../network/network.ts';
import { seededRandom, type Random } from '../math/random.ts';
import { fitCalibration, largestLibrary, type Calibration, type LabelledSearch } from '../relevance/relevance.ts';
import { reportRelevance, type JudgedSearch, type RelevanceReport } from '../relevance/relevance-report.ts';
import { gatherRows } from '../math/rows.ts';
import type { Pairs } from '../two-branch/batches.ts';

export interface CaptionedSplit {
  readonly pairs: Pick<Pairs, 'photos' | 'images'>;
  /** of each photo; a photo without captions is only searched among, and its matches are not counted */
  readonly captionsOf: readonly (readonly string[])[];
  /** of each photo, the dataset that it is from; absent: all are from one */
  readonly setOf?: readonly string[];
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
/** Limited, because the inputs of one sentence are ten thousand numbers. */
const sentencesPerCall = 500;

/** @param split that the network has not seen */
export async function calibrate(
  engine: Engine,
  network: NetworkWeights,
  text: SentenceEncoder,
  split: CaptionedSplit,
): Promise<Calibration> {
  const searches = await Searches.of(engine, network, text, split);
  return searches.fit(searches.pool);
}

/**
 * As `calibrate`, but fitted on one half of the photos and measured with queries made from the other half.
 *
 * @returns for libraries of 35, 200 and 1,000 photos, and of all photos
 */
export async function measureRelevance(
  engine: Engine,
  network: NetworkWeights,
  text: SentenceEncoder,
  split: CaptionedSplit,
): Promise<RelevanceReport[]> {
  const searches = await Searches.of(engine, network, text, split);
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
    engine: Engine,
    network: NetworkWeights,
    text: SentenceEncoder,
    { pairs, captionsOf, setOf = captionsOf.map(() => '') }: CaptionedSplit,
  ): Promise<Searches> {
    const random = seededRandom(1);
    const rows = random.shuffle(Int32Array.from({ length: pairs.photos }, (_, i) => i));
    const captioned = rows.filter((row) => captionsOf[row]!.length > 0).slice(0, largestPool);
    const others = rows.filter((row) => captionsOf[row]!.length === 0).slice(0, largestWithOthers - captioned.length);
    const photos = captioned.length + others.length;
    const images = gatherRows(pairs.images, Int32Array.of(...captioned, ...others), pairs.images.length / pairs.photos);
    const captions = Array.from(captioned, (row) => captionsOf[row]!);
    const queries = labelQueries(captions, random);
    const sentences = queries.map((query) => query.text);
    const [image, sentence] = [await engine.projection(network.image), await engine.projection(network.text)];
    try {
      const embeddings = await image.project(images, photos);
      const similarities = new Float32Array(sentences.length * photos);
      for (let from = 0; from < sentences.length; from += sentencesPerCall) {
        const chunk = sentences.slice(from, from + sentencesPerCall);
        const texts = await sentence.project(text.encode(chunk), chunk.length);
        similarities.set(await engine.similarities(texts, embeddings, image.outputs), from * photos);
      }
      return new Searches({
        queries,
        surprises: sentences.map(text.surprise),
        mentioned: sentences.map(mentionRates(captions)),
        similarities,
        setOf: Array.from(captioned, (row) => setOf[row]!),
        others: others.length,
        random,
      });
    } finally {
      await Promise.all([image.dispose(), sentence.dispose()]);
    }
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
