/** Searches the library: by a sentence with all that it means, by filters, and by photos that the result should be like. */
import type { HardlyKnownWord, UnknownWord } from '../../../models/contract/encoder.ts';
import { DescryError } from '../../../models/errors.ts';
import {
  longestSentence,
  type Facets,
  type Ranking,
  type SearchFilter,
  type SearchForm,
  type SearchOrder,
  type Understood,
} from '../../ipc/contract.ts';
import { limits } from '../../ipc/limits.ts';
import type { LoadedModel } from '../models/models.ts';
import { Examples } from './examples.ts';
import { countFacets, foldersAround } from './facets.ts';
import { LibraryIndex } from './library-index.ts';
import { likeQuery } from './like.ts';
import { outOfAll, outOfDescribed, photosShowing, type Negation } from './negation.ts';
import type { PhotoColumns } from './photo-columns.ts';
import { DensePhotoSet, intersection, type PhotoSet } from './photo-set.ts';
import { describeOnly, planSearch, withoutPart } from './plan.ts';
import { photoList } from './photo-list.ts';
import {
  byDate,
  examplesFirst,
  firstOf,
  rankDescribed,
  rankNearest,
  withoutNegated,
  type RankedPhotos,
} from './ranking.ts';
import { rankByRegions, regionMatches, type RegionMatch } from './regions.ts';
import type { SearchMatrix } from './search-matrix.ts';
import type { SearchServices } from './search-services.ts';
import { wordsToName } from './unknown-words.ts';

export type { SearchServices };

export interface SearchOptions {
  /** how many photos at most */
  readonly limit: number;
  /** how many at most where nothing is described, and photos are listed in order of date; absent: `limit` */
  readonly listLimit?: number;
  /** more than `limit` where there are more good matches, up to the contract's limit: how many these are is then known */
  readonly allGood?: boolean;
  /** the photos to search; absent: all */
  readonly among?: PhotoSet | undefined;
}

const nothing: RankedPhotos = {
  ids: new Int32Array(),
  scores: new Float32Array(),
  relevance: new Float32Array(),
  goodMatches: 0,
  sure: false,
};
/** Sets of photos that show what must not be seen, of the last searches. */
const keptNegations = 8;
/** Where no relevance says which photos match, so many of the nearest are put in order of date. */
const nearestByDate = 100;

/** @throws DescryError `query-too-long` */
export function requireSentence(text: string): void {
  if (text.length <= longestSentence) return;
  throw new DescryError(
    'query-too-long',
    `The description is longer than ${longestSentence.toLocaleString('en')} characters. Describe the photo in fewer words.`,
  );
}

/** What must not be, and is no matter of what is seen: "not in Paris", "no screenshots". */
interface Exclusion {
  readonly text: string;
  readonly filter: SearchFilter;
}

/** A search, with all that must be computed before it: the rest happens at once, on one state of the library. */
interface Prepared {
  readonly model: LoadedModel;
  readonly understood: Understood;
  /** undefined: nothing is described */
  readonly described: Negation | undefined;
  readonly negations: readonly Negation[];
  readonly excluded: readonly Exclusion[];
  readonly examples: readonly Float32Array[];
  readonly unknownWords: readonly UnknownWord[];
  readonly hardlyKnownWords: readonly HardlyKnownWord[];
  /** something is described, but no word of it is known */
  readonly nothingKnown: boolean;
  readonly among: PhotoSet | undefined;
}

/**
 * Of a description without a known word: `known`: it is an error; `named`: its words are named, but without any that could be
 * named it is an error; `any`: the rest of the search counts.
 */
type Mode = 'known' | 'named' | 'any';

export class Search {
  readonly #services: SearchServices;
  readonly index: LibraryIndex;
  readonly #examples: Examples;
  /** the photos that show what must not be seen: while a sentence is typed they stay the same */
  #shown = { state: '', photos: new Map<string, PhotoSet>() };
  #folders: { readonly key: string; readonly folders: readonly string[] } | undefined;

  constructor(services: SearchServices) {
    this.#services = services;
    this.index = new LibraryIndex(services.store, services.log, services.onDamaged, services.absentFolders);
    this.#examples = new Examples(services.store, services.vision);
  }

  /**
   * Photos of equal content are one result, the one that was added first, unless nothing is described: then all photos that
   * the filters leave are listed, newest first.
   *
   * @param search a sentence, or a whole search
   * @throws DescryError `query-too-long`, `query-empty`, `query-unknown`, `example-gone`, `example-not-indexed`
   */
  async query(search: string | SearchForm, options: SearchOptions): Promise<Ranking> {
    return this.#answer(formOf(search), options, 'known');
  }

