/**
 * Every request, response and event between the window and the program behind it, once.
 *
 * The bridge (preload), the handlers and the renderer's types all derive from this file: to add a request, add a line
 * here and the compiler names the places that lack it. Arguments are parsed with these schemas on arrival. Big data
 * crosses as typed arrays: photo lists, and the thumbnails of the grid, many at once. Single pictures come over photo:// by content.
 */
import { z } from 'zod';
import { recalls, setRecalls } from '../../models/contract/information.ts';
import type { ErrorObject } from '../../models/errors.ts';
import { leftOut, leftOutQuery } from './left-out-form.ts';
import { limits, longestSentence, precisions } from './limits.ts';
import { datasetReport, photoFolderReport } from './dataset-form.ts';
import { encoderId } from '../../models/contract/added-encoder.ts';
import { encoderSummary, switchNeeds, switchState } from './encoder-form.ts';
import { errorObject } from './error-form.ts';
import { folderPlace } from './folder-form.ts';
import { copyProgress, copyReport, duplicateReport, fileFailure, photoDetails } from './photo-form.ts';
import { modelId, modelSummary } from './model-form.ts';
import { libraryNotice, noticeKind } from './notice-form.ts';
import { cachedThumbnails, previews } from './picture-form.ts';
import { trainableEncoder, trainedOn } from './recipe-form.ts';
import { samplesLack } from './training-form.ts';
import { facets, octets, photoList, ranking, savedSearch, searchForm, searchQuery } from './search-form.ts';

export {
  datasetReport,
  facets,
  libraryNotice,
  longestSentence,
  photoDetails,
  photoFolderReport,
  photoList,
  ranking,
  trainableEncoder,
  savedSearch,
  searchForm,
};
export { searchFilter, understood, unknownWord } from './search-form.ts';
export { errorObject, modelId, modelSummary };
export type * from './dataset-form.ts';
export type * from './encoder-form.ts';
export type * from './model-form.ts';
export type * from './notice-form.ts';
export type * from './photo-form.ts';
export type { PackedPictures } from './picture-form.ts';
export type * from './search-form.ts';
export type * from './training-form.ts';
export type { RecipeField, RecipeForm, TrainableEncoder } from './recipe-form.ts';
export type { ErrorObject };

const id = z.int().positive();
const path = z.string().min(1).max(32_768);
const sentence = z.string().max(longestSentence);
const nothing = z.void();
const someIds = z.array(id).min(1).max(limits.selection);

export const photoFolder = z.object({
  id,
  path,
  ...folderPlace,
  photos: z.int(),
  indexed: z.int(),
  failures: z.int(),
  leftOut,
  /** patterns (picomatch) below the folder that are left out */
  excludes: z.array(z.string().max(limits.excludeLength)).max(limits.excludes),
  /** ms since the epoch */
  lastScan: z.number().nullable(),
});
export type PhotoFolder = z.infer<typeof photoFolder>;

export const libraryOverview = z.object({
  folders: z.array(photoFolder),
  photos: z.int(),
  indexed: z.int(),
  failures: z.int(),
});
export type LibraryOverview = z.infer<typeof libraryOverview>;

export const failure = z.object({ id, path, code: z.string(), reason: z.string(), at: z.number() });
export type Failure = z.infer<typeof failure>;

export const indexingProgress = z.object({
  state: z.enum(['idle', 'scanning', 'indexing', 'paused', 'waiting-for-assets', 'failed']),
  done: z.int(),
  total: z.int(),
  photosPerSecond: z.number(),
  secondsLeft: z.number().nullable(),
  /** why, where the state is `failed` */
  error: errorObject.nullable(),
});
export type IndexingProgress = z.infer<typeof indexingProgress>;

export const assetsProgress = z.object({
  /** `waiting`: another process of Descry prepares them; `converting`: they are checked, unpacked and converted */
  state: z.enum(['missing', 'waiting', 'fetching', 'converting', 'ready', 'failed']),
  /** the title of what is being fetched or converted, such as "GloVe word vectors" */
  item: z.string().nullable(),
  doneBytes: z.number(),
  totalBytes: z.number(),
  /** why, where the state is `failed` */
  error: errorObject.nullable(),
});
export type AssetsProgress = z.infer<typeof assetsProgress>;

export { recall, recalls, setRecalls } from '../../models/contract/information.ts';
export type { Recall, Recalls, SetRecalls, WordKnowledge } from '../../models/contract/information.ts';

