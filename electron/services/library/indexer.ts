/**
 * Computes the feature and the embedding of every photo in the library. It can be interrupted at any time and then resumed.
 *
 * The database is the queue: photos without an embedding of the present model or without a feature of the present encoder,
 * except those that have failed, and those that another process is computing (store/claims.ts). Several chunks are processed concurrently, so that the next photos are read and decoded
 * while the network runs on the present ones.
 */
import { asRows } from '../../../models/contract/embedder.ts';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorObject, type ErrorCode } from '../../../models/errors.ts';
import type { IndexingProgress, Settings } from '../../ipc/contract.ts';
import type { PhotoRow, Wanted } from '../../store/photos.ts';
import type { Store } from '../../store/store.ts';
import type { Vision } from '../../vision/vision.ts';
import { extractUnclaimed, type Extracted, type ThumbnailPlace } from './features.ts';
import { AtOnce } from '../shared/at-once.ts';
import type { Log } from '../shared/log.ts';
import type { LoadedModel } from '../models/models.ts';
import { Rate } from '../shared/rate.ts';
import { unlessAborted } from '../shared/unless-aborted.ts';
import { emptiedFolders, reachableFolders } from './lost-photos.ts';

export interface IndexerEvents {
  onProgress(progress: IndexingProgress): void;
  /** a photo can now be found */
  onIndexed(model: string, photo: number, embedding: Float32Array): void;
  /** a photo can no longer be found: its new content cannot be opened, or the file was deleted */
  onLost(photo: number): void;
  /** the metadata of photos was stored; they are indexed when this has ended */
  onDescribed?(): Promise<unknown>;
}

export interface IndexReport {
  /** computed in this run */
  indexed: number;
  /** found in the cache: a copy, a renamed photo, or features computed for another model */
  reused: number;
  failed: { photo: number; path: string; code: ErrorCode; reason: string }[];
  /** computed in this run, by folder */
  indexedIn: Map<number, number>;
}

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
}

interface Pass {
  done: number;
  /** another process was computing some of the photos */
  othersComputed: boolean;
}

type Failed = Extract<Extracted, { failure: unknown }>;

const isSame = (before: PhotoRow, now: PhotoRow | undefined) =>
  now !== undefined && now.bytes === before.bytes && now.modified === before.modified && now.path === before.path;

/** Photos per chunk, and bytes of their files: small enough to stop within a second, and to have several chunks in memory. */
const chunkSize = 8;
const chunkBytes = 16e6;
/** One chunk is being read, one decoded, one encoded, one stored. */
const concurrentChunks = 4;
/** After this time it is looked again whether another process has finished, or left, the photos that it computes. */
const othersWaitMs = 300;
/** Indexing pauses for this long after a search, so that the search is fast. */
const searchPauseMs = 1500;
/** Share of the time in which indexing runs, by the user's setting. */
const shares: Record<Settings['effort'], number> = { low: 0.25, medium: 0.6, high: 1 };

