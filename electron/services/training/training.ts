/**
 * Trains a model on a captioned dataset, from the folder to the finished model in the list.
 *
 * A run is a generator of updates. It writes a checkpoint at the end of each epoch, so that Ctrl-C, a crash or closing the
 * window lose at most the epoch under way: the same request goes on from there.
 */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { errorMessage } from '../../../models/errors.ts';
import type { Engine } from '../../../models/engine/engine.ts';
import { readFlickr30k, type FlickrDataset, type Split } from '../../../models/datasets/flickr30k.ts';
import { fitSentenceEncoder, SentenceEncoder } from '../../../models/text/sentence-encoder.ts';
import type { FittedText } from '../../../models/text/fitted-text.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../../models/two-branch/checkpoint-file.ts';
import type { Recalls } from '../../../models/two-branch/evaluation.ts';
import type { Model } from '../../../models/two-branch/model-file.ts';
import type { Recipe } from '../../../models/two-branch/recipe.ts';
import type { RelevanceReport } from '../../../models/relevance/relevance-report.ts';
import { evaluateNetwork } from '../../../models/two-branch/embedding.ts';
import type { Pairs } from '../../../models/two-branch/batches.ts';
import { keepsImageBranch, trainNetwork } from '../../../models/two-branch/training.ts';
import type { BestEpoch, Checkpoint, TrainingRun } from '../../../models/two-branch/training-run.ts';
import type { SampleQuery } from '../../ipc/contract.ts';
import { calibrate, measureRelevance, type CaptionedSplit } from './calibration.ts';
import type { Log } from '../shared/log.ts';
import type { Models } from '../models/models.ts';
import {
  encodeDataset,
  captionGroups,
  makeCaptions,
  makePairs,
  type DatasetSource,
  type EncodedPhoto,
  type EncodingProgress,
} from './training-data.ts';
import type { TrainingSamples } from './training-samples.ts';
import { writeAtomically } from '../shared/write-file.ts';

export interface TrainingRequest {
  readonly dataset: string;
  readonly recipe: Recipe;
  readonly seed: number;
  /** wished id of the new model */
  readonly name: string;
  /** start from this model's weights and vocabulary */
  readonly init: string | null;
  /**
   * After the run on the train split, train again on train and val together: for weights that are given away. Recall and
   * relevance stay those of the first run, which had not seen val.
   */
  readonly final: boolean;
  /** a file of captions without photos, which the pre-training of the text branch reads beside the dataset's own */
  readonly captions: string | null;
}

export type TrainingUpdate =
  | ({ readonly kind: 'encoding' } & EncodingProgress)
  | {
      readonly kind: 'pretraining';
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly seconds: number;
    }
  | { readonly kind: 'resumed'; readonly epoch: number }
  | {
      readonly kind: 'step';
      readonly epoch: number;
      readonly epochs: number;
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly seconds: number;
      readonly secondsLeft: number | null;
    }
  | {
      readonly kind: 'epoch';
      readonly epoch: number;
      readonly epochs: number;
      readonly steps: number;
      readonly loss: number;
      readonly recalls: Recalls | null;
      readonly best: boolean;
      /** what sentences find in the library, before and now; null without one */
      readonly samples: SampleQuery[] | null;
      readonly seconds: number;
      readonly secondsLeft: number | null;
    };

export interface TrainingResult {
  readonly model: string;
  readonly epoch: number;
  readonly recalls: Recalls | null;
  readonly seconds: number;
}

export interface Evaluation {
  readonly recalls: Recalls;
  readonly photos: number;
  readonly captions: number;
  /** null where it was not asked for */
  readonly relevance: RelevanceReport[] | null;
}

export interface TrainingOptions {
  readonly models: Models;
  readonly engine: () => Promise<Engine>;
  /** folder for checkpoints */
  readonly folder: string;
  readonly source: () => Promise<DatasetSource>;
  /** a sentence that the user should read, such as that photos of the dataset are missing */
  readonly onNotice?: (message: string) => void;
  readonly log: Log;
}

export class Training {
  readonly #options: TrainingOptions;
  #samples: (() => Promise<TrainingSamples | undefined>) | undefined;

  constructor(options: TrainingOptions) {
    this.#options = options;
  }

  /** Compares the model in training with the present one at each epoch's end; `open` runs once per run. */
  compareOn(open: () => Promise<TrainingSamples | undefined>): void {
    this.#samples = open;
  }

