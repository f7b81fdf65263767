/**
 * The training run of the window: it is started, paused, resumed after a restart, and ended by the user's decision about the
 * model.
 *
 * Pausing ends the run at its last checkpoint, and resuming starts the same request again, which finds the checkpoint. So a
 * pause, a closed window and a crash use the same code.
 */
import path from 'node:path';
import { rmSync } from 'node:fs';
import { z } from 'zod';
import { DescryError, errorMessage, errorObject, systemCode } from '../../../models/errors.ts';
import { readRegularFileSync } from '../../../models/files/regular-file.ts';
import type { TrainingSupport } from '../../../models/contract/training.ts';
import {
  errorObject as errorObjectSchema,
  trainingPoint,
  trainingSettings,
  type ModelSummary,
  type TrainingPoint,
  type TrainingState,
} from '../../ipc/contract.ts';
import { writeAtomicallySync } from '../shared/write-file.ts';
import type { Log } from '../shared/log.ts';
import type { Measured } from './training-host.ts';
import type { TrainingRequest, TrainingResult, TrainingUpdate } from './training.ts';

export type RunTraining = (
  request: TrainingRequest,
  signal: AbortSignal,
) => AsyncIterable<TrainingUpdate | ({ readonly kind: 'finished' } & TrainingResult)>;

export interface TrainingJobOptions {
  /** folder of the file in which the run is saved */
  readonly folder: string;
  readonly run: RunTraining;
  /** training support of an encoder */
  readonly support: (encoder?: string) => TrainingSupport;
  readonly forget: (request: TrainingRequest) => Promise<void>;
  readonly summary: (model: string) => Promise<ModelSummary>;
  /** recall of the present model on the val splits of a run's datasets */
  readonly measurePresent: (request: TrainingRequest) => Promise<Measured & { readonly model: string }>;
  readonly useModel: (model: string) => Promise<void>;
  readonly removeModel: (model: string) => Promise<void>;
  readonly onChange: (state: TrainingState) => void;
  readonly log: Log;
}

/** What was saved by a version that knew one dataset only has it by itself. */
const withDatasets = z
  .looseObject({ dataset: z.string() })
  .transform(({ dataset, ...settings }) => ({ ...settings, datasets: [dataset] }));

const savedRun = z.object({
  settings: z.union([withDatasets.pipe(trainingSettings), trainingSettings]),
  state: z.enum(['running', 'paused', 'finished', 'failed']),
  history: z.array(trainingPoint),
  model: z.string().nullable(),
  error: errorObjectSchema.nullable().default(null),
  /** what earlier versions kept in place of `error` */
  message: z.string().nullish(),
});
type SavedRun = z.output<typeof savedRun>;

/** A curve needs no more points than a chart has pixels. */
const longestHistory = 2000;
/** There are many steps per second; the window gets an update at this interval. */
const reportEveryMs = 250;

const nothing: TrainingState = {
  state: 'none',
  settings: null,
  epoch: 0,
  epochs: 0,
  step: 0,
  steps: 0,
  secondsLeft: null,
  history: [],
  samples: [],
  result: null,
  error: null,
};

export class TrainingJob {
  readonly #options: TrainingJobOptions;
  #state: TrainingState = nothing;
  #request: TrainingRequest | undefined;
  #running: { controller: AbortController; done: Promise<void> } | undefined;
  #lastReport = 0;
  /** the model of a finished run, until the user has decided */
  #model: string | undefined;

  constructor(options: TrainingJobOptions) {
    this.#options = options;
  }

  state(): TrainingState {
    return this.#state;
  }

