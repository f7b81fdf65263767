/** Puts the services together for the window. Loaded after the first frame: it brings SQLite and the engine with it. */
import { statSync } from 'node:fs';
import path from 'node:path';
import type { ConversionJob } from '../models/contract/weights.ts';
import { DescryError } from '../models/errors.ts';
import { recipeDefaults, type Handlers } from './ipc/contract.ts';
import { Descry } from './services/descry.ts';
import { diskUse } from './services/shared/disk-use.ts';
import { LiveLibrary } from './services/library/live.ts';
import { Thumbnails } from './services/library/thumbnails.ts';
import { checkDataset } from './services/training/training-data.ts';
import { TrainingJob } from './services/training/training-job.ts';
import { RemoteTraining } from './services/training/training-host.ts';
import type { PhotoContent, PhotoSource } from './shell/photo-protocol.ts';
import type { AppServices, OpenServices, ServiceEnvironment, ShellRequest } from './shell/services.ts';
import { RemoteVision } from './vision/remote.ts';

/** Searches that are offered again. */
const recentSearches = 12;
/** Longest side of the large view of what Chromium itself cannot show. */
const previewSide = 2560;
/** What Chromium shows as it is, EXIF orientation included. */
const shownAsTheyAre: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.jpe': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
};
/** A larger file would take the window longer to read than the worker to scale it down. */
const shownUpToBytes = 40_000_000;
/**
 * Per epoch, for the default recipe on two cores: 5 epochs of 6,091 photos took 113 s, the kernel machine before them 20 s,
 * and pre-training on their own captions is 146 steps of 0.25 s. The real rate is shown as soon as a run knows it.
 */
const secondsPerTrainingPhoto = 0.0056;

export const openServices: OpenServices = async (environment) => {
  const { emit, log } = environment;
  const descry: Descry = new Descry({
    home: environment.home,
    builtInModel: environment.builtInModel,
    sqliteBinding: environment.sqliteBinding,
    vision: (setup) => new RemoteVision(environment.vision, setup),
    convert: (encoder, job, onProgress) => convertInWorker(environment, encoder, job, onProgress),
    emit,
    onNotice: (message) => log.warn(message),
    log,
  });
  const live = new LiveLibrary(
    descry,
    {
      onAssets: (progress) => emit('assets.progress', progress),
      onIndexing: (progress) => emit('indexing.progress', progress),
      onIndexed: (photos) => log.info(`${photos} photos indexed`),
    },
    log,
  );
  const thumbnails = new Thumbnails(
    path.join(descry.home, 'thumbnails'),
    descry.vision,
    () => descry.settings.get().thumbnailCacheMb * 1e6,
    log,
  );
  const job = trainingJob(descry, environment);
  live.start();
  await job.restore();
  return {
    handlers: {
      ...libraryHandlers(descry, live),
      ...appHandlers(descry, thumbnails, environment),
      ...modelHandlers(descry, job, environment),
    },
    photos: photoSource(descry, thumbnails),
    engine: () => descry.engineDescription,
    photoPath: (photo) => requirePhoto(descry, photo).path,
    photoAsImage: async (photo) =>
      descry.vision.thumbnail({ path: requirePhoto(descry, photo).path, side: 4096, format: 'png' }),
    importModel: async (file) => {
      const id = await descry.models.import(file);
      emit('models.changed', undefined);
      return descry.models.summary(id);
    },
    exportModel: (model, file) => descry.models.export(model, file),
    close: async () => {
      await job.close();
      await live.close();
      await Promise.all([environment.vision.close(), environment.training.close()]);
      await descry.close();
    },
  } satisfies AppServices;
};

