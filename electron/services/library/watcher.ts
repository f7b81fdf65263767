/**
 * Watches the photo folders (folder-watch.ts) and passes changes to the library in batches, so that a burst of thousands of files
 * needs only a few transactions. Each watch starts with a full scan, which finds earlier changes.
 *
 * Where the system does not tell all changes (a limit on watched folders, a network disk), the folder is also scanned from time
 * to time (watch-limit.ts).
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, errorMessage } from '../../../models/errors.ts';
import type { PhotoFolder } from '../../ipc/contract.ts';
import { isDatabaseError } from '../../store/database-errors.ts';
import type { FolderRow } from '../../store/folders.ts';
import { watchFolder, type FolderWatch } from './folder-watch.ts';
import type { Library } from './library.ts';
import type { Log } from '../shared/log.ts';
import { pathFilter } from './path-filter.ts';
import { isFolder } from './scan.ts';
import { isOnNetwork, limitOf, nextScanIn, usualClock, type ClockTimes } from './watch-limit.ts';

interface Watched {
  readonly folder: FolderRow;
  watch: FolderWatch | undefined;
  /** places, and whether nothing but their contents has changed */
  readonly changed: Map<string, boolean>;
  timer: NodeJS.Timeout | undefined;
  /** time of the oldest pending change */
  burstSince: number | undefined;
  flushing: Promise<void> | undefined;
  /** which folder has the path: a disk that is mounted there later hides it */
  identity: string | undefined;
  clock: NodeJS.Timeout | undefined;
  scanMs: number;
  /** when a scan that failed is tried again, as Date.now(), although the folder can be read (the library was busy) */
  retryAt: number | undefined;
}

/** Time without changes after which a batch is processed, and the maximum wait for a batch (debounce). */
const quietMs = 300;
const longestWaitMs = 2000;
/** A file changed more recently than this may still be incomplete and is not indexed yet. */
const settledMs = 700;
const retryMs = 60_000;
/** How often it is checked whether a folder can be read (a disk that is connected or disconnected). */
const usualAwayCheckMs = 5000;

const unwatchable: ReadonlySet<string> = new Set(['not-found', 'not-a-folder', 'no-permission']);

type ClockReason = NonNullable<PhotoFolder['clock']>['why'];

export interface WatcherOptions {
  readonly awayCheckMs?: number;
  /** how often a folder is scanned whose changes are not all noticed */
  readonly clock?: ClockTimes;
  /** for tests */
  readonly watch?: typeof watchFolder;
  readonly isOnNetwork?: (folder: string) => Promise<boolean>;
}

export class Watcher {
  readonly #library: Library;
  readonly #log: Log;
  readonly #onChanged: () => void;
  readonly #watched = new Map<number, Watched>();
  readonly #awayCheck: NodeJS.Timeout;
  readonly #options: WatcherOptions;
  #closed = false;
  #looking = false;

  /** @param onChanged photos changed: the indexer may have work */
  constructor(library: Library, log: Log, onChanged: () => void, options: WatcherOptions = {}) {
    this.#options = options;
    this.#library = library;
    this.#log = log;
    this.#onChanged = onChanged;
    this.#awayCheck = setInterval(() => void this.#lookForAway(), options.awayCheckMs ?? usualAwayCheckMs);
    this.#awayCheck.unref();
  }

