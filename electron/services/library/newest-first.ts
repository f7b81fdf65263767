/**
 * A queue of work that somebody waits for at the moment: what was asked for last is done first, and what nobody waits for any more
 * is not done at all.
 *
 * Own code: p-queue and p-limit, which are used elsewhere, keep work whose signal was aborted in their queues, and do not share one
 * piece of work among several callers.
 */
import { DescryError } from '../../../models/errors.ts';

/** Requests that follow one another within this time are one view of the window, and are done in their order. */
const oneViewMs = 40;

interface Entry<Result> {
  readonly work: () => Promise<Result>;
  readonly callers: Set<Caller<Result>>;
  started: boolean;
  /** number of the view that asked for it last */
  view: number;
}

interface Caller<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export class NewestFirst<Key, Result> {
  readonly #atOnce: number;
  /** waiting and running, in the order of the requests */
  readonly #entries = new Map<Key, Entry<Result>>();
  #running = 0;
  #view = 0;
  #lastRequest = -Infinity;

  /** @param atOnce so many run at a time */
  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** entries that wait or run */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * @param key equal work, which is done once for all who wait for it
   * @param signal the caller does not wait any more; work that has begun goes on
   * @throws what the work throws; DescryError `cancelled` as soon as the signal is aborted
   */
  run(key: Key, work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    if (signal?.aborted) return Promise.reject(cancelled());
    const now = performance.now();
    if (now - this.#lastRequest > oneViewMs) this.#view++;
    this.#lastRequest = now;
    let entry = this.#entries.get(key);
    if (entry) entry.view = this.#view;
    else this.#entries.set(key, (entry = { work, callers: new Set(), started: false, view: this.#view }));
    const answer = this.#wait(key, entry, signal);
    this.#startNext();
    return answer;
  }

  #wait(key: Key, entry: Entry<Result>, signal: AbortSignal | undefined): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const caller = { resolve, reject };
    entry.callers.add(caller);
    const leave = () => {
      entry.callers.delete(caller);
      if (entry.callers.size === 0 && !entry.started) this.#entries.delete(key);
      reject(cancelled());
    };
    signal?.addEventListener('abort', leave, { once: true });
    return promise.finally(() => signal?.removeEventListener('abort', leave));
  }

  #startNext(): void {
    while (this.#running < this.#atOnce) {
      let next: [Key, Entry<Result>] | undefined;
      for (const some of this.#entries) {
        if (!some[1].started && (next === undefined || some[1].view > next[1].view)) next = some;
      }
      if (!next) return;
      void this.#start(...next);
    }
  }

  async #start(key: Key, entry: Entry<Result>): Promise<void> {
    this.#running++;
    entry.started = true;
    let settle: (caller: Caller<Result>) => void;
    try {
      const result = await entry.work();
      settle = ({ resolve }) => resolve(result);
    } catch (error) {
      settle = ({ reject }) => reject(error);
    }
    this.#running--;
    this.#entries.delete(key);
    entry.callers.forEach(settle);
    this.#startNext();
  }
}

const cancelled = () => new DescryError('cancelled', 'The picture is not needed any more.');
