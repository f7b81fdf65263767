/**
 * What is searched for and what is shown: all photos newest first while the field is empty, else the ranking.
 * Answers arrive while one types; an older one never replaces a newer one.
 */
import type { PhotoList, Ranking, UnknownWord } from '../../electron/ipc/contract.ts';
import { limits, longestSentence } from '../../electron/ipc/limits.ts';
import { asBridgeError, on, request, type BridgeError } from '../base/api.ts';
import { errorText } from '../base/errors.ts';
import { texts } from '../base/texts.ts';
import { announcer } from '../ui/announcer.svelte.ts';
import { throttled } from './throttle.ts';
import { attempt } from './attempt.ts';
import { SequenceGuard } from './sequence.ts';
import { replaceWord } from './replace-word.ts';

const debounceMs = 120;
/** a query that stayed this long is worth remembering */
const dwellMs = 4000;
/** while photos are being indexed, what is shown is refreshed no more often than this */
const refreshMs = 2000;

class Search {
  text = $state('');
  timeline = $state.raw<PhotoList | null>(null);
  /** something has changed since the timeline was asked for */
  timelineStale = $state(false);
  ranking = $state.raw<Ranking | null>(null);
  error = $state.raw<BridgeError | null>(null);
  /** an answer to the newest question is awaited */
  pending = $state(false);
  /** the less likely photos are shown, too */
  expanded = $state(false);
  /** the photo of the grid that has, or will take, the focus */
  active = $state(0);
  recent = $state.raw<readonly string[]>([]);

  readonly query = $derived(this.text.trim());
  /** the timeline stays until the first answer to a query has come */
  readonly photos = $derived<PhotoList | null>(this.ranking ?? (this.error ? null : this.timeline));
  /** of the photos of a ranking; null where the model cannot tell */
  readonly relevance = $derived.by(() => {
    const relevance = this.ranking?.relevance;
    return relevance === undefined || relevance.length === 0 ? null : relevance;
  });
  readonly unknownWords = $derived<readonly UnknownWord[]>(this.query === '' ? [] : (this.ranking?.unknownWords ?? []));
  /** none of the words is one that the model knows */
  readonly nothingKnown = $derived(this.unknownWords.length > 0 && this.ranking?.ids.length === 0);
  /** photos that probably match; all of them where the ranking does not say */
  readonly likelyCount = $derived.by(() => {
    const { ranking } = this;
    if (!ranking) return this.photos?.ids.length ?? 0;
    const good = Math.min(ranking.goodMatches, ranking.ids.length);
    return good === 0 ? ranking.ids.length : good;
  });
  /** the ranking has less likely photos after the probable ones */
  readonly divided = $derived(this.ranking !== null && this.likelyCount < this.ranking.ids.length);
  readonly shown = $derived(this.divided && !this.expanded ? this.likelyCount : (this.photos?.ids.length ?? 0));

  #guard = new SequenceGuard();
  #debounce: ReturnType<typeof setTimeout> | undefined;
  #dwell: ReturnType<typeof setTimeout> | undefined;
  #asked = '';
  #indexed = -1;
  #changes = 0;
  readonly #timelineSoon = throttled(() => void this.#loadTimeline(), refreshMs);
  readonly #refreshSoon = throttled(() => this.#refresh(), refreshMs);

  async start(): Promise<void> {
    on('library.changed', ({ photosChanged }) => photosChanged && this.#changed(this.#refreshSoon));
    on('search.requested', ({ text }) => this.searchNow(text));
    on('models.changed', () => this.#refreshSoon());
    on('library.restarted', () => this.#changed(() => this.#refresh()));
    on('indexing.progress', ({ state, done }) => {
      // Each search holds indexing up for a moment: what is found is refreshed at its end, not on its way.
      if (state === 'idle') this.#changed(this.#refreshSoon);
      else if (done !== this.#indexed) this.#changed(this.#timelineSoon);
      this.#indexed = done;
    });
    await Promise.all([this.#loadTimeline(), this.loadRecent()]);
  }

  /** As one types. */
  type(text: string): void {
    this.text = text;
    clearTimeout(this.#debounce);
    clearTimeout(this.#dwell);
    if (this.query === this.#asked && !this.error) return;
    if (this.query === '') return this.#showTimeline();
    this.pending = true;
    this.#debounce = setTimeout(() => void this.#ask(this.query), debounceMs);
  }

  /** At once: Enter, a recent search, a suggestion, a sentence from the command line. */
  searchNow(text: string): void {
    this.text = text;
    clearTimeout(this.#debounce);
    if (this.query === '') return this.#showTimeline();
    if (this.query !== this.#asked || this.error) void this.#ask(this.query);
    this.remember();
  }

  retry(): void {
    if (this.query === '') void this.#loadTimeline();
    else void this.#ask(this.query);
  }

  accept(word: UnknownWord): void {
    if (word.suggestion) this.searchNow(replaceWord(this.text, word.word, word.suggestion));
  }

  #showTimeline(): void {
    this.#guard.dismissAll();
    this.#asked = '';
    this.ranking = null;
    this.error = null;
    this.pending = false;
    this.expanded = false;
    this.active = 0;
    if (this.timeline) announcer.say(texts.search.announceTimeline(this.timeline.ids.length));
    else void this.#loadTimeline();
  }

  /** Asks again for what is shown. A query that failed is not asked again: it may be what ends the library's process. */
  #refresh(): void {
    void this.#loadTimeline();
    if (this.#asked !== '' && !this.pending && !this.error) void this.#ask(this.#asked, true);
  }

  async #ask(query: string, refresh = false): Promise<void> {
    const ticket = this.#guard.issue();
    this.#asked = query;
    if (!refresh) this.pending = true;
    try {
      const ranking = await request('search.query', { text: query, limit: limits.rankedPhotos });
      if (!this.#guard.accept(ticket)) return;
      this.#show(ranking, refresh);
    } catch (error) {
      if (!this.#guard.accept(ticket)) return;
      this.error = asBridgeError(error);
      this.ranking = null;
      announcer.say(errorText(this.error));
    }
    if (this.#guard.isNewest(ticket)) this.pending = false;
  }

  #show(ranking: Ranking, refresh: boolean): void {
    this.error = null;
    this.ranking = ranking;
    if (refresh) {
      this.active = Math.min(this.active, Math.max(0, this.shown - 1));
      return;
    }
    this.expanded = false;
    this.active = 0;
    announcer.say(
      this.nothingKnown
        ? texts.search.unknownTitle
        : !this.relevance
          ? texts.search.announceRanked(ranking.ids.length)
          : ranking.sure
            ? texts.search.announceResults(ranking.goodMatches, ranking.ranked, ranking.tookMs)
            : texts.search.announceClosest(ranking.ranked),
    );
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
      if (this.query === '') this.error = null;
    } catch (error) {
      if (this.query === '') this.error = asBridgeError(error);
    }
  }

  async loadRecent(): Promise<void> {
    await attempt(async () => (this.recent = await request('search.recent')));
  }

  remember(): void {
    const { query } = this;
    clearTimeout(this.#dwell);
    if (query === '' || query === this.recent[0] || query.length > longestSentence) return;
    void attempt(async () => {
      await request('search.remember', { text: query });
      await this.loadRecent();
    });
  }

  forget(text?: string): void {
    void attempt(async () => {
      await request('search.forget', text === undefined ? {} : { text });
      await this.loadRecent();
    });
  }
}

export const search = new Search();
