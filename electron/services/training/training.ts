/**
 * Trains a model on a captioned dataset, from the folder to the finished model in the list.
 *
 * A run is a generator of updates. It writes a checkpoint at the end of each epoch, so that after Ctrl-C, a crash or closing
 * the window only the present epoch is lost: the same request resumes from the checkpoint.
 */
import { rm } from 'node:fs/promises';
import type { Encoder } from '../../../models/contract/encoder.ts';
import type { Recalls, SetRecalls } from '../../../models/contract/information.ts';
import type {
  Evaluation,
  Split,
  TrainedModel,
  TrainingRun,
  TrainingSupport,
} from '../../../models/contract/training.ts';
import { readCaptionFile, type ReadOptions } from '../../../models/datasets/flickr30k.ts';
import type { ReadDataset } from './dataset-reader.ts';
import { DescryError, errorCode } from '../../../models/errors.ts';
import { plural } from '../../ipc/format.ts';
import type { DatasetReport, PhotoFolderReport, SamplesLack } from '../../ipc/contract.ts';
import type { Models } from '../models/models.ts';
import type { OpenEncoders } from '../models/open-encoders.ts';
import type { Log } from '../shared/log.ts';
import type { WantedFeatures as FeaturesOfPhotos } from '../library/features.ts';
import { measuredRate } from '../models/switch-needs.ts';
import { followTraining, type Clock, type TrainingUpdate } from './follow-training.ts';
import { checkpointFile, readCheckpoint, runFolder } from './run-folder.ts';
import { MapFile, writeMaps, type WantedMaps } from './map-file.ts';
import {
  checkDataset,
  type CheckOptions,
  checkPhotoFolder,
  encodePhotos,
  withFeatures,
  type DatasetSource,
  type EncodedPhoto,
  type EncodingProgress,
} from './training-data.ts';
import {
  noticesOf,
  readFolders,
  withoutRepeats,
  type ReadFolders,
  type SetPhoto,
  type TrainingFolders,
} from './training-folders.ts';
import type { TrainingRequest } from './training-request.ts';
import type { TrainingSamples } from './training-samples.ts';

export type { TrainingRequest };

export type { TrainingUpdate };

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
  /** absent: in this process */
  readonly readDataset?: ReadDataset | undefined;
  /** a sentence that the user should read, such as that photos of the dataset are missing */
  readonly onNotice?: (message: string) => void;
  readonly log: Log;
}

/** Whose features are wanted: an encoder's by its id (absent: the one that Descry comes with), or those that a model reads. */
export interface WantedFeatures {
  readonly encoder?: string | undefined;
  readonly model?: string | undefined;
  /** also the maps that this run reads, if its recipe fine-tunes */
  readonly run?: TrainingRequest | undefined;
}

