/**
 * Trains a model on a captioned dataset, from the folder to the finished model in the list.
 *
 * A run is a generator of updates. It writes a checkpoint at the end of each epoch, so that after Ctrl-C, a crash or closing
 * the window only the present epoch is lost: the same request resumes from the checkpoint.
 */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Embedder } from '../../../models/contract/embedder.ts';
import type { Encoder } from '../../../models/contract/encoder.ts';
import type { Recalls, SetRecalls } from '../../../models/contract/information.ts';
import type {
  Evaluation,
  Recipe,
  Split,
  TrainedModel,
  TrainingRun,
  TrainingSupport,
  TrainingUpdate as EncoderUpdate,
} from '../../../models/contract/training.ts';
import { readCaptionFile, type FlickrDataset } from '../../../models/datasets/flickr30k.ts';
import { DescryError, errorMessage } from '../../../models/errors.ts';
import { plural } from '../../ipc/format.ts';
import type { SampleQuery } from '../../ipc/contract.ts';
import type { Models } from '../models/models.ts';
import type { OpenEncoders } from '../models/open-encoders.ts';
import type { Log } from '../shared/log.ts';
import { writeAtomically } from '../shared/write-file.ts';
import {
  encodePhotos,
  withFeatures,
  type DatasetSource,
  type EncodedPhoto,
  type EncodingProgress,
} from './training-data.ts';
import { readFolders, withoutRepeats, type ReadFolders, type TrainingFolders } from './training-folders.ts';
import type { TrainingSamples } from './training-samples.ts';

export interface TrainingRequest extends TrainingFolders {
  readonly recipe: Recipe;
  readonly seed: number;
  /** requested id of the new model; null: the recipe's name and the day */
  readonly name: string | null;
  /** id of the encoder whose features are trained on; absent: the one that Descry comes with */
  readonly encoder?: string;
  /** start from this model, which reads the features of the same encoder */
  readonly init: string | null;
  /**
   * After the run on the train split, train again on train and val: for weights that are published. Recall and
   * relevance stay those of the first run, which had not seen val.
   */
  readonly final: boolean;
  /** a file of captions without photos, for pre-training in addition to the dataset's captions */
  readonly captions: string | null;
}

/** Times of a run, added to the encoder's updates. */
interface Times {
  readonly seconds: number;
  /** null where it is not known */
  readonly secondsLeft: number | null;
}
type Of<Kind extends EncoderUpdate['kind']> = Extract<EncoderUpdate, { kind: Kind }>;

export type TrainingUpdate =
  | ({ readonly kind: 'encoding' } & EncodingProgress)
  | Of<'resumed'>
  | (Of<'pretraining'> & Pick<Times, 'seconds'>)
  | (Of<'step'> & Times)
  | (Omit<Of<'epoch'>, 'candidate'> &
      Times & {
        /** results of sample sentences in the library, with the present and the new model; null without a library */
        readonly samples: SampleQuery[] | null;
      });

export interface TrainingResult {
  readonly model: string;
  readonly epoch: number;
  /** on the val photos of all datasets together */
  readonly recalls: Recalls | null;
  /** of each dataset */
  readonly sets: readonly SetRecalls[];
  readonly seconds: number;
}

export type { Evaluation };

export interface TrainingOptions {
  readonly models: Models;
  readonly encoders: OpenEncoders;
  /** folder for checkpoints */
  readonly folder: string;
  readonly source: Pick<DatasetSource, 'store' | 'vision'>;
  /** a sentence that the user should read, such as that photos of the dataset are missing */
  readonly onNotice?: (message: string) => void;
  readonly log: Log;
}

/** Whose features are wanted: an encoder's by its id (absent: the one that Descry comes with), or those that a model reads. */
export interface WantedFeatures {
  readonly encoder?: string | undefined;
  readonly model?: string | undefined;
}

export class Training {
  readonly #options: TrainingOptions;
  #samples: ((features: string) => Promise<TrainingSamples | undefined>) | undefined;

  constructor(options: TrainingOptions) {
    this.#options = options;
  }

  /**
   * Compares the model in training with the present one at each epoch's end; `open` runs once per run, with the key of the
   * features that the new model reads.
   */
  compareOn(open: (features: string) => Promise<TrainingSamples | undefined>): void {
    this.#samples = open;
  }

  /**
   * What can be trained on an encoder's features.
   * @param encoder id; absent: the one that Descry comes with
   * @throws DescryError `usage` where nothing can
   */
  support(encoder?: string): TrainingSupport {
    return supportOf(this.#encoder(encoder));
  }

  #encoder(id: string | undefined): Encoder {
    const { encoders } = this.#options;
    return id === undefined ? encoders.first : encoders.find(id);
  }

