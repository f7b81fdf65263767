/**
 * A library with all its services, for the command line, the window and the tests.
 *
 * The engine, the weights and the embeddings are loaded by the first call that needs them.
 */
import path from 'node:path';
import type { Encoder, PhotoPart } from '../../models/contract/encoder.ts';
import type { Convert, FoundWeights } from '../../models/contract/weights.ts';
import { encoders } from '../../models/encoders.ts';
import type { Engine, EngineName } from '../../models/engine/engine.ts';
import type { EventName, EventPayload } from '../ipc/contract.ts';
import type { Store } from '../store/store.ts';
import { kindOf } from '../vision/formats.ts';
import type { Vision } from '../vision/vision.ts';
import type { WorkerHost } from '../workers/host.ts';
import { lazyLocalVision, type OpenVision } from './local-vision.ts';
import type { Assets, EnsureOptions } from './assets/assets.ts';
import { EncoderWeights } from './assets/encoder-weights.ts';
import { AddedEncoders } from './encoders/added.ts';
import { MachineEncoders, type AddingChoices } from './encoders/machine-encoders.ts';
import { LazyEngine } from './engine.ts';
import { libraryHome } from './home.ts';
import { comparedFeatures } from './duplicates/compared-features.ts';
import { NearDuplicates } from './duplicates/near-duplicates.ts';
import { openLibrary } from './library-file/make-library.ts';
import type { LibraryFile, OpenLibraryOptions } from './library-file/open-library.ts';
import { Indexer } from './library/indexer.ts';
import { Library } from './library/library.ts';
import { IndexingState } from './library/indexing-state.ts';
import { ChangeCheck } from './library/change-check.ts';
import { Cleanup } from './library/cleanup.ts';
import { MetadataUpdate } from './library/metadata-update.ts';
import { PackingUpdate } from './library/packing.ts';
import { RegionUpdate } from './library/region-update.ts';
import { PhotoPlaces } from './library/photo-places.ts';
import { Pictures } from './library/pictures.ts';
import { PreviewUpdate } from './library/preview-update.ts';
import { Thumbnails } from './library/thumbnails.ts';
import { silentLog, type Log } from './shared/log.ts';
import { adoptModels } from './models/adopt-models.ts';
import { Models, type ModelsOptions } from './models/models.ts';
import { featuresOfOthers } from './models/features-of.ts';
import { absentEncoders } from './models/lost-model.ts';
import { ModelSwitch } from './models/model-switch.ts';
import { OpenEncoders } from './models/open-encoders.ts';
import type { ReprojectionProgress } from './models/reprojection.ts';
import { Gazetteer } from './places/gazetteer.ts';
import { Search, type SearchServices } from './search/search.ts';
import { MachineModes } from './machine-modes.ts';
import type { Precision, TrialMethods } from './photo-modes.ts';
import { SettingsService } from './settings.ts';
import { Training, type TrainingOptions } from './training/training.ts';
import { today } from './understanding/names.ts';
import { understand } from './understanding/understand.ts';

export interface DescryOptions {
  /** folder of the library; absent: see `libraryHome` */
  readonly home?: string | undefined;
  readonly engine?: EngineName | undefined;
  /** the weights that came with the program */
  readonly builtInModel: string;
  /** absent: those that this program has; the first is that of the built-in model */
  readonly encoders?: readonly Encoder[] | undefined;
  /** how encoders are added, for tests */
  readonly adding?: AddingChoices | undefined;
  /** opens photos; absent: in this process */
  readonly vision?: OpenVision | undefined;
  /** starts a process that tries a mode of encoding photos; null: only what is remembered counts; absent: photos are encoded in floats */
  readonly trials?: (() => WorkerHost<TrialMethods>) | null | undefined;
  /** in place of the setting */
  readonly precision?: Precision | undefined;
  readonly readDataset?: TrainingOptions['readDataset'];
  /** converts the fetched weights of an encoder; absent: in this process */
  readonly convert?: ((encoder: string, ...job: Parameters<Convert>) => ReturnType<Convert>) | undefined;
  /** of sentences and places; absent: what the program has */
  readonly understanding?: Pick<SearchServices, 'understand' | 'places'> | undefined;
  readonly emit?: <K extends EventName>(name: K, payload: EventPayload<K>) => void;
  /** a message for the user, such as that a slower engine is used */
  readonly onNotice?: (message: string) => void;
  /** damaged weights were found, of an encoder that was added or that comes with Descry; absent: `onNotice` */
  readonly onDamagedWeights?: (message: string, encoder: Encoder) => void;
  /** the chosen model is not used (`Models.lost`); absent: `onNotice` */
  readonly onLostModel?: (message: string) => void;
  /** a change to a model was given up; absent: `onNotice` */
  readonly onGivenUp?: (message: string, model: string) => void;
  readonly log?: Log;
  /** of a damaged database; absent: it is refused */
  readonly file?: Omit<OpenLibraryOptions, 'log'> | undefined;
}

