/** What the training worker can do, and the services' end of it: the window trains in a process of its own. */
import type { Split } from '../../../models/datasets/flickr30k.ts';
import type { Recalls } from '../../ipc/contract.ts';
import type { WorkerHost } from '../../workers/host.ts';
import type { TrainingRequest, TrainingResult, TrainingUpdate } from './training.ts';

/** The library that the worker opens for itself: SQLite lets several processes use one database. */
export interface LibraryPlace {
  readonly home: string;
  readonly builtInModel: string;
}

export type TrainingItem = TrainingUpdate | ({ readonly kind: 'finished' } & TrainingResult);
export type EvaluationItem = TrainingUpdate | { readonly kind: 'measured'; readonly recalls: Recalls };

export interface TrainingMethods {
  train: { input: { library: LibraryPlace; request: TrainingRequest }; item: TrainingItem };
  evaluate: { input: { library: LibraryPlace; dataset: string; split: Split; model: string }; item: EvaluationItem };
}

/** A checkpoint of a large network on a slow disk is the longest that a run says nothing. */
const stallMs = 15 * 60_000;

export class RemoteTraining {
  readonly #host: WorkerHost<TrainingMethods>;
  readonly #library: LibraryPlace;

  constructor(host: WorkerHost<TrainingMethods>, library: LibraryPlace) {
    this.#host = host;
    this.#library = library;
  }

  run(request: TrainingRequest, signal: AbortSignal): AsyncIterable<TrainingItem> {
    return this.#host.run('train', { library: this.#library, request }, { signal, stallMs });
  }

  /** Recall of a model on the val split. */
  async measure(dataset: string, model: string): Promise<Recalls> {
    const input = { library: this.#library, dataset, split: 'val' as const, model };
    for await (const item of this.#host.run('evaluate', input, { stallMs })) {
      if (item.kind === 'measured') return item.recalls;
    }
    throw new Error('the training worker ended without an answer');
  }
}