  /**
   * @returns the finished model, in the list but not in use
   * @throws DescryError `dataset-invalid`, `training-diverged`, `cancelled`, …
   */
  async *run(request: TrainingRequest, signal?: AbortSignal): AsyncGenerator<TrainingUpdate, TrainingResult> {
    const started = performance.now();
    const { models } = this.#options;
    const encoder = this.#encoder(request.encoder);
    supportOf(encoder);
    const source = await this.#source(encoder.id);
    const read = await this.#read(request, { seed: request.seed });
    const encoded = this.#withoutRepeats(yield* this.#encode(source, read, signal));
    for (const split of ['train', 'val'] as const) withFeatures(source, encoded, [split]);
    const run: TrainingRun = {
      photos: withFeatures(source, encoded, ['train', 'val', 'test']),
      recipe: request.recipe,
      seed: request.seed,
      init: request.init === null ? null : await this.#initialModel(request.init, encoder),
      final: request.final,
      captions: request.captions === null ? [] : await readCaptionFile(request.captions),
      checkpoint: (stage) => this.#checkpoint(request, stage),
    };
    const trained = yield* this.#follow(request, run, { started, signal, ...source });
    const id = await models.add(request.name, trained);
    await this.forget(request);
    return {
      model: id,
      epoch: trained.epoch,
      recalls: trained.information.recalls,
      sets: trained.information.sets,
      seconds: (performance.now() - started) / 1000,
    };
  }

