/**
 * Reads the metadata of photos again that an earlier version of Descry read, which knew less of it. Only the part of a file
 * that holds metadata is read, and no feature is computed.
 *
 * It can be interrupted at any time: the database is the queue. Photos of disconnected disks are read when these are back;
 * files that have changed are left to the indexer.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { causesOutsideTheFile } from '../../../models/errors.ts';
import type { Store } from '../../store/store.ts';
import type { PhotoRow } from '../../store/photos.ts';
import type { Inspection, Vision } from '../../vision/vision.ts';
import type { Log } from '../shared/log.ts';
import type { Pace } from './pace.ts';
import { firstUnchanged, isUnchanged } from './pictures.ts';
import { foldersThere } from './scan.ts';

export interface MetadataUpdateOptions {
  readonly store: Store;
  readonly vision: Pick<Vision, 'inspect'>;
  /** looks up the places of what was read, and says of which contents */
  readonly locate: (signal?: AbortSignal) => Promise<readonly number[]>;
  readonly pace: Pace;
  /** these photos may have other dates, cameras or places now; not more often than every few seconds */
  readonly onChanged: (photos: readonly number[]) => void;
  readonly log: Log;
}

export interface MetadataUpdateRun {
  readonly signal?: AbortSignal | undefined;
  /** photos read so far */
  readonly onProgress?: (done: number) => void;
}

/** Files per request, and rows per transaction: a few ten milliseconds. */
const atOnce = 32;
const tellEveryMs = 5000;

export class MetadataUpdate {
  readonly #options: MetadataUpdateOptions;
  #running: Promise<number> | undefined;
  #again = false;
  /** contents whose files could not be read in this session, although their folder was there */
  readonly #unreadable = new Set<number>();
  /** the folders that were there in the last complete run: nothing is left to read in them */
  #done: string | undefined;
  /** a folder was disconnected during the run */
  #interrupted = false;
  /** contents that were read or located and not told of yet */
  readonly #untold = new Set<number>();

  constructor(options: MetadataUpdateOptions) {
    this.#options = options;
  }

  /**
   * A call during a run makes that run check once more before it ends.
   * @returns how many contents were read
   * @throws the signal's reason; errors of the database
   */
  run(options: MetadataUpdateRun = {}): Promise<number> {
    this.#again = true;
    this.#running ??= this.#work(options).finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #work(options: MetadataUpdateRun): Promise<number> {
    const { store, log } = this.#options;
    let read = 0;
    while (this.#again) {
      this.#again = false;
      if (store.contents.outdatedMetadataCount() === 0) break;
      const folders = await foldersThere(store);
      const key = JSON.stringify([...folders]);
      if (key === this.#done) break;
      this.#interrupted = false;
      read += await this.#readAll(folders, options, read);
      if (!this.#interrupted) this.#done = key;
    }
    // Also those that were stored before there was a gazetteer.
    await this.#tell(options.signal);
    if (read > 0) log.info(`the metadata of ${read} photos was read again`);
    return read;
  }

  async #tell(signal: AbortSignal | undefined): Promise<void> {
    const { store, locate, onChanged } = this.#options;
    for (const content of await locate(signal)) this.#untold.add(content);
    const photos = [...this.#untold].flatMap((content) => store.photos.ofContent(content).map(({ id }) => id));
    this.#untold.clear();
    if (photos.length > 0) onChanged(photos);
  }

  async #readAll(
    folders: ReadonlySet<number>,
    { signal, onProgress }: MetadataUpdateRun,
    before: number,
  ): Promise<number> {
    const { store, pace } = this.#options;
    let read = 0;
    let told = performance.now();
    for (let after = 0; ;) {
      await pace.mayGoOn(signal);
      const contents = store.contents.outdatedMetadata([...folders], after, atOnce);
      if (contents.length === 0) return read;
      after = contents.at(-1)!;
      const started = performance.now();
      read += await this.#read(
        contents.filter((content) => !this.#unreadable.has(content)),
        folders,
      );
      onProgress?.(before + read);
      if (performance.now() - told > tellEveryMs) {
        await this.#tell(signal);
        told = performance.now();
      }
      await pace.rest(started, signal);
      await turn();
    }
  }

  /** @returns how many could be read */
  async #read(contents: readonly number[], folders: ReadonlySet<number>): Promise<number> {
    const { store, vision } = this.#options;
    const files: { content: number; file: PhotoRow }[] = [];
    const unread: number[] = [];
    for (const content of contents) {
      const file = await firstUnchanged(store.photos.ofContent(content).filter(({ folder }) => folders.has(folder)));
      if (file) files.push({ content, file });
      else unread.push(content);
    }
    const paths = files.map(({ file }) => file.path);
    const inspections = paths.length > 0 ? await vision.inspect(paths, store.folders.paths()) : [];
    // A file that was replaced while it was read is another photo now.
    const same = await Promise.all(files.map(({ file }) => isUnchanged(file).catch(() => false)));
    store.transaction(() => {
      files.forEach(({ content }, i) => {
        if (!same[i] || !this.#store(content, inspections[i]!)) unread.push(content);
      });
    });
    if (unread.length > 0) {
      const there = await foldersThere(store);
      if ([...folders].every((folder) => there.has(folder))) unread.forEach((content) => this.#unreadable.add(content));
      else this.#interrupted = true;
    }
    const missing = new Set(unread);
    for (const content of contents) if (!missing.has(content)) this.#untold.add(content);
    return contents.length - unread.length;
  }

  /** @returns false where the file could not be opened now */
  #store(content: number, inspection: Inspection): boolean {
    const { contents } = this.#options.store;
    if ('information' in inspection) {
      contents.describe(content, inspection.information);
      return true;
    }
    // Its bytes are the same and will not be read another time either; what the earlier version read of them is kept.
    const { code } = inspection.failure;
    if (!code.startsWith('photo-') || causesOutsideTheFile.includes(code)) return false;
    contents.keepMetadata(content);
    return true;
  }
}