/** Half a minute of computing, which would hold up the window if it were done here. */
async function convertInWorker(
  { vision }: ServiceEnvironment,
  encoder: string,
  job: ConversionJob,
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<string[]> {
  // Some are converted in one piece, without progress in between.
  for await (const item of vision.run('convert', { encoder, job }, { stallMs: 600_000 })) {
    if ('warnings' in item) return item.warnings;
    onProgress(item.doneBytes, item.totalBytes);
  }
  throw new DescryError('internal', `The conversion of ${job.input} ended without a result.`);
}

type OwnHandlers<Prefix extends string> = Pick<
  Handlers,
  Exclude<Extract<keyof Handlers, `${Prefix}.${string}`>, ShellRequest>
>;

function libraryHandlers(
  descry: Descry,
  live: LiveLibrary,
): OwnHandlers<'library' | 'indexing' | 'search' | 'assets' | 'photo'> {
  const { store, search, library, indexer } = descry;
  return {
    'assets.state': () => descry.assets.state(),
    'assets.fetch': () => live.fetchAssets(),

    'library.overview': () => library.overview(descry.models.inUse()),
    'library.addFolders': ({ paths }) => live.addFolders(paths),
    'library.removeFolder': ({ id }) => live.removeFolder(id),
    'library.rescanFolder': ({ id }) => live.rescan(id),
    'library.setExcludes': ({ id, excludes }) => live.setExcludes(id, excludes),
    'library.failures': ({ offset, limit }) => store.failures.list(offset, limit),
    'library.retryFailures': ({ ids }) => live.retryFailures(ids),
    'library.timeline': () => {
      const rows = [...store.photos.timeline()];
      return {
        ids: Int32Array.from(rows, ({ id }) => id),
        aspects: Float32Array.from(rows, ({ width, height }) => width / height),
      };
    },

    'indexing.state': () => indexer.progress,
    'indexing.pause': () => live.pause(),
    'indexing.resume': () => live.resume(),

    'search.query': ({ text, limit, folder }) => {
      indexer.stepBack();
      const among = folder === undefined ? undefined : store.photos.idsInFolder(folder);
      return search.queryOrUnknownWords(text, { limit, among });
    },
    'search.recent': () => store.preferences.recentSearches(recentSearches),
    'search.remember': ({ text }) => store.preferences.rememberSearch(text.trim(), Date.now(), recentSearches),
    'search.forget': ({ text }) => store.preferences.forgetSearch(text),

    'photo.details': ({ id }) => {
      const photo = store.photos.information(id);
      if (!photo) throw gone();
      const { latitude, longitude } = photo;
      return {
        id,
        path: photo.path,
        name: path.basename(photo.path),
        folder: path.dirname(photo.path),
        bytes: photo.bytes,
        width: photo.width ?? 0,
        height: photo.height ?? 0,
        takenAt: photo.taken,
        modifiedAt: photo.modified,
        camera: photo.camera,
        location: latitude === null || longitude === null ? null : { latitude, longitude },
        copies: store.photos.copies(id),
      };
    },
  };
}

function appHandlers(
  descry: Descry,
  thumbnails: Thumbnails,
  { emit }: ServiceEnvironment,
): OwnHandlers<'app' | 'settings'> {
  return {
    'app.storage': async () => ({
      dataFolder: descry.home,
      databaseBytes: (await diskUse(descry.store.file)) + (await diskUse(`${descry.store.file}-wal`)),
      thumbnailBytes: await thumbnails.size(),
      assetBytes: await diskUse(descry.assets.folder),
      modelBytes: await diskUse(path.join(descry.home, 'models')),
    }),
    'app.clearThumbnails': () => thumbnails.clear(),
    'settings.get': () => descry.settings.get(),
    'settings.set': (change) => {
      const settings = descry.settings.set(change);
      descry.indexer.effort = settings.effort;
      if (change.thumbnailCacheMb !== undefined) void thumbnails.clean();
      emit('settings.changed', settings);
      return settings;
    },
  };
}

function modelHandlers(
  descry: Descry,
  job: TrainingJob,
  { emit }: ServiceEnvironment,
): OwnHandlers<'models' | 'training'> {
  return {
    'models.list': () => descry.models.list(),
    'models.use': ({ id }) => switchModel(descry, id, emit),
    'models.remove': ({ id }) => removeModel(descry, id, emit),
    'training.checkDataset': async ({ path: folder }) => {
      const { encoder, features } = await descry.encoders.ready(descry.encoders.first.id);
      const { recipes, epochs } = descry.training.support();
      return checkDataset(
        { store: descry.store, features, featureLength: encoder.featureLength },
        folder,
        (photos) => photos * secondsPerTrainingPhoto,
        epochs(recipes['default']!),
      );
    },
    'training.recipeDefaults': () => {
      const { form } = descry.training.support();
      return recipeDefaults.parse({ ...form?.defaults, fields: form?.fields });
    },
    'training.start': (settings) => job.start(settings),
    'training.pause': () => job.pause(),
    'training.resume': () => job.resume(),
    'training.cancel': () => job.cancel(),
    'training.state': () => job.state(),
    'training.settle': ({ decision }) => job.settle(decision),
  };
}

function trainingJob(
  descry: Descry,
  { training, builtInModel, sqliteBinding, emit, log }: ServiceEnvironment,
): TrainingJob {
  const remote = new RemoteTraining(training, { home: descry.home, builtInModel, sqliteBinding });
  return new TrainingJob({
    folder: path.join(descry.home, 'training'),
    run: (request, signal) => remote.run(request, signal),
    support: (encoder) => descry.training.support(encoder),
    forget: (request) => descry.training.forget(request),
    summary: (model) => descry.models.summary(model),
    presentRecalls: (dataset) => remote.measure(dataset, descry.models.inUse()),
    useModel: (model) => switchModel(descry, model, emit),
    removeModel: (model) => removeModel(descry, model, emit),
    onChange: (state) => {
      emit('training.progress', state);
      if (state.state === 'finished') emit('models.changed', undefined);
    },
    log,
  });
}

/** Prepares the library first, with progress where indexing shows its own, and then switches at once. */
async function switchModel(descry: Descry, id: string, emit: ServiceEnvironment['emit']): Promise<void> {
  await descry.useModel(id, switching(descry, emit));
  tellOfModels(descry, emit);
}

async function removeModel(descry: Descry, id: string, emit: ServiceEnvironment['emit']): Promise<void> {
  await descry.removeModel(id, switching(descry, emit));
  tellOfModels(descry, emit);
}

const switching =
  (descry: Descry, emit: ServiceEnvironment['emit']) =>
  ({ done, total }: { readonly done: number; readonly total: number }) =>
    emit('indexing.progress', { ...descry.indexer.progress, state: 'indexing', done, total, secondsLeft: null });

function tellOfModels(descry: Descry, emit: ServiceEnvironment['emit']): void {
  emit('indexing.progress', descry.indexer.progress);
  emit('models.changed', undefined);
  emit('library.changed', { photosChanged: true });
}

function photoSource(descry: Descry, thumbnails: Thumbnails): PhotoSource {
  const webp = (bytes: Uint8Array): PhotoContent => ({ kind: 'bytes', bytes, type: 'image/webp' });
  return {
    roots: () => descry.library.folders().map((folder) => folder.path),
    thumbnail: async (id) => {
      const photo = descry.store.photos.get(id);
      return photo?.content == null ? undefined : webp(await thumbnails.get(photo.content, photo.path));
    },
    preview: async (id) => {
      const photo = descry.store.photos.get(id);
      if (!photo) return undefined;
      const type = shownAsTheyAre[path.extname(photo.path).toLowerCase()];
      if (type && statSync(photo.path).size <= shownUpToBytes) return { kind: 'file', path: photo.path, type };
      return webp(await descry.vision.thumbnail({ path: photo.path, side: previewSide }));
    },
  };
}

function requirePhoto(descry: Descry, id: number): { path: string } {
  const photo = descry.store.photos.get(id);
  if (!photo) throw gone();
  return photo;
}

const gone = () => new DescryError('not-found', 'The photo is not in the library any more.');