  /** Puts the features of the folders' photos into the cache: for a run in a process that must not open photos. */
  async *encode(
    folders: TrainingFolders,
    { encoder, model }: WantedFeatures,
    signal?: AbortSignal,
  ): AsyncGenerator<EncodingProgress> {
    const id = model === undefined ? this.#encoder(encoder).id : this.#options.models.encoderOf(model).id;
    const { photos } = await readFolders(folders, this.#options);
    yield* encodePhotos(await this.#source(id), photos, signal);
  }

  /**
   * Recall of a model on a split of one or more datasets, and, on request, the reliability of its relevance there.
   *
   * @param split `all`: every photo
   */
  async *evaluate(
    datasets: readonly string[],
    split: Split | 'all',
    id: string,
    { relevance = false, signal }: { relevance?: boolean | undefined; signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<TrainingUpdate, Evaluation> {
    const model = await this.#options.models.load(id);
    try {
      const source = await this.#source(model.encoder);
      const read = await this.#read({ datasets, photos: [] }, { seed: model.information.seed });
      const photos = yield* this.#encode(source, read, signal);
      const splits: Split[] = split === 'all' ? ['train', 'val', 'test'] : [split];
      return await model.evaluate(withFeatures(source, photos, splits), { relevance });
    } finally {
      await model.dispose();
    }
  }

  /** Removes the checkpoints of a request. */
  async forget(request: TrainingRequest): Promise<void> {
    await rm(this.#runFolder(request), { recursive: true, force: true });
  }

  async #read(folders: TrainingFolders, { seed }: { seed: number }): Promise<ReadFolders> {
    const read = await readFolders(folders, { seed, log: this.#options.log });
    for (const dataset of read.datasets) this.#notice(dataset);
    return read;
  }

  #notice({ root, report: { missingPhotos, malformedRows } }: FlickrDataset): void {
    const notice = this.#options.onNotice;
    if (missingPhotos.length > 0) {
      notice?.(
        `${root} lacks ${plural(missingPhotos.length, 'photo')} that its captions name (${missingPhotos.slice(0, 3).join(', ')}${missingPhotos.length > 3 ? ', …' : ''}); left out.`,
      );
    }
    if (malformedRows > 0) {
      notice?.(`${plural(malformedRows, 'row')} of the captions of ${root} could not be read; left out.`);
    }
  }

  #withoutRepeats(encoded: readonly EncodedPhoto[]): EncodedPhoto[] {
    const { kept, heldElsewhere } = withoutRepeats(encoded);
    if (heldElsewhere > 0) {
      this.#options.onNotice?.(
        `${plural(heldElsewhere, 'photo')} to train on ${heldElsewhere === 1 ? 'is' : 'are'} in the val or test split of another dataset, too; left out.`,
      );
    }
    return kept;
  }

  async *#encode(
    source: DatasetSource,
    { photos }: ReadFolders,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<TrainingUpdate, EncodedPhoto[]> {
    const encoding = encodePhotos(source, photos, signal);
    for (;;) {
      const next = await encoding.next();
      if (next.done) return next.value;
      yield { kind: 'encoding', ...next.value };
    }
  }

  async #source(encoder: string): Promise<DatasetSource> {
    const { encoders, source, log } = this.#options;
    const { features } = await encoders.ready(encoder);
    return { ...source, encoder, features, log };
  }

  /** @throws DescryError `model-unknown`; `model-incompatible` where the model reads other features */
  async #initialModel(id: string, encoder: Encoder): Promise<string> {
    const { models } = this.#options;
    const file = await models.readableFile(id);
    if (models.encoderOf(id).id === encoder.id) return file;
    throw new DescryError(
      'model-incompatible',
      `The model ${id} reads the features of another encoder than ${encoder.title}. Start from a model of the same encoder, or from nothing.`,
    );
  }

  /** Passes on the updates of an encoder's training, with times and sample searches, and stores its checkpoints. */
  async *#follow(
    request: TrainingRequest,
    run: TrainingRun,
    { encoder, features, started, signal }: Pick<DatasetSource, 'encoder' | 'features'> & Clock,
  ): AsyncGenerator<TrainingUpdate, TrainedModel> {
    const { encoders, log } = this.#options;
    const { open } = await encoders.ready(encoder);
    const samples = await this.#samples?.(features);
    const training = open.train!(run);
    const stage = new Stage();
    try {
      for (;;) {
        signal?.throwIfAborted();
        const next = await training.next();
        if (next.done) return next.value;
        const update = next.value;
        const seconds = (performance.now() - started) / 1000;
        switch (update.kind) {
          case 'checkpoint':
            stage.enter(update.stage);
            await writeAtomically(this.#checkpointFile(request, update.stage), update.bytes);
            break;
          case 'not-resumed':
            log.warn(`${this.#checkpointFile(request, update.stage)} is not used: ${update.reason}`);
            break;
          case 'resumed':
            yield update;
            break;
          case 'pretraining':
            stage.begin(); // the rate of the pre-training steps does not apply to the epochs
            yield { ...update, seconds };
            break;
          case 'step':
            yield { ...update, seconds, secondsLeft: stage.secondsLeft(update, update.step, 1) };
            break;
          case 'epoch': {
            const { candidate, ...epoch } = update;
            const times = { seconds, secondsLeft: stage.secondsLeft(update, update.steps, 0) };
            yield { ...epoch, ...times, samples: samples ? await compared(samples, candidate) : null };
          }
        }
      }
    } finally {
      // Frees the training's memory, also after an error and when the caller stops the run.
      await training.return(undefined as never);
    }
  }

  #checkpoint(request: TrainingRequest, stage: string): Promise<Uint8Array | undefined> {
    const file = this.#checkpointFile(request, stage);
    return readFile(file).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
        this.#options.log.warn(`${file} is not used: ${errorMessage(error)}`);
      }
      return undefined;
    });
  }

  #checkpointFile(request: TrainingRequest, stage: string): string {
    return path.join(this.#runFolder(request), `${stage}.safetensors`);
  }

  #runFolder(request: TrainingRequest): string {
    const { datasets, photos, recipe, seed, name, init, final, captions, encoder } = request;
    // As earlier versions wrote a request of one dataset, so that their runs go on.
    const folders = datasets.length === 1 && photos.length === 0 ? { dataset: datasets[0] } : { datasets, photos };
    const written = JSON.stringify({ ...folders, recipe, seed, name, init, final, captions, encoder });
    const key = createHash('sha256').update(written).digest('hex').slice(0, 16);
    return path.join(this.#options.folder, key);
  }
}

interface Clock {
  /** of `performance.now()` */
  readonly started: number;
  readonly signal: AbortSignal | undefined;
}

/** The rate of the steps in one part of a training run. */
class Stage {
  #name: string | undefined;
  #started = performance.now();
  #steps = 0;

  begin(): void {
    this.#started = performance.now();
    this.#steps = 0;
  }

  /** Each stage has its own rate. */
  enter(name: string): void {
    if (this.#name !== undefined && this.#name !== name) this.begin();
    this.#name = name;
  }

  /** @param more steps that were taken since the last call */
  secondsLeft(
    { epoch, epochs, steps }: { readonly epoch: number; readonly epochs: number; readonly steps: number },
    step: number,
    more: number,
  ): number {
    this.#steps += more;
    const perStep = (performance.now() - this.#started) / 1000 / Math.max(1, this.#steps);
    return perStep * ((epochs - epoch) * steps + (steps - step));
  }
}

async function compared(samples: TrainingSamples, open: () => Promise<Embedder>): Promise<SampleQuery[]> {
  const candidate = await open();
  try {
    return await samples.compare(candidate);
  } finally {
    await candidate.dispose();
  }
}

function supportOf({ title, training }: Encoder): TrainingSupport {
  if (training) return training;
  throw new DescryError('usage', `No model can be trained on the features of ${title}. Choose another encoder.`);
}
