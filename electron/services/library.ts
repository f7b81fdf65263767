/**
 * The photo folders: added, removed, scanned and watched. It keeps the table of photos equal to what lies on the disk;
 * computing anything from the photos is the indexer's business.
 */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { DescryError } from '../../models/errors.ts';
import type { LibraryOverview, PhotoFolder } from '../ipc/contract.ts';
import type { FolderRow } from '../store/folders.ts';
import type { Store } from '../store/store.ts';
import type { Log } from './log.ts';
import { assertFolder, describeFile, pathFilter, scanFolder, type FoundFile } from './scan.ts';

export type { FolderRow };

export interface LibraryEvents {
  /** @param photosChanged photos came, changed or went, and not only a folder's state */
  onChanged(photosChanged: boolean): void;
  /** these photos are not to be found any more */
  onRemoved(photos: readonly number[]): void;
}

export interface ScanReport {
  /** photos in the folder now */
  readonly found: number;
  readonly added: number;
  readonly removed: number;
}

export interface LibraryOptions {
  readonly store: Store;
  readonly isPhoto: (file: string) => boolean;
  /** names of what `isPhoto` accepts, for messages */
  readonly photoTypes: string;
  readonly events: LibraryEvents;
  readonly log: Log;
}

/** Rows per transaction: one write to the disk for many files, without holding the lock for seconds. */
const batchSize = 500;

export class Library {
  readonly #options: LibraryOptions;
  readonly #states = new Map<number, PhotoFolder['state']>();
  readonly #scans = new Map<number, Promise<ScanReport>>();

  constructor(options: LibraryOptions) {
    this.#options = options;
  }

  folders(): FolderRow[] {
    return this.#options.store.folders.all();
  }

  /** @param model whose embeddings make a photo an indexed one */
  overview(model: string): LibraryOverview {
    const { store } = this.#options;
    const counts = store.folders.counts(model);
    const folders = store.folders.all().map((folder): PhotoFolder => {
      const { photos = 0, indexed = 0, failures = 0 } = counts.get(folder.id) ?? {};
      const state = this.#states.get(folder.id) ?? 'waiting';
      return { ...folder, excludes: [...folder.excludes], state, photos, indexed, failures };
    });
    const sum = (key: 'photos' | 'indexed' | 'failures') => folders.reduce((total, folder) => total + folder[key], 0);
    return { folders, photos: sum('photos'), indexed: sum('indexed'), failures: sum('failures') };
  }

  /**
   * Registers a folder; scanning it is a second step.
   *
   * @throws DescryError `not-found`, `not-a-folder`, `no-permission`, `nested-folder`
   */
  async add(folder: string): Promise<FolderRow> {
    await assertFolder(folder);
    const real = await realpath(folder);
    for (const other of this.folders()) {
      if (other.path === real) return other;
      if (isInside(real, other.path)) {
        throw new DescryError(
          'nested-folder',
          `${real} lies inside ${other.path}, which is in the library already with all that is below it.`,
        );
      }
      if (isInside(other.path, real)) {
        throw new DescryError(
          'nested-folder',
          `${real} holds ${other.path}, which is in the library already. Remove that folder first (descry folders remove), then add this one; nothing is computed again.`,
        );
      }
    }
    const row = this.#options.store.folders.add(real);
    this.#options.events.onChanged(false);
    return row;
  }

  /** Forgets a folder and its photos. The files are not touched, and what was computed from them stays cached. */
  remove(id: number): void {
    const { store, events } = this.#options;
    const removed = store.photos.inFolder(id).map((photo) => photo.id);
    store.folders.remove(id);
    this.#states.delete(id);
    events.onRemoved(removed);
    events.onChanged(true);
  }

  setExcludes(id: number, excludes: readonly string[]): void {
    this.#options.store.folders.setExcludes(id, excludes);
  }

  state(id: number): PhotoFolder['state'] {
    return this.#states.get(id) ?? 'waiting';
  }