  /**
   * @returns the finished model, in the list but not in use
   * @throws DescryError `dataset-invalid`, `training-diverged`, `cancelled`, …
   */
  async *run(request: TrainingRequest, signal?: AbortSignal): AsyncGenerator<TrainingUpdate, TrainingResult> {
    const started = performance.now();
    const { models } = this.#options;
    const source = await this.#options.source();
    const dataset = await this.#read(request.dataset, { seed: request.seed });
    const photos = yield* this.#encode(source, dataset, signal);
    const init = request.init === null ? undefined : await models.load(request.init);
    try {
      const recipe = init ? startedFrom(init.model, request.recipe) : request.recipe;
      const groups = await captionGroups(request.captions, photos);
      const vectors = await models.vectors();
      const fitted = init?.model.text ?? fitSentenceEncoder(groups.flat(), vectors, recipe.text);
      const text = new SentenceEncoder(fitted, vectors);
      const captions = makeCaptions(groups, text);
      const pairs = (...splits: Split[]) => makePairs(source.store, source.encoder, photos, splits, text, recipe.image);
      const engine = await this.#options.engine();
      const val = pairs('val');
      const run = { engine, recipe, captions, seed: request.seed, ...(init ? { init: init.model.network } : {}) };
      const data = fingerprint(photos, fitted, source.encoder, init?.model.metadata.createdAt);
      const train = pairs('train');
      const stage = { request, data, text, started, signal };
      const measured = yield* this.#train(stage, { ...run, train, val }, 'measured');
      const kept = request.final
        ? yield* this.#train(stage, { ...run, train: pairs('train', 'val') }, 'final')
        : measured;
      const model: Model = {
        network: kept.weights,
        text: fitted,
        metadata: {
          encoder: source.encoder,
          recipe,
          seed: request.seed,
          data: describeData(dataset.root, photos, request.final),
          recalls: measured.recalls,
          calibration: await calibrate(engine, measured.weights, text, captioned(photos, val, ['val'])),
          epoch: kept.epoch,
          createdAt: Date.now(),
          image: kept.weights.image.shape,
          text: kept.weights.text.shape,
        },
      };
      const id = await models.add(request.name, model);
      await this.forget(request);
      return { model: id, epoch: kept.epoch, recalls: measured.recalls, seconds: (performance.now() - started) / 1000 };
    } finally {
      await init?.dispose();
    }
  }

