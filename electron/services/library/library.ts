/**
 * The photo folders: added, removed, scanned and watched. It keeps the table of photos equal to the files on the disk;
 * the indexer computes features and embeddings.
 */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { DescryError } from '../../../models/errors.ts';
import type { LibraryOverview } from '../../ipc/contract.ts';
import { leftOutText } from '../../ipc/left-out.ts';
import type { FolderRow } from '../../store/folders.ts';
import { isDatabaseError } from '../../store/database-errors.ts';
import type { PhotoRow } from '../../store/photos.ts';
import type { Store } from '../../store/store.ts';
import { knownExtensions, type Kind } from '../../vision/formats.ts';
import type { Log } from '../shared/log.ts';
import { FolderStates } from './folder-states.ts';
import { absenceError, absenceOf, diskOf, type Absence } from './folder-place.ts';
import type { Doubtful } from './change-check.ts';
import { compareFolder, type Compared } from './compare-folder.ts';
import { ReadingThreads } from './folder-reader.ts';
import { FoundInFolder } from './found-in-folder.ts';
import { Links } from './links.ts';
import { assertNotNested, isBelowOne } from './nested-folders.ts';
import { Counts, overviewOf } from './overview.ts';
import { isTooCostly, pathFilter } from './path-filter.ts';
import {
  assertFolder,
  isFolder,
  scanNames,
  scanSubfolder,
  stemOf,
  type FolderFound,
  type FoundFile,
  type ScanFolderOptions,
} from './scan.ts';
import { Vanished, type Circumstances } from './vanished.ts';

export type { FolderRow };

export interface LibraryEvents {
  /** @param photosChanged photos were added, changed or removed; false: only a folder's state changed */
  onChanged(photosChanged: boolean): void;
  /** these photos can no longer be found */
  onRemoved(photos: readonly number[]): void;
  /** whether the files of some photos are there has changed: of equal photos, another one is to be shown */
  onPresence?(): void;
  /** after a scan: these files may have other bytes although their size and time are the same */
  onDoubtful(folder: number, doubtful: Doubtful): void;
}

export interface ScanReport {
  /** photos in the folder now */
  readonly found: number;
  readonly added: number;
  readonly removed: number;
  /** photos that are kept although their files are missing, because many vanished at once; absent: none */
  readonly missing?: number;
}

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined;
  /** the user says that missing photos were deleted, however many they are */
  readonly acceptMissing?: boolean | undefined;
  /** called with each folder before it is read: who watches it from then on misses no change */
  readonly onFolder?: ((folder: string) => void) | undefined;
}

export interface LibraryOptions {
  readonly store: Store;
  readonly kindOf: (file: string) => Kind | undefined;
  /** names of the formats of photos, for messages */
  readonly photoTypes: string;
  readonly events: LibraryEvents;
  readonly log: Log;
}

export class Library {
  readonly #options: LibraryOptions;
  /** of the folders, while this process runs */
  readonly states: FolderStates;
  readonly vanished: Vanished;
  readonly #scans = new Map<
    number,
    { report: Promise<ScanReport>; controller: AbortController; acceptMissing: boolean }
  >();
  readonly #thorough = new Set<number>();
  readonly #counts: Counts;
  readonly #threads = new ReadingThreads(knownExtensions);

  constructor(options: LibraryOptions) {
    this.#options = options;
    this.states = new FolderStates(options.store, options.events);
    this.vanished = new Vanished(options.store);
    this.#counts = new Counts(options.store);
  }

  folders(): FolderRow[] {
    return this.#options.store.folders.all();
  }

