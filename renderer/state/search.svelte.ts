/**
 * What is searched for and what is shown: all photos newest first while nothing is asked, else the ranking.
 * Answers arrive while one types; an older one never replaces a newer one.
 *
 * A search is a sentence, filters set by hand, photos that the result should be like, and an order. The parts of the
 * sentence that filter (`parts`) can be taken back, and then stay a description, or be set by hand in place of their words.
 */
import type {
  PhotoList,
  Ranking,
  SearchFilter,
  SearchForm,
  SearchOrder,
  UnderstoodPart,
  UnknownWord,
} from '../../electron/ipc/contract.ts';
import { filterAspects, without, type FilterAspect } from '../../electron/ipc/filter-aspects.ts';
import { limits } from '../../electron/ipc/limits.ts';
import { asBridgeError, on, request, type BridgeError } from '../base/api.ts';
import { partText } from '../base/asking-texts.ts';
import { errorText } from '../base/errors.ts';
import { texts } from '../base/texts.ts';
import { announcer } from '../ui/announcer.svelte.ts';
import { toasts } from '../ui/toasts.svelte.ts';
import { debounceMs, dwellMs, firstPhotos, mostLiteral, refreshMs, restMs } from './search-times.ts';
import { throttled } from './throttle.ts';
import { SequenceGuard } from './sequence.ts';
import { recentSearches } from './recent-searches.svelte.ts';
import { corrected, replaceWord } from './replace-word.ts';
import { filterOf, partsOf, placeInText, replaced, searchKey, stillSaid, withoutWords } from './search-parts.ts';
import { exampleKey, type ShownExample } from './examples.ts';
import { matchesIn, resultText } from './result-text.ts';

class Search {
  text = $state('');
  /** set by hand */
  filter = $state.raw<SearchFilter>({});
  /** parts of the sentence, in its words, that were taken back */
  literal = $state.raw<readonly string[]>([]);
  examples = $state.raw<readonly ShownExample[]>([]);
  order = $state<SearchOrder>('relevance');
  /** what was understood of the sentence or set by hand; changed at once where the user changes it, then by the answer */
  parts = $state.raw<readonly UnderstoodPart[]>([]);
  timeline = $state.raw<PhotoList | null>(null);
  /** something has changed since the timeline was asked for */
  timelineStale = $state(false);
  ranking = $state.raw<Ranking | null>(null);
  /** of the search that `ranking` answers; '' where there is none */
  rankingKey = $state('');
  error = $state.raw<BridgeError | null>(null);
  /** another model may be in use than the one that ranked what is shown, and its answer is awaited */
  renewing = $state(false);
  /** an answer to the newest question is awaited */
  pending = $state(false);
  /** the less likely photos are shown, too */
  expanded = $state(false);
  /** the photo of the grid that has, or will take, the focus */
  active = $state(0);