export class Indexer {
  readonly #store: Store;
  readonly #vision: Vision;
  readonly #model: () => Promise<LoadedModel>;
  readonly #events: IndexerEvents;
  readonly #log: Log;
  #paused = false;
  readonly #waiting = new Set<() => void>();
  #running: Promise<IndexReport> | undefined;
  #again = false;
  readonly #cleaned = new Set<string>();
  #quietUntil = 0;
  #progress: IndexingProgress = {
    state: 'idle',
    done: 0,
    total: 0,
    photosPerSecond: 0,
    secondsLeft: null,
    error: null,
  };
  readonly #thumbnails: ThumbnailPlace | undefined;
  effort: Settings['effort'] = 'high';
  /** Where it rests, it works for so long before, on all chunks, so that decoding and the network overlap. */
  workMs = 3000;

  /** @param thumbnails absent: no pictures are made */
  constructor(
    store: Store,
    vision: Vision,
    model: () => Promise<LoadedModel>,
    events: IndexerEvents,
    log: Log,
    thumbnails?: ThumbnailPlace,
  ) {
    this.#store = store;
    this.#vision = vision;
    this.#model = model;
    this.#events = events;
    this.#log = log;
    this.#thumbnails = thumbnails;
  }

  get progress(): IndexingProgress {
    return this.#progress;
  }

  /**
   * Indexes until all photos are done. A call during a run makes that run check once more before it ends.
   *
   * @throws errors that concern all photos: no weights, no engine, a full disk, `cancelled`
   */
  run(options: RunOptions = {}): Promise<IndexReport> {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#work(options).finally(() => (this.#running = undefined));
    return this.#running;
  }

  pause(): void {
    this.#paused = true;
    this.#report({ state: 'paused', photosPerSecond: 0, secondsLeft: null });
  }

  resume(): void {
    this.#paused = false;
    this.#report({ state: this.#running ? 'indexing' : 'idle' });
    for (const wake of this.#waiting) wake();
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Waits while photos are being indexed. @throws the signal's reason as soon as it is aborted */
  async idle(signal: AbortSignal): Promise<void> {
    while (this.#running) await unlessAborted(this.#running, signal);
    signal.throwIfAborted();
  }

  /** Pauses for a moment, because the user searches. */
  stepBack(): void {
    this.#quietUntil = Date.now() + searchPauseMs;
  }

  async #work({ signal }: RunOptions): Promise<IndexReport> {
    const report: IndexReport = { indexed: 0, reused: 0, failed: [], indexedIn: new Map() };
    const rate = new Rate();
    try {
      do {
        this.#again = false;
        await this.#pass(report, rate, signal);
      } while (this.#again);
      this.#deleteOutdatedFeatures((await this.#model()).features);
      this.#report({ state: this.#paused ? 'paused' : 'idle', photosPerSecond: 0, secondsLeft: null, error: null });
      return report;
    } catch (error) {
      const state = signal?.aborted ? 'idle' : 'failed';
      this.#report({ state, photosPerSecond: 0, secondsLeft: null, error: errorObject(error) });
      throw error;
    }
  }

  /**
   * Deletes features of an earlier version of the encoder that indexing did not replace: of removed photos, of captioned
   * datasets, of disconnected disks. Features of other encoders stay until the user removes the encoder
   * (`Models.forgetEncoder`).
   */
  #deleteOutdatedFeatures(features: string): void {
    if (this.#cleaned.has(features)) return;
    const { contents, encoders } = this.#store;
    for (const key of encoders.outdated(features)) {
      const removed = contents.removeFeatures(key);
      if (removed > 0) this.#log.info(`${removed} features of ${key}, an earlier version of the encoder, were removed`);
    }
    this.#cleaned.add(features);
  }

  async #pass(report: IndexReport, rate: Rate, signal: AbortSignal | undefined): Promise<void> {
    const model = await this.#model();
    const wanted = { model: model.id, encoder: model.features };
    const total = this.#store.photos.pendingCount(wanted);
    const pass: Pass = { done: 0, othersComputed: false };
    if (total > 0) this.#report({ state: this.#paused ? 'paused' : 'indexing', done: 0, total, error: null });
    const chunks = new AtOnce(concurrentChunks);
    let after = 0;
    const indexed = (rows: readonly PhotoRow[]): Promise<void> =>
      this.#index(rows, report, pass)
        .finally(() =>
          this.#store.claims.release(
            'photo',
            rows.map(({ id }) => id),
          ),
        )
        .then(() => {
          pass.done += rows.length;
          const { done } = pass;
          rate.add(rows.length);
          const photosPerSecond = rate.perSecond();
          const left = Math.max(0, total - done);
          this.#report({
            state: this.#paused ? 'paused' : 'indexing',
            done,
            total: Math.max(total, done),
            photosPerSecond,
            secondsLeft: photosPerSecond > 0 ? left / photosPerSecond : null,
          });
        });
    let since = performance.now();
    try {
      for (;;) {
        if (await this.#waits(signal)) since = performance.now();
        if (chunks.failed) break;
        if ((await this.#model()).id !== model.id) {
          this.#again = true; // the model was switched: other photos are pending now
          break;
        }
        const { rows, last } = this.#claim(wanted, after, pass);
        if (last === undefined) {
          if (!pass.othersComputed) break;
          // What other processes are computing is waited for, and computed here if they end before it is done.
          await chunks.ended();
          await this.#sleep(othersWaitMs, signal);
          [after, pass.othersComputed] = [0, false];
          continue;
        }
        after = last;
        if (rows.length === 0) continue;
        await chunks.add(indexed(rows));
        if (shares[this.effort] < 1 && performance.now() - since >= this.workMs) {
          await chunks.ended();
          await this.rest(since, signal);
          since = performance.now();
        }
      }
    } finally {
      // Also after an abort: the caller may close the database and the worker as soon as the run has ended.
      await chunks.ended();
    }
    chunks.throwFailure();
    // A photo whose content was computed for another one needed nothing more.
    if (pass.done > 0 && pass.done < total && !this.#again) this.#report({ state: this.#progress.state, done: total });
  }

  /**
   * The next photos that are to be indexed, without those that another process is computing.
   * @returns `last`: the last one that was looked at; undefined: there are no more
   */
  #claim(wanted: Wanted, after: number, pass: Pass): { rows: PhotoRow[]; last: number | undefined } {
    const { photos, claims } = this.#store;
    // In one transaction: between reading and claiming, another process could finish a photo.
    return this.#store.transaction(() => {
      const pending = firstOf(photos.pending(wanted, chunkSize, after));
      const taken = claims.take(
        'photo',
        pending.map(({ id }) => id),
      );
      const rows = pending.filter(({ id }) => taken.has(id));
      if (rows.length < pending.length) pass.othersComputed = true;
      return { rows, last: pending.at(-1)?.id };
    });
  }

  async #index(rows: readonly PhotoRow[], report: IndexReport, pass: Pass): Promise<void> {
    const { contents } = this.#store;
    const { encoder, features: key, featureLength, part } = await this.#model();
    const wanted = { encoder, features: key, featureLength, part };
    const extracted = await extractUnclaimed(this.#store, this.#vision, wanted, rows, this.#thumbnails);
    await this.#events.onDescribed?.();
    const failureOf = (i: number) => ('failure' in extracted[i]! ? extracted[i].failure.code : undefined);
    const failedRows = rows.filter((_, i) => failureOf(i) !== undefined);
    const lostRows = rows.filter((_, i) => failureOf(i) === 'not-found');
    const reachable = await reachableFolders(this.#store, failedRows);
    const emptied = await emptiedFolders(this.#store, lostRows);
    // Requested here and not at the chunk's start: if the model was switched meanwhile, the previous one is closed.
    const model = await this.#model();
    if (model.features !== key) {
      this.#again = true; // switched to another encoder: the next pass computes its features
      return;
    }
    const found: { row: PhotoRow; content: number; feature: Float32Array }[] = [];
    this.#store.transaction(() => {
      extracted.forEach((entry, i) => {
        const row = rows[i]!;
        // The file was changed, or removed with its folder, during the computation.
        if (!isSame(row, this.#store.photos.get(row.id))) return;
        if ('claimed' in entry) {
          pass.othersComputed = true;
          return;
        }
        if ('failure' in entry) {
          if (reachable.has(row.folder)) this.#fail(row, entry, report, emptied.has(row.folder));
          return;
        }
        this.#store.photos.setContent(row.id, entry.content);
        if (entry.reused) report.reused++;
        else {
          report.indexed++;
          report.indexedIn.set(row.folder, (report.indexedIn.get(row.folder) ?? 0) + 1);
        }
        const feature = contents.feature(entry.content, key, featureLength);
        if (feature) found.push({ row, content: entry.content, feature });
        else this.#log.warn(`${row.path}: its feature cannot be used, and is computed again by the next run`);
      });
    });
    if (found.length === 0) return;
    const features = found.map(({ feature }) => feature);
    const embeddings = await model.embedFeatures(asRows(features), found.length);
    const dimensions = embeddings.length / found.length;
    this.#store.transaction(() => {
      found.forEach(({ content }, i) =>
        contents.setEmbedding(content, model.id, embeddings.subarray(i * dimensions, (i + 1) * dimensions)),
      );
    });
    found.forEach(({ row }, i) =>
      this.#events.onIndexed(model.id, row.id, embeddings.slice(i * dimensions, (i + 1) * dimensions)),
    );
  }

  /** Stores why a photo has no feature, or removes a photo whose file was deleted. */
  #fail(row: PhotoRow, { failure: { code, reason }, content }: Failed, report: IndexReport, emptied: boolean): void {
    const { photos, failures, missing } = this.#store;
    if (code === 'not-found') {
      // If the copy that was read for all was deleted meanwhile, the others are done by the next run.
      if (!existsSync(row.path)) {
        if (emptied) missing.set([row.id], Date.now());
        else photos.remove(row.id);
      }
    } else if (code === 'photo-changed') {
      return; // it is being written: it waits for the next run, with what is known of it
    } else {
      if (content !== undefined) photos.setContent(row.id, content);
      failures.set(row.id, code, reason, Date.now());
      report.failed.push({ photo: row.id, path: row.path, code, reason });
      this.#log.warn(`${row.path}: ${code}: ${reason}`);
    }
    this.#events.onLost(row.id);
  }

  /** As `mayGoOn`. @returns whether it had to wait */
  async #waits(signal: AbortSignal | undefined): Promise<boolean> {
    const waits = this.#paused || this.#quietUntil > Date.now();
    await this.mayGoOn(signal);
    return waits;
  }

  /** Waits while the user has paused indexing, or searches. @throws the signal's reason as soon as it is aborted */
  async mayGoOn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    while (this.#paused && !signal?.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal?.addEventListener('abort', wake);
      });
    }
    for (let quiet = this.#quietUntil - Date.now(); quiet > 0; quiet = this.#quietUntil - Date.now()) {
      await this.#sleep(quiet, signal);
    }
    signal?.throwIfAborted();
  }

  /**
   * Waits after some work as long as the user's setting asks for.
   * @param since when the work began, as performance.now()
   * @throws the signal's reason as soon as it is aborted
   */
  async rest(since: number, signal: AbortSignal | undefined): Promise<void> {
    const share = shares[this.effort];
    if (share < 1) await this.#sleep((performance.now() - since) * (1 / share - 1), signal);
  }

  async #sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      await sleep(ms, undefined, signal ? { signal } : {});
    } finally {
      signal?.throwIfAborted();
    }
  }

  #report(change: Partial<IndexingProgress>): void {
    this.#progress = { ...this.#progress, ...change };
    this.#events.onProgress(this.#progress);
  }
}

/** So many of them as are read at once. */
function firstOf(photos: readonly PhotoRow[]): readonly PhotoRow[] {
  let bytes = 0;
  const end = photos.findIndex((photo, i) => (bytes += photo.bytes) > chunkBytes && i > 0);
  return end < 0 ? photos : photos.slice(0, end);
}