  setState(id: number, state: PhotoFolder['state']): void {
    if (this.#states.get(id) === state) return;
    this.#states.set(id, state);
    this.#options.events.onChanged(false);
  }

  /**
   * Makes the table equal to the folder. Photos of a folder that is away stay, and so do those below a subfolder that
   * cannot be read now.
   *
   * @throws DescryError when the folder cannot be read
   */
  scan(id: number, signal?: AbortSignal): Promise<ScanReport> {
    const running = this.#scans.get(id);
    if (running) return running;
    const scan = this.#scan(id, signal).finally(() => this.#scans.delete(id));
    this.#scans.set(id, scan);
    return scan;
  }

  async #scan(id: number, signal: AbortSignal | undefined): Promise<ScanReport> {
    const { store, events, log } = this.#options;
    const folder = this.#folder(id);
    const unreadable: string[] = [];
    const gone = new Map(store.photos.inFolder(id).map((photo) => [photo.path, photo.id]));
    let found = 0;
    let added = 0;
    const batch: FoundFile[] = [];
    const flush = () => {
      store.transaction(() => {
        for (const file of batch.splice(0)) {
          const isNew = !gone.delete(file.path);
          if (store.photos.upsert(id, file).changed && isNew) added++;
          found++;
        }
      });
    };
    this.setState(id, 'scanning');
    try {
      const skipped = (subfolder: string, error: unknown) => {
        unreadable.push(subfolder);
        log.warn(`${subfolder} could not be read: ${String(error)}`);
      };
      for await (const file of scanFolder(folder.path, this.#options.isPhoto, pathFilter(folder.excludes), skipped)) {
        signal?.throwIfAborted();
        batch.push(file);
        if (batch.length >= batchSize) {
          flush();
          events.onChanged(true);
        }
      }
      flush();
    } catch (error) {
      this.setState(id, signal?.aborted ? 'waiting' : 'away');
      throw error;
    }
    const removed = [...gone].filter(([file]) => !unreadable.some((subfolder) => isInside(file, subfolder)));
    this.#removePhotos(removed.map(([, photo]) => photo));
    store.folders.scanned(id, Date.now());
    this.setState(id, 'waiting');
    events.onChanged(added + removed.length > 0);
    log.info(`${folder.path}: ${found} photos, ${added} new, ${removed.length} gone`);
    return { found, added, removed: removed.length };
  }

  /**
   * Brings single files up to date, for the watcher.
   *
   * @returns files that are still being written, to be asked about again
   */
  async refresh(id: number, files: Iterable<string>, settledMs: number): Promise<string[]> {
    const { store, isPhoto, events } = this.#options;
    const folder = this.#folder(id);
    const accepts = pathFilter(folder.excludes);
    const unsettled: string[] = [];
    const present: FoundFile[] = [];
    const removed: number[] = [];
    for (const file of files) {
      const found = accepts(path.relative(folder.path, file)) ? await describeFile(file) : undefined;
      if (!found) removed.push(...store.photos.below(file, path.sep).map((photo) => photo.id));
      else if (!isPhoto(file)) continue;
      else if (Date.now() - found.modified < settledMs && Date.now() >= found.modified) unsettled.push(file);
      else present.push(found);
    }
    let changed = 0;
    store.transaction(() => present.forEach((file) => (changed += store.photos.upsert(id, file).changed ? 1 : 0)));
    this.#removePhotos(removed);
    if (changed + removed.length > 0) events.onChanged(true);
    return unsettled;
  }

  /** @throws DescryError `no-photos`, for a command that was asked to index the folder */
  requirePhotos(folder: FolderRow, report: ScanReport): void {
    if (report.found > 0) return;
    throw new DescryError(
      'no-photos',
      `${folder.path} holds no photos (${this.#options.photoTypes}). Name the folder that holds yours.`,
    );
  }

  #removePhotos(photos: readonly number[]): void {
    if (photos.length === 0) return;
    const { store, events } = this.#options;
    store.transaction(() => photos.forEach((photo) => store.photos.remove(photo)));
    events.onRemoved(photos);
  }

  #folder(id: number): FolderRow {
    const folder = this.#options.store.folders.get(id);
    if (!folder) throw new DescryError('not-found', 'The folder is not in the library any more.');
    return folder;
  }
}

/** Whether `inner` lies below `outer` (or is it). */
export function isInside(inner: string, outer: string): boolean {
  const relative = path.relative(outer, inner);
  return relative === '' || (!relative.startsWith(`..${path.sep}`) && relative !== '..' && !path.isAbsolute(relative));
}