export const theme = z.enum(['system', 'light', 'dark']);
export const settings = z.object({
  theme,
  /** share of the processor that indexing may use */
  effort: z.enum(['low', 'medium', 'high']),
  startAtLogin: z.boolean(),
  keepInTray: z.boolean(),
  lookForUpdates: z.boolean(),
  layout: z.enum(['justified', 'square']),
  /** row height of the grid in CSS pixels */
  thumbnailSize: z.int().min(limits.thumbnailSize.least).max(limits.thumbnailSize.most),
  showScores: z.boolean(),
  precision: z.enum(precisions),
  /** MB of disk that thumbnails may take */
  thumbnailCacheMb: z.int().min(limits.thumbnailCache.least).max(limits.thumbnailCache.most),
});
export type Settings = z.infer<typeof settings>;

export const storageUse = z.object({
  dataFolder: path,
  databaseBytes: z.number(),
  thumbnailBytes: z.number(),
  assetBytes: z.number(),
  modelBytes: z.number(),
});
export type StorageUse = z.infer<typeof storageUse>;

const trainingFolders = z.array(path).max(limits.trainingFolders);
export const trainingSettings = z.object({
  datasets: trainingFolders.min(1),
  /** folders of photos without captions */
  photos: trainingFolders.default([]),
  recipe: z.enum(['default', 'seed', 'tuned', 'advanced']),
  /** fields of the advanced form; the encoder checks them */
  overrides: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  name: z.string().max(limits.modelName).nullable(),
  /** start from this model's weights; null: from nothing */
  init: modelId.nullable(),
  /** id of the encoder whose features are trained on; absent: the one that Descry comes with */
  encoder: z.string().max(64).exactOptional(),
  seed: z.int().min(0).max(limits.seed),
});
export type TrainingSettings = z.input<typeof trainingSettings>;

export const trainingPoint = z.object({
  epoch: z.int(),
  step: z.int(),
  loss: z.number(),
  recall: recalls.nullable(),
  /** of each dataset; empty before the end of an epoch */
  sets: z.array(setRecalls).default([]),
});
export type TrainingPoint = z.infer<typeof trainingPoint>;

/** What a sentence finds before and now, as contents of photos, best first. */
export const sampleQuery = z.object({ query: z.string(), before: z.array(id), now: z.array(id) });
export type SampleQuery = z.infer<typeof sampleQuery>;

export const trainingState = z.object({
  state: z.enum(['none', 'encoding', 'training', 'paused', 'finished', 'failed']),
  /** while it is `encoding`: captions, and no longer photos */
  captions: z.boolean().exactOptional(),
  settings: trainingSettings.nullable(),
  epoch: z.int(),
  epochs: z.int(),
  step: z.int(),
  steps: z.int(),
  secondsLeft: z.number().nullable(),
  history: z.array(trainingPoint),
  samples: z.array(sampleQuery),
  samplesLack: samplesLack.exactOptional(),
  /** once finished: the new model */
  model: modelId.exactOptional(),
  /** once finished: the new model against the present one on the same split */
  result: z
    .object({
      model: modelSummary,
      recall: recalls,
      present: recalls.nullable(),
      /** which model that is; absent: it could not be measured */
      presentModel: modelId.exactOptional(),
      /** of the present model on each dataset, as `model.sets` has the new one's; empty where it was not measured */
      presentSets: z.array(setRecalls),
    })
    .nullable(),
  /** why, where the state is `failed` */
  error: errorObject.nullable(),
});
export type TrainingState = z.infer<typeof trainingState>;

export const appInfo = z.object({
  name: z.string(),
  version: z.string(),
  electron: z.string(),
  chrome: z.string(),
  node: z.string(),
  engine: z.string().nullable(),
  platform: z.enum(['linux', 'darwin', 'win32']),
  logFile: path,
  /** who would be asked, and whether a new version is installed or only told; null: this build knows no place with updates */
  updates: z.object({ host: z.string(), installs: z.boolean() }).nullable(),
});
export type AppInfo = z.infer<typeof appInfo>;

const request = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({ input, output });