export { libraryHome };

type OnReprojected = (progress: ReprojectionProgress) => void;

export class Descry {
  readonly home: string;
  readonly file: LibraryFile;
  readonly store: Store;
  readonly encoders: OpenEncoders;
  readonly machineEncoders: MachineEncoders;
  readonly library: Library;
  readonly models: Models;
  readonly search: Search;
  readonly indexer: Indexer;
  readonly indexing: IndexingState;
  readonly settings: SettingsService;
  readonly training: Training;
  readonly vision: Vision;
  readonly thumbnails: Thumbnails;
  readonly pictures: Pictures;
  readonly previews: PreviewUpdate;
  readonly cleanup: Cleanup;
  readonly gazetteer: Gazetteer;
  readonly places: PhotoPlaces;
  readonly metadata: MetadataUpdate;
  readonly packing: PackingUpdate;
  readonly regions: RegionUpdate;
  readonly changes: ChangeCheck;
  readonly nearDuplicates: NearDuplicates;
  readonly #models: ModelsOptions;
  readonly #engine: LazyEngine;
  readonly modes: MachineModes;
  readonly switching: ModelSwitch;
  readonly #weights: EncoderWeights;
  /** damaged data was deleted, and photos wait for indexing: the window indexes in the background */
  onDamaged: () => void = () => undefined;

