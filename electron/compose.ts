/** Puts the services together for the window, in the library's process. */
import path from 'node:path';
import type { ConversionJob } from '../models/contract/weights.ts';
import { DescryError, errorMessage } from '../models/errors.ts';
import { encoderHandlers } from './compose-encoders.ts';
import { searchHandlers } from './compose-search.ts';
import {
  trainableEncoder,
  type EventName,
  type EventPayload,
  type Handlers,
  type LibraryRequest,
  type ModelSummary,
} from './ipc/contract.ts';
import type { LibraryEnvironment } from './ipc/library.ts';
import type { Picture } from './ipc/photo-url.ts';
import { pack } from './ipc/picture-form.ts';
import { Descry } from './services/descry.ts';
import { firstThere } from './services/library/existing-path.ts';
import { photoDetails } from './services/library/details.ts';
import { ownPath } from './services/photos/own-path.ts';
import { diskUse } from './services/shared/disk-use.ts';
import { LibraryCare, type CheckMethods } from './services/library-file/care.ts';
import { LiveLibrary } from './services/library/live.ts';
import { timeline } from './services/library/timeline.ts';
import { Notices } from './services/notices.ts';
import type { ThumbnailOptions } from './services/library/pictures.ts';
import type { TrialMethods } from './services/photo-modes.ts';
import { TrainingJob } from './services/training/training-job.ts';
import { readInProcess, type DatasetMethods } from './services/training/dataset-reader.ts';
import { FolderChecks } from './services/training/folder-checks.ts';
import { RemoteTraining, type TrainingMethods } from './services/training/training-host.ts';
import type { VisionHost } from './vision/protocol.ts';
import { RemoteVision } from './vision/remote.ts';
import type { WorkerHost } from './workers/host.ts';

/** What the services are given. */
export interface ServiceEnvironment extends LibraryEnvironment {
  readonly vision: VisionHost;
  readonly training: WorkerHost<TrainingMethods>;
  /** starts a process that reads one dataset */
  readonly datasets: () => WorkerHost<DatasetMethods>;
  /** starts a process that tries a mode of encoding photos */
  readonly trials: () => WorkerHost<TrialMethods>;
  /** starts the process that checks the database */
  readonly checker: () => WorkerHost<CheckMethods>;
  /** ends this process, so that it is started again: the database was found to be damaged */
  readonly restart: () => void;
  readonly emit: <K extends EventName>(name: K, payload: EventPayload<K>) => void;
  readonly log: {
    info(message: string, detail?: unknown): void;
    warn(message: string, detail?: unknown): void;
    error(message: string, detail?: unknown): void;
  };
}

/** What the process answers with them; see ipc/library.ts. */
export interface Services {
  readonly handlers: Pick<Handlers, LibraryRequest>;
  readonly photos: {
    roots(): readonly string[];
    thumbnail(content: number, options?: ThumbnailOptions): Promise<Picture | undefined>;
    preview(content: number): Promise<Picture | undefined>;
    decoded(content: number): Promise<Picture | undefined>;
  };
  engine(): Promise<string | null>;
  photoPath(photo: number): Promise<string>;
  photoPaths(photos: readonly number[]): (string | null)[];
  /** The user deletes these files: they are not missed. */
  deleting(files: readonly string[]): void;
  photoAsImage(photo: number): Promise<Uint8Array>;
  importModel(file: string): Promise<ModelSummary>;
  exportModel(model: string, file: string): Promise<void>;
  /**
   * Stops all work at a safe point and closes the database.
   * @returns true where it is still open, because it should be written anew: see `shrink`
   */
  close(): Promise<boolean>;
  /** After `close`: writes the database anew in less room, which takes seconds, and closes it. */
  shrink(): Promise<void>;
}

