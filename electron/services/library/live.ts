/**
 * The background work of a library while the window is open: fetches the weights, watches the folders, indexes.
 *
 * The command line runs the same services once; this runs until it is closed.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescryError, errorMessage, errorObject } from '../../../models/errors.ts';
import type { AssetsProgress, PhotoFolder } from '../../ipc/contract.ts';
import type { Descry } from '../descry.ts';
import type { Log } from '../shared/log.ts';
import { Others, type OthersEvents } from './others.ts';
import { moveFolder } from './move-folder.ts';
import { Watcher, type WatcherOptions } from './watcher.ts';

export interface LiveEvents {
  onAssets(progress: AssetsProgress): void;
  /** indexing that took long has ended */
  onIndexed(photos: number): void;
  /** what another process has changed */
  readonly onOthers?: OthersEvents;
}

export interface LiveOptions {
  readonly watcher?: WatcherOptions;
  /** how often it is looked whether another process has written */
  readonly othersMs?: number;
}

const pausedKey = 'indexing-paused';
/** Folders are scanned after this time at the latest, also where the search is not ready. */
const longestWarmUpMs = 30_000;
/** Minimum interval between searches for unused data, which run after indexing. */
const cleanupEveryMs = 10 * 60_000;

export class LiveLibrary {
  readonly #descry: Descry;
  readonly #events: LiveEvents;
  readonly #log: Log;
  readonly #watcher: Watcher;
  readonly #closing = new AbortController();
  #indexing: Promise<void> | undefined;
  #again = false;
  #cleaning: Promise<void> | undefined;
  #comparing: Promise<void> | undefined;
  #cleanedAt = 0;
  #reading: Promise<void> | undefined;
  #regions: Promise<void> | undefined;
  #changes: Promise<void> | undefined;
  #previews: Promise<void> | undefined;
  #switching: Promise<void> | undefined;
  readonly #others: Others;
  #daily: NodeJS.Timeout | undefined;

  constructor(descry: Descry, events: LiveEvents, log: Log, options: LiveOptions = {}) {
    this.#descry = descry;
    this.#events = events;
    this.#log = log;
    this.#watcher = new Watcher(descry.library, log, () => this.index(), options.watcher);
    this.#others = new Others(
      descry,
      {
        watched: () => this.#watcher.watched(),
        watch: (started, stopped) => {
          for (const id of stopped) {
            void this.#watcher.stop(id);
            descry.library.forget(id);
          }
          for (const folder of started) void this.#watcher.start(folder);
        },
        wished: () => this.#goOn(),
      },
      events.onOthers ?? {},
      log,
      options.othersMs,
    );
    descry.ensureOptions = { onProgress: (progress) => events.onAssets(progress), signal: this.#closing.signal };
    descry.onDamaged = () => this.index();
    descry.indexer.effort = descry.settings.get().effort;
    if (descry.store.preferences.get(pausedKey) === true) descry.indexer.pause();
  }

  /** Continues the work of the last session. */
  start(): void {
    this.#others.start();
    // Where nothing else does it: a window may be open for weeks, and what is due is done where indexing starts.
    this.#daily = setInterval(() => this.index(), 24 * 60 * 60_000).unref();
    const folders = this.#descry.library.folders();
    if (folders.length === 0) return;
    void this.#warmUp().then(() => {
      if (this.#closing.signal.aborted || this.#descry.store.readOnly !== undefined) return;
      this.index();
      const scans = this.#descry.library.folders().map((folder) => this.#watcher.start(folder));
      void Promise.all(scans).then(() => this.#goOn());
    });
  }

