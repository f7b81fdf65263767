/** A change to a model of another encoder: in the background, with the present one in use until it is done. */
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventName, SwitchState } from '../../electron/ipc/contract.ts';
import { useModel } from '../../electron/cli/switch-command.ts';
import { resnet50Glove } from '../../models/resnet50-glove/index.ts';
import { diskFull, many, scratch } from '../fixtures/tiny-library.ts';
import { featureCounts, indexed, lengths, twoEncoders, type TwoEncoders } from '../fixtures/two-encoders.ts';

let base: { folder: string; remove: () => void };
let two: TwoEncoders;
let events: { name: EventName; payload: unknown }[];
const notices: string[] = [];
const emit = (name: EventName, payload: unknown) => void events.push({ name, payload });
const options = { emit, onNotice: (message: string) => void notices.push(message) };

beforeEach(async () => {
  base = scratch('model-switch');
  events = [];
  notices.length = 0;
  two = await twoEncoders(base.folder, options);
});
afterEach(async () => {
  await two.descry.close();
  base.remove();
});

const switching = () => two.descry.switching;
const states = () =>
  events.flatMap(({ name, payload }) => (name === 'models.switching' ? [payload as SwitchState | null] : []));
const search = () => two.descry.search.query('a dog', { limit: 1000 });
const embeddings = (model: string) => {
  const { store } = two.descry;
  return [...store.photos.allContents()].filter(([, content]) => store.contents.embedding(content, model)).length;
};

