/**
 * Makes the previews of photos that were indexed before there were any, of the thumbnails in the cache: no photo is opened for it.
 * Those without a thumbnail get their preview when it is made. Thumbnails that an earlier version kept as files are moved first.
 *
 * It can be interrupted at any time, and runs to the end once in a session.
 */
import type { Store } from '../../store/store.ts';
import type { Vision } from '../../vision/vision.ts';
import type { Pace } from './pace.ts';
import type { Thumbnails } from './thumbnails.ts';

export interface PreviewUpdateOptions {
  readonly store: Store;
  readonly vision: Vision;
  readonly thumbnails: Pick<Thumbnails, 'has' | 'moveEarlier' | 'peek'>;
  readonly pace: Pace;
}

/** Contents that are looked at, and thumbnails that are decoded, at a time: about 50 ms. */
const lookedAtOnce = 200;
const decodedAtOnce = 16;

export class PreviewUpdate {
  readonly #options: PreviewUpdateOptions;
  #running: Promise<number> | undefined;
  #done = false;

  constructor(options: PreviewUpdateOptions) {
    this.#options = options;
  }

  /** @returns how many previews were made @throws the signal's reason; errors of the database */
  run(options: { readonly signal?: AbortSignal } = {}): Promise<number> {
    if (this.#done) return Promise.resolve(0);
    this.#running ??= this.#work(options.signal).finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #work(signal: AbortSignal | undefined): Promise<number> {
    const { pace, store, thumbnails } = this.#options;
    const paced = async <T>(work: () => Promise<T>): Promise<T> => {
      await pace.mayGoOn(signal);
      const started = performance.now();
      const result = await work();
      await pace.rest(started, signal);
      return result;
    };
    while (await paced(() => thumbnails.moveEarlier()));
    let made = 0;
    for (let after = 0; ;) {
      await pace.mayGoOn(signal);
      const missing = store.previews.missing(after, lookedAtOnce);
      if (missing.length === 0) break;
      after = missing.at(-1)!.content;
      const there = missing.filter(({ hash }) => thumbnails.has(hash));
      for (let from = 0; from < there.length; from += decodedAtOnce) {
        made += await paced(() => this.#make(there.slice(from, from + decodedAtOnce)));
      }
    }
    this.#done = true;
    return made;
  }

  async #make(contents: readonly { readonly content: number; readonly hash: Uint8Array }[]): Promise<number> {
    const { store, thumbnails, vision } = this.#options;
    const found = contents.flatMap(({ content, hash }) => {
      const bytes = thumbnails.peek(hash);
      return bytes ? [{ content, bytes }] : [];
    });
    const previews = await vision.previews(found.map(({ bytes }) => bytes));
    return store.transaction(
      () =>
        found.filter(({ content }, i) => {
          const preview = previews[i];
          if (preview) store.previews.set(content, preview);
          return preview;
        }).length,
    );
  }
}
