/** A sentence → the photos, best first. Exact, over the embeddings of the model in use, which are in memory. */
import type { Judgement } from '../../../models/contract/encoder.ts';
import { DescryError } from '../../../models/errors.ts';
import { longestSentence, type Ranking } from '../../ipc/contract.ts';
import type { Store } from '../../store/store.ts';
import type { Log } from '../shared/log.ts';
import type { LoadedModel, Models } from '../models/models.ts';
import { rowLength, SearchMatrix, type Ranked } from './search-matrix.ts';

export interface SearchOptions {
  /** how many photos at most */
  readonly limit: number;
  /** the photos to search; absent: all */
  readonly among?: ReadonlySet<number> | undefined;
}

/** The embeddings of a library by one model. */
interface SearchIndex {
  readonly model: string;
  readonly matrix: SearchMatrix;
  readonly contentOf: Map<number, number>;
  readonly aspectOf: Map<number, number>;
}

/** @throws DescryError `query-too-long` */
export function requireSentence(text: string): void {
  if (text.length <= longestSentence) return;
  throw new DescryError(
    'query-too-long',
    `The description is longer than ${longestSentence.toLocaleString('en')} characters. Describe the photo in fewer words.`,
  );
}

export class Search {
  readonly #store: Store;
  readonly #models: Models;
  readonly #log: Log;
  #index: SearchIndex | undefined;

  constructor(store: Store, models: Models, log: Log) {
    this.#store = store;
    this.#models = models;
    this.#log = log;
  }

  /**
   * Photos of equal content are one result: the one that was added first.
   *
   * @throws DescryError `query-too-long`, `query-empty`, `query-unknown`
   */
  async query(text: string, { limit, among }: SearchOptions): Promise<Ranking> {
    requireSentence(text);
    const started = performance.now();
    const model = await this.#models.current();
    const { unknown } = model.requireKnown(text);
    const index = this.#loaded(model);
    const embedding = await model.embedSentences([text]);
    const { ids, scores } = distinct(index, (count) => index.matrix.search(embedding, count, among), limit);
    const searched = among ? index.matrix.countOf(among) : index.matrix.size;
    const { relevance, goodMatches, sure } = model.judge?.(text, scores, searched) ?? allGood(scores);
    return {
      query: text,
      model: model.id,
      understood: { description: text, filter: {}, not: [], parts: [] },
      order: 'relevance',
      unknownWords: [...unknown],
      tookMs: performance.now() - started,
      ranked: searched,
      goodMatches,
      sure,
      ids,
      contents: Int32Array.from(ids, (id) => index.contentOf.get(id) ?? 0),
      aspects: Float32Array.from(ids, (id) => index.aspectOf.get(id) ?? 1),
      days: new Int32Array(ids.length),
      stacks: new Int32Array(ids.length),
      favourites: new Uint8Array(ids.length),
      scores,
      relevance,
    };
  }

  /**
   * As `query`, but if no word is known, the result is not an error but an empty ranking with the unknown words and
   * suggestions.
   *
   * @throws DescryError `query-too-long`, `query-empty`, `query-unknown` where there are only single letters
   */
  async queryOrUnknownWords(text: string, options: SearchOptions): Promise<Ranking> {
    requireSentence(text);
    const model = await this.#models.current();
    const { known, unknown } = model.analyse(text);
    if (known.length > 0 || unknown.length === 0) return this.query(text, options);
    return {
      query: text,
      model: model.id,
      understood: { description: text, filter: {}, not: [], parts: [] },
      order: 'relevance',
      unknownWords: [...unknown],
      tookMs: 0,
      ranked: 0,
      goodMatches: 0,
      sure: false,
      ids: new Int32Array(),
      contents: new Int32Array(),
      aspects: new Float32Array(),
      days: new Int32Array(),
      stacks: new Int32Array(),
      favourites: new Uint8Array(),
      scores: new Float32Array(),
      relevance: new Float32Array(),
    };
  }

  /** Loads the embeddings before the first search needs them. */
  async warmUp(): Promise<void> {
    const model = await this.#models.current();
    this.#loaded(model);
    await model.embedSentences(['a photo']);
  }

  /** Adds a photo to the search. */
  add(model: string, photo: number, embedding: Float32Array): void {
    const index = this.#index;
    if (index?.model !== model) return; // its embeddings are read from the database by the first search with the model
    const information = this.#store.photos.information(photo);
    if (information?.content == null) return;
    index.matrix.set(photo, embedding);
    index.contentOf.set(photo, information.content);
    index.aspectOf.set(photo, (information.width ?? 1) / (information.height ?? 1));
  }

  remove(photos: readonly number[]): void {
    for (const photo of photos) {
      this.#index?.matrix.delete(photo);
      this.#index?.contentOf.delete(photo);
      this.#index?.aspectOf.delete(photo);
    }
  }

  /** The next search reads all embeddings again. */
  reset(): void {
    this.#index = undefined;
  }

  #loaded(model: LoadedModel): SearchIndex {
    if (this.#index?.model === model.id) return this.#index;
    const started = performance.now();
    const { photos, contents, aspects, embeddings } = this.#store.contents.searchable(
      model.id,
      model.dimensions,
      rowLength(model.dimensions),
    );
    const matrix = SearchMatrix.of(model.dimensions, photos, embeddings);
    const index: SearchIndex = { model: model.id, matrix, contentOf: new Map(), aspectOf: new Map() };
    photos.forEach((photo, row) => {
      index.contentOf.set(photo, contents[row]!);
      index.aspectOf.set(photo, aspects[row]!);
    });
    this.#log.info(`${matrix.size} embeddings loaded in ${Math.round(performance.now() - started)} ms`);
    this.#index = index;
    return index;
  }
}

/** For a model without relevance: every result counts as a good match. */
const allGood = (scores: Float32Array): Judgement => ({
  relevance: new Float32Array(),
  goodMatches: scores.length,
  sure: true,
});

/** Drops all but the first photo of each content, asking for more until `limit` are left or there are no more. */
function distinct(index: SearchIndex, search: (count: number) => Ranked, limit: number): Ranked {
  for (let count = limit; ; count *= 2) {
    const ranked = search(count);
    const seen = new Set<number>();
    const rows: number[] = [];
    ranked.ids.forEach((id, row) => {
      const content = index.contentOf.get(id)!;
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
