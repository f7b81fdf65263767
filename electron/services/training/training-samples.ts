/** Results of a few sentences in the user's library, with the present model and with the one in training. */
import { asRows, type Embedder } from '../../../models/contract/embedder.ts';
import type { SampleQuery, SamplesLack } from '../../ipc/contract.ts';
import type { Store } from '../../store/store.ts';
import type { LoadedModel } from '../models/models.ts';
import { SearchMatrix } from '../search/search-matrix.ts';

/** Photos that are ranked: enough to see a difference, few enough to take little time compared with an epoch. */
const libraryPhotos = 2000;
const photosShown = 4;
const defaultQueries = ['a dog running on grass', 'children playing', 'people at the beach', 'a street at night'];

export class TrainingSamples {
  readonly #queries: readonly string[];
  readonly #photos: readonly { id: number; feature: Float32Array }[];
  #before: readonly number[][] = [];

  private constructor(queries: readonly string[], photos: readonly { id: number; feature: Float32Array }[]) {
    this.#queries = queries;
    this.#photos = photos;
  }

  /**
   * The present model may be of another encoder than the one in training: each reads its own features, of the same photos.
   *
   * @param features key of those that the model in training reads
   * @returns what is missing where there is no photo with the features of both
   */
  static async open(store: Store, present: LoadedModel, features: string): Promise<TrainingSamples | SamplesLack> {
    const found = store.contents.sample(features, libraryPhotos);
    const wanted = found.map(({ id }) => id);
    const read = store.contents.featureRows(wanted, present.features, present.featureLength);
    const both = new Set(read.contents);
    const photos = found.filter(({ id }) => both.has(id));
    if (photos.length === 0) {
      return found.length === 0 && store.contents.sample(present.features, 1).length > 0 ? 'not-encoded' : 'no-photos';
    }
    const recent = store.preferences.recentSearches(defaultQueries.length);
    const queries = [...new Set([...recent, ...defaultQueries])].slice(0, defaultQueries.length);
    const samples = new TrainingSamples(queries, photos);
    const images = await present.embedFeatures(read.rows, photos.length);
    samples.#before = samples.#rank(images, await present.embedSentences(queries), present.dimensions);
    return samples;
  }

  /** @param candidate the model in training */
  async compare(candidate: Embedder): Promise<SampleQuery[]> {
    const images = await candidate.embedFeatures(this.#features(), this.#photos.length);
    const now = this.#rank(images, await candidate.embedSentences(this.#queries), candidate.dimensions);
    return this.#queries.map((query, i) => ({ query, before: [...this.#before[i]!], now: now[i]! }));
  }

  #features(): Float32Array {
    return asRows(this.#photos.map(({ feature }) => feature));
  }

  #rank(images: Float32Array, texts: Float32Array, dimensions: number): number[][] {
    const matrix = new SearchMatrix(dimensions);
    this.#photos.forEach(({ id }, i) => matrix.set(id, images.subarray(i * dimensions, (i + 1) * dimensions)));
    return this.#queries.map((_, i) => [
      ...matrix.search(texts.subarray(i * dimensions, (i + 1) * dimensions), photosShown).ids,
    ]);
  }
}