  readonly query = $derived(this.text.trim());
  readonly form = $derived<SearchForm>({
    text: this.query,
    filter: this.filter,
    literal: [...this.literal],
    like: this.examples.map(({ example }) => example),
    order: this.order,
  });
  /** nothing is asked: all photos are shown */
  readonly empty = $derived(searchKey(this.form) === '');
  /** the limits of the sentence and by hand */
  readonly limits = $derived(filterOf(this.parts));
  /** the timeline stays until the first answer to a query has come */
  readonly photos = $derived<PhotoList | null>(this.ranking ?? (this.error ? null : this.timeline));
  /** of the photos of a ranking; null where the model cannot tell */
  readonly relevance = $derived.by(() => {
    const relevance = this.ranking?.relevance;
    return relevance === undefined || relevance.length === 0 ? null : relevance;
  });
  /** there is something to rank by, so that the order can be chosen */
  readonly ranks = $derived(
    this.ranking !== null && (this.ranking.understood.description !== '' || this.examples.length > 0),
  );
  /** of the words that are known, those known only by words of similar meaning */
  readonly similarOnly = $derived<readonly string[]>(
    this.query === ''
      ? []
      : (this.ranking?.hardlyKnownWords ?? []).filter(({ by }) => by === 'similar').map(({ word }) => word),
  );
  readonly unknownWords = $derived<readonly UnknownWord[]>(this.query === '' ? [] : (this.ranking?.unknownWords ?? []));
  /** the sentence with every suggestion taken; null without one */
  readonly corrected = $derived(corrected(this.text, this.unknownWords));
  /** the parts together leave no photo */
  readonly nothingLeft = $derived(
    this.ranking?.ids.length === 0 &&
      this.parts.some(({ aspect }) => aspect !== 'not') &&
      (this.unknownWords.length === 0 || this.parts.some((part) => part.without !== null)),
  );
  /** none of the words is one that the model knows */
  readonly nothingKnown = $derived(this.unknownWords.length > 0 && this.ranking?.ids.length === 0 && !this.nothingLeft);
  /** photos that probably match; all of them where the ranking does not say */
  readonly likelyCount = $derived.by(() => {
    const { ranking } = this;
    if (!ranking) return this.photos?.ids.length ?? 0;
    const good = Math.min(ranking.goodMatches, ranking.ids.length);
    return good === 0 ? ranking.ids.length : good;
  });
  /** “3 sure, 9 likely matches” of the photos that are shown first; '' where none is even possible, or the model cannot tell */
  readonly matches = $derived(this.ranking ? matchesIn(this.ranking) : '');
  /** the ranking has less likely photos after the probable ones */
  readonly divided = $derived(this.ranking !== null && this.likelyCount < this.ranking.ids.length);
  readonly shown = $derived(this.divided && !this.expanded ? this.likelyCount : (this.photos?.ids.length ?? 0));

  #guard = new SequenceGuard();
  #debounce: ReturnType<typeof setTimeout> | undefined;
  #dwell: ReturnType<typeof setTimeout> | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #asked: SearchForm | null = null;
  #waiting = false;
  /** the sentence that `parts` are of */
  #partsOf = '';
  /** what the user changed, to be said together with its result */
  #change = '';
  #indexed = -1;
  #changes = 0;
  readonly #timelineSoon = throttled(() => void this.#loadTimeline(), refreshMs);
  readonly #refreshSoon = throttled(() => this.#refresh(), refreshMs);