  /**
   * Recall of a model on a split of a dataset, and, where it is asked for, how well its relevance holds there.
   *
   * @param split `all`: every photo
   */
  async *evaluate(
    dataset: string,
    split: Split | 'all',
    id: string,
    { relevance = false, signal }: { relevance?: boolean | undefined; signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<TrainingUpdate, Evaluation> {
    const model = await this.#options.models.load(id);
    try {
      const source = await this.#options.source();
      const photos = yield* this.#encode(
        source,
        await this.#read(dataset, { seed: model.model.metadata.seed }),
        signal,
      );
      const splits: Split[] = split === 'all' ? ['train', 'val', 'test'] : [split];
      const pairs = makePairs(
        source.store,
        source.encoder,
        photos,
        splits,
        model.text,
        model.model.metadata.recipe.image,
      );
      const engine = await this.#options.engine();
      const { network } = model.model;
      return {
        recalls: await evaluateNetwork(engine, network, pairs),
        photos: pairs.photos,
        captions: pairs.photoOf.length,
        relevance: relevance
          ? await measureRelevance(engine, network, model.text, captioned(photos, pairs, splits))
          : null,
      };
    } finally {
      await model.dispose();
    }
  }

  /** Removes the checkpoints of a request. */
  async forget(request: TrainingRequest): Promise<void> {
    await rm(this.#runFolder(request), { recursive: true, force: true });
  }

  async #read(folder: string, { seed }: { seed: number }): Promise<FlickrDataset> {
    const dataset = await readFlickr30k(folder, { seed });
    const { missingPhotos, malformedRows } = dataset.report;
    const notice = this.#options.onNotice;
    if (missingPhotos.length > 0) {
      notice?.(
        `${dataset.root} lacks ${missingPhotos.length} photos that its captions name (${missingPhotos.slice(0, 3).join(', ')}${missingPhotos.length > 3 ? ', …' : ''}); they are left out.`,
      );
    }
    if (malformedRows > 0) notice?.(`${malformedRows} rows of the captions could not be read and are left out.`);
    return dataset;
  }

  async *#encode(
    source: DatasetSource,
    dataset: FlickrDataset,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<TrainingUpdate, EncodedPhoto[]> {
    const encoding = encodeDataset(source, dataset, signal);
    for (;;) {
      const next = await encoding.next();
      if (next.done) return next.value;
      yield { kind: 'encoding', ...next.value };
    }
  }

  async *#train(
    { request, data, text, started, signal }: Stage,
    run: TrainingRun,
    name: 'measured' | 'final',
  ): AsyncGenerator<TrainingUpdate, BestEpoch> {
    const file = path.join(this.#runFolder(request), `${name}.safetensors`);
    const resume = await this.#readCheckpoint(file, data);
    if (resume) yield { kind: 'resumed', epoch: resume.epoch };
    const { epochs } = run.recipe.optimiser;
    const samples = await this.#samples?.();
    const training = trainNetwork(resume ? { ...run, resume } : run);
    let stageStarted = performance.now();
    let steps = 0;
    try {
      for (;;) {
        signal?.throwIfAborted();
        const next = await training.next();
        if (next.done) return next.value;
        const event = next.value;
        const seconds = (performance.now() - started) / 1000;
        if (event.kind === 'pretraining') {
          yield { ...event, seconds };
          continue;
        }
        if (event.kind === 'pretrained') {
          await writeAtomically(file, encodeCheckpoint(await event.checkpoint(), data));
          stageStarted = performance.now();
          continue;
        }
        if (event.kind === 'step') steps++;
        const perStep = (performance.now() - stageStarted) / 1000 / Math.max(1, steps);
        const stepOfEpoch = event.kind === 'step' ? event.step : event.steps;
        const secondsLeft = perStep * ((epochs - event.epoch) * event.steps + (event.steps - stepOfEpoch));
        const times = { epochs, seconds, secondsLeft };
        if (event.kind === 'step') {
          yield { ...event, ...times };
          continue;
        }
        const { checkpoint, weights, ...epoch } = event;
        await writeAtomically(file, encodeCheckpoint(await checkpoint(), data));
        yield { ...epoch, ...times, samples: (await samples?.compare(run.engine, weights, text, run.recipe)) ?? null };
      }
    } finally {
      // Whether it ended, failed, or the caller asks for no more: the engine's memory is given back.
      await training.return(undefined as never);
    }
  }

  /**
   * A checkpoint that cannot be read (an older version's, a torn write), or was made with other data, costs the time it
   * held, nothing else.
   */
  async #readCheckpoint(file: string, data: string): Promise<Checkpoint | undefined> {
    try {
      const { checkpoint, note } = decodeCheckpoint(await readFile(file));
      if (note === data) return checkpoint;
      this.#options.log.warn(`${file} is not used: the dataset has changed since`);
      return undefined;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
        this.#options.log.warn(`${file} is not used: ${errorMessage(error)}`);
      }
      return undefined;
    }
  }

  #runFolder(request: TrainingRequest): string {
    const key = createHash('sha256').update(JSON.stringify(request)).digest('hex').slice(0, 16);
    return path.join(this.#options.folder, key);
  }
}

/** What both stages of a run share. */
interface Stage {
  readonly request: TrainingRequest;
  /** names the data: a checkpoint of other data is not gone on with */
  readonly data: string;
  readonly text: SentenceEncoder;
  readonly started: number;
  readonly signal: AbortSignal | undefined;
}

/** A recipe that goes on from a model keeps what the inputs and layers are of those branches that it goes on with. */
function startedFrom({ metadata, text, network: weights }: Model, recipe: Recipe): Recipe {
  const network = {
    ...recipe.network,
    textHidden: weights.text.shape.hidden,
    embedding: weights.text.shape.outputs,
  };
  const started = { ...recipe, text: text.spec, network };
  if (!keepsImageBranch(weights, recipe)) return started;
  return {
    ...started,
    image: metadata.recipe.image,
    network: { ...network, imageHidden: weights.image.shape.hidden },
  };
}

function fingerprint(photos: readonly EncodedPhoto[], text: FittedText, encoder: string, init = 0): string {
  const hash = createHash('sha256').update(JSON.stringify([encoder, init, text]));
  for (const { name, split, captions } of photos) hash.update(JSON.stringify([name, split, captions]));
  return hash.digest('hex');
}

/** The captions beside what `makePairs` made of the same photos. */
function captioned(photos: readonly EncodedPhoto[], pairs: Pairs, splits: readonly Split[]): CaptionedSplit {
  return { pairs, captionsOf: photos.filter(({ split }) => splits.includes(split)).map(({ captions }) => captions) };
}

function describeData(root: string, photos: readonly EncodedPhoto[], final: boolean): string {
  const count = (split: Split) => photos.filter((photo) => photo.split === split).length;
  const trained = final ? `${count('train') + count('val')} photos (train + val)` : `${count('train')} photos (train)`;
  return `${path.basename(root)}, ${trained}; recall on ${count('val')} photos (val)`;
}
