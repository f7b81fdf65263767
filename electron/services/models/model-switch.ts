/**
 * Switches the model in use and removes models, so that the library always has embeddings of the model in use.
 *
 * Where photos must be opened for another model, the wish for it is kept in the database, and the change goes on in the
 * background, also after a restart and in whatever process: first the features of all photos are made, then their embeddings, and
 * only then the other model is used, in one moment. Until then everything works with the present one. What was computed stays
 * cached, also where the wish is withdrawn.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { DescryError, errorMessage, errorObject, type ErrorCode } from '../../../models/errors.ts';
import type { SwitchNeeds, SwitchState } from '../../ipc/contract.ts';
import type { Vision } from '../../vision/vision.ts';
import { countEncoded, EncodeLibrary } from '../library/encode-library.ts';
import type { Indexer } from '../library/indexer.ts';
import type { IndexingState } from '../library/indexing-state.ts';
import type { Pace } from '../library/pace.ts';
import type { Log } from '../shared/log.ts';
import { unlessAborted } from '../shared/unless-aborted.ts';
import type { LoadedModel, Models } from './models.ts';
import { reproject, type ReprojectionProgress } from './reprojection.ts';
import { noteRate, requireRoom, switchNeeds, type SwitchNeedsOptions } from './switch-needs.ts';

export interface ModelSwitchOptions extends SwitchNeedsOptions {
  readonly models: Models;
  readonly vision: Vision;
  readonly indexer: Pick<Indexer, 'idle' | 'mayGoOn' | 'paused' | 'progress' | 'rest'>;
  /** shows the progress of projections that somebody waits for */
  readonly indexing: () => Pick<IndexingState, 'progress' | 'whileProjecting'>;
  /** another model is now in use, or models were removed */
  readonly onChanged: () => void;
  readonly onState: (state: SwitchState | null) => void;
  /** a sentence that the user should read: the wish for a model was given up */
  readonly onGivenUp: (message: string, model: string) => void;
  readonly log: Log;
}

export interface SwitchRun {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ReprojectionProgress) => void) | undefined;
}

interface Progress extends Pick<SwitchState, 'donePhotos' | 'totalPhotos' | 'secondsLeft'> {
  readonly to: string;
}

const wishKey = 'wanted-model';
/** The model, or its encoder, cannot be used any more: trying again would change nothing. */
const hopeless: readonly ErrorCode[] = ['model-unknown', 'model-invalid', 'model-incompatible', 'not-found'];

export class ModelSwitch {
  readonly #options: ModelSwitchOptions;
  #running: Promise<void> | undefined;
  /** ends the change under way, not the run: another one may follow */
  #ending: AbortController | undefined;
  #progress: Progress | undefined;
  #failure: { readonly to: string; readonly error: unknown } | undefined;
  #told: SwitchState | null = null;

  constructor(options: ModelSwitchOptions) {
    this.#options = options;
  }

