/**
 * Watches the photo folders with chokidar and passes changes to the library in batches, so that a burst of thousands of files
 * needs only a few transactions. Each watch starts with a full scan, which finds earlier changes.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import { errorCode, errorMessage } from '../../../models/errors.ts';
import type { FolderRow } from '../../store/folders.ts';
import type { Library } from './library.ts';
import type { Log } from '../shared/log.ts';
import { pathFilter } from './path-filter.ts';

interface Watched {
  readonly folder: FolderRow;
  watcher: FSWatcher | undefined;
  readonly changed: Set<string>;
  timer: NodeJS.Timeout | undefined;
  /** time of the oldest pending change */
  burstSince: number | undefined;
  flushing: Promise<void> | undefined;
  /** ends the wait until a watch is set up */
  stopped: () => void;
}

/** Time without changes after which a batch is processed, and the maximum wait for a batch (debounce). */
const quietMs = 300;
const longestWaitMs = 2000;
/** A file changed more recently than this may still be incomplete and is not indexed yet. */
const settledMs = 700;
/** How often a folder that is not reachable (a disconnected disk) is checked. */
const usualAwayCheckMs = 5000;

export class Watcher {
  readonly #library: Library;
  readonly #log: Log;
  readonly #onChanged: () => void;
  readonly #watched = new Map<number, Watched>();
  readonly #awayCheck: NodeJS.Timeout;
  #closed = false;
  #looking = false;

  /** @param onChanged photos changed: the indexer may have work */
  constructor(library: Library, log: Log, onChanged: () => void, awayCheckMs = usualAwayCheckMs) {
    this.#library = library;
    this.#log = log;
    this.#onChanged = onChanged;
    this.#awayCheck = setInterval(() => void this.#lookForAway(), awayCheckMs);
    this.#awayCheck.unref();
  }

  /** Scans a folder, then watches it. A folder that cannot be reached gets the state `away` and is checked again. */
  async start(folder: FolderRow): Promise<void> {
    await this.stop(folder.id);
    if (this.#closed) return;
    const watched: Watched = {
      folder,
      watcher: undefined,
      changed: new Set(),
      timer: undefined,
      burstSince: undefined,
      flushing: undefined,
      stopped: () => undefined,
    };
    this.#watched.set(folder.id, watched);
    try {
      // chokidar also reads the whole folder.
      this.#library.setState(folder.id, 'scanning');
      // Watching starts before the scan ends, so that no change is missed; events are processed after it.
      await this.#watch(watched);
      if (this.#watched.get(folder.id) !== watched) return;
      await this.#library.scan(folder.id);
      if (this.#watched.get(folder.id) !== watched) return;
      this.#library.setState(folder.id, 'watching');
      this.#onChanged();
      this.#schedule(watched);
    } catch (error) {
      if (this.#watched.get(folder.id) !== watched) return; // the watch was stopped, and with it its scan
      this.#log.warn(`${folder.path} cannot be reached: ${errorMessage(error)}`);
      await this.#setAway(watched);
    }
  }

  async stop(id: number): Promise<void> {
    const watched = this.#watched.get(id);
    if (!watched) return;
    this.#watched.delete(id);
    clearTimeout(watched.timer);
    watched.stopped();
    await watched.watcher?.close();
    await watched.flushing;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#awayCheck);
    await Promise.all([...this.#watched.keys()].map((id) => this.stop(id)));
  }

  async #watch(watched: Watched): Promise<void> {
    const { folder } = watched;
    const accepts = pathFilter(folder.excludes);
    const watcher = watch(folder.path, {
      ignoreInitial: true,
      followSymlinks: false,
      ignored: (file) => file !== folder.path && !accepts(path.relative(folder.path, file)),
    });
    watched.watcher = watcher;
    watcher.on('all', (_event, file) => {
      watched.changed.add(path.resolve(file));
      this.#schedule(watched);
    });
    watcher.on('error', (error) => this.#log.warn(`watching ${folder.path}: ${errorMessage(error)}`));
    await new Promise<void>((resolve) => {
      watched.stopped = resolve;
      watcher.once('ready', resolve);
    });
  }

  #schedule(watched: Watched, delay = quietMs): void {
    if (
      watched.flushing !== undefined ||
      watched.changed.size === 0 ||
      this.#library.state(watched.folder.id) === 'scanning'
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

  async #flush(watched: Watched): Promise<void> {
    const { folder } = watched;
    watched.burstSince = undefined;
    // If the folder itself is missing, its disk may have been disconnected: its photos do not count as deleted.
    if (!(await isReachable(folder.path))) {
      await this.#setAway(watched);
      return;
    }
    if (this.#watched.get(folder.id) !== watched) return;
    const places = [...watched.changed];
    watched.changed.clear();
    try {
      const unsettled = await this.#library.refresh(folder.id, places, settledMs);
      unsettled.forEach((file) => watched.changed.add(file));
      this.#onChanged();
    } catch (error) {
      this.#log.error(`${folder.path}: changes could not be read: ${errorMessage(error)}`);
      if (errorCode(error) === 'library-busy') places.forEach((place) => watched.changed.add(place));
    }
  }

  async #setAway(watched: Watched): Promise<void> {
    const { watcher } = watched;
    watched.watcher = undefined;
    watched.changed.clear();
    clearTimeout(watched.timer);
    this.#library.setState(watched.folder.id, 'away');
    await watcher?.close();
  }

  async #lookForAway(): Promise<void> {
    if (this.#looking) return; // the scan of a folder that is available again takes longer than the interval
    this.#looking = true;
    try {
      for (const watched of [...this.#watched.values()]) {
        const { folder } = watched;
        const away = this.#library.state(folder.id) === 'away';
        const reachable = await isReachable(folder.path);
        if (this.#watched.get(folder.id) !== watched) continue;
        if (away && reachable) await this.start(folder);
        else if (!away && !reachable) await this.#setAway(watched);
      }
    } finally {
      this.#looking = false;
    }
  }
}

async function isReachable(folder: string): Promise<boolean> {
  try {
    return (await stat(folder)).isDirectory();
  } catch {
    return false;
  }
}