export async function openServices(environment: ServiceEnvironment): Promise<Services> {
  const { log } = environment;
  const emit: ServiceEnvironment['emit'] = (name, payload) => {
    environment.emit(name, payload);
    if (name === 'models.changed' || name === 'encoders.changed') notices.update();
  };
  const descry: Descry = new Descry({
    home: environment.home,
    builtInModel: environment.builtInModel,
    vision: (setup, onEnded) => new RemoteVision(environment.vision, setup, onEnded),
    trials: environment.trials,
    readDataset: readInProcess(environment.datasets),
    convert: (encoder, job, onProgress) => convertInWorker(environment, encoder, job, onProgress),
    emit,
    onNotice: (message) => log.warn(message),
    onDamagedWeights: (message, { id, added }) => {
      log.warn(message);
      notices.note({ kind: 'weights', message, at: Date.now(), ...(added ? { encoder: id } : {}) });
    },
    onLostModel: (message) => {
      log.warn(message);
      notices.update();
    },
    onGivenUp: (message, model) => {
      log.warn(message);
      const isThere = descry.models.hasEncoder(model);
      notices.note({ kind: 'model', message, at: Date.now(), ...(isThere ? {} : { absent: model }) });
    },
    log,
    file: { onDamage: 'rebuild', onDamaged: () => environment.restart() },
  });
  const { machineEncoders, models } = descry;
  const notices = new Notices({
    ...{ file: descry.file, models },
    isDamaged: (encoder) => machineEncoders.isDamaged(encoder),
    onChanged: () => environment.emit('library.noticed', undefined),
  });
  if (descry.file.rebuilt) await descry.adoptModels();
  const care = new LibraryCare({
    file: descry.file,
    checker: environment.checker,
    onDamaged: environment.restart,
    log,
  });
  const live = new LiveLibrary(
    descry,
    {
      onAssets: (progress) => emit('assets.progress', progress),
      onIndexed: (photos) => log.info(`${photos} photos indexed`),
      onOthers: {
        library: () => emit('library.changed', { photosChanged: true }),
        models: () => emit('models.changed', undefined),
        settings: (settings) => emit('settings.changed', settings),
        savedSearches: () => emit('search.savedChanged', undefined),
      },
    },
    log,
  );
  const job = trainingJob(descry, live, environment);
  live.start();
  care.start();
  await job.restore();
  return {
    handlers: {
      ...libraryHandlers(descry, live, notices),
      ...searchHandlers(descry),
      ...appHandlers(descry, environment),
      ...modelHandlers(descry, live, job, notices),
      ...encoderHandlers(descry, { job, onModels: () => emit('models.changed', undefined) }),
    },
    photos: photoSource(descry),
    engine: () => descry.engineText(),
    photoPath: async (photo) => existingPhotoPath(descry, photo),
    deleting: (files) => descry.library.vanished.expect(files),
    photoPaths: (photos) => photos.map((photo) => ownPath(descry.store, photo) ?? null),
    photoAsImage: async (photo) => {
      const file = await existingPhotoPath(descry, photo);
      const roots = descry.store.folders.paths();
      return (await descry.vision.thumbnail({ path: file, roots, side: 4096, format: 'png' })).bytes;
    },
    importModel: async (file) => {
      const id = await descry.models.import(file);
      emit('models.changed', undefined);
      return descry.models.summary(id);
    },
    exportModel: (model, file) => descry.models.export(model, file),
    close: async () => {
      // All are told to stop before any is waited for, and photos being decoded are abandoned: they come again.
      const stopped = Promise.all([job.close(), live.close(), care.close(), descry.machineEncoders.adding.stop()]);
      await Promise.all([environment.vision.close(), environment.training.close()]);
      await stopped;
      if (descry.file.isShrinkDue()) return true;
      await descry.close();
      return false;
    },
    shrink: async () => {
      descry.file.shrink();
      await descry.close();
    },
  };
}

/** Half a minute of computing, which would hold up every search if it were done here. */
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

type OwnHandlers<Prefix extends string> = Pick<Handlers, Extract<LibraryRequest, `${Prefix}.${string}`>>;

function libraryHandlers(
  descry: Descry,
  live: LiveLibrary,
  notices: Notices,
): Omit<OwnHandlers<'library' | 'indexing' | 'assets' | 'photo' | 'photos'>, 'photos.favourite'> {
  const { store, library } = descry;
  return {
    'assets.state': () => descry.assets.state(),
    'assets.fetch': () => live.fetchAssets(),

    'library.notices': () => [...notices.list()],
    'library.dismissNotice': ({ kind }) => notices.dismiss(kind),
    'library.overview': () => library.overview(descry.models.inUse()),
    'library.addFolders': ({ paths }) => live.addFolders(paths),
    'library.removeFolder': ({ id }) => live.removeFolder(id),
    'library.keepMissing': ({ id }) => library.keepMissing(id),
    'library.removeMissing': ({ id }) => live.rescan(id, { acceptMissing: true }),
    'library.moveFolder': ({ id, path: to }) => live.moveFolder(id, to),
    'library.rescanFolder': ({ id }) => live.rescanAll(id),
    'library.setExcludes': ({ id, excludes }) => live.setExcludes(id, excludes),
    'library.leftOut': ({ id, reason, offset, limit }) => store.leftOut.list(id, reason, offset, limit),
    'library.failures': ({ offset, limit }) => store.failures.list(offset, limit),
    'library.retryFailures': ({ ids }) => live.retryFailures(ids),
    'library.timeline': () => timeline(descry),

    'indexing.state': () => descry.indexing.progress,
    'indexing.pause': () => live.pause(),
    'indexing.resume': () => live.resume(),

    'photos.duplicates': () => {
      const hidden = descry.search.index.hidden();
      return descry.nearDuplicates.report(({ id }) => !hidden.has(id));
    },
    'photo.problem': ({ content }) => descry.pictures.problem(content),
    'photo.thumbnail': async ({ content }) => {
      const picture = await descry.pictures.thumbnail(content);
      if (picture?.kind !== 'bytes') throw new DescryError('not-found', 'There is no picture of this photo now.');
      return picture.bytes;
    },
    'photos.thumbnails': async ({ contents }) => pack(await descry.pictures.cached(contents)),
    'photos.previews': ({ contents }) => pack(store.previews.of([...contents])),
    'photo.details': ({ id }) =>
      photoDetails(store, id, (place) => descry.gazetteer.place(place), descry.search.index.hidden()),
  };
}

