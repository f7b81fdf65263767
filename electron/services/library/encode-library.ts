/**
 * Makes the features that another model reads of all photos of the library, while searches and indexing go on with the present
 * one. Only features are made: what else is known of a photo, its thumbnail too, is there already.
 *
 * It can be interrupted at any time: the database is the queue. Photos that another process encodes are left to it
 * (store/claims.ts), photos of disconnected disks and files that have changed are left to the indexer.
 */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { PhotoRow } from '../../store/photos.ts';
import type { Store } from '../../store/store.ts';
import type { Vision } from '../../vision/vision.ts';
import type { Log } from '../shared/log.ts';
import { AtOnce } from '../shared/at-once.ts';
import { Rate } from '../shared/rate.ts';
import { extractUnclaimed, type WantedFeatures } from './features.ts';
import type { Pace } from './pace.ts';
import { firstUnchanged } from './pictures.ts';
import { foldersThere } from './scan.ts';

export interface EncodeLibraryParts {
  readonly store: Store;
  readonly vision: Vision;
  readonly pace: Pace;
  readonly log: Log;
}

export interface EncodingProgress {
  /** photos that have a feature, of how many */
  readonly done: number;
  readonly total: number;
  /** of the last minute; null: not known yet */
  readonly photosPerSecond: number | null;
}

export interface EncodingRun {
  readonly signal: AbortSignal;
  /** before each step; throws where the work is not wanted any more */
  readonly check: () => Promise<void> | void;
  readonly onProgress: (progress: EncodingProgress) => void;
}

/** Photos per chunk, and bytes of their files, as in indexing: small enough to stop within a second. */
const chunkSize = 8;
const chunkBytes = 16e6;
/** One chunk is being read, one decoded, one encoded, one stored. */
const concurrentChunks = 4;
/** Where it rests, it works for so long before, on all chunks. */
const workMs = 3000;
/** Contents that are looked at in one statement: a few milliseconds. */
export const lookedAtOnce = 5000;
/** After this time it is looked again whether another process has finished, or left, the photos that it encodes. */
const othersWaitMs = 300;
/** The rate is known when so many photos were encoded. */
const knownAfter = 3 * chunkSize;
const rateWindowMs = 60_000;
/** A longer wait than this was a pause, and does not count for the rate. */
const pauseMs = 5000;

/** Counts in small steps. @param encoder key; undefined: nothing is encoded by it */
export async function countEncoded(
  store: Store,
  encoder: string | undefined,
  signal?: AbortSignal,
): Promise<{ readonly contents: number; readonly encoded: number }> {
  const folders = [...(await foldersThere(store))];
  const last = store.unused.lastContent();
  let [contents, encoded] = [0, 0];
  for (let from = 1; from <= last; from += lookedAtOnce) {
    signal?.throwIfAborted();
    const counted = store.toEncode.count(encoder, { folders, from, to: from + lookedAtOnce - 1 });
    contents += counted.contents;
    encoded += counted.encoded;
    await turn();
  }
  return { contents, encoded };
}

export class EncodeLibrary {
  readonly #parts: EncodeLibraryParts;
  readonly #wanted: WantedFeatures;
  readonly #run: EncodingRun;
  /** contents that cannot be encoded now: the file has changed, is not there, or cannot be opened */
  readonly #skipped = new Set<number>();
  /** the content up to which all are done */
  #after = 0;
  #done = 0;
  #total = 0;
  /** encoded by this process */
  encoded = 0;
  #rate = new Rate(rateWindowMs);

  constructor(parts: EncodeLibraryParts, wanted: WantedFeatures, run: EncodingRun) {
    this.#parts = parts;
    this.#wanted = wanted;
    this.#run = run;
  }

  /** Photos a second of the last minute; null: not known yet. */
  get photosPerSecond(): number | null {
    return this.encoded < knownAfter ? null : this.#rate.perSecond();
  }

