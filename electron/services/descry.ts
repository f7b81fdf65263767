/**
 * A library with all that works on it, put together once: the command line, the window and the tests open this.
 *
 * Nothing heavy is loaded here. The engine, the weights and the embeddings come with the first call that needs them.
 */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { DescryError, errorCode, errorMessage } from '../../models/errors.ts';
import type { Engine, EngineName } from '../../models/engine/engine.ts';
import type { EventName, EventPayload } from '../ipc/contract.ts';
import { Store } from '../store/store.ts';
import { isPhoto } from '../vision/formats.ts';
import type { Vision } from '../vision/vision.ts';
import { Assets, type AssetFiles, type AssetsOptions, type EnsureOptions } from './assets/assets.ts';
import { libraryHome } from './home.ts';
import { Indexer } from './library/indexer.ts';
import { Library } from './library/library.ts';
import { silentLog, type Log } from './shared/log.ts';
import { Models } from './models/models.ts';
import { reproject, type ReprojectionProgress } from './models/reprojection.ts';
import { Search } from './search/search.ts';
import { SettingsService } from './settings.ts';
import { Training } from './training/training.ts';

export interface DescryOptions {
  /** folder of the library; absent: see `libraryHome` */
  readonly home?: string | undefined;
  readonly engine?: EngineName | undefined;
  /** the weights that came with the program */
  readonly builtInModel: string;
  /** the eyes; absent: in this process */
  readonly vision?: ((weights: () => Promise<AssetFiles>) => Vision) | undefined;
  /** converts fetched weights; absent: in this process */
  readonly convert?: AssetsOptions['convert'] | undefined;
  /** path of a better_sqlite3.node for an older Node-API */
  readonly sqliteBinding?: string | undefined;
  readonly emit?: <K extends EventName>(name: K, payload: EventPayload<K>) => void;
  /** a sentence that the user should read once, such as that a slower engine took over */
  readonly onNotice?: (message: string) => void;
  readonly log?: Log;
}

export { libraryHome };

export class Descry {
  readonly home: string;
  readonly store: Store;
  readonly assets: Assets;
  readonly library: Library;
  readonly models: Models;
  readonly search: Search;
  readonly indexer: Indexer;
  readonly settings: SettingsService;
  readonly training: Training;
  readonly vision: Vision;
  readonly #options: DescryOptions;
  readonly #log: Log;
  #engine: Promise<Engine> | undefined;
  #engineDescription: string | null = null;
  #weights: Promise<AssetFiles> | undefined;
  /** how assets are waited for: a command shows a bar, the window its own progress */
  ensureOptions: EnsureOptions = {};