  constructor(options: DescryOptions) {
    const log = options.log ?? silentLog;
    const emit: NonNullable<DescryOptions['emit']> = options.emit ?? (() => undefined);
    this.#engine = new LazyEngine(options.engine, (reason) => {
      log.warn(reason);
      options.onNotice?.(reason);
    });
    this.home = libraryHome(options.home);
    this.file = openLibrary(this.home, { log, onDamage: 'refuse', ...options.file });
    this.store = this.file.store;
    this.settings = new SettingsService(this.store);
    const searchAnew = () => {
      this.search.reset();
      this.nearDuplicates.invalidate();
      emit('library.changed', { photosChanged: true });
    };
    const forget = (photos: readonly number[]) => {
      this.nearDuplicates.invalidate();
      this.search.remove(photos);
    };
    const added = new AddedEncoders({
      log,
      onDamaged: (encoder, damaged) => {
        this.#weights.damaged(encoder, damaged, 'samples');
        emit('encoders.changed', undefined);
        this.onDamaged(); // photos may wait for the model that is used instead
      },
    });
    this.encoders = new OpenEncoders({
      encoders: options.encoders ?? encoders,
      added: () => added.list(),
      store: this.store,
      weights: (encoder) => this.#weights.get(encoder.id),
      engine: () => this.engine(),
    });
    this.#weights = new EncoderWeights({
      store: this.store,
      added,
      find: (id) => this.encoders.find(id),
      convert: options.convert,
      log,
      ofOthers: ({ id }) => featuresOfOthers(this.store, this.models, id),
      notice: (message, encoder) => (options.onDamagedWeights ?? options.onNotice)?.(message, encoder),
      onForgotten: searchAnew,
    });
    const setup = async (encoder: string, part?: PhotoPart) => ({
      encoder,
      added: this.encoders.find(encoder).added ?? undefined,
      files: (await this.weightsForPhotos(encoder)).files,
      ...(this.#weights.replaced > 0 ? { replaced: this.#weights.replaced } : {}),
      ...(part ? { part } : { mode: await this.modes.choose(encoder) }),
    });
    this.modes = new MachineModes(this, {
      trials: options.trials,
      // Where photos are opened in this process, a driver that crashes would end it: only the processor is used.
      graphics: options.vision !== undefined,
      precision: () => options.precision ?? this.settings.get().precision,
      notice: (message) => options.onNotice?.(message),
      log,
    });
    this.vision = options.vision?.(setup, (ended) => this.modes.distrust(ended)) ?? lazyLocalVision(this);
    this.thumbnails = new Thumbnails(
      path.join(this.home, 'thumbnails'),
      this.vision,
      () => this.settings.get().thumbnailCacheMb * 1e6,
      log,
    );
    this.pictures = new Pictures(this.store, this.vision, this.thumbnails);
    this.gazetteer = Gazetteer.open();
    this.places = new PhotoPlaces(this.store, this.gazetteer, log);
    this.cleanup = new Cleanup({ store: this.store, thumbnails: this.thumbnails, log });
    this.#models = {
      store: this.store,
      folder: path.join(this.home, 'models'),
      builtIn: { id: 'default', file: options.builtInModel },
      encoders: this.encoders,
      ...absentEncoders(added, options.adding?.offered),
      notice: (message) => (options.onLostModel ?? options.onNotice)?.(message),
      log,
    };
    this.models = new Models(this.#models);
    this.machineEncoders = new MachineEncoders({
      added,
      encoders: this.encoders,
      models: this.models,
      store: this.store,
      trials: options.trials ?? null,
      onChanged: () => emit('encoders.changed', undefined),
      onRemoving: (id) => this.switching.stopFor(id),
      onRemoved: (id) => {
        this.#weights.forget(id);
        this.encoders.reset(id);
      },
      log,
      choices: options.adding,
    });
    this.search = new Search({
      store: this.store,
      models: this.models,
      vision: this.vision,
      log,
      places: this.gazetteer,
      understand: (sentence, context) => understand(sentence, { ...context, now: today(), gazetteer: this.gazetteer }),
      ...options.understanding,
      absentFolders: () => this.library.states.absent(),
      stacksOf: (contents) => this.nearDuplicates.stacksOf(contents),
      onDamaged: () => this.onDamaged(),
    });
    this.library = new Library({
      store: this.store,
      kindOf,
      photoTypes: 'JPEG, HEIC, camera raw, PNG, WebP, AVIF, JPEG XL, TIFF, GIF, BMP and others',
      log,
      events: {
        onChanged: (photosChanged) => {
          if (photosChanged) this.nearDuplicates.invalidate();
          emit('library.changed', { photosChanged });
          this.indexing.update();
          this.switching.update();
        },
        onPresence: () => this.search.index.presenceChanged(),
        onRemoved: forget,
        onDoubtful: (folder, doubtful) => this.changes.add(folder, doubtful),
      },
    });
    this.indexer = new Indexer(
      this.store,
      this.vision,
      () => this.models.current(),
      {
        onProgress: () => {
          this.indexing.update();
          this.switching.update();
        },
        onIndexed: (model, photo, embedding) => {
          this.nearDuplicates.invalidate();
          this.search.add(model, photo, embedding);
        },
        onLost: (photo) => forget([photo]),
        onDescribed: () => this.places.locate(),
      },
      log,
      this.thumbnails,
    );
    const { store, vision, thumbnails, indexer: pace } = this;
    this.previews = new PreviewUpdate({ store, vision, thumbnails, pace });
    this.nearDuplicates = new NearDuplicates({
      store: this.store,
      vision: this.vision,
      ...comparedFeatures(this),
      pacing: this.indexer,
      onChanged: () => emit('library.changed', { photosChanged: true }),
      log,
    });
    this.metadata = new MetadataUpdate({
      store: this.store,
      vision: this.vision,
      locate: (signal) => this.places.locate(signal),
      pace: this.indexer,
      onChanged: (photos) => {
        this.search.changed(photos);
        emit('library.changed', { photosChanged: true });
      },
      log,
    });
    this.packing = new PackingUpdate({
      store: this.store,
      regions: this.encoders.all.flatMap(({ regions }) => regions ?? []),
      pace: this.indexer,
      log,
    });
    this.switching = new ModelSwitch({
      store: this.store,
      models: this.models,
      vision: this.vision,
      indexer: this.indexer,
      isReady: (encoder) => this.#weights.isReady(encoder),
      indexing: () => this.indexing,
      onChanged: () => {
        emit('models.changed', undefined);
        searchAnew();
      },
      onState: (state) => emit('models.switching', state),
      onGivenUp: (message, model) => (options.onGivenUp ?? options.onNotice)?.(message, model),
      log,
    });
    this.regions = new RegionUpdate({
      store: this.store,
      vision: this.vision,
      model: () => this.models.current(),
      pace: this.switching.pace,
      log,
    });
    this.changes = new ChangeCheck({
      store: this.store,
      vision: this.vision,
      pace: this.indexer,
      onDiffer: () => {
        this.nearDuplicates.invalidate();
        emit('library.changed', { photosChanged: true });
      },
      log,
    });
    this.indexing = new IndexingState(
      { indexer: () => this.indexer.progress, scanning: () => this.library.states.scanning },
      (progress) => emit('indexing.progress', progress),
    );
    this.training = new Training({
      models: this.models,
      encoders: this.encoders,
      folder: path.join(this.home, 'training'),
      source: { store: this.store, vision: this.vision },
      readDataset: options.readDataset,
      onNotice: (message) => options.onNotice?.(message),
      log,
    });
  }

  /** The weights of the encoder of the model in use. */
  get assets(): Assets {
    return this.#weights.assetsOf(this.models.encoderOf(this.models.inUse()));
  }

  /** How to wait for assets: a command shows a progress bar, the window its own progress. */
  set ensureOptions(options: EnsureOptions) {
    this.#weights.ensureOptions = options;
  }

  /** The third-party weights of an encoder (absent: that of the model in use), fetched and converted if necessary. */
  weights(id = this.models.encoderOf(this.models.inUse()).id): Promise<FoundWeights> {
    return this.#weights.get(id);
  }

  /** As `weights`, for a process that encodes photos with them. */
  weightsForPhotos(id: string): Promise<FoundWeights> {
    return this.#weights.forPhotos(id);
  }

  /**
   * Hashes the weights of the model in use whole, if that was last done a week ago, or photos were encoded by a process that did not end
   * well. Damaged ones are prepared again by the next call that needs them, and so are the features made with them.
   *
   * @returns whether they were damaged
   */
  async checkWeights(signal?: AbortSignal): Promise<boolean> {
    const encoder = this.models.encoderOf(this.models.inUse());
    if (!this.#weights.isCheckDue(encoder)) return false;
    if (!(await this.#weights.check(encoder, signal))) {
      await this.models.checkFile();
      return false;
    }
    this.encoders.reset(encoder.id);
    await this.models.dispose();
    return true;
  }

  engine(): Promise<Engine> {
    return this.#engine.get();
  }

  /** The engine in words, with how photos are encoded where that is known; null before it is loaded. */
  async engineText(): Promise<string | null> {
    const { description } = this.#engine;
    if (description === null || this.assets.state().state !== 'ready') return description;
    const mode = await this.modes.text(() => this.models.encoderOf(this.models.inUse()).id);
    return [description, ...(mode ? [mode] : [])].join('; ');
  }

  /** Lists the models whose files are there, after the database was built again. */
  adoptModels(): Promise<void> {
    return adoptModels(this.models, this.#models);
  }

  /** See `ModelSwitch.use`, which waits until the model is in use, and `ModelSwitch.remove`. */
  useModel(id: string, onProgress?: OnReprojected, signal?: AbortSignal): Promise<void> {
    return this.switching.use(id, { onProgress, signal });
  }
  removeModel(id: string, onProgress?: OnReprojected, signal?: AbortSignal): Promise<void> {
    return this.switching.remove(id, { onProgress, signal });
  }

  async close(): Promise<void> {
    try {
      await this.models.dispose();
      await this.vision.dispose();
      await this.#weights.end();
    } finally {
      this.thumbnails.close();
      this.file.close();
    }
  }
}
