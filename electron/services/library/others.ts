/**
 * Notices what another process (the command line) writes into the library, and tells the window. SQLite counts the changes by
 * other connections; reading this number costs microseconds, so that nothing else is read while nobody writes.
 */
import { isDeepStrictEqual } from 'node:util';
import { errorMessage } from '../../../models/errors.ts';
import type { Settings } from '../../ipc/contract.ts';
import type { FolderRow } from '../../store/folders.ts';
import type { Descry } from '../descry.ts';
import type { Log } from '../shared/log.ts';

export interface OthersEvents {
  /** photos, counts or failures */
  library?(): void;
  models?(): void;
  settings?(settings: Settings): void;
  savedSearches?(): void;
}

interface Watching {
  /** the folders that are watched, as they were when their watch began */
  watched(): readonly FolderRow[];
  /** these are to be scanned and watched, and the ids of those that are to be watched no more */
  watch(started: readonly FolderRow[], stopped: readonly number[]): void;
  /** another model is wished for, or no one any more */
  wished(): void;
}

const usualPollMs = 1000;
/** When the others have been silent for this long, or write for this long, all photos are compared. */
const silentMs = 1500;
const longestMs = 15_000;
/** Embeddings that are taken up at once: about 10 ms. */
const embeddingsAtOnce = 1000;

export class Others {
  readonly #descry: Descry;
  readonly #watching: Watching;
  readonly #events: OthersEvents;
  readonly #log: Log;
  readonly #pollMs: number;
  #timer: NodeJS.Timeout | undefined;
  #version = 0;
  #embedding = 0;
  #models: unknown;
  /** the chosen model, where its encoder is not there */
  #lost: string | undefined;
  #saved: unknown;
  #favourites: unknown;
  #wanted: string | undefined;
  /** since when, and when last, others have written what was not compared yet, as Date.now() */
  #writing: { readonly since: number; readonly last: number } | undefined;

  constructor(descry: Descry, watching: Watching, events: OthersEvents, log: Log, pollMs = usualPollMs) {
    this.#descry = descry;
    this.#watching = watching;
    this.#events = events;
    this.#log = log;
    this.#pollMs = pollMs;
  }

  start(): void {
    const { store } = this.#descry;
    this.#version = store.othersVersion();
    this.#embedding = store.contents.lastEmbedding();
    this.#models = this.#modelState();
    this.#lost = this.#descry.models.lost()?.model;
    this.#saved = store.savedSearches.all();
    this.#favourites = store.favourites.state();
    this.#wanted = this.#descry.switching.wanted();
    this.#timer = setInterval(() => this.#poll(), this.#pollMs);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #poll(): void {
    try {
      const version = this.#descry.store.othersVersion();
      const now = Date.now();
      if (version !== this.#version) {
        this.#version = version;
        this.#writing = { since: this.#writing?.since ?? now, last: now };
        this.#takeUpNew();
      } else this.#takeUpModel();
      if (!this.#writing) return;
      const { since, last } = this.#writing;
      if (now - last < silentMs && now - since < longestMs) return;
      this.#writing = undefined;
      if (this.#descry.search.index.takeUp()) this.#photosChanged();
    } catch (error) {
      this.#log.warn(`what another process wrote could not be read: ${errorMessage(error)}`);
    }
  }

  /** What can be found without reading all photos. */
  #takeUpNew(): void {
    const { store, search, settings, indexer, switching } = this.#descry;
    this.#takeUpFolders();
    if (this.#takeUpEmbeddings()) this.#photosChanged();
    else this.#events.library?.(); // counts, failures
    if (settings.reload()) {
      indexer.effort = settings.get().effort;
      this.#events.settings?.(settings.get());
    }
    const models = this.#modelState();
    if (!isDeepStrictEqual(models, this.#models)) {
      this.#models = models;
      this.#events.models?.();
      this.#photosChanged();
    }
    const wanted = switching.wanted();
    if (wanted !== this.#wanted) {
      this.#wanted = wanted;
      switching.update();
      this.#watching.wished();
    }
    const saved = store.savedSearches.all();
    if (!isDeepStrictEqual(saved, this.#saved)) {
      this.#saved = saved;
      this.#events.savedSearches?.();
    }
    const favourites = store.favourites.state();
    if (!isDeepStrictEqual(favourites, this.#favourites)) {
      this.#favourites = favourites;
      search.index.resetColumns();
      this.#photosChanged();
    }
  }

  /** Another process has added or removed an encoder of this machine, so that another model is used: no library need have changed. */
  #takeUpModel(): void {
    const lost = this.#descry.models.lost()?.model;
    if (lost === this.#lost) return;
    this.#lost = lost;
    this.#models = this.#modelState();
    this.#events.models?.();
    this.#photosChanged();
  }

  #takeUpFolders(): void {
    const watched = new Map(this.#watching.watched().map((folder) => [folder.id, folder]));
    const folders = this.#descry.library.folders();
    const started = folders.filter(({ id, path, excludes }) => {
      const before = watched.get(id);
      return !before || before.path !== path || !isDeepStrictEqual(before.excludes, excludes);
    });
    const stopped = [...watched.keys()].filter((id) => !folders.some((folder) => folder.id === id));
    if (started.length + stopped.length > 0) this.#watching.watch(started, stopped);
  }

  /** @returns whether there were any */
  #takeUpEmbeddings(): boolean {
    const { store, search, models } = this.#descry;
    const newest = store.contents.lastEmbedding();
    // Where the last ones were deleted, their numbers are given again.
    const after = Math.min(this.#embedding, newest);
    const model = models.inUse();
    const found = store.contents.embeddedAfter(after, model, embeddingsAtOnce);
    for (const { photo, embedding } of found) search.add(model, photo, embedding);
    // If there are more, all photos are compared when the others are silent.
    this.#embedding = newest;
    return found.length > 0;
  }

  #photosChanged(): void {
    this.#descry.nearDuplicates.invalidate();
    this.#events.library?.();
  }

  #modelState(): unknown {
    const { store, models } = this.#descry;
    return [models.inUse(), store.models.all().map(({ id, created }) => [id, created])];
  }
}