  /** The model that will be used when all photos are encoded for it; undefined: the present one stays. */
  wanted(): string | undefined {
    return z.string().safeParse(this.#options.store.preferences.get(wishKey)).data;
  }

  /** null: no change is under way */
  get state(): SwitchState | null {
    const to = this.wanted();
    if (to === undefined) return null;
    const failure = this.#failure?.to === to ? this.#failure : undefined;
    const { donePhotos = 0, totalPhotos = 0, secondsLeft = null } = this.#progress?.to === to ? this.#progress : {};
    const state = failure ? 'failed' : this.#step();
    return {
      ...{ to, state, donePhotos, totalPhotos },
      secondsLeft: state === 'running' ? secondsLeft : null,
      error: failure ? errorObject(failure.error) : null,
    };
  }

  /** Indexing goes first, and at the start the scans of the folders before it. */
  #step(): 'running' | 'waiting' | 'paused' {
    const { indexer, indexing } = this.#options;
    if (indexer.paused) return 'paused';
    const waits = indexer.progress.state === 'indexing' || (!this.#running && indexing().progress.state === 'scanning');
    return waits ? 'waiting' : 'running';
  }

  /** To be called when the wish, or whether indexing is paused, may have changed. */
  update(): void {
    const { state } = this;
    if (isDeepStrictEqual(state, this.#told)) return;
    this.#told = state;
    this.#options.onState(state);
  }

  /** What `request` would need. @throws DescryError `model-unknown`, … */
  needs(id: string): Promise<SwitchNeeds> {
    return switchNeeds(this.#options, id);
  }

  /**
   * Switches to another model at once where no photo must be opened for it: cached features are projected, which takes seconds.
   * Else the wish for it is kept, in place of an earlier one, and `run` is to be called. For the model in use a wish is withdrawn.
   *
   * @throws DescryError `model-unknown`, `model-incompatible`, …, `disk-full`; the present model stays in use, and an earlier wish
   *   is kept then
   */
  async request(id: string, { signal, onProgress }: SwitchRun = {}): Promise<'done' | 'background'> {
    const { store, models, indexing } = this.#options;
    const model = await models.load(id);
    try {
      await models.requireUsable(model);
      if (await this.#isCached(model, signal)) {
        await indexing().whileProjecting(onProgress, (report) => reproject(store, model, report, signal));
        this.#use(id);
        return 'done';
      }
    } finally {
      await model.dispose();
    }
    requireRoom(await this.needs(id));
    if (this.wanted() !== id) this.#ending?.abort();
    this.#failure = undefined;
    store.preferences.set(wishKey, id);
    this.update();
    return 'background';
  }

  /** Whether no photo must be opened for a model. */
  async #isCached(model: LoadedModel, signal: AbortSignal | undefined): Promise<boolean> {
    const { store, models } = this.#options;
    // Of a present model that cannot be read nothing is known, and it must not prevent that another one is chosen.
    const present = await models.photoSide(models.inUse()).catch(() => null);
    if (present?.features === model.features) return true;
    const { contents, encoded } = await countEncoded(store, model.features, signal);
    return contents === encoded;
  }

  /** Withdraws the wish for another model; what was computed for it stays. */
  stop(): void {
    this.#options.store.preferences.remove(wishKey);
    this.#failure = undefined;
    this.#progress = undefined;
    this.#ending?.abort();
    this.update();
  }

  /** Before an encoder is removed: withdraws the wish for a model of it, and waits until none of its photos is being encoded. */
  async stopFor(encoder: string): Promise<void> {
    const to = this.wanted();
    if (to === undefined || !this.#isOf(to, encoder)) return;
    this.stop();
    await this.#running;
  }

  #isOf(id: string, encoder: string): boolean {
    try {
      return this.#options.models.encoderOf(id).id === encoder;
    } catch {
      return false;
    }
  }

  /**
   * Goes on with the change that is wished for, until it is made, withdrawn or has failed: `state` says which. Called during a run,
   * it waits for that one.
   */
  run(options: SwitchRun = {}): Promise<void> {
    this.#running ??= this.#work(options).finally(() => {
      this.#running = undefined;
      this.update();
    });
    this.update();
    return this.#running;
  }

  /**
   * For work that opens photos for the present model: it waits while photos are opened for another one, because the vision worker
   * has one encoder in memory.
   */
  readonly pace: Pace = {
    mayGoOn: async (signal) => {
      await this.#options.indexer.mayGoOn(signal);
      while (this.#running) await (signal ? unlessAborted(this.#running, signal) : this.#running);
    },
    rest: (since, signal) => this.#options.indexer.rest(since, signal),
  };

  /**
   * As `request` and `run`, and answers when the model is in use.
   * @throws DescryError also why the change failed; `cancelled` where another process, or another wish, has ended it
   */
  async use(id: string, run: SwitchRun = {}): Promise<void> {
    if ((await this.request(id, run)) === 'done') return;
    await this.run(run);
    run.signal?.throwIfAborted();
    if (this.#failure?.to === id) throw this.#failure.error;
    if (this.#options.models.inUse() === id) return;
    throw new DescryError(
      'cancelled',
      `The change to ${this.#options.models.titleOf(id)} was ended by another Descry. What was computed for it is kept.`,
    );
  }

  /**
   * Deletes a model. If it is in use, the built-in model replaces it, with embeddings of all photos.
   * @throws DescryError `model-in-use` where photos would have to be opened for that one
   */
  async remove(id: string, run: SwitchRun = {}): Promise<void> {
    const { models, onChanged } = this.#options;
    models.assertRemovable(id);
    if (id === models.inUse()) await this.#useBuiltIn(id, run);
    if (this.wanted() === id) {
      this.stop();
      await this.#running;
    }
    await models.delete(id);
    onChanged();
  }

  async #useBuiltIn(id: string, { signal, onProgress }: SwitchRun): Promise<void> {
    const { store, models, indexing } = this.#options;
    const model = await models.load(models.builtIn);
    try {
      if (!(await this.#isCached(model, signal))) {
        throw new DescryError(
          'model-in-use',
          `Photos must be opened before ${models.titleOf(models.builtIn)} can be used in the place of ${models.titleOf(id)}. ` +
            'Use another model first, then remove this one.',
          { parameters: { model: id } },
        );
      }
      await indexing().whileProjecting(onProgress, (report) => reproject(store, model, report, signal));
    } finally {
      await model.dispose();
    }
    models.setInUse(models.builtIn);
  }

  async #work({ signal, onProgress }: SwitchRun): Promise<void> {
    const { log, store } = this.#options;
    const isClosing = () => signal?.aborted === true;
    if (store.readOnly !== undefined) return;
    for (let to = this.wanted(); to !== undefined && !isClosing(); to = this.wanted()) {
      const ending = (this.#ending = new AbortController());
      try {
        await this.#change(to, signal ? AbortSignal.any([signal, ending.signal]) : ending.signal, onProgress);
      } catch (error) {
        // Withdrawn, or replaced by another wish.
        if (isClosing() || ending.signal.aborted || this.wanted() !== to) continue;
        log.error(`changing to ${to}: ${errorMessage(error)}`);
        this.#failure = { to, error };
        if (!this.#isHopeless(to, error)) return;
        store.preferences.remove(wishKey);
        const { models } = this.#options;
        const [wished, present] = [to, models.inUse()].map((id) => models.titleOf(id));
        this.#options.onGivenUp(
          `The change to ${wished} was given up, and ${present} stays in use: ${errorMessage(error)}`,
          to,
        );
      }
    }
  }

  #isHopeless(to: string, error: unknown): boolean {
    return error instanceof DescryError && (!this.#options.models.has(to) || hopeless.includes(error.code));
  }

  /** @throws also where the wish is another one meanwhile */
  async #change(to: string, signal: AbortSignal, onProgress: SwitchRun['onProgress']): Promise<void> {
    const { store, models, indexer, log, vision } = this.#options;
    const side = await models.photoSide(to);
    const encoding = new EncodeLibrary({ store, vision, log, pace: indexer }, side, {
      signal,
      check: async () => {
        await indexer.idle(signal);
        if (this.wanted() !== to) throw new DescryError('cancelled', `${models.titleOf(to)} is not wanted any more.`);
      },
      onProgress: ({ done, total, photosPerSecond }) => {
        const secondsLeft = photosPerSecond ? Math.ceil((total - done) / photosPerSecond) : null;
        this.#progress = { to, donePhotos: done, totalPhotos: total, secondsLeft };
        this.update();
        onProgress?.({ done, total });
      },
    });
    try {
      await encoding.run();
    } finally {
      noteRate(store, side.encoder, encoding.photosPerSecond);
    }
    const model = await models.load(to);
    try {
      await models.requireUsable(model);
      await reproject(store, model, onProgress, signal);
      // Photos that were indexed meanwhile, or that another process has encoded.
      while (await encoding.hasMore()) {
        await encoding.run();
        await reproject(store, model, onProgress, signal);
      }
      signal.throwIfAborted();
      // From here to the end nothing is waited for.
      if (this.wanted() === to) this.#use(to);
    } finally {
      await model.dispose();
    }
  }

  /** The moment of the change: searches, and whatever asks for the model in use, have the other one from here on. */
  #use(id: string): void {
    const { models, onChanged, store } = this.#options;
    store.transaction(() => {
      models.setInUse(id);
      store.preferences.remove(wishKey);
    });
    this.#failure = undefined;
    this.#progress = undefined;
    this.#ending?.abort();
    onChanged();
    this.update();
  }
}