function appHandlers(descry: Descry, { emit }: ServiceEnvironment): OwnHandlers<'app' | 'settings'> {
  return {
    'app.storage': async () => ({
      dataFolder: descry.home,
      databaseBytes: (await diskUse(descry.store.file)) + (await diskUse(`${descry.store.file}-wal`)),
      thumbnailBytes: await descry.thumbnails.size(),
      assetBytes: await diskUse(descry.assets.folder),
      modelBytes: await diskUse(path.join(descry.home, 'models')),
    }),
    'app.clearThumbnails': () => descry.thumbnails.clear(),
    'settings.get': () => descry.settings.get(),
    'settings.set': (change) => {
      const settings = descry.settings.set(change);
      descry.indexer.effort = settings.effort;
      if (change.thumbnailCacheMb !== undefined) void descry.thumbnails.clean();
      emit('settings.changed', settings);
      return settings;
    },
  };
}

function modelHandlers(
  descry: Descry,
  live: LiveLibrary,
  job: TrainingJob,
  notices: Notices,
): OwnHandlers<'models' | 'training'> {
  const checks = new FolderChecks();
  return {
    'models.list': () => descry.models.list(),
    'models.use': async ({ id }) => {
      const how = await live.useModel(id);
      notices.modelChosen();
      return how;
    },
    'models.needs': ({ id }) => descry.switching.needs(id),
    'models.switching': () => descry.switching.state,
    'models.stopSwitching': () => descry.switching.stop(),
    'models.remove': ({ id }) => descry.removeModel(id),
    'training.checkDataset': ({ path: folder, encoder }) =>
      checks.run((signal) => descry.training.check(folder, { encoder, signal })),
    'training.checkPhotos': ({ path: folder, encoder }) =>
      checks.run((signal) => descry.training.checkPhotos(folder, { encoder, signal })),
    'training.stopChecking': () => checks.stop(),
    'training.encoders': () =>
      descry.training.trainable().map(({ encoder: { id, title, added, training: support }, inUse }) => {
        const { recipes, form, learnsWithoutCaptions } = support!;
        const own = { id, title, added: added !== null, inUse, learnsWithoutCaptions };
        // without the form's function
        return trainableEncoder.parse({ ...own, recipes: Object.keys(recipes), form });
      }),
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
  live: LiveLibrary,
  { training, builtInModel, emit, log }: ServiceEnvironment,
): TrainingJob {
  const remote = new RemoteTraining(training, { home: descry.home, builtInModel }, (folders, wanted, signal) =>
    descry.training.encode(folders, wanted, signal),
  );
  return new TrainingJob({
    folder: path.join(descry.home, 'training'),
    run: (request, signal) => remote.run(request, signal),
    support: (encoder) => descry.training.support(encoder),
    forget: (request) => descry.training.forget(request),
    summary: (model) => descry.models.summary(model),
    measurePresent: async ({ datasets, encoder, seed }) => {
      const inUse = descry.models.inUse();
      // For the list of models, which then shows what training has added to the encoder alone.
      if (encoder !== undefined && encoder !== inUse && descry.encoders.find(encoder).zeroShot) {
        await remote.measure(datasets, encoder, seed).catch((error: unknown) => log.warn(errorMessage(error)));
      }
      return { ...(await remote.measure(datasets, inUse, encoder === inUse ? seed : undefined)), model: inUse };
    },
    useModel: async (model) => void (await live.useModel(model)),
    removeModel: (model) => descry.removeModel(model),
    onChange: (state) => {
      emit('training.progress', state);
      if (state.state === 'finished') emit('models.changed', undefined);
    },
    log,
  });
}

function photoSource(descry: Descry): Services['photos'] {
  return {
    roots: () => descry.store.folders.paths(),
    thumbnail: (content, options) => descry.pictures.thumbnail(content, options),
    preview: (content) => descry.pictures.preview(content),
    decoded: (content) => descry.pictures.decoded(content),
  };
}

/** The photo's file, or that of an equal photo where it is not there. */
async function existingPhotoPath({ store }: Descry, id: number): Promise<string> {
  const own = ownPath(store, id);
  if (own === undefined) throw gone();
  const { content } = store.photos.get(id)!;
  const copies = content === null ? [] : store.photos.ofContent(content);
  return firstThere([own, ...copies.flatMap((copy) => ownPath(store, copy.id) ?? [])]);
}

const gone = () => new DescryError('not-found', 'The photo is not in the library any more.');