  /** Resumes the last session's run, unless it was paused. */
  async restore(): Promise<void> {
    const found = this.#read();
    if (!found) return;
    const { settings, history, model } = found;
    const error = found.error ?? (found.message ? errorObject(new Error(found.message)) : null);
    try {
      this.#request = this.#requestFrom(settings);
    } catch (error) {
      // Saved by another version, whose recipes had other fields.
      this.#options.log.warn(`the last training run cannot be resumed: ${errorMessage(error)}`);
      this.#clear();
      return;
    }
    const epochs = this.#epochs();
    const last = history.at(-1);
    const place = { epoch: last?.epoch ?? 0, epochs, step: last?.step ?? 0 };
    this.#set({
      ...nothing,
      settings,
      history,
      error,
      ...place,
      state: found.state === 'failed' ? 'failed' : 'paused',
    });
    if (found.state === 'running') this.#go();
    if (found.state === 'finished' && model !== null) await this.#finish(model);
  }

  /** @throws DescryError `recipe-invalid`, `dataset-invalid`; `usage` while another run has not ended */
  start(input: z.input<typeof trainingSettings>): void {
    if (this.#running || this.#state.state === 'paused' || this.#state.state === 'finished') {
      throw new DescryError(
        'usage',
        'A training run is under way. Cancel it, or decide about its model, before you start another.',
      );
    }
    const settings = trainingSettings.parse(input);
    const request = this.#requestFrom(settings);
    const failed = this.#request;
    if (failed && JSON.stringify(failed) !== JSON.stringify(request)) {
      this.#options.forget(failed).catch((error: unknown) => this.#options.log.warn(errorMessage(error)));
    }
    this.#request = request;
    this.#set({ ...nothing, settings, state: 'encoding', epochs: this.#epochs() });
    this.#go();
  }

  /** @throws DescryError `recipe-invalid`; `usage` where nothing can be trained on the encoder */
  #requestFrom(settings: z.output<typeof trainingSettings>): TrainingRequest {
    const { encoder } = settings;
    const { recipes, form } = this.#options.support(encoder);
    const recipe = settings.recipe === 'advanced' ? form?.recipe(settings.overrides) : recipes[settings.recipe];
    if (!recipe) throw new DescryError('recipe-invalid', `This encoder has no recipe ${settings.recipe}.`);
    return {
      datasets: settings.datasets,
      photos: settings.photos,
      recipe,
      seed: settings.seed,
      name: settings.name ?? recipe.name,
      init: settings.init,
      final: false,
      captions: null,
      ...(encoder === undefined ? {} : { encoder }),
    };
  }

  #epochs(): number {
    const { encoder, recipe } = this.#request!;
    return this.#options.support(encoder).epochs(recipe);
  }

  async pause(): Promise<void> {
    if (!this.#running) return;
    await this.#stop();
    if (this.#state.state === 'finished' || this.#state.state === 'failed') return; // it ended meanwhile
    this.#set({ ...this.#state, state: 'paused', secondsLeft: null });
    this.#save('paused');
  }

  resume(): void {
    if (this.#running || !this.#request) return;
    if (this.#state.state !== 'paused' && this.#state.state !== 'failed') return;
    this.#go();
  }

  /** Ends the run and deletes its checkpoints; the model of a finished run stays in the list. */
  async cancel(): Promise<void> {
    const undecided = this.#model;
    await this.#stop();
    const unwanted = this.#model; // the run finished before it was stopped
    if (unwanted !== undefined && undecided === undefined) await this.#options.removeModel(unwanted);
    if (this.#request) await this.#options.forget(this.#request);
    this.#clear();
  }

  async settle(decision: 'use' | 'keep' | 'discard'): Promise<void> {
    const model = this.#model;
    if (model === undefined) throw new DescryError('usage', 'There is no finished training run to decide about.');
    if (decision === 'use') await this.#options.useModel(model);
    if (decision === 'discard') await this.#options.removeModel(model);
    this.#clear();
  }

  /** For the end of the program: the run is resumed at the next start. */
  async close(): Promise<void> {
    await this.#stop();
  }

  #go(): void {
    const request = this.#request!;
    const controller = new AbortController();
    const { samplesLack: _, ...state } = withoutCaptions(this.#state);
    this.#set({ ...state, state: 'encoding', error: null });
    this.#save('running');
    const done = this.#follow(request, controller.signal);
    this.#running = { controller, done };
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.controller.abort(new DescryError('cancelled', 'The training run was stopped.'));
    await running?.done;
  }

  async #follow(request: TrainingRequest, signal: AbortSignal): Promise<void> {
    try {
      for await (const update of this.#options.run(request, signal)) {
        // Also if the user pauses at the same moment: the model is already in the list.
        if (signal.aborted && update.kind !== 'finished') return;
        if (update.kind === 'finished') {
          this.#running = undefined;
          this.#save('finished', update.model);
          await this.#finish(update.model);
          return;
        }
        this.#take(update);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#running = undefined;
      this.#options.log.error(`training: ${errorMessage(error)}`);
      this.#set({ ...this.#state, state: 'failed', error: errorObject(error), secondsLeft: null });
      this.#save('failed');
    }
  }

  #take(update: TrainingUpdate): void {
    const state = this.#state;
    if (update.kind === 'encoding') {
      const { done, total, photosPerSecond, captions } = update;
      const secondsLeft = photosPerSecond > 0 ? (total - done) / photosPerSecond : null;
      const next = { ...state, state: 'encoding' as const, step: done, steps: total, secondsLeft };
      this.#set(captions ? { ...next, captions } : withoutCaptions(next), false);
    } else if (update.kind === 'pretraining') {
      const { step, steps } = update;
      this.#set({ ...state, state: 'training', epoch: 0, step, steps, secondsLeft: null }, false);
    } else if (update.kind === 'no-samples') {
      this.#set({ ...state, samplesLack: update.lack });
    } else if (update.kind === 'resumed') {
      // The steps after the checkpoint are repeated.
      const history = state.history.filter(({ epoch }) => epoch <= update.epoch);
      this.#set({ ...state, state: 'training', epoch: update.epoch, history });
    } else if (update.kind !== 'start') {
      const { epoch, epochs, steps, loss, secondsLeft } = update;
      const step = update.kind === 'step' ? update.step : steps;
      const measured =
        update.kind === 'epoch' ? { recall: update.recalls, sets: [...update.sets] } : { recall: null, sets: [] };
      const point: TrainingPoint = { epoch, step, loss, ...measured };
      const samples = update.kind === 'epoch' && update.samples ? update.samples : state.samples;
      const history = thinned([...state.history, point]);
      const next = { ...state, state: 'training' as const, epoch, epochs, step, steps, secondsLeft, history, samples };
      this.#set(next, update.kind === 'epoch');
      if (update.kind === 'epoch') this.#save('running');
    }
  }

  async #finish(id: string): Promise<void> {
    const { summary, measurePresent, log } = this.#options;
    this.#model = id;
    try {
      const model = await summary(id);
      const present = await measurePresent(this.#request!).catch((error: unknown) => {
        log.warn(`the present model could not be measured: ${errorMessage(error)}`);
        return null;
      });
      const result = model.recall && {
        ...{ model, recall: model.recall },
        ...{ present: present?.recalls ?? null, presentSets: [...(present?.sets ?? [])] },
        ...(present ? { presentModel: present.model } : {}),
      };
      this.#set({ ...this.#state, state: 'finished', secondsLeft: null, model: id, result });
    } catch (error) {
      this.#model = undefined; // the model was removed meanwhile, for instance from the command line
      this.#save('failed');
      this.#set({ ...this.#state, state: 'failed', error: errorObject(error) });
    }
  }

  #set(state: TrainingState, atOnce = true): void {
    this.#state = state;
    const now = Date.now();
    if (!atOnce && now - this.#lastReport < reportEveryMs) return;
    this.#lastReport = now;
    this.#options.onChange(state);
  }

  #clear(): void {
    this.#request = undefined;
    this.#model = undefined;
    try {
      rmSync(this.#file(), { force: true });
    } catch (error) {
      this.#options.log.warn(`the state of the training run could not be deleted: ${errorMessage(error)}`);
    }
    this.#set(nothing);
  }

  /** If it cannot be written (a full disk), the run continues, but cannot be resumed after a restart. */
  #save(state: SavedRun['state'], model: string | null = null): void {
    const { settings, history, error } = this.#state;
    if (!settings) return;
    const value: SavedRun = { settings: trainingSettings.parse(settings), state, history, model, error };
    try {
      writeAtomicallySync(this.#file(), JSON.stringify(value));
    } catch (failure) {
      this.#options.log.warn(`the state of the training run could not be saved: ${errorMessage(failure)}`);
    }
  }

  #read(): SavedRun | undefined {
    try {
      return savedRun.parse(JSON.parse(String(readRegularFileSync(this.#file(), { largest: 2 ** 26 }))));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') {
        this.#options.log.warn(`the last training run cannot be resumed: ${errorMessage(error)}`);
      }
      return undefined;
    }
  }

  #file(): string {
    return path.join(this.#options.folder, 'run.json');
  }
}

function withoutCaptions({ captions: _, ...state }: TrainingState): TrainingState {
  return state;
}

/** Removes every second point of a step if there are too many; keeps the points with recall. */
function thinned(history: TrainingPoint[]): TrainingPoint[] {
  if (history.length <= longestHistory) return history;
  return history.filter((point, i) => point.recall !== null || i % 2 === 0);
}