  /** @param model a photo counts as indexed if it has an embedding of this model */
  overview(model: string): LibraryOverview {
    return overviewOf(this.#counts, this.states, model);
  }

  /**
   * Registers a folder; it is scanned separately.
   *
   * @throws DescryError `not-found`, `not-a-folder`, `no-permission`, `nested-folder`
   */
  async add(folder: string): Promise<FolderRow> {
    return (await this.addAll([folder]))[0]!;
  }

  /** Registers all of the folders, or none if one of them cannot be registered. @throws as `add` does */
  async addAll(folders: readonly string[]): Promise<FolderRow[]> {
    const reals: string[] = [];
    const { store, events } = this.#options;
    for (const folder of folders) {
      const row = this.folders().find((one) => one.path === path.resolve(folder));
      const absence = row && (await this.absence(row.id));
      if (absence) throw absenceError(row.path, absence, store.photos.idsInFolder(row.id).size);
      await assertFolder(folder);
      reals.push(await realpath(folder));
    }
    const known = this.folders().map((row) => row.path);
    const wanted = new Set<string>();
    for (const real of reals) {
      if (!known.includes(real)) {
        assertNotNested(real, known, 'in the library already');
        assertNotNested(real, [...wanted], 'named too');
      }
      wanted.add(real);
    }
    const rows = store.transaction(() => [...wanted].map((real) => store.folders.add(real)));
    events.onChanged(false);
    return rows;
  }

  /**
   * Takes a folder and its photos out of the library. The files are not touched; the data computed from them is deleted by
   * the next run of `Cleanup`, unless another folder or a dataset uses it, too.
   */
  remove(id: number): void {
    const { store, events } = this.#options;
    this.forget(id);
    const removed = store.transaction(() => {
      store.unused.release(id);
      const photos = store.photos.idsInFolder(id);
      store.folders.remove(id);
      // Of photos that were replaced or deleted before, too: the user expects that nothing is left.
      store.unused.releaseUnused(store.folders.all().length === 0);
      return [...photos];
    });
    events.onRemoved(removed);
    events.onChanged(true);
  }

  /** @throws DescryError `usage` for a pattern that would take too long */
  setExcludes(id: number, excludes: readonly string[]): void {
    const costly = excludes.find(isTooCostly);
    if (costly !== undefined) {
      throw new DescryError('usage', `The pattern ${costly} has too many wildcards: use up to four in each name.`);
    }
    this.#scans.get(id)?.controller.abort(new DescryError('cancelled', 'The list of excluded files has changed.'));
    this.#options.store.folders.setExcludes(id, excludes);
  }

  /** Looks which folders can be read now, for a command that does not scan them. */
  async look(): Promise<void> {
    for (const { id } of this.folders()) this.states.setAbsence(id, await this.absence(id));
  }

  /** @returns undefined where the folder can be read */
  async absence(id: number): Promise<Absence | undefined> {
    const { folders } = this.#options.store;
    const folder = folders.get(id);
    return folder && absenceOf(folder.path, folders.disk(id));
  }

  /** The user's answer about photos that vanished: they stay until their files are back. */
  keepMissing(id: number): void {
    this.#options.store.folders.setKeepMissing(id, true);
    this.#options.events.onChanged(false);
  }

  /** The folder was removed, by this or another process: ends its scan, and forgets its state. */
  forget(id: number): void {
    this.#scans.get(id)?.controller.abort(new DescryError('cancelled', 'The folder was removed from the library.'));
    this.states.forget(id);
  }

  /**
   * Makes the table equal to the folder. Photos of a disconnected folder stay, and so do those below a subfolder that cannot
   * be read now.
   *
   * @throws DescryError when the folder cannot be read
   */
  scan(id: number, options: ScanOptions = {}): Promise<ScanReport> {
    const { signal, onFolder } = options;
    let { acceptMissing = false } = options;
    const running = this.#scans.get(id);
    if (running && !running.controller.signal.aborted && !acceptMissing) {
      if (!onFolder) return running.report;
      acceptMissing = running.acceptMissing;
      running.controller.abort(new DescryError('cancelled', 'The scan of the folder has begun anew.'));
    }
    const controller = new AbortController();
    const either = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal;
    const previous = running?.report.catch(() => undefined);
    const report = Promise.resolve(previous).then(() => this.#scan(id, either, { acceptMissing, onFolder }));
    const scan = { report, controller, acceptMissing };
    this.#scans.set(id, scan);
    const forget = () => {
      if (this.#scans.get(id) === scan) this.#scans.delete(id);
    };
    report.then(forget, forget);
    return report;
  }

  /**
   * The next scan of the folder also has those files read again whose edits the file system does not tell by a time of change:
   * the user asked for the scan.
   */
  checkAll(id: number): void {
    this.#thorough.add(id);
  }

  async #scan(
    id: number,
    signal: AbortSignal,
    { acceptMissing: accept = false, onFolder }: Omit<ScanOptions, 'signal'>,
  ): Promise<ScanReport> {
    const { store, events, log } = this.#options;
    signal.throwIfAborted();
    const folder = this.#folder(id);
    const before = store.missing.photosIn(id);
    const outcome = new FoundInFolder([], log);
    const noted = new Map(store.missing.list(id).map((photo) => [photo.path, photo.id]));
    const absence = await this.absence(id);
    this.states.setAbsence(id, absence);
    if (absence) throw absenceError(folder.path, absence, before);
    const thorough = this.#thorough.has(id);
    this.states.set(id, 'scanning');
    let compared: Compared;
    try {
      compared = await compareFolder(folder, {
        store,
        outcome,
        scan: { ...this.#scanOptions(folder), onFolder },
        threads: this.#threads,
        thorough,
        signal,
        onNew: (file) => this.vanished.added(file),
        onChanged: (photosChanged) => events.onChanged(photosChanged),
      });
    } catch (error) {
      // An error of the library's own database says nothing about the folder.
      const absent = signal.aborted || isDatabaseError(error) ? undefined : await this.absence(id);
      if (absent) this.states.setAbsence(id, absent);
      else this.states.set(id, 'waiting');
      throw error;
    }
    const { found, added, changed, doubtful } = compared;
    this.#thorough.delete(id);
    const kept = this.#judge(folder, outcome, { before, accept });
    this.#found(id, noted, (file) => !outcome.isMissing(file));
    const removed = outcome.missing().length - kept;
    const leftOutChanged = store.transaction(() => store.leftOut.replace(id, outcome.leftOut));
    store.failures.clearOutside(id);
    store.folders.scanned(id, Date.now());
    // Where many photos vanished, another disk may be there than the one that they were on.
    if (kept === 0) await this.#noteDisk(folder);
    if (doubtful.size > 0) events.onDoubtful(id, { photos: doubtful, of: found, asked: thorough });
    this.states.set(id, 'waiting');
    if (added + changed + removed > 0) events.onChanged(true);
    else if (leftOutChanged) events.onChanged(false);
    log.info(`${folder.path}: ${found} photos, ${added} new, ${removed} removed, ${kept} missing and kept`);
    const leftOut = leftOutText(store.leftOut.counts().get(id) ?? []);
    if (leftOut !== '') log.info(`${folder.path}: ${leftOut}`);
    return { found, added, removed, ...(kept > 0 ? { missing: kept } : {}) };
  }

  #scanOptions({ path: root, excludes }: FolderRow): ScanFolderOptions & { readonly root: string } {
    const { kindOf, store } = this.#options;
    return { kindOf, accepts: pathFilter(excludes), root, links: new Links(store.folders.all(), kindOf) };
  }

  /**
   * Updates single files and subfolders, for the watcher.
   *
   * @param onFolder see `ScanOptions`
   * @returns files that are still being written, to be checked again
   */
  async refresh(
    id: number,
    places: Iterable<string>,
    settledMs: number,
    onFolder?: (folder: string) => void,
  ): Promise<string[]> {
    const { store, events, log } = this.#options;
    const folder = this.#folder(id);
    const outcome = new FoundInFolder([], log);
    const options = { ...this.#scanOptions(folder), onFolder };
    const present = new Map<string, FoundFile>();
    const take = (found: FolderFound) => {
      outcome.take(found);
      for (const file of found.files) present.set(file.path, file);
    };
    const lookedAt: string[] = [];
    /** folder → names of files in it without extension: a photo and the raw file beside it are looked at together */
    const names = new Map<string, Set<string>>();
    const read = new Set<string>();
    // A folder before what lies in it, which is read with it.
    for (const place of [...places].sort()) {
      if (isBelowOne(place, read)) continue;
      outcome.expect(store.photos.below(place, path.sep));
      lookedAt.push(place);
      if (!options.accepts(path.relative(folder.path, place))) continue;
      // A subfolder that was moved in is one event, however many photos came with it.
      if (await isFolder(place)) {
        read.add(place);
        for await (const found of scanSubfolder(place, options)) take(found);
      } else if (place !== folder.path) {
        const above = path.dirname(place);
        names.set(above, (names.get(above) ?? new Set()).add(stemOf(path.basename(place))));
      }
    }
    for (const [above, stems] of names) {
      for await (const found of scanNames(above, stems, options)) take(found);
    }
    for (const place of outcome.leftOut.keys()) outcome.expect([store.photos.byPath(place)]);
    const unsettled: string[] = [];
    const doubtful = new Map<number, number | null>();
    const noted = new Map(store.missing.list(id).map((photo) => [photo.path, photo.id]));
    let changed = 0;
    let leftOutChanged = false;
    store.transaction(() => {
      if (!store.folders.get(id)) return; // the folder was removed meanwhile
      const now = Date.now();
      for (const file of present.values()) {
        if (!outcome.present(file.path)) this.vanished.added(file);
        if (now - file.modified < settledMs && now >= file.modified) {
          unsettled.push(file.path);
          continue;
        }
        const upserted = store.photos.upsert(id, file);
        if (upserted.changed) changed++;
        if (upserted.doubtful) doubtful.set(upserted.id, file.changed);
      }
      leftOutChanged = store.leftOut.update(id, [...lookedAt, ...present.keys()], outcome.leftOut);
    });
    const lost = outcome.lost();
    const emptied = await this.vanished.isBeingEmptied(id, lost);
    this.#judge(folder, outcome, { before: lost.length > 0 ? store.missing.photosIn(id) : 0, emptied });
    this.#found(id, noted, (file) => present.has(file));
    if (doubtful.size > 0) events.onDoubtful(id, { photos: doubtful });
    const photosChanged = changed + outcome.missing().length > 0;
    if (photosChanged || leftOutChanged) events.onChanged(photosChanged);
    return unsettled;
  }

  /** @throws DescryError `no-photos`, for a command that indexes the folder */
  requirePhotos(folder: FolderRow, report: ScanReport): void {
    if (report.found > 0) return;
    const leftOut = leftOutText(this.#options.store.leftOut.counts().get(folder.id) ?? []);
    throw new DescryError(
      'no-photos',
      `${folder.path} holds no photos (${this.#options.photoTypes}). ${leftOut === '' ? '' : `${leftOut}. `}` +
        'Name the folder that holds yours.',
      { parameters: { folder: folder.path } },
    );
  }

  /** @returns how many of the photos that were not found are kept */
  #judge(folder: FolderRow, outcome: FoundInFolder, circumstances: Circumstances): number {
    const accepts = pathFilter(folder.excludes);
    const isExcluded = (photo: PhotoRow) => !accepts(path.relative(folder.path, photo.path));
    const lost = outcome.lost();
    const expected = [...outcome.replaced(), ...lost.filter(isExcluded)].map(({ id }) => id);
    const unexpected = lost.filter((photo) => !isExcluded(photo));
    const before = circumstances.before - expected.length;
    const { removed, kept } = this.vanished.judge(folder.id, unexpected, { ...circumstances, before });
    this.#removePhotos([...expected, ...removed, ...this.vanished.movedMeanwhile()]);
    if (kept.length > 0) this.states.presenceChanged();
    return kept.length;
  }

  /** @param noted path → photo, of those that were noted as missing */
  #found(id: number, noted: ReadonlyMap<string, number>, isThere: (file: string) => boolean): void {
    const found = [...noted].filter(([file]) => isThere(file)).map(([, photo]) => photo);
    if (found.length === 0) return;
    this.vanished.found(id, found);
    this.states.presenceChanged();
  }

  async #noteDisk({ id, path }: FolderRow): Promise<void> {
    const disk = await diskOf(path).catch(() => undefined);
    if (disk) this.#options.store.folders.setDisk(id, disk);
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
