/**
 * Writes features, regions and embeddings that an earlier version stored in fewer bytes, a few photos at a time; embeddings of
 * regions follow (models/region-projection.ts). Searches and indexing work meanwhile, and it may be interrupted at any time.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Regions } from '../../../models/contract/regions.ts';
import type { Coarser } from '../../store/packing.ts';
import type { Store } from '../../store/store.ts';
import type { Log } from '../shared/log.ts';
import type { Pace } from './pace.ts';

export interface PackingOptions {
  readonly store: Store;
  /** those of all encoders */
  readonly regions: readonly Regions[];
  readonly pace: Pace;
  readonly log: Log;
}

export interface PackingRun {
  readonly signal?: AbortSignal | undefined;
  /** rows, not photos */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Photos per transaction: about 5 ms. */
const atOnce = 16;

export class PackingUpdate {
  readonly #options: PackingOptions;
  readonly #coarser: Coarser;
  #running: Promise<number> | undefined;

  constructor(options: PackingOptions) {
    this.#options = options;
    this.#coarser = (stored, feature) => {
      const made = options.regions.find(({ bytes, coarser }) => coarser && bytes === stored.length);
      return made?.coarser?.(stored, feature) ?? null;
    };
  }

  /**
   * @returns how many features were packed
   * @throws the signal's reason; errors of the database
   */
  run(options: PackingRun = {}): Promise<number> {
    this.#running ??= this.#work(options).finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #work({ signal, onProgress }: PackingRun): Promise<number> {
    const { log, pace, store } = this.#options;
    if (store.readOnly !== undefined) return 0;
    let packed = 0;
    for (;;) {
      await pace.mayGoOn(signal);
      signal?.throwIfAborted();
      const progress = store.packing.progress();
      if (!progress) break;
      onProgress?.(progress.done, progress.total);
      const started = performance.now();
      packed += store.packing.next(atOnce, this.#coarser);
      await turn();
      await pace.rest(started, signal);
    }
    if (packed > 0) log.info(`the features of ${packed} photos were stored in fewer bytes`);
    return packed;
  }
}