export const requests = {
  'app.info': request(nothing, appInfo),
  'app.openLogs': request(nothing, nothing),
  /** the notices of all that the program holds, in the system's program for texts */
  'app.openLicences': request(nothing, nothing),
  'app.openDataFolder': request(nothing, nothing),
  'app.storage': request(nothing, storageUse),
  'app.clearThumbnails': request(nothing, nothing),

  'assets.state': request(nothing, assetsProgress),
  'assets.fetch': request(nothing, nothing),

  'library.overview': request(nothing, libraryOverview),
  'library.notices': request(nothing, z.array(libraryNotice)),
  'library.dismissNotice': request(z.object({ kind: noticeKind }), nothing),
  /** opens the native dialog; answers with the folders that were added */
  'library.chooseFolders': request(nothing, z.array(photoFolder)),
  /** folders (or files, whose folders are taken) dropped on the window */
  'library.addFolders': request(z.object({ paths: z.array(path).min(1).max(100) }), z.array(photoFolder)),
  'library.removeFolder': request(z.object({ id }), nothing),
  /** photos whose files are missing stay, and are not asked about again until they are back */
  'library.keepMissing': request(z.object({ id }), nothing),
  /** they were deleted: they are taken out of the library */
  'library.removeMissing': request(z.object({ id }), nothing),
  /** a folder that was moved is taken up at its new place, with all that is known of its photos */
  'library.moveFolder': request(z.object({ id, path }), nothing),
  /** the same, with the native dialog; false when the user cancelled */
  'library.chooseNewPlace': request(z.object({ id }), z.boolean()),
  'library.rescanFolder': request(z.object({ id }), nothing),
  'library.setExcludes': request(z.object({ id, excludes: photoFolder.shape.excludes }), nothing),
  /** the paths of what is left out of a folder for a reason */
  'library.leftOut': request(leftOutQuery, z.array(path)),
  'library.failures': request(
    z.object({ offset: z.int().min(0), limit: z.int().min(1).max(limits.failures) }),
    z.array(failure),
  ),
  /** without ids: all of them */
  'library.retryFailures': request(z.object({ ids: z.array(id).optional() }), nothing),
  /** every indexed photo, newest first */
  'library.timeline': request(nothing, photoList),

  'indexing.state': request(nothing, indexingProgress),
  'indexing.pause': request(nothing, nothing),
  'indexing.resume': request(nothing, nothing),

  'search.query': request(searchQuery, ranking),
  /** what the photos that the search leaves have: for filters by hand */
  'search.facets': request(searchForm, facets),
  /** a file or picture that was dropped or pasted, to search for photos like it; answers with its number for `like` */
  'search.picture': request(z.union([z.object({ path }), z.object({ bytes: octets })]), z.object({ picture: id })),
  /** in the order in which they stand in the window */
  'search.saved': request(nothing, z.array(savedSearch)),
  /** a new one, or, with an id, one that is replaced */
  'search.save': request(savedSearch.extend({ id: id.exactOptional() }), savedSearch),
  'search.removeSaved': request(z.object({ id }), nothing),
  'search.recent': request(nothing, z.array(z.string())),
  'search.remember': request(z.object({ text: sentence.min(1) }), nothing),
  'search.forget': request(z.object({ text: sentence.optional() }), nothing),

  'photo.details': request(z.object({ id }), photoDetails),
  /** why the picture of a content could not be made when it was asked for last; null: nothing is known */
  'photo.problem': request(z.object({ content: id }), errorObject.nullable()),
  /** WebP; made where it is not in the cache. @throws where the photo cannot be opened, or no photo has this content */
  'photo.thumbnail': request(z.object({ content: id }), octets),
  /** those that are in the cache, and what is shown before a thumbnail is there: at once */
  'photos.thumbnails': request(cachedThumbnails.input, cachedThumbnails.output),
  'photos.previews': request(previews.input, previews.output),
  'photo.showInFolder': request(z.object({ id }), nothing),
  'photo.open': request(z.object({ id }), nothing),
  'photo.copyImage': request(z.object({ id }), nothing),
  'photo.copyPath': request(z.object({ id }), nothing),
  'photo.startDrag': request(z.object({ ids: someIds.max(500) }), nothing),
  'photos.favourite': request(z.object({ ids: someIds, favourite: z.boolean() }), nothing),
  /** asks for a folder and copies the files there; a file that is there is never replaced; null when the user cancelled */
  'photos.copyTo': request(z.object({ ids: someIds }), copyReport.nullable()),
  'photos.stopCopying': request(nothing, nothing),
  /** the files, for file managers and mail programs */
  'photos.copyFiles': request(z.object({ ids: someIds.max(500) }), nothing),
  /** to the system's bin, where it can be undone */
  'photos.trash': request(z.object({ ids: someIds }), z.object({ moved: z.int(), failures: z.array(fileFailure) })),
  'photos.duplicates': request(nothing, duplicateReport),

  'settings.get': request(nothing, settings),
  'settings.set': request(settings.partial(), settings),

  'models.list': request(nothing, z.array(modelSummary)),
  /** `background`: photos must be encoded first, see `models.switching`; searches use the present model until then */
  'models.use': request(z.object({ id: modelId }), z.enum(['done', 'background'])),
  /** what `models.use` would need */
  'models.needs': request(z.object({ id: modelId }), switchNeeds),
  /** null: there is no change under way */
  'models.switching': request(nothing, switchState.nullable()),
  'models.stopSwitching': request(nothing, nothing),
  'models.remove': request(z.object({ id: modelId }), nothing),
  /** open and save dialogs; null when the user cancelled */
  'models.import': request(nothing, modelSummary.nullable()),
  'models.export': request(z.object({ id: modelId }), path.nullable()),

  'encoders.list': request(nothing, z.array(encoderSummary)),
  /** fetches one that is offered; answers when it can be used, with progress in `encoders.list` */
  'encoders.add': request(z.object({ id: encoderId }), encoderSummary),
  /** null when the user cancelled */
  'encoders.chooseFolder': request(nothing, path.nullable()),
  'encoders.addFolder': request(z.object({ path }), encoderSummary),
  'encoders.stopAdding': request(nothing, nothing),
  /** deletes its files, features and models */
  'encoders.remove': request(z.object({ id: encoderId }), nothing),

  'training.chooseDataset': request(trainedOn, datasetReport.nullable()),
  'training.checkDataset': request(trainedOn.extend({ path }), datasetReport),
  'training.choosePhotos': request(trainedOn, photoFolderReport.nullable()),
  'training.checkPhotos': request(trainedOn.extend({ path }), photoFolderReport),
  /** ends all checks of folders that are under way; they fail with `cancelled` */
  'training.stopChecking': request(nothing, nothing),
  /** what models can be trained on, that of the model in use first */
  'training.encoders': request(nothing, z.array(trainableEncoder)),
  'training.start': request(trainingSettings, nothing),
  'training.pause': request(nothing, nothing),
  'training.resume': request(nothing, nothing),
  'training.cancel': request(nothing, nothing),
  'training.state': request(nothing, trainingState),
  /** what to do with a finished run's model: use it, keep it in the list, or discard it */
  'training.settle': request(z.object({ decision: z.enum(['use', 'keep', 'discard']) }), nothing),
} as const;