  async start(): Promise<void> {
    on('library.changed', ({ photosChanged }) => photosChanged && this.#changed(this.#refreshSoon));
    on('search.requested', ({ text }) => {
      this.#empty();
      this.searchNow(text);
    });
    on('models.changed', () => this.#renew());
    on('library.restarted', () => this.#changed(() => this.#refresh()));
    on('indexing.progress', ({ state, done }) => {
      // Each search holds indexing up for a moment: what is found is refreshed at its end, not on its way.
      if (state === 'idle') this.#changed(this.#refreshSoon);
      else if (done !== this.#indexed) this.#changed(this.#timelineSoon);
      this.#indexed = done;
    });
    await Promise.all([this.#loadTimeline(), recentSearches.load()]);
  }

  /** As one types. */
  type(text: string): void {
    this.#say(text);
    this.#soon();
  }

  /** At once: Enter, a recent search, a suggestion, a sentence from the command line. */
  searchNow(text: string): void {
    this.#say(text);
    this.#now();
    this.remember();
  }

  /** As a whole, and asked again even where it is shown: a saved search. */
  run(form: SearchForm): void {
    this.#empty();
    this.filter = form.filter;
    this.examples = form.like.map((example) => ({ example, picture: null }));
    this.order = form.order;
    this.text = form.text;
    this.literal = form.literal;
    this.parts = partsOf(form.filter);
    clearTimeout(this.#debounce);
    if (this.empty) this.#showTimeline();
    else void this.#ask(this.form);
  }

  /** Everything that was asked is taken back. */
  clear(): void {
    this.#empty();
    this.#now();
  }

  /** A part of the sentence stays a description from now on; one that was set by hand is removed. */
  takeBack(part: UnderstoodPart): void {
    const words = this.wordsOf(part);
    if (part.at === null) {
      if (part.aspect !== 'not') this.filter = without(this.filter, part.aspect);
    } else if (words) {
      const said = this.text.slice(...words);
      if (!this.literal.includes(said)) this.literal = [...this.literal, said].slice(-mostLiteral);
    }
    this.parts = this.parts.filter((other) => other !== part);
    this.#change = texts.asking.parts.takenBack(partText(part));
    this.#now();
  }

  /**
   * Sets an aspect by hand, in place of what the sentence says of it: those words go. No fields: no limit.
   * @param soon more changes may follow at once, as of a slider
   */
  setLimit(aspect: FilterAspect, fields: SearchFilter, soon = false): void {
    const said = this.parts
      .filter((part) => part.aspect === aspect && part.at !== null)
      .map((part) => this.wordsOf(part))
      .filter((words) => words !== null)
      .sort(([a], [b]) => b - a);
    if (said.length > 0) this.#say(said.reduce(withoutWords, this.text));
    this.filter = { ...without(this.filter, aspect), ...fields };
    this.parts = replaced(this.parts, aspect, fields);
    if (soon) this.#soon();
    else this.#now();
  }

  /** No limit by hand or in the sentence: their words go. */
  clearLimits(): void {
    for (const aspect of filterAspects) this.setLimit(aspect, {}, true);
    this.#now();
  }

  /** All parts are taken back; words of the sentence stay a description. */
  takeAllBack(): void {
    const said = this.parts.map((part) => this.wordsOf(part)).filter((words) => words !== null);
    this.literal = [...new Set([...this.literal, ...said.map((words) => this.text.slice(...words))])].slice(
      -mostLiteral,
    );
    this.filter = {};
    this.parts = [];
    this.#now();
  }

  setOrder(order: SearchOrder): void {
    this.order = order;
    this.#now();
  }

  /** A new search for photos like these. @param contents of photos of the library */
  like(contents: readonly number[]): void {
    this.#empty();
    this.addExamples(contents.map((content) => ({ example: { content }, picture: null })));
  }

  /** The result should be like these, too. */
  addExamples(added: readonly ShownExample[]): void {
    const all = new Map([...this.examples, ...added].map((example) => [exampleKey(example), example]));
    if (all.size > limits.examples) toasts.show(texts.asking.like.tooMany(limits.examples), 'error');
    this.examples = [...all.values()].slice(0, limits.examples);
    this.#now();
  }

  takeBackExample(taken: ShownExample, name: string): void {
    this.examples = this.examples.filter((example) => example !== taken);
    this.#change = texts.asking.parts.takenBack(name);
    this.#now();
  }

  retry(): void {
    void (this.empty ? this.#loadTimeline() : this.#ask(this.form));
  }

  accept(word: UnknownWord): void {
    if (word.suggestion) this.searchNow(replaceWord(this.text, word.word, word.suggestion));
  }

  acceptAll(): void {
    if (this.corrected !== null) this.searchNow(this.corrected);
  }

  /** Where the words of a part stand in the field now; null: nowhere, or it was set by hand. */
  wordsOf({ at }: UnderstoodPart): [number, number] | null {
    return at === null ? null : placeInText(at, this.#partsOf, this.text);
  }

  #say(text: string): void {
    this.text = text;
    this.literal = stillSaid(this.literal, text);
  }

  #empty(): void {
    this.text = '';
    this.filter = {};
    this.literal = [];
    this.examples = [];
    this.order = 'relevance';
    this.parts = [];
  }

  /** A moment after the last change; not where the same is asked already. */
  #soon(): void {
    clearTimeout(this.#debounce);
    clearTimeout(this.#dwell);
    if (this.#isAsked()) {
      this.pending = this.#waiting;
      return;
    }
    if (this.empty) return this.#showTimeline();
    this.pending = true;
    this.#debounce = setTimeout(() => void this.#ask(this.form), debounceMs);
  }

  #now(): void {
    clearTimeout(this.#debounce);
    if (this.empty) return this.#showTimeline();
    if (!this.#isAsked()) void this.#ask(this.form);
  }

  #isAsked(): boolean {
    return !this.error && this.#askedKey() === searchKey(this.form);
  }

  #askedKey(): string {
    return this.#asked ? searchKey(this.#asked) : '';
  }

  #showTimeline(): void {
    this.#guard.dismissAll();
    this.#asked = null;
    this.#waiting = false;
    this.#change = '';
    this.ranking = null;
    this.rankingKey = '';
    this.parts = [];
    this.error = null;
    this.pending = false;
    this.renewing = false;
    this.expanded = false;
    this.active = 0;
    if (this.timeline) announcer.say(texts.search.announceTimeline(this.timeline.ids.length));
    else void this.#loadTimeline();
  }

  /** Asks again for what is shown. A query that failed is not asked again: it may be what ends the library's process. */
  #refresh(): void {
    void this.#loadTimeline();
    if (this.#asked && !this.pending && !this.error) void this.#ask(this.#asked, true);
  }

  /** Another model may be in use: the question is asked again at once, also one whose answer is awaited, which may be of the one before. */
  #renew(): void {
    void this.#loadTimeline();
    if (!this.#asked || this.error) return;
    this.renewing = this.ranking !== null;
    void this.#ask(this.#asked, !this.pending);
  }

  /** @param refresh what is shown stays where it is, and the whole answer is asked for at once */
  async #ask(form: SearchForm, refresh = false): Promise<void> {
    clearTimeout(this.#rest);
    const ticket = this.#guard.issue();
    this.#asked = form;
    this.#waiting = true;
    if (!refresh) this.pending = true;
    try {
      const size = refresh ? { limit: limits.rankedPhotos } : { limit: firstPhotos, first: true as const };
      const ranking = await request('search.query', { ...form, ...size });
      if (!this.#guard.accept(ticket)) return;
      this.#show(ranking, form, refresh);
      const isFirst = !refresh && ranking.ids.length >= firstPhotos && ranking.ids.length < ranking.ranked;
      if (isFirst && this.#guard.isNewest(ticket)) {
        this.#rest = setTimeout(() => {
          if (this.#guard.isNewest(ticket) && this.ranking === ranking) void this.#ask(form, true);
        }, restMs);
      }
    } catch (error) {
      if (!this.#guard.accept(ticket)) return;
      this.error = asBridgeError(error);
      this.ranking = null;
      this.rankingKey = '';
      this.parts = partsOf(this.filter);
      announcer.say(errorText(this.error));
    }
    if (this.#guard.isNewest(ticket)) {
      this.pending = false;
      this.#waiting = false;
      this.renewing = false;
    }
  }

  #show(ranking: Ranking, form: SearchForm, refresh: boolean): void {
    this.error = null;
    this.ranking = ranking;
    this.rankingKey = searchKey(form);
    const before = this.parts.map(partText).join();
    // An answer to an earlier question must not bring a part back that was taken back meanwhile.
    if (this.rankingKey === this.#askedKey()) {
      this.parts = ranking.understood.parts;
      this.#partsOf = form.text;
    }
    if (refresh) {
      this.active = Math.min(this.active, Math.max(0, this.shown - 1));
      return;
    }
    this.expanded = false;
    this.active = 0;
    const parts = this.parts.map(partText);
    const news = parts.length > 0 && parts.join() !== before ? texts.asking.parts.understood(parts) : '';
    announcer.say([this.#change, news, resultText(ranking, this)].filter((text) => text !== '').join('. '));
    this.#change = '';
    clearTimeout(this.#dwell);
    this.#dwell = setTimeout(() => this.remember(), dwellMs);
  }

  #changed(refresh: () => void): void {
    this.#changes++;
    this.timelineStale = true;
    refresh();
  }

  async #loadTimeline(): Promise<void> {
    const changes = this.#changes;
    try {
      this.timeline = await request('library.timeline');
      this.timelineStale = changes !== this.#changes;
      if (this.empty) this.error = null;
    } catch (error) {
      if (this.empty) this.error = asBridgeError(error);
    }
  }

  remember(): void {
    clearTimeout(this.#dwell);
    recentSearches.remember(this.query);
  }
}

export const search = new Search();
