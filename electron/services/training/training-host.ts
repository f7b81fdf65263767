/** The requests of the training worker, and its client: the desktop app trains in a separate process. */
import { DescryError } from '../../../models/errors.ts';
import type { Evaluation, Split } from '../../../models/contract/training.ts';
import { WorkerDied, type WorkerHost } from '../../workers/host.ts';
import type { EncodingProgress } from './training-data.ts';
import type { TrainingFolders } from './training-folders.ts';
import type { TrainingRequest, TrainingResult, TrainingUpdate, WantedFeatures } from './training.ts';

/** The library, which the worker opens, too: SQLite allows several processes to use one database. */
export interface LibraryPlace {
  readonly home: string;
  readonly builtInModel: string;
}

export type TrainingItem = TrainingUpdate | ({ readonly kind: 'finished' } & TrainingResult);
export type Measured = Pick<Evaluation, 'recalls' | 'sets'>;
export type EvaluationItem = TrainingUpdate | ({ readonly kind: 'measured' } & Measured);

export interface TrainingMethods {
  train: { input: { library: LibraryPlace; request: TrainingRequest }; item: TrainingItem };
  evaluate: {
    input: {
      library: LibraryPlace;
      datasets: readonly string[];
      split: Split;
      model: string;
      seed?: number | undefined;
    };
    item: EvaluationItem;
  };
}

/** Adds the features of the folders' photos to the library's cache; photos that cannot be opened are left out. */
export type EncodePhotos = (
  folders: TrainingFolders,
  wanted: WantedFeatures,
  signal?: AbortSignal,
) => AsyncIterable<EncodingProgress>;

/** Number of crashes without an epoch in between after which the run fails. */
const maxCrashes = 2;
/** Longest time without a message: writing the checkpoint of a large network to a slow disk. */
const stallMs = 15 * 60_000;

/**
 * Trains and evaluates in the training worker. The worker opens no photos, because a file that crashes a decoder would end every
 * run. The photos of the folders are encoded before, in the vision worker, which is restarted after a crash.
 */
export class RemoteTraining {
  readonly #host: WorkerHost<TrainingMethods>;
  readonly #library: LibraryPlace;
  readonly #encode: EncodePhotos;

  constructor(host: WorkerHost<TrainingMethods>, library: LibraryPlace, encode: EncodePhotos) {
    this.#host = host;
    this.#library = library;
    this.#encode = encode;
  }

  async *run(request: TrainingRequest, signal: AbortSignal): AsyncGenerator<TrainingItem> {
    const { datasets, photos, encoder } = request;
    for await (const progress of this.#encode({ datasets, photos }, { encoder, run: request }, signal)) {
      yield { kind: 'encoding', ...progress };
    }
    let crashes = 0;
    for (;;) {
      try {
        for await (const item of this.#host.run('train', { library: this.#library, request }, { signal, stallMs })) {
          if (item.kind === 'epoch') crashes = 0;
          yield item;
        }
        return;
      } catch (error) {
        // The same request resumes from its last checkpoint.
        if (!(error instanceof WorkerDied) || ++crashes > maxCrashes) throw error;
      }
    }
  }

  /** Recall of a model on the val splits. @param seed of a dataset's division; absent: the model's own */
  async measure(datasets: readonly string[], model: string, seed?: number): Promise<Measured> {
    for await (const progress of this.#encode({ datasets, photos: [] }, { model })) void progress;
    const input = { library: this.#library, datasets, split: 'val' as const, model, seed };
    for await (const item of this.#host.run('evaluate', input, { stallMs })) {
      if (item.kind === 'measured') return { recalls: item.recalls, sets: item.sets };
    }
    throw new DescryError('internal', 'The training process ended without an answer.');
  }
}
