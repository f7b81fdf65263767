/**
 * The state of indexing for the window, the tray and the taskbar. It is computed in one place, so that requests and events give
 * the same. The indexer's own state does not include weights that are being fetched, folders that are being scanned, or
 * photos that are projected for another model.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ErrorObject, IndexingProgress } from '../../ipc/contract.ts';
import type { ReprojectionProgress } from '../models/reprojection.ts';

export interface IndexingSources {
  /** of the indexer's own work */
  readonly indexer: () => IndexingProgress;
  /** whether a folder is being scanned */
  readonly scanning: () => boolean;
}

export class IndexingState {
  readonly #sources: IndexingSources;
  readonly #onChange: (progress: IndexingProgress) => void;
  #last: IndexingProgress | undefined;
  #waiting = false;
  #failure: ErrorObject | null = null;
  #projection: { readonly done: number; readonly total: number } | null = null;

  constructor(sources: IndexingSources, onChange: (progress: IndexingProgress) => void) {
    this.#sources = sources;
    this.#onChange = onChange;
  }

  get progress(): IndexingProgress {
    const own = this.#sources.indexer();
    const without = { ...own, photosPerSecond: 0, secondsLeft: null, error: null };
    if (this.#projection) return { ...without, ...this.#projection, state: 'indexing' };
    if (this.#waiting) return { ...without, state: 'waiting-for-assets' };
    if (own.state === 'indexing' || own.state === 'paused') return own;
    if (this.#failure !== null) return { ...without, state: 'failed', error: this.#failure };
    if (own.state === 'idle' && this.#sources.scanning()) return { ...without, state: 'scanning' };
    return own;
  }

  /** To be called when one of the sources may have changed. */
  update(): void {
    const { progress } = this;
    if (isDeepStrictEqual(progress, this.#last)) return;
    this.#last = progress;
    this.#onChange(progress);
  }

  /** Whether photos wait for the weights. */
  setWaiting(waiting: boolean): void {
    this.#waiting = waiting;
    this.update();
  }

  /** @param error why nothing can be indexed; null: no failure, or a new attempt */
  setFailure(error: ErrorObject | null): void {
    this.#failure = error;
    this.update();
  }

  /** Shows as indexing that the photos are projected for another model. */
  async whileProjecting<T>(
    onProgress: ((progress: ReprojectionProgress) => void) | undefined,
    work: (report: (progress: ReprojectionProgress) => void) => Promise<T>,
  ): Promise<T> {
    try {
      return await work((progress) => {
        this.#setProjection({ done: progress.done, total: progress.total });
        onProgress?.(progress);
      });
    } finally {
      this.#setProjection(null);
    }
  }

  #setProjection(projection: { readonly done: number; readonly total: number } | null): void {
    this.#projection = projection;
    this.update();
  }
}