  /** The first search comes first: until it is ready, nothing else is read. */
  async #warmUp(): Promise<void> {
    const warm = this.#descry.search
      .warmUp()
      .catch((error: unknown) => this.#log.warn(`warming up: ${errorMessage(error)}`));
    // Weights that are fetched first take minutes.
    if (this.#descry.assets.state().state !== 'ready') return;
    const { signal } = this.#closing;
    await Promise.race([warm, sleep(longestWarmUpMs, undefined, { signal, ref: false }).catch(() => undefined)]);
  }

  /** @param paths folders, or files, for which their folder is added */
  async addFolders(paths: readonly string[]): Promise<PhotoFolder[]> {
    const added: number[] = [];
    const failures: unknown[] = [];
    for (const given of paths) {
      try {
        const information = await stat(given).catch(() => undefined);
        const folder = await this.#descry.library.add(information?.isFile() ? path.dirname(given) : given);
        added.push(folder.id);
        void this.#watcher.start(folder);
      } catch (error) {
        failures.push(error);
      }
    }
    if (added.length === 0 && failures.length > 0) throw failures[0];
    this.index();
    const { folders } = this.#descry.library.overview(this.#descry.models.inUse());
    return folders.filter((folder) => added.includes(folder.id));
  }

  /** The data computed from the folder's photos is deleted afterwards, in small steps. */
  async removeFolder(id: number): Promise<void> {
    await this.#watcher.stop(id);
    this.#descry.library.remove(id);
    this.#clean();
  }

  /** A folder that was moved is watched at its new place. @throws as `moveFolder` does */
  async moveFolder(id: number, to: string): Promise<void> {
    await this.#watcher.stop(id);
    try {
      await moveFolder(this.#descry.library, this.#descry.store, id, to);
      this.#descry.search.index.resetColumns();
    } finally {
      this.rescan(id);
    }
  }

  /**
   * Scans and watches a folder again.
   * @param acceptMissing the user says that photos whose files are missing were deleted
   */
  rescan(id: number, { acceptMissing = false } = {}): void {
    const folder = this.#descry.store.folders.get(id);
    if (!folder) throw new DescryError('not-found', 'The folder is not in the library any more.');
    void this.#watcher.start(folder, { acceptMissing });
  }

  /** As `rescan`, and has files read again whose edits the file system does not tell. */
  rescanAll(id: number): void {
    this.#descry.library.checkAll(id);
    this.rescan(id);
  }

  setExcludes(id: number, excludes: readonly string[]): void {
    this.#descry.library.setExcludes(id, excludes);
    this.rescan(id);
  }

  retryFailures(ids?: readonly number[]): void {
    this.#descry.store.failures.clear(ids);
    this.index();
  }

  pause(): void {
    this.#descry.store.preferences.set(pausedKey, true);
    this.#descry.indexer.pause();
  }

  resume(): void {
    this.#descry.store.preferences.set(pausedKey, false);
    this.#descry.indexer.resume();
    this.index();
    this.#goOn();
  }

  /** See `ModelSwitch.request`; what takes longer goes on in the background. */
  async useModel(id: string): Promise<'done' | 'background'> {
    const answer = await this.#descry.switching.request(id);
    if (answer === 'background') this.#goOn();
    else this.index();
    return answer;
  }

  /** Fetches the weights if they are missing; indexing that waits for them then continues. */
  fetchAssets(): void {
    this.index();
  }

  /** Starts indexing. Returns at once; a call during a run makes the run check again. */
  index(): void {
    if (this.#closing.signal.aborted || this.#descry.store.readOnly !== undefined) return;
    this.#readMetadata();
    this.#again = true;
    this.#indexing ??= this.#indexUntilDone().finally(() => (this.#indexing = undefined));
  }

  async close(): Promise<void> {
    clearInterval(this.#daily);
    this.#closing.abort(new DescryError('cancelled', 'The program is being closed.'));
    this.#descry.indexer.resume(); // a paused run must resume to notice that it was stopped
    this.#others.close();
    await this.#watcher.close();
    await this.#indexing;
    await this.#cleaning;
    await this.#comparing;
    await this.#reading;
    await this.#regions;
    await this.#changes;
    await this.#previews;
    await this.#switching;
  }

  /** What an earlier version did not read. It needs no weights, and does not wait for them. */
  #readMetadata(): void {
    this.#reading = this.#inBackground('reading metadata again', (options) => this.#descry.metadata.run(options));
  }

  /** A change to another model, where one is wished for: photos that are not indexed by the present one come first. */
  #goOn(): void {
    const { store, switching } = this.#descry;
    if (this.#closing.signal.aborted || store.readOnly !== undefined || switching.wanted() === undefined) return;
    const before = this.#descry.models.inUse();
    this.#switching = this.#inBackground('changing the model', async ({ signal }) => {
      await switching.run({ signal });
      if (this.#descry.models.inUse() !== before) this.index();
    });
  }

  /** After indexing: photos that cannot be found yet come first. */
  #readRegions(): void {
    this.#regions = this.#inBackground('reading the regions of photos', async (options) => {
      await this.#descry.packing.run(options);
      await this.#descry.regions.run(options);
    });
  }

  /** After indexing, too: until then a photo is found by what it showed before. */
  #checkChanges(): void {
    this.#changes = this.#inBackground('reading changed files again', async (options) => {
      if ((await this.#descry.changes.run(options)) > 0) this.index();
    });
  }

  /** @param what for the log, where the work fails */
  async #inBackground(what: string, work: (options: { signal: AbortSignal }) => Promise<unknown>): Promise<void> {
    const { signal } = this.#closing;
    try {
      await work({ signal });
    } catch (error) {
      if (!signal.aborted) this.#log.warn(`${what}: ${errorMessage(error)}`);
    }
  }

  #clean(): void {
    this.#cleanedAt = Date.now();
    const cleaning = this.#descry.cleanup.runInBackground({ signal: this.#closing.signal });
    this.#cleaning = Promise.all([this.#cleaning, cleaning]).then(() => undefined);
  }

  async #indexUntilDone(): Promise<void> {
    const { indexing } = this.#descry;
    while (this.#again && !this.#closing.signal.aborted) {
      this.#again = false;
      try {
        indexing.setFailure(null);
        indexing.setWaiting(this.#descry.assets.state().state !== 'ready');
        await this.#descry.weights();
        if (await this.#descry.checkWeights(this.#closing.signal)) await this.#descry.weights();
        indexing.setWaiting(false);
        const { indexed, reused, failed } = await this.#descry.indexer.run({ signal: this.#closing.signal });
        const done = indexed + reused + failed.length;
        if (done > 0) this.#events.onIndexed(done);
        this.#readRegions();
        this.#checkChanges();
        this.#previews = this.#inBackground('previews', (options) => this.#descry.previews.run(options));
        this.#comparing = this.#descry.nearDuplicates.runInBackground({ signal: this.#closing.signal });
        if (Date.now() - this.#cleanedAt > cleanupEveryMs) this.#clean();
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        this.#log.error(`indexing stopped: ${errorMessage(error)}`);
        indexing.setWaiting(false);
        indexing.setFailure(errorObject(error));
      }
    }
  }
}
