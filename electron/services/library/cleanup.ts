/**
 * Deletes data of photos that no longer exist: features, embeddings, EXIF data, thumbnails. Then it gives the space that they took back
 * to the disk.
 *
 * Data that only a removed folder referred to is deleted at once. Other data is kept for a day, so that a file need not be
 * decoded and encoded again when it is renamed, moved to another folder of the library or restored from the recycle bin: the
 * library first notices that it is missing, and only later where it is now. Photos of a disconnected disk stay in the library,
 * and none of their data is deleted. Captioned photos that a model was trained on are no part of the library: they are forgotten
 * when their files have been missing for a month, and only then their data is.
 */
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage, isNotThere } from '../../../models/errors.ts';
import type { Store } from '../../store/store.ts';
import type { Log } from '../shared/log.ts';
import type { Thumbnails } from './thumbnails.ts';

export interface CleanupOptions {
  readonly store: Store;
  readonly thumbnails: Pick<Thumbnails, 'remove'>;
  readonly log: Log;
  readonly now?: () => number;
}

export interface CleanupRun {
  readonly signal?: AbortSignal;
  /** contents deleted so far */
  readonly onProgress?: (done: number) => void;
}

/** How long a content must have been unused. */
export const keptUnusedMs = 24 * 3600 * 1000;
/** Nobody says whether the disk of a dataset will be connected again; what is lost then is computed by the next training. */
const keptDatasetMs = 30 * 24 * 3600 * 1000;
const datasetsKey = 'datasets-checked';
const datasetsEveryMs = 24 * 3600 * 1000;
const datasetFilesAtOnce = 64;
/** Contents per transaction, and ids per check: each takes a few milliseconds, and searches can run in between. */
const removedAtOnce = 100;
const notedAtOnce = 5000;
const pauseMs = 10;
/** Pages that are cut off the database's file at once: a few milliseconds. */
const pagesAtOnce = 128;

export class Cleanup {
  readonly #options: CleanupOptions;
  #running: Promise<number> | undefined;
  #again = false;

  constructor(options: CleanupOptions) {
    this.#options = options;
  }

  /**
   * A call during a run makes that run check again before it ends.
   *
   * @returns how many contents were deleted
   */
  run(options: CleanupRun = {}): Promise<number> {
    this.#again = true;
    this.#running ??= this.#work(options).finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** As `run`, but errors are only logged; the next run continues. */
  async runInBackground(options: CleanupRun = {}): Promise<void> {
    try {
      const removed = await this.run(options);
      if (removed > 0)
        this.#options.log.info(`what was computed from ${removed} photos that are not there any more was deleted`);
    } catch (error) {
      if (options.signal?.aborted !== true) this.#options.log.warn(`cleaning up: ${errorMessage(error)}`);
    }
  }

  async #work({ signal, onProgress }: CleanupRun): Promise<number> {
    const { store, thumbnails, now = Date.now } = this.#options;
    let removed = 0;
    while (this.#again) {
      this.#again = false;
      const started = now();
      await this.#checkDatasets(started, signal);
      const last = store.unused.lastContent();
      for (let from = 1; from <= last; from += notedAtOnce) {
        store.unused.note(from, from + notedAtOnce - 1, started);
        await sleep(pauseMs, undefined, { signal });
      }
      for (;;) {
        const contents = store.unused.list(started - keptUnusedMs, removedAtOnce);
        if (contents.length === 0) break;
        // Before the rows are deleted, which contain the thumbnails' names.
        await thumbnails.remove(contents.map(({ hash }) => hash));
        removed += store.unused.remove(contents);
        onProgress?.(removed);
        await sleep(pauseMs, undefined, { signal });
      }
      while (store.space.step(pagesAtOnce)) await sleep(pauseMs, undefined, { signal });
    }
    return removed;
  }

  /** Once a day, because it asks the disk for each file. */
  async #checkDatasets(now: number, signal: AbortSignal | undefined): Promise<void> {
    const { datasets, preferences } = this.#options.store;
    const checked = preferences.get(datasetsKey);
    if (typeof checked === 'number' && checked <= now && now - checked < datasetsEveryMs) return;
    for (let after = ''; ;) {
      const paths = datasets.paths(after, datasetFilesAtOnce);
      if (paths.length === 0) break;
      const photos = await Promise.all(paths.map(async (path) => ({ path, isThere: await isThere(path) })));
      datasets.noteMissing(photos, now);
      after = paths.at(-1)!;
      await sleep(pauseMs, undefined, { signal });
    }
    datasets.forgetMissing(now - keptDatasetMs);
    preferences.set(datasetsKey, now);
  }
}

/** A file that cannot be looked at may be there. */
async function isThere(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch (error) {
    return !isNotThere(error);
  }
}