  constructor(options: DescryOptions) {
    this.#options = options;
    const log = (this.#log = options.log ?? silentLog);
    const emit: NonNullable<DescryOptions['emit']> = options.emit ?? (() => undefined);
    this.home = libraryHome(options.home);
    this.store = openStore(this.home, options.sqliteBinding);
    this.assets = new Assets({ log, ...(options.convert ? { convert: options.convert } : {}) });
    this.settings = new SettingsService(this.store);
    this.vision = options.vision?.(() => this.weights()) ?? lazyLocalVision(this);
    this.models = new Models({
      store: this.store,
      folder: path.join(this.home, 'models'),
      builtIn: { id: 'default', file: options.builtInModel },
      engine: () => this.engine(),
      wordVectors: async () => (await this.weights()).wordVectors,
      encoder: async () => (await this.weights()).encoder,
      log,
    });
    this.search = new Search(this.store, this.models, log);
    this.library = new Library({
      store: this.store,
      isPhoto,
      photoTypes: 'JPEG, PNG, WebP, HEIC, AVIF, TIFF or GIF',
      log,
      events: {
        onChanged: (photosChanged) => emit('library.changed', { photosChanged }),
        onRemoved: (photos) => this.search.remove(photos),
      },
    });
    this.indexer = new Indexer(
      this.store,
      this.vision,
      () => this.models.current(),
      {
        onProgress: (progress) => emit('indexing.progress', progress),
        onIndexed: (model, photo, embedding) => this.search.add(model, photo, embedding),
        onLost: (photo) => this.search.remove([photo]),
      },
      log,
    );
    this.training = new Training({
      models: this.models,
      engine: () => this.engine(),
      folder: path.join(this.home, 'training'),
      source: async () => ({
        store: this.store,
        vision: this.vision,
        encoder: (await this.weights()).encoder,
        log,
      }),
      onNotice: (message) => this.#options.onNotice?.(message),
      log,
    });
  }

  /** The third-party weights, fetched and converted where they are not in place. */
  weights(): Promise<AssetFiles> {
    this.#weights ??= this.assets.ensure(this.ensureOptions);
    this.#weights.catch(() => (this.#weights = undefined)); // can be tried again
    return this.#weights;
  }

  engine(): Promise<Engine> {
    this.#engine ??= import('../../models/engine/index.ts').then(async ({ openEngine }) => {
      const engine = await openEngine(this.#options.engine, {
        onFallback: (reason) => {
          this.#log.warn(reason);
          this.#options.onNotice?.(reason);
        },
      });
      this.#engineDescription = engine.description;
      return engine;
    });
    this.#engine.catch(() => (this.#engine = undefined));
    return this.#engine;
  }

  /** In words, such as "ONNX Runtime 1.30.0, CPU, 2 threads"; null before it is loaded. */
  get engineDescription(): string | null {
    return this.#engineDescription;
  }

  /**
   * Switches to another model: the photos' cached features are projected first, while searches still use the present
   * model; then everything changes over at once.
   */
  async useModel(
    id: string,
    onProgress?: (progress: ReprojectionProgress) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const model = await this.models.load(id);
    try {
      await reproject(this.store, model, onProgress, signal);
    } finally {
      await model.dispose();
    }
    this.models.use(id);
    this.search.reset();
  }

  /** Deletes a model. In place of the one in use comes the built-in one, with embeddings of all photos. */
  async removeModel(
    id: string,
    onProgress?: (progress: ReprojectionProgress) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const { builtIn } = this.models;
    if (id === this.models.inUse() && id !== builtIn) await this.useModel(builtIn, onProgress, signal);
    await this.models.remove(id);
    this.search.reset();
  }

  async close(): Promise<void> {
    try {
      await this.models.dispose();
      await this.vision.dispose();
    } finally {
      this.store.close();
    }
  }
}

function openStore(home: string, nativeBinding: string | undefined): Store {
  try {
    mkdirSync(home, { recursive: true });
  } catch (error) {
    const isFile = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    const code = isFile ? 'not-a-folder' : errorCode(error);
    const reasons: Partial<Record<typeof code, string>> = {
      'not-a-folder': 'a file has that name',
      'disk-full': 'the disk is full',
      'no-permission': 'it may not be written',
    };
    throw new DescryError(
      code,
      `The library folder ${home} cannot be made: ${reasons[code] ?? errorMessage(error)}. Choose another with --home or DESCRY_HOME.`,
      { cause: error },
    );
  }
  return new Store(path.join(home, 'library.db'), { nativeBinding });
}

/** The eyes in this process, opened with the first photo. */
function lazyLocalVision(descry: Descry): Vision {
  let opened: Promise<Vision> | undefined;
  const open = () => {
    opened ??= import('../vision/local.ts').then(
      ({ LocalVision }) =>
        new LocalVision({
          encoder: async () => {
            const { resnet50Onnx, kerasModel } = await descry.weights();
            const { openResnet50 } = await import('../../models/resnet50/encoder.ts');
            return openResnet50(await descry.engine(), { onnx: resnet50Onnx, keras: kerasModel });
          },
          decoders: availableParallelism(),
          batch: 16,
        }),
    );
    return opened;
  };
  return {
    identify: async (paths) => (await open()).identify(paths),
    describe: async (paths) => (await open()).describe(paths),
    thumbnail: async (request) => (await open()).thumbnail(request),
    dispose: async () => {
      await (await opened)?.dispose();
    },
  };
}