  /**
   * As `query`, but if no word is known, the result is not an error but an empty ranking with the unknown words and
   * suggestions.
   *
   * @throws DescryError `query-too-long`, `query-empty`, `query-unknown` where there are only single letters
   */
  async queryOrUnknownWords(search: string | SearchForm, options: SearchOptions): Promise<Ranking> {
    return this.#answer(formOf(search), options, 'named');
  }

  /** What a search means, without searching. @throws DescryError `query-too-long` */
  understand(search: string | SearchForm): Understood {
    const form = formOf(search);
    requireSentence(form.text);
    const { understand } = this.#services;
    return planSearch(form, (sentence, literal) => {
      if (!understand) return describeOnly(sentence, literal);
      const columns = this.index.columns();
      return understand(sentence, { literal, cameras: columns.usedCameras(), folders: this.#allFolders(columns) });
    });
  }

  /** What the photos that a search leaves have. For a description these are all that the filters leave. */
  async facets(search: string | SearchForm, among?: PhotoSet): Promise<Facets> {
    const prepared = await this.#prepare(formOf(search), among, 'any');
    const columns = this.index.columns();
    const isLeft = this.#otherLimits(prepared, columns);
    const others = new Uint8Array(columns.size);
    for (let row = 0; row < others.length; row++) others[row] = isLeft(columns.ids.data[row]!, row) ? 1 : 0;
    const places = this.#services.places ?? null;
    return countFacets({ columns, places, filter: prepared.understood.filter, others, roots: this.#roots() });
  }

  /**
   * How well each region of a photo matches what a sentence describes.
   * @returns in the order of the encoder's regions; null where the photo's regions are not known (yet), or the model has none
   * @throws DescryError `query-too-long`, `query-empty`, `query-unknown`
   */
  async whereMatches(content: number, sentence: string): Promise<RegionMatch[] | null> {
    const { description } = this.understand(sentence);
    const model = await this.#services.models.current();
    model.requireKnown(description);
    if (!model.frames) return null;
    return regionMatches(this.#services.store, model, content, await model.embedSentences([description]));
  }

  /** Keeps a picture to search with. @returns its number for `SearchForm.like` @throws DescryError where it cannot be opened */
  async addPicture(source: { readonly path: string } | { readonly bytes: Uint8Array }): Promise<number> {
    return this.#examples.add(source, await this.#services.models.current());
  }

  /** Loads what the first search needs. */
  async warmUp(): Promise<void> {
    const model = await this.#services.models.current();
    await this.index.mend(model);
    this.index.columns();
    // reads the gazetteer and compiles the patterns of dates
    this.understand('a day in Paris on 1 May 2000');
    await model.embedSentences(['a photo']);
  }

  /** Adds a photo to the search. */
  add(model: string, photo: number, embedding: Float32Array): void {
    this.index.add(model, photo, embedding);
  }

  remove(photos: readonly number[]): void {
    this.index.remove(photos);
  }

  /** What is known of these photos has changed: they are favourites, or their metadata was read again. */
  changed(photos: readonly number[]): void {
    this.index.changed(photos);
  }

  /** The next search reads everything again. */
  reset(): void {
    this.index.reset();
  }

  async #answer(form: SearchForm, options: SearchOptions, mode: Mode): Promise<Ranking> {
    const started = performance.now();
    const prepared = await this.#prepare(form, options.among, mode);
    const columns = this.index.columns();
    const { understood, model } = prepared;
    const { photos, ranked, order } = prepared.nothingKnown
      ? { photos: nothing, ranked: 0, order: form.order }
      : this.#rank(prepared, form, columns, options);
    const parts = ranked === 0 && !prepared.nothingKnown ? this.#withoutEach(prepared, columns) : understood.parts;
    return {
      query: form.text,
      model: model.id,
      understood: { ...understood, parts },
      order,
      unknownWords: [...prepared.unknownWords],
      hardlyKnownWords: [...prepared.hardlyKnownWords],
      tookMs: performance.now() - started,
      ranked,
      goodMatches: photos.goodMatches,
      sure: photos.sure,
      ...photoList(photos.ids, columns, this.#services.stacksOf),
      scores: photos.scores,
      relevance: photos.relevance,
    };
  }

  async #prepare(form: SearchForm, among: PhotoSet | undefined, mode: Mode): Promise<Prepared> {
    requireSentence(form.text);
    await this.index.load();
    const understood = this.understand(form);
    const model = await this.#services.models.current();
    await this.index.mend(model);
    const { description, not } = understood;
    const analysed = description === '' ? undefined : model.analyse(description);
    const isKnown = analysed !== undefined && analysed.known.length > 0;
    // "me in Paris": what says nothing about a photo is named, and the rest is searched for.
    const saysNothing = analysed !== undefined && !isKnown && analysed.unknown.length === 0;
    const asksForAll = description === '' && form.text.trim() !== ''; // "all photos"
    const hasMore = asksForAll || among !== undefined || understood.parts.length > 0 || form.like.length > 0;
    if (mode !== 'any' && !isKnown) {
      if (analysed === undefined || saysNothing ? !hasMore : mode === 'known' && form.like.length === 0) {
        model.requireKnown(description);
      }
    }
    const excluded = not.flatMap((text) => this.#exclusion(text) ?? []);
    const seen = not.filter((text) => !excluded.some((exclusion) => exclusion.text === text));
    const negated = seen.map((text) => ({ text, ...model.analyse(text) }));
    const judged = negated.filter(({ known }) => known.length > 0).map(({ text }) => text);
    const sentences = [...(isKnown ? [description] : []), ...judged];
    const embeddings = sentences.length > 0 ? await model.embedSentences(sentences) : new Float32Array();
    const embedded = sentences.map((text, i) => ({
      text,
      embedding: embeddings.slice(i * model.dimensions, (i + 1) * model.dimensions),
    }));
    const described = isKnown ? embedded.shift() : undefined;
    return {
      model,
      understood,
      described,
      negations: embedded,
      excluded,
      examples: await this.#examples.embeddings(form.like, model),
      unknownWords: wordsToName(analysed ? [analysed, ...negated] : negated),
      hardlyKnownWords: analysed?.hardlyKnown ?? [],
      // of "not qwrtz", for example, nothing is left to search by
      nothingKnown:
        form.like.length === 0 &&
        ((analysed !== undefined && !isKnown && !saysNothing) ||
          (seen.length > 0 && sentences.length + excluded.length === 0 && Object.keys(understood.filter).length === 0)),
      among,
    };
  }

  #rank(
    prepared: Prepared,
    { like, order: wished }: SearchForm,
    columns: PhotoColumns,
    { limit, listLimit = limit, allGood = false }: SearchOptions,
  ): { photos: RankedPhotos; ranked: number; order: SearchOrder } {
    const { model, described, negations, examples } = prepared;
    const matrix = this.index.matrix(model);
    const isLeft = this.#otherLimits(prepared, columns);
    const isSearched = described !== undefined || examples.length > 0 || (negations.length > 0 && model.judge === null);
    if (!isSearched) {
      const selected = columns.select(prepared.understood.filter, this.#services.places ?? null);
      const left = columns.newestFirst().filter((row) => selected[row] === 1 && isLeft(columns.ids.data[row]!, row));
      const ids = Int32Array.from(left.subarray(0, listLimit), (row) => columns.ids.data[row]!);
      const photos = { ...nothing, ids, goodMatches: ids.length, sure: true };
      return { photos, ranked: left.length, order: 'date' };
    }
    const { among, count, judged } = this.#searched(prepared, columns, matrix);
    const searched = { matrix, columns, among, count, limit };
    const rank = (limit: number): RankedPhotos => {
      if (examples.length > 0) {
        const negated = negations.map(({ embedding }) => embedding);
        const query = likeQuery(matrix, { examples, words: described?.embedding, negated });
        const ranked = rankNearest(query, { ...searched, limit });
        return described || negations.length > 0 ? ranked : examplesFirst(ranked, like, columns);
      }
      // For a model without relevance, what must not be seen comes last.
      if (!described) return rankNearest(withoutNegated(new Float32Array(model.dimensions), negations), searched);
      const byRegions = rankByRegions(this.#services.store, model, columns, (photo) =>
        this.index.regionsDamaged(model, photo),
      );
      return rankDescribed(model, described, negations, { ...searched, limit, byRegions }, judged);
    };
    let photos = rank(limit);
    // To find the newest of the good matches, or to count them, all of them are needed.
    const isJudged = examples.length === 0 && model.judge !== null;
    const needsAll = isJudged && (wished === 'date' || allGood);
    if (needsAll && photos.goodMatches === limit && limit < limits.rankedPhotos) {
      photos = rank(limits.rankedPhotos);
      if (allGood) limit = Math.max(limit, photos.goodMatches);
      photos = wished === 'date' ? photos : firstOf(photos, limit);
    }
    if (wished === 'date') {
      photos = isJudged ? firstOf(byDate(photos, columns), limit) : byDate(firstOf(photos, nearestByDate), columns);
    }
    return { photos, ranked: count, order: wished };
  }

  /** The photos of a search by embeddings, and among how many the relevance is judged: those that the filters leave. */
  #searched(
    prepared: Prepared,
    columns: PhotoColumns,
    matrix: SearchMatrix,
  ): { among: PhotoSet | undefined; count: number; judged: number } {
    const { among: given, understood } = prepared;
    const isFiltered = Object.keys(understood.filter).length > 0;
    const filtered = isFiltered ? columns.passing(understood.filter, this.#services.places ?? null) : undefined;
    const among = filtered && given ? intersection(filtered, given) : (filtered ?? given);
    const judged = among ? matrix.countOf(among) : matrix.size;
    const shown = [...this.#showing(prepared, matrix), ...this.#outside(prepared, columns)];
    if (shown.length === 0) return { among, count: judged, judged };
    const left = new DensePhotoSet();
    for (const id of matrix.ids()) {
      if ((among === undefined || among.has(id)) && !shown.some((set) => set.has(id))) left.add(id);
    }
    return { among: left, count: left.size, judged };
  }

  /** The photos that show each of what must not be seen. */
  #showing({ model, described, negations, examples }: Prepared, matrix: SearchMatrix): PhotoSet[] {
    if (!model.judge) return [];
    const least = described || examples.length > 0 ? outOfDescribed : outOfAll;
    const state = JSON.stringify([model.id, matrix.version]);
    if (this.#shown.state !== state) this.#shown = { state, photos: new Map() };
    const kept = this.#shown.photos;
    return negations.map((negation) => {
      const key = JSON.stringify([least, negation.text]);
      const photos = kept.get(key) ?? photosShowing(model, matrix, negation, least);
      if (kept.size >= keptNegations) kept.clear();
      kept.set(key, photos);
      return photos;
    });
  }

  /** The photos that each exclusion leaves out. */
  #outside({ excluded }: Prepared, columns: PhotoColumns): PhotoSet[] {
    return excluded.map(({ filter }) => columns.passing(filter, this.#services.places ?? null));
  }

  /** Negated words that mean a filter and nothing that is seen. */
  #exclusion(text: string): Exclusion | undefined {
    const { description, filter, not } = this.understand(text);
    return description === '' && not.length === 0 && Object.keys(filter).length > 0 ? { text, filter } : undefined;
  }

  /** What limits a search besides its filters: whether a photo is indexed, and shows nothing of what must not be seen. */
  #otherLimits(prepared: Prepared, columns: PhotoColumns): (photo: number, row: number) => boolean {
    const { model, described, negations, examples, among } = prepared;
    const outside = this.#outside(prepared, columns);
    if (described === undefined && examples.length === 0 && negations.length === 0) {
      return (photo, row) =>
        columns.isListed(row) && (among === undefined || among.has(photo)) && !outside.some((set) => set.has(photo));
    }
    const matrix = this.index.matrix(model);
    const shown = [...this.#showing(prepared, matrix), ...outside];
    return (photo) =>
      matrix.has(photo) && (among === undefined || among.has(photo)) && !shown.some((set) => set.has(photo));
  }

  /** With each part, how many photos would be left without it. */
  #withoutEach(prepared: Prepared, columns: PhotoColumns): Understood['parts'] {
    return prepared.understood.parts.map((part) => {
      const rest = withoutPart(prepared.understood, part);
      const negations = prepared.negations.filter(({ text }) => rest.not.includes(text));
      const excluded = prepared.excluded.filter(({ text }) => rest.not.includes(text));
      const isLeft = this.#otherLimits({ ...prepared, negations, excluded }, columns);
      const selected = columns.select(rest.filter, this.#services.places ?? null);
      let without = 0;
      for (let row = 0; row < columns.size; row++) {
        if (selected[row] === 1 && isLeft(columns.ids.data[row]!, row)) without++;
      }
      return { ...part, without };
    });
  }

  #allFolders(columns: PhotoColumns): readonly string[] {
    const roots = this.#roots();
    const key = JSON.stringify([columns.version, roots]);
    if (this.#folders?.key !== key) this.#folders = { key, folders: foldersAround(columns.usedFolders(), roots) };
    return this.#folders.folders;
  }

  #roots(): string[] {
    return this.#services.store.folders.all().map(({ path }) => path);
  }
}

function formOf(search: string | SearchForm): SearchForm {
  if (typeof search !== 'string') return search;
  return { text: search, filter: {}, literal: [], like: [], order: 'relevance' };
}
