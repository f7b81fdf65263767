/** What a few sentences find in the user's own library, with the present model and with the one in training. */
import type { Engine } from '../../../models/engine/engine.ts';
import { imageInputs } from '../../../models/two-branch/image-input.ts';
import type { NetworkWeights } from '../../../models/network/network.ts';
import type { Recipe } from '../../../models/two-branch/recipe.ts';
import type { SentenceEncoder } from '../../../models/text/sentence-encoder.ts';
import type { SampleQuery } from '../../ipc/contract.ts';
import type { Store } from '../../store/store.ts';
import type { LoadedModel } from '../models/models.ts';
import { SearchMatrix } from '../search/search-matrix.ts';

/** Photos that are ranked: enough to see a difference, few enough to cost nothing beside an epoch. */
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

  /** @returns undefined where the library has no photos yet */
  static async open(store: Store, present: LoadedModel): Promise<TrainingSamples | undefined> {
    const photos = store.contents.sample(present.encoder, libraryPhotos);
    if (photos.length === 0) return undefined;
    const recent = store.preferences.recentSearches(defaultQueries.length);
    const queries = [...new Set([...recent, ...defaultQueries])].slice(0, defaultQueries.length);
    const samples = new TrainingSamples(queries, photos);
    const images = await present.embedImages(samples.#features(), photos.length);
    samples.#before = samples.#rank(images, await present.embedTexts(queries), present.dimensions);
    return samples;
  }

  async compare(
    engine: Engine,
    network: NetworkWeights,
    text: SentenceEncoder,
    recipe: Recipe,
  ): Promise<SampleQuery[]> {
    const [image, sentence] = [await engine.projection(network.image), await engine.projection(network.text)];
    try {
      const count = this.#photos.length;
      const images = await image.project(imageInputs(this.#features(), count, recipe.image), count);
      const texts = await sentence.project(text.encode(this.#queries), this.#queries.length);
      const now = this.#rank(images, texts, image.outputs);
      return this.#queries.map((query, i) => ({ query, before: [...this.#before[i]!], now: now[i]! }));
    } finally {
      await Promise.all([image.dispose(), sentence.dispose()]);
    }
  }

  #features(): Float32Array {
    const length = this.#photos[0]!.feature.length;
    const features = new Float32Array(this.#photos.length * length);
    this.#photos.forEach(({ feature }, i) => features.set(feature, i * length));
    return features;
  }

  #rank(images: Float32Array, texts: Float32Array, dimensions: number): number[][] {
    const matrix = new SearchMatrix(dimensions, this.#photos.length);
    this.#photos.forEach(({ id }, i) => matrix.set(id, images.subarray(i * dimensions, (i + 1) * dimensions)));
    return this.#queries.map((_, i) => [
      ...matrix.search(texts.subarray(i * dimensions, (i + 1) * dimensions), photosShown).ids,
    ]);
  }
}
