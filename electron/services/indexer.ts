/**
 * Gives every photo of the library its feature and its embedding, and goes on where it was after any end.
 *
 * The database is the queue: what lacks an embedding of the present model and has not failed is to do. Several chunks
 * are under way at a time, so that the next photos are read and decoded while the present ones are in the network.
 */
import type { ErrorCode } from '../../models/errors.ts';
import type { IndexingProgress, Settings } from '../ipc/contract.ts';
import type { PhotoRow } from '../store/photos.ts';
import type { Store } from '../store/store.ts';
import type { Vision } from '../vision/vision.ts';
import { extractFeatures } from './features.ts';
import type { Log } from './log.ts';
import type { LoadedModel } from './models.ts';
import { Rate } from './rate.ts';

export interface IndexerEvents {
  onProgress(progress: IndexingProgress): void;
  /** a photo can be found from now on */
  onIndexed(model: string, photo: number, embedding: Float32Array): void;
}

export interface IndexReport {
  /** computed in this run */
  indexed: number;
  /** found in the cache: a copy, a renamed photo, or features from another model's time */
  reused: number;
  failed: { photo: number; path: string; code: ErrorCode; reason: string }[];
}

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Photos per chunk: large enough to keep two inference batches full, small enough to stop within a second. */
const chunkSize = 16;
/** One chunk being hashed, one decoded, one in the network. */
const chunksUnderWay = 3;
/** After a search the user reads the answer; indexing stays back for that long. */
const stepBackMs = 1500;
/** Share of the time that indexing works, by the user's setting. */
const shares: Record<Settings['effort'], number> = { low: 0.25, medium: 0.6, high: 1 };

export class Indexer {
  readonly #store: Store;
  readonly #vision: Vision;
  readonly #model: () => Promise<LoadedModel>;
  readonly #events: IndexerEvents;
  readonly #log: Log;
  #paused = false;
  #wake: (() => void) | undefined;
  #running: Promise<IndexReport> | undefined;
  #again = false;
  #quietUntil = 0;
  #progress: IndexingProgress = {
    state: 'idle',
    done: 0,
    total: 0,
    photosPerSecond: 0,
    secondsLeft: null,
    message: null,
  };
  effort: Settings['effort'] = 'high';

  constructor(store: Store, vision: Vision, model: () => Promise<LoadedModel>, events: IndexerEvents, log: Log) {
    this.#store = store;
    this.#vision = vision;
    this.#model = model;
    this.#events = events;
    this.#log = log;
  }

  get progress(): IndexingProgress {
    return this.#progress;
  }

  /**
   * Works until nothing is left to do. A call while a run is under way makes that run look once more before it ends.
   *
   * @throws what makes going on senseless: no weights, no engine, a full disk, `cancelled`
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
    this.#wake?.();
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** The user searches: leave the processor to that for a moment. */
  stepBack(): void {
    this.#quietUntil = Date.now() + stepBackMs;
  }

  async #work({ signal }: RunOptions): Promise<IndexReport> {
    const report: IndexReport = { indexed: 0, reused: 0, failed: [] };
    const rate = new Rate();
    try {
      do {
        this.#again = false;
        const model = await this.#model();
        await this.#pass(model, report, rate, signal);
      } while (this.#again);
      this.#report({ state: this.#paused ? 'paused' : 'idle', photosPerSecond: 0, secondsLeft: null, message: null });
      return report;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#report({ state: signal?.aborted ? 'idle' : 'failed', photosPerSecond: 0, secondsLeft: null, message });
      throw error;
    }
  }

  async #pass(model: LoadedModel, report: IndexReport, rate: Rate, signal: AbortSignal | undefined): Promise<void> {
    const total = this.#store.photos.pendingCount(model.id);
    let done = 0;
    if (total > 0) this.#report({ state: this.#paused ? 'paused' : 'indexing', done, total, message: null });
    const underWay = new Set<Promise<void>>();
    let failure: unknown;
    let after = 0;
    for (;;) {
      await this.#mayGoOn(signal);
      if (failure !== undefined) break;
      const rows = this.#store.photos.pending(model.id, chunkSize, after);
      if (rows.length === 0) break;
      after = rows.at(-1)!.id;
      const started = performance.now();
      const chunk = this.#index(rows, model, report)
        .then(() => {
          done += rows.length;
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
        })
        .catch((error: unknown) => {
          failure ??= error;
        })
        .finally(() => underWay.delete(chunk));
      underWay.add(chunk);
      const share = shares[this.effort];
      if (underWay.size >= (share < 1 ? 1 : chunksUnderWay)) await Promise.race(underWay);
      if (share < 1) await this.#sleep((performance.now() - started) * (1 / share - 1));
    }
    await Promise.all(underWay);
    if (failure !== undefined) throw failure;
  }

  async #index(rows: readonly PhotoRow[], model: LoadedModel, report: IndexReport): Promise<void> {
    const { contents, photos, failures } = this.#store;
    const extracted = await extractFeatures(this.#store, this.#vision, model.encoder, rows);
    const found: { row: PhotoRow; content: number; feature: Float32Array }[] = [];
    this.#store.transaction(() => {
      extracted.forEach((entry, i) => {
        const row = rows[i]!;
        if (entry.content !== undefined) photos.setContent(row.id, entry.content);
        if ('failure' in entry) {
          const { code, reason } = entry.failure;
          if (code === 'not-found') {
            photos.remove(row.id); // deleted between the scan and now
            return;
          }
          failures.set(row.id, code, reason, Date.now());
          report.failed.push({ photo: row.id, path: row.path, code, reason });
          this.#log.warn(`${row.path}: ${code}: ${reason}`);
          return;
        }
        if (entry.reused) report.reused++;
        else report.indexed++;
        found.push({ row, content: entry.content, feature: contents.feature(entry.content, model.encoder)! });
      });
    });
    if (found.length === 0) return;
    const features = new Float32Array(found.length * found[0]!.feature.length);
    found.forEach(({ feature }, i) => features.set(feature, i * feature.length));
    const embeddings = await model.embedImages(features, found.length);
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

  async #mayGoOn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    while (this.#paused && !signal?.aborted) await new Promise<void>((resolve) => (this.#wake = resolve));
    const quiet = this.#quietUntil - Date.now();
    if (quiet > 0) await this.#sleep(quiet);
    signal?.throwIfAborted();
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  #report(change: Partial<IndexingProgress>): void {
    this.#progress = { ...this.#progress, ...change };
    this.#events.onProgress(this.#progress);
  }
}