/** Requests that need Electron itself and are answered by the main process; the library's process answers all others. */
export const mainRequests = [
  'app.info',
  'app.openLogs',
  'app.openLicences',
  'app.openDataFolder',
  'library.chooseFolders',
  'library.chooseNewPlace',
  'photo.showInFolder',
  'photo.open',
  'photo.copyImage',
  'photo.copyPath',
  'photo.startDrag',
  'photos.copyTo',
  'photos.stopCopying',
  'photos.copyFiles',
  'photos.trash',
  'models.import',
  'models.export',
  'encoders.chooseFolder',
  'training.chooseDataset',
  'training.choosePhotos',
] as const satisfies readonly RequestName[];

export const events = {
  /** the process of the library ended and was started again: ask anew for all that is shown */
  'library.restarted': z.undefined(),
  /** it died too often and is not started again: requests fail with `library-stopped` */
  'library.stopped': z.undefined(),
  /** folders, counts or failures changed; ask library.overview again */
  'library.changed': z.object({ photosChanged: z.boolean() }),
  /** ask library.notices again */
  'library.noticed': z.undefined(),
  'indexing.progress': indexingProgress,
  'assets.progress': assetsProgress,
  'training.progress': trainingState,
  'models.changed': z.undefined(),
  'models.switching': switchState.nullable(),
  /** ask encoders.list again; while one is being fetched, some times a second */
  'encoders.changed': z.undefined(),
  /** another process has changed them */
  'search.savedChanged': z.undefined(),
  'settings.changed': settings,
  /** a second start with a sentence on its command line */
  'search.requested': z.object({ text: searchForm.shape.text }),
  'copying.progress': copyProgress,
  /** a native menu item that the window carries out */
  'menu.command': z.enum(['focus-search', 'open-library', 'open-settings', 'open-training', 'add-folder', 'shortcuts']),
} as const;

export type RequestName = keyof typeof requests;
export type MainRequest = (typeof mainRequests)[number];
export type LibraryRequest = Exclude<RequestName, MainRequest>;
export type EventName = keyof typeof events;
/** what the window passes (defaults may be left out) */
export type RequestArgument<K extends RequestName> = z.input<(typeof requests)[K]['input']>;
/** what a handler receives after parsing */
export type RequestInput<K extends RequestName> = z.output<(typeof requests)[K]['input']>;
export type RequestOutput<K extends RequestName> = z.output<(typeof requests)[K]['output']>;
export type EventPayload<K extends EventName> = z.output<(typeof events)[K]>;

export type Handlers = { [K in RequestName]: (input: RequestInput<K>) => Promise<RequestOutput<K>> | RequestOutput<K> };

/** How an answer crosses: Electron would flatten a thrown error to its message and lose the code. */
export type Envelope<T> = { ok: true; value: T } | { ok: false; error: ErrorObject };

/** What the preload script exposes as `window.descry`. */
export interface Bridge {
  invoke<K extends RequestName>(name: K, argument?: RequestArgument<K>): Promise<Envelope<RequestOutput<K>>>;
  on<K extends EventName>(name: K, listener: (payload: EventPayload<K>) => void): () => void;
  /** the path of a dropped file: only the preload script may ask */
  pathOf(file: File): string;
}

export { photoUrl } from './photo-url.ts';
