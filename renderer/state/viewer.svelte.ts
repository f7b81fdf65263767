/** The photo that is looked at: its place in the list that was open, and what is known about it. */
import type { PhotoDetails, RequestName } from '../../electron/ipc/contract.ts';
import { photoUrl } from '../../electron/ipc/photo-url.ts';
import { asBridgeError, on, request } from '../base/api.ts';
import { texts } from '../base/texts.ts';
import { toasts } from '../ui/toasts.svelte.ts';
import { attempt } from './attempt.ts';
import { sameDay } from './same-day.svelte.ts';
import { throttled } from './throttle.ts';

/** while photos are being indexed, the photo that is shown is asked for again no more often than this */
const refreshMs = 500;

/**
 * Photos to look through: the photos and their order as they were when one was opened, whatever is indexed meanwhile.
 * The content of a photo follows its file.
 */
export interface Series {
  readonly ids: Int32Array;
  readonly contents: Int32Array;
  readonly relevance: Float32Array | null;
  readonly count: number;
}

class Viewer {
  series = $state.raw<Series | null>(null);
  index = $state(0);
  details = $state.raw<PhotoDetails | null>(null);
  /** of its file, also where the photo is not in the library any more; null: not known */
  path = $state<string | null>(null);
  /** why `details` is null: the photo is not in the library any more, or asking failed; else null */
  problem = $state<'gone' | 'failed' | null>(null);
  infoShown = $state(false);
  readonly open = $derived(this.series !== null);
  readonly id = $derived(this.series?.ids[this.index] ?? null);
  /** null while a file that has changed has not been read again */
  readonly content = $derived(this.details ? this.details.content : (this.series?.contents[this.index] ?? null));
  readonly relevance = $derived(this.series?.relevance?.[this.index] ?? null);
  /** held so that they stay decoded */
  neighbours: readonly HTMLImageElement[] = [];
  #asked = 0;
  #indexed = -1;
  readonly #refreshSoon = throttled(() => this.#refresh(), refreshMs);

  start(): void {
    on('library.changed', ({ photosChanged }) => photosChanged && this.#refreshSoon());
    on('library.restarted', () => this.#refresh());
    // A file that has changed gets its content when it is indexed.
    on('indexing.progress', ({ state, done }) => {
      if (state === 'idle' || done !== this.#indexed) this.#refreshSoon();
      this.#indexed = done;
    });
  }

  show(series: Series, index: number): void {
    this.series = series;
    this.#goTo(index);
  }

  close(): void {
    if (this.open) toasts.viewLeft();
    this.series = null;
    this.details = null;
    this.path = null;
    this.problem = null;
    this.#asked++;
    this.neighbours = [];
    sameDay.forget();
  }

  step(by: number): void {
    const last = (this.series?.count ?? 0) - 1;
    const target = Math.min(last, Math.max(0, this.index + by));
    if (target !== this.index) this.#goTo(target);
  }

  #goTo(index: number): void {
    this.index = index;
    this.details = null;
    this.path = null;
    this.problem = null;
    const id = this.id;
    if (id === null) return;
    void this.#loadDetails(id);
    this.neighbours = [1, -1].flatMap((by) => {
      const neighbour = this.series?.contents[index + by];
      if (neighbour === undefined || index + by >= (this.series?.count ?? 0)) return [];
      const image = new Image();
      image.src = photoUrl.preview(neighbour);
      return [image];
    });
  }

  #refresh(): void {
    if (this.id !== null) void this.#loadDetails(this.id);
  }

  async #loadDetails(id: number): Promise<void> {
    const ticket = ++this.#asked;
    try {
      const details = await request('photo.details', { id });
      if (ticket !== this.#asked) return;
      this.details = details;
      this.path = details.path;
      this.problem = null;
      this.#keepContent(details.content);
    } catch (error) {
      if (ticket !== this.#asked) return;
      const gone = asBridgeError(error).code === 'not-found';
      if (gone) this.details = null;
      // What is known stays where only asking for it again failed.
      if (!this.details) this.problem = gone ? 'gone' : 'failed';
    }
  }

  /** So that the photo is not shown as it was when one comes back to it. */
  #keepContent(content: number | null): void {
    if (!this.series || content === null || this.series.contents[this.index] === content) return;
    this.series = { ...this.series, contents: this.series.contents.with(this.index, content) };
  }
}

export const viewer = new Viewer();

const doneTexts: Partial<Record<RequestName, string>> = {
  'photo.copyImage': texts.photo.imageCopied,
  'photo.copyPath': texts.photo.pathCopied,
};

export type PhotoAction = 'photo.open' | 'photo.showInFolder' | 'photo.copyImage' | 'photo.copyPath';

/** What can be done with a photo, from its view or from the grid. */
export async function actOn(action: PhotoAction, id: number): Promise<void> {
  await attempt(async () => {
    await request(action, { id });
    const message = doneTexts[action];
    if (message) toasts.show(message);
  });
}
