/** Library, settings, and models as the window knows them. */
import { describe, expect, it } from 'vitest';
import type { AssetsProgress, LibraryOverview, ModelSummary } from '../../electron/ipc/contract.ts';
import { defaultSettings } from '../../electron/ipc/limits.ts';
import { Failure, type Answers } from '../fixtures/contract-bridge.ts';
import { deferred, openWindow, pass } from './renderer-state.ts';
import { newFolder } from '../fixtures/photo-folder.ts';

const failure = () => new Failure({ code: 'internal', message: 'It did not work.' });
const away = () => new Failure({ code: 'library-restarting', message: 'The library is being started again.' });
const shownToasts = async () => (await import('../../renderer/ui/toasts.svelte.ts')).toasts.items;
const overview = (photos: number): LibraryOverview => ({ folders: [], photos, indexed: photos, failures: 0 });

describe('the library', () => {
  const start = async () => {
    const { library } = await import('../../renderer/state/library.svelte.ts');
    await library.start();
    return library;
  };

  it('asks one at a time for changes that come in a burst, and ends with the latest', async () => {
    let answer = deferred<LibraryOverview>();
    const bridge = openWindow({ 'library.overview': () => answer.promise });
    const starting = start();
    await pass();
    answer.resolve(overview(1));
    const library = await starting;
    answer = deferred();
    const first = answer;
    for (let i = 0; i < 5; i++) bridge.emit('library.changed', { photosChanged: true });
    await pass();
    expect(bridge.count('library.overview')).toBe(2);
    answer = deferred();
    first.resolve(overview(2));
    answer.resolve(overview(3));
    await pass();
    expect(bridge.count('library.overview')).toBe(3);
    expect(library.overview?.photos).toBe(3);
  });

  it('is stale from a restart until all of it was answered again', async () => {
    let answer = deferred<LibraryOverview>();
    answer.resolve(overview(0));
    const bridge = openWindow({ 'library.overview': () => answer.promise });
    const library = await start();
    expect(library.stale).toBe(false);
    answer = deferred();
    bridge.emit('library.restarted', undefined);
    await pass();
    expect(library.stale).toBe(true);
    answer.resolve(overview(5));
    await pass();
    expect([library.stale, library.overview?.photos]).toEqual([false, 5]);
  });

  it('goes on after a failed answer', async () => {
    let broken = true;
    const bridge = openWindow({
      'library.overview': () => {
        if (broken) throw failure();
        return overview(4);
      },
    });
    const library = await start();
    expect((await shownToasts()).map(({ text }) => text)).toEqual(['It did not work.']);
    broken = false;
    bridge.emit('library.changed', { photosChanged: false });
    await pass();
    expect(library.overview?.photos).toBe(4);
  });

  it('fetches the models once a first folder is there, and leaves a fetch that runs already alone', async () => {
    const missing: AssetsProgress = { state: 'missing', item: null, doneBytes: 0, totalBytes: 0, error: null };
    const bridge = openWindow({
      'assets.state': () => missing,
      'assets.fetch': () => {
        throw new Failure({ code: 'asset-busy', message: 'Another Descry is fetching.' });
      },
      'library.addFolders': () => [newFolder(1, '/p', 'waiting')],
    });
    const library = await start();
    await library.addFolders(['/p']);
    await pass();
    expect(bridge.count('assets.fetch')).toBe(1);
    expect((await shownToasts()).map(({ text }) => text)).toEqual(['1 folder added']);
  });

  it('says how long a download will take', async () => {
    const bridge = openWindow();
    const library = await start();
    const progress = (doneBytes: number): AssetsProgress => ({
      state: 'fetching',
      item: null,
      doneBytes,
      totalBytes: 1000,
      error: null,
    });
    bridge.emit('assets.progress', progress(0));
    expect(library.assetSecondsLeft).toBeNull();
    await pass(2000);
    bridge.emit('assets.progress', progress(500));
    expect(library.assetSecondsLeft).toBeCloseTo(2, 0);
    bridge.emit('assets.progress', { ...progress(1000), state: 'ready' });
    expect(library.assetSecondsLeft).toBeNull();
  });

  it('shows no error while the library is away, and asks for all that it shows when it is back', async () => {
    let gone = false;
    const bridge = openWindow({
      'library.overview': () => {
        if (gone) throw away();
        return overview(gone ? 0 : 5);
      },
    });
    const library = await start();
    gone = true;
    bridge.emit('library.changed', { photosChanged: true });
    await pass(3000);
    gone = false;
    bridge.emit('library.restarted', undefined);
    await pass();
    expect(await shownToasts()).toEqual([]);
    expect(library.overview?.photos).toBe(5);
    for (const name of ['indexing.state', 'assets.state']) expect(bridge.count(name)).toBe(2);
  });
});

