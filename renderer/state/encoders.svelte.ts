/** The encoders: which there are, which can be fetched, and the one that is being added. */
import type { EncoderSummary, ErrorObject } from '../../electron/ipc/contract.ts';
import { asBridgeError, on, request } from '../base/api.ts';
import { texts } from '../base/texts.ts';
import { announcer } from '../ui/announcer.svelte.ts';
import { toasts } from '../ui/toasts.svelte.ts';
import { attempt } from './attempt.ts';
import { RateEstimate } from './download-rate.ts';
import { withDistinctTitles } from './encoder-titles.ts';

export const isBeingAdded = ({ state }: EncoderSummary) => state === 'fetching' || state === 'checking';
/** It can be used: an added one may be damaged. */
export const isHere = ({ state, error }: EncoderSummary) =>
  state === 'built-in' || (state === 'added' && error === null);

interface FailedFolder {
  readonly path: string;
  readonly error: ErrorObject;
}

class Encoders {
  /** null until the first answer */
  list = $state.raw<readonly EncoderSummary[] | null>(null);
  /** of the one that is being fetched; null: too little has arrived */
  secondsLeft = $state<number | null>(null);
  /** the folder whose encoder is being added */
  folder = $state<string | null>(null);
  /** the last folder whose encoder was refused, until another attempt */
  failedFolder = $state.raw<FailedFolder | null>(null);
  /** ids of those asked for here that have not answered */
  #asked = $state.raw<readonly string[]>([]);
  /** why adding one failed where the list does not say it, by id */
  #failures = $state.raw<ReadonlyMap<string, ErrorObject>>(new Map());
  readonly beingAdded = $derived(this.list?.find(isBeingAdded) ?? null);
  /** one is added at a time */
  readonly busy = $derived(this.beingAdded !== null || this.folder !== null || this.#asked.length > 0);
  #rate = new RateEstimate();
  #reloading = false;
  #stale = false;

  async start(): Promise<void> {
    on('encoders.changed', () => void this.load());
    // another one may be in use
    on('models.changed', () => void this.load());
    on('library.restarted', () => void this.load());
    await this.load();
  }

  /** Changes come some times a second: one request at a time, and one more where something changed meanwhile. */
  async load(): Promise<void> {
    this.#stale = true;
    if (this.#reloading) return;
    this.#reloading = true;
    while (this.#stale) {
      this.#stale = false;
      await attempt(async () => this.#take(await request('encoders.list')));
    }
    this.#reloading = false;
  }

  #take(list: readonly EncoderSummary[]): void {
    const before = this.beingAdded;
    this.list = withDistinctTitles(list);
    const now = this.beingAdded;
    if (now?.state === 'checking' && before?.state !== 'checking') announcer.say(texts.encoders.checking(now.title));
    if (now?.id !== before?.id) this.#rate = new RateEstimate();
    if (now?.state === 'fetching' && now.doneBytes !== undefined) this.#rate.add(now.doneBytes, performance.now());
    this.secondsLeft = now?.state === 'fetching' ? this.#rate.secondsLeft(now.bytes) : null;
  }

  find(id: string): EncoderSummary | undefined {
    return this.list?.find((encoder) => encoder.id === id);
  }

  /** The encoder that a model comes with. */
  #ofModel(model: string): EncoderSummary | undefined {
    return this.list?.find(({ zeroShot }) => zeroShot === model);
  }

  /** It needs no training. */
  isZeroShot(model: string): boolean {
    return (this.#ofModel(model)?.state ?? 'built-in') !== 'built-in';
  }

  /** A model as the user knows it: one that comes with an encoder is called as that is. */
  titleOfModel(model: string): string {
    return this.#ofModel(model)?.title ?? model;
  }

  /** Why the last attempt to add it failed, or why it cannot be used any more. */
  failureOf(encoder: EncoderSummary): ErrorObject | null {
    if (isBeingAdded(encoder) || this.#asked.includes(encoder.id)) return null;
    return encoder.error ?? (encoder.state === 'offered' ? (this.#failures.get(encoder.id) ?? null) : null);
  }

  isAskedFor(id: string): boolean {
    return this.#asked.includes(id);
  }

  /** Fetches one, from where an earlier attempt ended. */
  async add(id: string): Promise<void> {
    if (this.busy) return;
    this.#asked = [...this.#asked, id];
    this.#failures = new Map([...this.#failures].filter(([failed]) => failed !== id));
    this.failedFolder = null;
    try {
      toasts.show(texts.encoders.ready((await request('encoders.add', { id })).title));
    } catch (error) {
      this.#failed(error, (failure) => {
        this.#failures = new Map([...this.#failures, [id, failure]]);
        announcer.say(texts.encoders.failed(this.find(id)?.title ?? id));
      });
    }
    this.#asked = this.#asked.filter((asked) => asked !== id);
    await this.load();
  }

  /** The user chooses a folder, and its encoder is added. */
  async addFolder(): Promise<void> {
    if (this.busy) return;
    const path = await attempt(() => request('encoders.chooseFolder'));
    if (path === undefined || path === null || this.busy) return;
    await this.addPath(path);
  }

  async addPath(path: string): Promise<void> {
    this.folder = path;
    this.failedFolder = null;
    try {
      toasts.show(texts.encoders.ready((await request('encoders.addFolder', { path })).title));
    } catch (error) {
      this.#failed(error, (failure) => {
        this.failedFolder = { path, error: failure };
        announcer.say(texts.encoders.folderFailed(path));
      });
    }
    this.folder = null;
    await this.load();
  }

  async stopAdding(): Promise<void> {
    const { beingAdded } = this;
    await attempt(async () => {
      await request('encoders.stopAdding');
      if (beingAdded?.source === 'hub') toasts.show(texts.encoders.stopped);
    });
    await this.load();
  }

  async remove({ id, title }: EncoderSummary): Promise<void> {
    await attempt(async () => {
      await request('encoders.remove', { id });
      toasts.show(texts.encoders.removed(title));
    });
    await this.load();
  }

  /** What the user cancelled did not fail. */
  #failed(error: unknown, keep: (failure: ErrorObject) => void): void {
    const { code, message, parameters } = asBridgeError(error);
    if (code !== 'cancelled') keep({ code, message, parameters });
  }
}

export const encoders = new Encoders();