describe('a change that opens photos', () => {
  it('is begun at once and made in the background; searches use the present model until then', async () => {
    await indexed(two, many(100));
    two.vision.opened.length = two.vision.pictures = 0;
    expect(await switching().request('tiny')).toBe('background');
    expect(switching().state).toEqual({
      ...{ to: 'tiny', state: 'running', donePhotos: 0, totalPhotos: 0, secondsLeft: null, error: null },
    });
    const during: string[] = [];
    two.vision.beforeEncoding = async () => {
      if (during.length < 3) during.push((await search()).model);
    };
    events = [];
    await switching().run();
    expect(during).toEqual(['default', 'default', 'default']);
    expect(two.descry.models.inUse()).toBe('tiny');
    expect(await search()).toMatchObject({ model: 'tiny', ranked: 100 });
    expect(two.vision.opened).toHaveLength(100);
    expect(two.vision.openedBy('tiny')).toHaveLength(100);
    expect(two.vision.pictures).toBe(0);
    // The change itself is told once, after all of the progress.
    const names = events.map(({ name }) => name).filter((name) => name !== 'indexing.progress');
    expect(names.slice(-3)).toEqual(['models.changed', 'library.changed', 'models.switching']);
    expect(names.filter((name) => name === 'models.changed')).toHaveLength(1);
    const told = states();
    expect(told.at(-1)).toBeNull();
    expect(told.at(-2)).toMatchObject({ to: 'tiny', state: 'running', donePhotos: 100, totalPhotos: 100 });
    const done = told.flatMap((state) => state?.donePhotos ?? []);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
  });

  it('tells the time left by the measured rate', async () => {
    await indexed(two, many(200));
    two.vision.secondMs = 20;
    await switching().request('tiny');
    await switching().run();
    const [first, ...rest] = states().flatMap((state) => (state ? [state] : []));
    expect(first!.secondsLeft).toBeNull();
    const known = rest.filter(({ secondsLeft }) => secondsLeft !== null);
    expect(known[0]!.secondsLeft).toBeGreaterThan(0);
    expect(known.at(-1)!.secondsLeft).toBe(0);
    expect((await switching().needs('tiny')).seconds).toBe(0);
    expect(await switching().request('default')).toBe('done');
    two.descry.store.encoders.remove('colours-of-nine-fields');
    const { seconds, toEncode } = await switching().needs('tiny');
    expect(toEncode).toBe(200);
    expect(seconds).toBeGreaterThan(0.05);
  });

  it('keeps both encoders cached: going back opens nothing, and neither does the next change', async () => {
    await indexed(two, many(40));
    const before = await search();
    await two.descry.useModel('tiny');
    const second = await search();
    two.vision.opened.length = 0;
    expect(await switching().request('default')).toBe('done');
    expect((await search()).ids).toEqual(before.ids);
    expect(await switching().request('tiny')).toBe('done');
    expect((await search()).ids).toEqual(second.ids);
    expect(two.vision.opened).toEqual([]);
    expect([embeddings('default'), embeddings('tiny')]).toEqual([40, 40]);
    expect(featureCounts(two)).toEqual({ [lengths.first]: 40, [lengths.second]: 40 });
    // Photos that were indexed for one of them only are encoded for the other one.
    await indexed(two, { 'later.jpg': 'later' });
    expect(two.vision.opened).toEqual(['tiny: later.jpg']);
    expect(await switching().needs('default')).toMatchObject({ photos: 41, toEncode: 1 });
    expect(await switching().request('default')).toBe('background');
    await switching().run();
    expect(two.vision.opened).toEqual(['tiny: later.jpg', `${resnet50Glove.id}: later.jpg`]);
    expect(await search()).toMatchObject({ model: 'default', ranked: 41 });
  });

  it('goes on where it was interrupted, by a new program too, and encodes nothing twice', async () => {
    await indexed(two, many(120));
    two.vision.opened.length = 0;
    const stop = new AbortController();
    two.vision.beforeEncoding = () => {
      if (two.vision.opened.length >= 40) stop.abort(new Error('enough'));
    };
    await expect(two.descry.useModel('tiny', undefined, stop.signal)).rejects.toThrow('enough');
    const done = two.vision.opened.length;
    expect(done).toBeGreaterThanOrEqual(40);
    expect(done).toBeLessThan(120);
    expect(two.descry.models.inUse()).toBe('default');
    two.vision.beforeEncoding = () => undefined;
    two = await two.reopen();
    expect(switching().wanted()).toBe('tiny');
    expect(switching().state).toMatchObject({ to: 'tiny', state: 'running' });
    const shown: number[] = [];
    await switching().run({ onProgress: ({ done }) => shown.push(done) });
    expect(shown[0]).toBe(done);
    expect(two.descry.models.inUse()).toBe('tiny');
    expect(new Set(two.vision.opened).size).toBe(120);
    expect(two.vision.opened).toHaveLength(120);
  });

  it('is ended, and what was computed stays', async () => {
    await indexed(two, many(120));
    await switching().request('tiny');
    two.vision.beforeEncoding = () => {
      if (two.vision.openedBy('tiny').length >= 40) switching().stop();
    };
    await switching().run();
    expect(switching().state).toBeNull();
    expect(states().at(-1)).toBeNull();
    expect(two.descry.models.inUse()).toBe('default');
    const { toEncode } = await switching().needs('tiny');
    expect(toEncode).toBeLessThanOrEqual(80);
    expect(toEncode).toBe(120 - two.vision.openedBy('tiny').length);
  });

  it('is withdrawn by choosing the present model, and replaced by choosing another one', async () => {
    await indexed(two, many(60));
    await switching().request('tiny');
    expect(await switching().request('default')).toBe('done');
    expect(switching().state).toBeNull();
    const copy = await two.descry.models.import(path.join(base.folder, 'default.safetensors'));
    await switching().request('tiny');
    let replaced: Promise<string> | undefined;
    two.vision.beforeEncoding = () => void (replaced ??= switching().request(copy));
    await switching().run();
    expect(await replaced).toBe('done');
    expect(two.descry.models.inUse()).toBe(copy);
    expect(switching().state).toBeNull();
  });

  it('leaves out photos that cannot be opened any more: the present model still finds them', async () => {
    await indexed(two, many(30));
    const describe = two.vision.describe.bind(two.vision);
    vi.spyOn(two.vision, 'describe').mockImplementation(async (paths, encoder, ...rest) =>
      (await describe(paths, encoder, ...rest)).map((one, i) =>
        encoder === 'tiny' && paths[i]!.endsWith('7.jpg')
          ? { failure: { code: 'photo-unreadable' as const, reason: 'Now it is broken.' } }
          : one,
      ),
    );
    await switching().request('tiny');
    await switching().run();
    expect(two.descry.store.failures.list()).toEqual([]);
    expect(await search()).toMatchObject({ model: 'tiny', ranked: 27 });
    // Indexing says what is wrong with them.
    expect((await two.descry.indexer.run()).failed).toHaveLength(3);
    vi.restoreAllMocks();
  });

  it('has failed where all photos fail; the old model stays, and the next try goes on', async () => {
    await indexed(two, many(40));
    await switching().request('tiny');
    two.vision.beforeEncoding = () => {
      if (two.vision.openedBy('tiny').length >= 16) throw diskFull();
    };
    await switching().run();
    expect(switching().state).toMatchObject({ to: 'tiny', state: 'failed', error: { code: 'disk-full' } });
    expect(await search()).toMatchObject({ model: 'default', ranked: 40 });
    two.vision.beforeEncoding = () => undefined;
    expect(await switching().request('tiny')).toBe('background');
    expect(switching().state).toMatchObject({ state: 'running', error: null });
    await switching().run();
    expect(two.descry.models.inUse()).toBe('tiny');
    expect(two.vision.openedBy('tiny')).toHaveLength(40);
  });

  it('is given up with a notice where the model is not there any more', async () => {
    await indexed(two, many(10));
    const { store } = two.descry;
    store.preferences.set('wanted-model', 'gone');
    await switching().run();
    expect(switching().state).toBeNull();
    expect(notices).toEqual([
      expect.stringMatching(/^The change to the model gone was given up, and ResNet50 and GloVe stays in use: /),
    ]);
    await expect(two.descry.useModel('nothing')).rejects.toMatchObject({ code: 'model-unknown' });
    expect(switching().wanted()).toBeUndefined();
  });

  it('is not made where its model, or its encoder, is removed meanwhile', async () => {
    await indexed(two, many(60));
    await switching().request('tiny');
    let removed: Promise<void> | undefined;
    two.vision.beforeEncoding = () => void (removed ??= switching().stopFor('tiny'));
    await switching().run();
    await removed;
    expect(switching().state).toBeNull();
    expect(two.descry.models.inUse()).toBe('default');
    await switching().stopFor('tiny');
  });
});

