/**
 * Reads files again whose size and time are as they were and whose entry was changed (ctime), and tells an edit that keeps both,
 * as `exiftool -P` makes, from a change of permissions, a hard link or a backup.
 *
 * Until a file is read, its photo is found by what it showed before. The new time of change is stored once the file was read:
 * what is not read in this session is found to be doubtful by the next scan again. Where most files of a folder had another
 * time of change and all of them the same bytes, as on file systems whose times of change are made up, that is remembered, and
 * not read another time unless the user asks for a scan.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { PhotoRow } from '../../store/photos.ts';
import type { Store } from '../../store/store.ts';
import type { Vision } from '../../vision/vision.ts';
import type { Log } from '../shared/log.ts';
import type { Pace } from './pace.ts';
import { describeFile, type FoundFile } from './scan.ts';

/** Files whose size and time are as they were, and whose entry was changed. */
export interface Doubtful {
  /** photo → when the system last changed its file's entry, as it is stored once the file is checked */
  readonly photos: ReadonlyMap<number, number | null>;
  /** after a scan of the whole folder: how many photos there are in it */
  readonly of?: number;
  /** the user asked for the scan: they are read in any case */
  readonly asked?: boolean;
}

export interface ChangeCheckOptions {
  readonly store: Store;
  readonly vision: Pick<Vision, 'identify'>;
  readonly pace: Pace;
  /** these photos have another content and are to be indexed again */
  readonly onDiffer: (photos: readonly number[]) => void;
  readonly log: Log;
}

export interface ChangeCheckRun {
  readonly signal?: AbortSignal | undefined;
  /** files read so far, and how many there are */
  readonly onProgress?: (done: number, total: number) => void;
}

/** So many files, and more than half of a folder's, are most of them. */
const few = 50;
/** Files per request: each is read as a whole. */
const atOnce = 8;

export class ChangeCheck {
  readonly #options: ChangeCheckOptions;
  readonly #pending = new Map<number, number | null>();
  /** folders of which most files are doubtful, and have been found to be the same so far */
  readonly #most = new Set<number>();
  #running: Promise<number> | undefined;

  constructor(options: ChangeCheckOptions) {
    this.#options = options;
  }

  add(folder: number, { photos, of = Infinity, asked = false }: Doubtful): void {
    const { store, log } = this.#options;
    const most = photos.size > few && photos.size > of / 2;
    if (most && !asked && store.folders.isUnsteady(folder)) {
      log.info(`${photos.size} files have another time of change, as after a change of permissions; they are not read`);
      store.transaction(() => photos.forEach((changed, photo) => store.photos.setChanged(photo, changed)));
      return;
    }
    for (const [photo, changed] of photos) this.#pending.set(photo, changed);
    if (most) this.#most.add(folder);
  }

  /**
   * @returns how many photos have another content
   * @throws the signal's reason; errors of the database
   */
  run(options: ChangeCheckRun = {}): Promise<number> {
    this.#running ??= this.#work(options).finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #work({ signal, onProgress }: ChangeCheckRun): Promise<number> {
    const { pace, store, log } = this.#options;
    let done = 0;
    let differing = 0;
    while (this.#pending.size > 0) {
      await pace.mayGoOn(signal);
      const started = performance.now();
      const chunk = [...this.#take(atOnce)];
      differing += await this.#check(chunk);
      done += chunk.length;
      onProgress?.(done, done + this.#pending.size);
      await pace.rest(started, signal);
      await turn();
    }
    for (const folder of this.#most) store.folders.setUnsteady(folder);
    this.#most.clear();
    if (done > 0) log.info(`${done} files had another time of change; ${differing} of them have other bytes`);
    return differing;
  }

  *#take(count: number): Generator<[photo: number, changed: number | null]> {
    for (const entry of this.#pending) {
      if (count-- <= 0) return;
      this.#pending.delete(entry[0]);
      yield entry;
    }
  }

  async #check(chunk: readonly [number, number | null][]): Promise<number> {
    const { store, vision, onDiffer } = this.#options;
    const files: { row: PhotoRow; before: FoundFile }[] = [];
    for (const [photo] of chunk) {
      const row = store.photos.get(photo);
      // One without a content will be read by the indexer.
      const before = row?.content == null ? undefined : await describeFile(row.path).catch(() => undefined);
      if (row && before && isAsIndexed(before, row)) files.push({ row, before });
    }
    if (files.length === 0) return 0;
    const identities = await vision.identify(
      files.map(({ row }) => row.path),
      store.folders.paths(),
    );
    const after = await Promise.all(files.map(({ row }) => describeFile(row.path).catch(() => undefined)));
    const differing: number[] = [];
    store.transaction(() => {
      files.forEach(({ row, before }, i) => {
        const identity = identities[i]!;
        const now = store.photos.get(row.id);
        // Changed while it was read, or not readable: the next scan finds it again.
        if ('failure' in identity || now?.content !== row.content || after[i]?.changed !== before.changed) return;
        if (!isAsIndexed(after[i], now)) return;
        store.photos.setChanged(row.id, before.changed);
        if (store.contents.hash(row.content!)?.equals(identity.hash) === true) return;
        store.photos.unsetContent(row.id);
        differing.push(row.id);
        this.#most.delete(row.folder);
      });
    });
    if (differing.length > 0) onDiffer(differing);
    return differing.length;
  }
}

const isAsIndexed = (file: FoundFile, { bytes, modified }: PhotoRow) =>
  file.bytes === bytes && file.modified === modified;