export interface EvaluateOptions {
  readonly relevance?: boolean | undefined;
  /** divides datasets without a split file; absent: that of the model, which must not be measured on what it was trained on */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class Training {
  readonly #options: TrainingOptions;
  #samples: ((features: string) => Promise<TrainingSamples | SamplesLack>) | undefined;

  constructor(options: TrainingOptions) {
    this.#options = options;
  }

  /**
   * Compares the model in training with the present one at each epoch's end; `open` runs once per run, with the key of the
   * features that the new model reads.
   */
  compareOn(open: (features: string) => Promise<TrainingSamples | SamplesLack>): void {
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

  /** Encoders on whose features models can be trained, that of the model in use first. */
  trainable(): { readonly encoder: Encoder; readonly inUse: boolean }[] {
    const { encoders } = this.#options;
    const used = this.#encoderInUse();
    return encoders.all
      .filter(({ training }) => training !== null)
      .map((encoder) => ({ encoder, inUse: encoder.id === used }))
      .sort((a, b) => Number(b.inUse) - Number(a.inUse));
  }

  /** undefined where it is not there any more: a model of another one can still be trained */
  #encoderInUse(): string | undefined {
    const { models } = this.#options;
    try {
      return models.encoderOf(models.inUse()).id;
    } catch (error) {
      if (errorCode(error) === 'model-incompatible') return undefined;
      throw error;
    }
  }

  /**
   * Checks a dataset for training.
   * @param encoder id; absent: the one that Descry comes with
   * @param recipes by name, whose times are wanted; absent: those that the encoder has
   */
  async check(folder: string, { encoder: id, recipes, signal }: CheckOptions = {}): Promise<DatasetReport> {
    const { encoder, ...source } = await this.#checkSource(id);
    const support = supportOf(encoder);
    return checkDataset(source, folder, recipes ? { ...support, recipes } : support, signal);
  }

  /** The same for a folder of photos without captions. */
  async checkPhotos(
    folder: string,
    { encoder, signal }: Omit<CheckOptions, 'recipes'> = {},
  ): Promise<PhotoFolderReport> {
    return checkPhotoFolder(await this.#checkSource(encoder), folder, signal);
  }

  async #checkSource(id: string | undefined) {
    const { source, encoders, log, readDataset } = this.#options;
    const { encoder, features } = await encoders.ready(this.#encoder(id).id);
    const { featureLength, tuning, regions, added } = encoder;
    const lengths = { featureLength, mapLength: tuning?.mapLength ?? 0, regionBytes: regions?.bytes ?? 0 };
    // Of one that was added nothing is assumed.
    const photosPerSecond = added ? measuredRate(source.store, encoder) : undefined;
    return { encoder, store: source.store, log, features, readDataset, photosPerSecond, ...lengths };
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
    const source = await this.#source(await this.#ownFeatures(encoder.id));
    const read = await this.#read(usedFolders(request, encoder), { seed: request.seed, signal });
    const encoded = yield* encodingUpdates(this.#prepare(source, read.photos, request, signal));
    const wanted = this.#wantedMaps(source, request);
    const withRegions = this.#withRegions(source, request.recipe);
    for (const split of ['train', 'val'] as const) withFeatures(source, encoded, [split]);
    const photos = withFeatures(withRegions, encoded, ['train', 'val', 'test']);
    const maps = wanted && (await MapFile.open(wanted, photos));
    const run: TrainingRun = {
      photos,
      recipe: request.recipe,
      seed: request.seed,
      init: request.init === null ? null : await this.#initialModel(request.init, encoder),
      final: request.final,
      captions: request.captions === null ? [] : await readCaptionFile(request.captions, { signal }),
      maps,
      checkpoint: (stage) => readCheckpoint(checkpointFile(this.#options.folder, request, stage), this.#options.log),
    };
    const trained = yield* this.#followAndClose(maps, this.#follow(request, run, { started, signal, ...source }));
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
    { encoder, model, run }: WantedFeatures,
    signal?: AbortSignal,
  ): AsyncGenerator<EncodingProgress> {
    const { models, log } = this.#options;
    const used = run ? usedFolders(folders, this.#encoder(encoder)) : folders;
    const own = model === undefined ? this.#ownFeatures(this.#encoder(encoder).id) : models.photoSide(model);
    const source = await this.#source(await own);
    const { photos } = await readFolders(used, {
      ...(run ? { seed: run.seed } : {}),
      log,
      signal,
      read: this.#options.readDataset,
    });
    if (run) yield* this.#prepare(source, photos, run, signal);
    else yield* encodePhotos(source, photos, signal);
  }

  /** Makes all that a run reads of its photos. @returns those that it is trained on and measured on */
  async *#prepare(
    source: DatasetSource,
    photos: readonly SetPhoto[],
    request: TrainingRequest,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<EncodingProgress, EncodedPhoto[]> {
    const encoded = this.#withoutRepeats(yield* encodePhotos(source, photos, signal));
    const val = photos.filter(({ split }) => split === 'val');
    yield* encodePhotos(this.#withRegions(source, request.recipe), val, signal);
    const maps = this.#wantedMaps(source, request);
    if (maps) yield* writeMaps(maps, encoded, signal);
    return encoded;
  }

  /** A model is measured as it searches, by the regions of photos, too: those of a fine-tuned encoder are not there yet. */
  #withRegions(source: DatasetSource, recipe: TrainingRequest['recipe']): DatasetSource {
    const { training, regions } = this.#encoder(source.encoder);
    return training?.needsMaps(recipe) ? source : { ...source, regionVersion: regions?.version };
  }

  /** undefined where the recipe reads no maps @throws DescryError `recipe-invalid` where the encoder has none */
  #wantedMaps({ store, vision, encoder, features }: DatasetSource, request: TrainingRequest): WantedMaps | null {
    const { training, tuning } = this.#encoder(encoder);
    if (!training?.needsMaps(request.recipe)) return null;
    if (!tuning) throw new DescryError('recipe-invalid', `The encoder ${encoder} cannot be fine-tuned.`);
    const hash = (content: number) => store.contents.hash(content);
    const folder = runFolder(this.#options.folder, request);
    return { vision, hash, encoder, features, mapLength: tuning.mapLength, folder };
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
    { relevance = false, seed, signal }: EvaluateOptions = {},
  ): AsyncGenerator<TrainingUpdate, Evaluation> {
    const model = await this.#options.models.load(id);
    try {
      const source = await this.#source(model);
      const read = await this.#read({ datasets, photos: [] }, { seed: seed ?? model.information.seed, signal });
      const splits: Split[] = split === 'all' ? ['train', 'val', 'test'] : [split];
      const photos = yield* this.#encode(source, read, signal);
      const withRegions = { ...source, regionVersion: model.frames?.version };
      const measured = withFeatures(withRegions, photos, splits);
      // Photos whose features were made before regions were stored are opened again.
      const asked = { ...read, photos: read.photos.filter((photo) => splits.includes(photo.split)) };
      if (model.frames) yield* this.#encode(withRegions, asked, signal);
      const evaluation = await model.evaluate(measured, { relevance });
      if (split === 'val') {
        const sets = evaluation.sets.map(({ set, photos }) => `${set}, ${plural(photos, 'photo')}`);
        this.#options.models.noteRecall(id, evaluation, `${sets.join('; ')} (val)`);
      }
      return evaluation;
    } finally {
      await model.dispose();
    }
  }

  /** Removes the checkpoints of a request. */
  async forget(request: TrainingRequest): Promise<void> {
    await rm(runFolder(this.#options.folder, request), { recursive: true, force: true });
  }

  async #read(folders: TrainingFolders, options: ReadOptions): Promise<ReadFolders> {
    const { log, readDataset } = this.#options;
    const read = await readFolders(folders, { ...options, log, read: readDataset });
    for (const notice of read.datasets.flatMap(noticesOf)) this.#options.onNotice?.(notice);
    return read;
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
    return yield* encodingUpdates(encodePhotos(source, photos, signal));
  }

  async #ownFeatures(encoder: string): Promise<FeaturesOfPhotos> {
    const { features } = await this.#options.encoders.ready(encoder);
    return { encoder, features };
  }

  async #source({ encoder, features, part }: FeaturesOfPhotos): Promise<DatasetSource> {
    // The weights are fetched where the photos still need them.
    await this.#options.encoders.ready(encoder);
    return { ...this.#options.source, encoder, features, ...(part ? { part } : {}), log: this.#options.log };
  }

  async *#follow(
    request: TrainingRequest,
    run: TrainingRun,
    { encoder, features, ...clock }: Pick<DatasetSource, 'encoder' | 'features'> & Clock,
  ): AsyncGenerator<TrainingUpdate, TrainedModel> {
    const { encoders, log, folder } = this.#options;
    const { open } = await encoders.ready(encoder);
    // A fine-tuned model reads features that the library's photos do not have yet.
    const samples = this.#samples && (run.maps ? 'own-features' : await this.#samples(features));
    return yield* followTraining(open.train!(run), { request, folder, log, samples, ...clock });
  }

  async *#followAndClose<Result>(
    maps: MapFile | null,
    run: AsyncGenerator<TrainingUpdate, Result>,
  ): AsyncGenerator<TrainingUpdate, Result> {
    try {
      return yield* run;
    } finally {
      await maps?.close();
    }
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
}

async function* encodingUpdates<Result>(
  encoding: AsyncGenerator<EncodingProgress, Result>,
): AsyncGenerator<TrainingUpdate, Result> {
  for (;;) {
    const next = await encoding.next();
    if (next.done) return next.value;
    yield { kind: 'encoding', ...next.value };
  }
}

/** The folders from which a model of the encoder learns. */
function usedFolders({ datasets, photos }: TrainingFolders, encoder: Encoder): TrainingFolders {
  return { datasets, photos: supportOf(encoder).learnsWithoutCaptions ? photos : [] };
}

function supportOf({ title, training }: Encoder): TrainingSupport {
  if (training) return training;
  throw new DescryError('usage', `No model can be trained on the features of ${title}. Choose another encoder.`);
}