describe('before a change', () => {
  it('what it needs is said: photos, bytes, and what is free', async () => {
    expect(await switching().needs('tiny')).toMatchObject({ photos: 0, toEncode: 0, bytes: 0 });
    await indexed(two, many(300));
    const needs = await switching().needs('tiny');
    expect(needs).toMatchObject({ photos: 300, toEncode: 300, seconds: null });
    expect(needs.freeBytes).toBeGreaterThan(0);
    expect(await switching().needs('default')).toMatchObject({ toEncode: 0 });
    const pages = () => two.descry.store.space.state().bytes;
    const before = pages();
    await two.descry.useModel('tiny');
    const grown = pages() - before;
    expect(grown).toBeGreaterThan(0);
    expect(grown).toBeLessThan(1.5 * needs.bytes);
    expect(needs.bytes).toBeLessThan(6 * grown);
    await expect(switching().needs('nothing')).rejects.toMatchObject({ code: 'model-unknown' });
  });

  it('nothing is needed where no encoder has opened a photo yet: they are indexed for the new model', async () => {
    two.write(many(5));
    const { library, indexer } = two.descry;
    await library.scan((await library.add(two.photos)).id);
    expect(await switching().needs('tiny')).toMatchObject({ photos: 5, toEncode: 0 });
    expect(await switching().request('tiny')).toBe('done');
    await indexer.run();
    expect(two.vision.opened).toHaveLength(5);
    expect(two.vision.openedBy('tiny')).toHaveLength(5);
  });

  it('it is refused where the disk has too little room', async () => {
    await indexed(two, many(10));
    vi.spyOn(two.descry.store.space, 'freeOnDisk').mockReturnValue(1e6);
    await expect(switching().request('tiny')).rejects.toMatchObject({
      code: 'disk-full',
      parameters: { freeBytes: 1e6, neededBytes: expect.any(Number) },
    });
    expect(switching().state).toBeNull();
    vi.restoreAllMocks();
    expect(await switching().request('tiny')).toBe('background');
  });
});

describe('models use', () => {
  const session = (signal: AbortSignal) => {
    const shown: string[] = [];
    const results: unknown[] = [];
    const out = {
      json: false,
      result: (value: unknown) => void results.push(value),
      notice: (message: string) => void shown.push(message),
      bar: () => ({ update: () => undefined, stop: () => undefined }),
    };
    return { shown, results, session: { descry: two.descry, out, signal } };
  };

  it('waits for the change, says before what it takes, and how to go on after Ctrl-C', async () => {
    await indexed(two, many(60));
    const stop = new AbortController();
    two.vision.beforeEncoding = () => {
      if (two.vision.openedBy('tiny').length >= 16) stop.abort();
    };
    const first = session(stop.signal);
    await expect(useModel('tiny', first.session)).rejects.toMatchObject({
      code: 'cancelled',
      message: expect.stringMatching(
        /default stays in use.*To go on: descry models use tiny.*To give it up: descry models use default/,
      ),
    });
    expect(first.shown[0]).toMatch(/^60 photos of 60 must be opened for tiny/);
    two.vision.beforeEncoding = () => undefined;
    const second = session(new AbortController().signal);
    await useModel('tiny', second.session);
    expect(second.results).toEqual([{ model: 'tiny' }]);
    expect(two.vision.openedBy('tiny')).toHaveLength(60);
  });
});

describe('two programs on one library', () => {
  it('share the photos of a change, and both use the model when it is made', async () => {
    await indexed(two, many(160));
    const other = await twoEncoders(base.folder);
    two.vision.secondMs = other.vision.secondMs = 50;
    try {
      const both = [switching(), other.descry.switching];
      for (const one of both) await one.request('tiny');
      await Promise.all(both.map((one) => one.run()));
      expect([two.descry.models.inUse(), other.descry.models.inUse()]).toEqual(['tiny', 'tiny']);
      const [here, there] = [two, other].map(({ vision }) => vision.openedBy('tiny'));
      expect(new Set([...here!, ...there!]).size).toBe(160);
      expect(here!.length + there!.length).toBe(160);
      expect(Math.min(here!.length, there!.length)).toBeGreaterThan(0);
      expect(await search()).toMatchObject({ model: 'tiny', ranked: 160 });
    } finally {
      await other.descry.close();
    }
  });

  it('end a change that the other one withdraws', async () => {
    await indexed(two, many(160));
    const other = await twoEncoders(base.folder);
    try {
      two.vision.beforeEncoding = () => {
        if (two.vision.openedBy('tiny').length >= 32) other.descry.switching.stop();
      };
      await expect(two.descry.useModel('tiny')).rejects.toMatchObject({ code: 'cancelled' });
      expect(two.descry.models.inUse()).toBe('default');
    } finally {
      await other.descry.close();
    }
  });
});