describe('settings', () => {
  const start = async () => {
    const { settings } = await import('../../renderer/state/settings.svelte.ts');
    await settings.start();
    return settings;
  };
  const answers: Answers = {
    'app.info': () => ({
      name: 'Descry',
      version: '1',
      electron: '1',
      chrome: '1',
      node: '1',
      engine: null,
      platform: 'linux',
      logFile: '/log',
      updates: null,
    }),
  };

  it('are the defaults of the contract until the first answer', async () => {
    openWindow(answers);
    const { settings } = await import('../../renderer/state/settings.svelte.ts');
    expect(settings.current).toEqual(defaultSettings);
  });

  it('are shown at once and saved once, whatever arrives from elsewhere meanwhile', async () => {
    const bridge = openWindow({
      ...answers,
      'settings.set': (change) => ({ ...defaultSettings, ...(change as object) }),
    });
    const settings = await start();
    for (const thumbnailSize of [210, 220, 230]) settings.set({ thumbnailSize });
    bridge.emit('settings.changed', { ...defaultSettings, keepInTray: true });
    expect(settings.current).toMatchObject({ thumbnailSize: 230, keepInTray: true });
    await pass(300);
    expect(bridge.asked.filter(({ name }) => name === 'settings.set')).toEqual([
      { name: 'settings.set', argument: { thumbnailSize: 230 } },
    ]);
  });

  it('fall back to what is kept when they cannot be saved', async () => {
    openWindow({
      ...answers,
      'settings.set': () => {
        throw failure();
      },
    });
    const settings = await start();
    settings.set({ showScores: true });
    expect(settings.current.showScores).toBe(true);
    await pass(300);
    expect(settings.current.showScores).toBe(false);
    expect(await shownToasts()).toHaveLength(1);
  });
});

describe('models', () => {
  const model = (id: string, inUse: boolean): ModelSummary => ({
    id,
    recipe: 'default',
    encoder: 'resnet50-glove',
    data: 'flickr30k',
    outdatedFeatures: false,
    recall: null,
    sets: [],
    createdAt: 0,
    bytes: 1,
    words: null,
    builtIn: false,
    inUse,
  });

  it('say which one is being switched to, until it is in use', async () => {
    let inUse = 'a';
    const switched = deferred<void>();
    openWindow({
      'models.list': () => [model('a', inUse === 'a'), model('b', inUse === 'b')],
      'models.use': async ({ id }) => {
        await switched.promise;
        inUse = id;
        return 'done' as const;
      },
    });
    const { models } = await import('../../renderer/state/models.svelte.ts');
    await models.start();
    const using = models.use('b');
    await pass();
    expect([models.switchingTo, models.inUse?.id]).toEqual(['b', 'a']);
    switched.resolve();
    await using;
    expect([models.switchingTo, models.inUse?.id]).toEqual([null, 'b']);
  });

  it('stay as they are when the switch fails', async () => {
    openWindow({
      'models.list': () => [model('a', true)],
      'models.use': () => {
        throw failure();
      },
    });
    const { models } = await import('../../renderer/state/models.svelte.ts');
    await models.start();
    await models.use('b');
    expect([models.switchingTo, models.inUse?.id]).toEqual([null, 'a']);
    expect((await shownToasts()).map(({ kind }) => kind)).toEqual(['error']);
  });

  it('are listed again after a change and after a restart', async () => {
    const bridge = openWindow();
    const { models } = await import('../../renderer/state/models.svelte.ts');
    await models.start();
    bridge.emit('models.changed', undefined);
    bridge.emit('library.restarted', undefined);
    await pass();
    expect(bridge.count('models.list')).toBe(3);
  });
});
