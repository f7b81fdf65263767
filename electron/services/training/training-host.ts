/** What the training worker can do, and the services' end of it: the window trains in a process of its own. */
import { DescryError } from '../../../models/errors.ts';
import type { Split } from '../../../models/datasets/flickr30k.ts';
import type { Recalls } from '../../ipc/contract.ts';
import { WorkerDied, type WorkerHost } from '../../workers/host.ts';
import type { EncodingProgress } from './training-data.ts';
import type { TrainingRequest, TrainingResult, TrainingUpdate, WantedFeatures } from './training.ts';

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

/** Puts the features of a dataset's photos into the library's cache; a photo that cannot be opened is left out. */
export type EncodePhotos = (
  dataset: string,
  wanted: WantedFeatures,
  signal?: AbortSignal,
) => AsyncIterable<EncodingProgress>;

/** More deaths without an epoch in between, and the run fails. */
const mostDeaths = 2;
/** A checkpoint of a large network on a slow disk is the longest that a run says nothing. */
const stallMs = 15 * 60_000;

/**
 * Trains and measures in the training worker. That one opens no photo: a file that crashes a decoder would end every run.
 * So the photos of the dataset are encoded before, by whoever opens photos under supervision.
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
    const { dataset, encoder } = request;
    for await (const progress of this.#encode(dataset, { encoder }, signal)) yield { kind: 'encoding', ...progress };
    let deaths = 0;
    for (;;) {
      try {
        for await (const item of this.#host.run('train', { library: this.#library, request }, { signal, stallMs })) {
          if (item.kind === 'epoch') deaths = 0;
          yield item;
        }
        return;
      } catch (error) {
        // The same request goes on from its last checkpoint.
        if (!(error instanceof WorkerDied) || ++deaths > mostDeaths) throw error;
      }
    }
  }

  /** Recall of a model on the val split. */
  async measure(dataset: string, model: string): Promise<Recalls> {
    for await (const progress of this.#encode(dataset, { model })) void progress;
    const input = { library: this.#library, dataset, split: 'val' as const, model };
    for await (const item of this.#host.run('evaluate', input, { stallMs })) {
      if (item.kind === 'measured') return item.recalls;
    }
    throw new DescryError('internal', 'The training process ended without an answer.');
  }
}