  /**
   * Encodes until all photos are done; a further call does those that were added meanwhile.
   * @throws the signal's reason, what `check` throws; errors that concern all photos: no weights, no engine, a full disk
   */
  async run(): Promise<void> {
    const { store } = this.#parts;
    let counted: number | undefined;
    for (;;) {
      // Indexing goes first, and what it adds is counted, too.
      await this.#run.check();
      const last = store.unused.lastContent();
      if (last !== counted) {
        const { contents, encoded } = await countEncoded(store, this.#wanted.features, this.#run.signal);
        [this.#done, this.#total] = [encoded, contents];
        this.#report();
        counted = last;
      }
      const othersEncode = await this.#sweep(last);
      if (othersEncode) {
        await sleep(othersWaitMs, undefined, { signal: this.#run.signal }).catch(() =>
          this.#run.signal.throwIfAborted(),
        );
        continue;
      }
      this.#after = last;
      if (store.unused.lastContent() === last) return;
    }
  }

  /** Whether a photo was added since that could be encoded. Looks at the new ones only. */
  async hasMore(): Promise<boolean> {
    const folders = [...(await foldersThere(this.#parts.store))];
    return this.#list(folders, this.#after, this.#parts.store.unused.lastContent()).some(
      (one) => !this.#skipped.has(one),
    );
  }

  #list(folders: readonly number[], after: number, to: number): number[] {
    return this.#parts.store.toEncode.list(this.#wanted.features, { folders, from: after + 1, to }, chunkSize);
  }

  /** @returns whether another process encodes some of them */
  async #sweep(last: number): Promise<boolean> {
    const { pace } = this.#parts;
    const { signal, check } = this.#run;
    const folders = await foldersThere(this.#parts.store);
    const chunks = new AtOnce(concurrentChunks);
    let othersEncode = false;
    let since = performance.now();
    try {
      for (let after = this.#after; after < last && !chunks.failed;) {
        const waited = performance.now();
        await pace.mayGoOn(signal);
        await check();
        if (performance.now() - waited > pauseMs) {
          since = performance.now();
          this.#rate = new Rate(rateWindowMs);
        }
        const to = Math.min(last, after + lookedAtOnce);
        const listed = this.#list([...folders], after, to);
        if (listed.length === 0) await turn();
        const { files, looked } = await this.#filesOf(listed, folders);
        after = looked === listed.length && listed.length < chunkSize ? to : listed[looked - 1]!;
        if (files.length === 0) continue;
        await chunks.add(this.#encode(files).then((others) => void (othersEncode ||= others)));
        if (performance.now() - since >= workMs) {
          await chunks.ended();
          await pace.rest(since, signal);
          since = performance.now();
        }
      }
    } finally {
      // Also after an abort: the caller may close the database and the worker as soon as the run has ended.
      await chunks.ended();
    }
    chunks.throwFailure();
    return othersEncode;
  }

  /** A file of each content, as many as are read at once. @returns `looked`: of so many contents */
  async #filesOf(
    contents: readonly number[],
    folders: ReadonlySet<number>,
  ): Promise<{ files: PhotoRow[]; looked: number }> {
    const { photos } = this.#parts.store;
    const files: PhotoRow[] = [];
    let bytes = 0;
    for (const [place, content] of contents.entries()) {
      if (this.#skipped.has(content)) continue;
      const file = await firstUnchanged(photos.ofContent(content).filter(({ folder }) => folders.has(folder)));
      if (!file) {
        this.#skipped.add(content);
        continue;
      }
      bytes += file.bytes;
      if (bytes > chunkBytes && files.length > 0) return { files, looked: place };
      files.push(file);
    }
    return { files, looked: contents.length };
  }

  /** @returns whether another process encodes some of them */
  async #encode(files: readonly PhotoRow[]): Promise<boolean> {
    const { store, vision, log } = this.#parts;
    const extracted = await extractUnclaimed(store, vision, this.#wanted, files);
    let othersEncode = false;
    let encoded = 0;
    extracted.forEach((entry, i) => {
      if ('claimed' in entry) othersEncode = true;
      else if (!('failure' in entry)) encoded++;
      else {
        // What is known of it stays as it is: the present model finds it, and indexing says what is wrong when it needs the photo.
        this.#skipped.add(files[i]!.content!);
        log.warn(`${files[i]!.path}: ${entry.failure.code}: ${entry.failure.reason}`);
      }
    });
    this.#done += encoded;
    this.encoded += encoded;
    this.#rate.add(encoded);
    this.#report();
    return othersEncode;
  }

  #report(): void {
    const total = Math.max(this.#total, this.#done);
    this.#run.onProgress({ done: this.#done, total, photosPerSecond: this.photosPerSecond });
  }
}