  /**
   * Scans a folder, then watches it. A folder that cannot be read gets the state `away` or `gone` and is checked again.
   * @param acceptMissing the user says that photos whose files are missing were deleted
   */
  async start(folder: FolderRow, { acceptMissing = false } = {}): Promise<void> {
    await this.stop(folder.id);
    if (this.#closed) return;
    const watched: Watched = {
      folder,
      watch: undefined,
      changed: new Map(),
      timer: undefined,
      burstSince: undefined,
      flushing: undefined,
      identity: undefined,
      clock: undefined,
      scanMs: 0,
      retryAt: undefined,
    };
    this.#watched.set(folder.id, watched);
    try {
      watched.identity = await identityOf(folder.path);
      this.#library.states.setClock(folder.id, null);
      if (this.#watched.get(folder.id) !== watched) return;
      this.#watch(watched);
      await this.#scan(watched, acceptMissing);
      if (await (this.#options.isOnNetwork ?? isOnNetwork)(folder.path)) this.#scanOnClock(watched, 'network');
      if (this.#watched.get(folder.id) !== watched) return;
      this.#library.states.set(folder.id, 'watching');
      this.#onChanged();
      this.#schedule(watched);
    } catch (error) {
      if (this.#watched.get(folder.id) !== watched) return; // the watch was stopped, and with it its scan
      // Where the library's own database cannot be used, the folder is not away; it is tried again like one that could not be read.
      const level = isDatabaseError(error) ? 'error' : 'warn';
      this.#log[level](`${folder.path} could not be scanned: ${errorMessage(error)}`);
      watched.retryAt = Date.now() + retryMs;
      this.#release(watched);
    }
  }

  /** The folders that are watched, as they were when their watch began. */
  watched(): FolderRow[] {
    return [...this.#watched.values()].map(({ folder }) => folder);
  }

  async stop(id: number): Promise<void> {
    const watched = this.#watched.get(id);
    if (!watched) return;
    this.#watched.delete(id);
    clearTimeout(watched.timer);
    clearTimeout(watched.clock);
    watched.watch?.close();
    await watched.flushing;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#awayCheck);
    await Promise.all([...this.#watched.keys()].map((id) => this.stop(id)));
  }

  /** Watching starts before the scan, so that no change is missed; changes are processed after it. */
  #watch(watched: Watched): void {
    const { folder } = watched;
    const accepts = pathFilter(folder.excludes);
    watched.watch = (this.#options.watch ?? watchFolder)(folder.path, {
      onChange: (place, contentOnly) => {
        if (!accepts(path.relative(folder.path, place))) return;
        watched.changed.set(place, contentOnly && watched.changed.get(place) !== false);
        this.#schedule(watched);
      },
      onError: (error) => this.#cannotWatch(watched, error),
    });
  }

  #cannotWatch(watched: Watched, error: unknown): void {
    const limit = limitOf(error);
    if (limit === undefined) {
      // What was deleted meanwhile, or may not be read, the scan tells of.
      if (!unwatchable.has(errorCode(error))) this.#log.warn(`watching ${watched.folder.path}: ${errorMessage(error)}`);
      return;
    }
    // A limit is reached at each of thousands of folders.
    if (watched.clock !== undefined) return;
    this.#log.warn(`watching ${watched.folder.path}: ${errorMessage(error)}`);
    this.#scanOnClock(watched, limit);
  }

  /** @param acceptMissing see `start` */
  async #scan(watched: Watched, acceptMissing = false): Promise<void> {
    const started = performance.now();
    const onFolder = (folder: string) => watched.watch?.add(folder);
    await this.#library.scan(watched.folder.id, { acceptMissing, onFolder });
    watched.scanMs = performance.now() - started;
  }

  #schedule(watched: Watched, delay = quietMs): void {
    if (
      watched.flushing !== undefined ||
      watched.changed.size === 0 ||
      this.#library.states.get(watched.folder.id) === 'scanning'
    )
      return;
    const now = Date.now();
    const waited = now - (watched.burstSince ?? now);
    watched.burstSince ??= now;
    clearTimeout(watched.timer);
    watched.timer = setTimeout(
      () => {
        watched.flushing = this.#flush(watched).finally(() => {
          watched.flushing = undefined;
          if (this.#watched.get(watched.folder.id) === watched) this.#schedule(watched, settledMs);
        });
      },
      Math.max(0, Math.min(delay, longestWaitMs - waited)),
    );
  }

  /** The folder is scanned again and again until it is stopped. */
  #scanOnClock(watched: Watched, why: ClockReason): void {
    const { folder } = watched;
    if (this.#watched.get(folder.id) !== watched) return;
    const wait = nextScanIn(watched.scanMs, this.#options.clock ?? usualClock);
    this.#library.states.setClock(folder.id, { why, everyMs: Math.round(wait) });
    clearTimeout(watched.clock);
    watched.clock = setTimeout(() => void this.#scanAgain(watched, why), wait);
    watched.clock.unref();
  }

  async #scanAgain(watched: Watched, why: ClockReason): Promise<void> {
    const { folder } = watched;
    const state = this.#library.states.get(folder.id);
    if (state === 'watching') {
      try {
        await this.#scan(watched);
        if (this.#watched.get(folder.id) !== watched) return;
        this.#library.states.set(folder.id, 'watching');
        this.#onChanged();
      } catch (error) {
        if (this.#watched.get(folder.id) !== watched) return;
        this.#log.warn(`${folder.path} could not be scanned: ${errorMessage(error)}`);
        this.#release(watched);
      }
    }
    this.#scanOnClock(watched, why);
  }

  async #flush(watched: Watched): Promise<void> {
    const { folder } = watched;
    watched.burstSince = undefined;
    // If the folder itself is missing, its disk may have been disconnected: its photos do not count as deleted.
    const absence = await this.#library.absence(folder.id);
    if (absence) {
      this.#library.states.setAbsence(folder.id, absence);
      this.#release(watched);
      return;
    }
    if (this.#watched.get(folder.id) !== watched) return;
    const changed = [...watched.changed];
    watched.changed.clear();
    const places: string[] = [];
    // A folder in which something changed is none that has to be read: what changed is told, too.
    for (const [place, contentOnly] of changed) if (!contentOnly || !(await isFolder(place))) places.push(place);
    try {
      watched.watch?.forget(places);
      const onFolder = (inside: string) => watched.watch?.add(inside);
      const unsettled = await this.#library.refresh(folder.id, places, settledMs, onFolder);
      unsettled.forEach((file) => watched.changed.set(file, true));
      this.#onChanged();
    } catch (error) {
      this.#log.error(`${folder.path}: changes could not be read: ${errorMessage(error)}`);
      if (errorCode(error) === 'library-busy') places.forEach((place) => watched.changed.set(place, false));
    }
  }

  /** Stops watching a folder that cannot be read. */
  #release(watched: Watched): void {
    watched.watch?.close();
    watched.watch = undefined;
    watched.changed.clear();
    clearTimeout(watched.timer);
    clearTimeout(watched.clock);
  }

  async #lookForAway(): Promise<void> {
    if (this.#looking) return; // the scan of a folder that is available again takes longer than the interval
    this.#looking = true;
    try {
      for (const watched of [...this.#watched.values()]) {
        const { folder } = watched;
        const state = this.#library.states.get(folder.id);
        const [absence, identity] = [await this.#library.absence(folder.id), await identityOf(folder.path)];
        if (this.#watched.get(folder.id) !== watched) continue;
        const isAbsent = state === 'away' || state === 'gone';
        // Another folder has the path: a disk was mounted there, or unmounted.
        const isAnother = state === 'watching' && watched.identity !== undefined && identity !== watched.identity;
        if (absence) {
          this.#library.states.setAbsence(folder.id, absence);
          if (!isAbsent) this.#release(watched);
        } else if (isAbsent || isAnother || (watched.retryAt !== undefined && watched.retryAt < Date.now()))
          await this.start(folder);
      }
    } finally {
      this.#looking = false;
    }
  }
}

async function identityOf(folder: string): Promise<string | undefined> {
  const found = await stat(folder, { bigint: true }).catch(() => undefined);
  return found && `${found.dev} ${found.ino}`;
}
