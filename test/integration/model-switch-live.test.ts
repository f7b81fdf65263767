/** A change to a model of another encoder while the window is open: restarts, new photos, pauses, another program. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LiveLibrary } from '../../electron/services/library/live.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { resnet50Glove } from '../../models/resnet50-glove/index.ts';
import { many, scratch } from '../fixtures/tiny-library.ts';
import { twoEncoders, type TwoEncoders } from '../fixtures/two-encoders.ts';

let base: { folder: string; remove: () => void };
let two: TwoEncoders;
let live: LiveLibrary;

const open = () =>
  new LiveLibrary(two.descry, { onAssets: () => undefined, onIndexed: () => undefined }, silentLog, { othersMs: 50 });
beforeEach(async () => {
  base = scratch('model-switch-live');
  two = await twoEncoders(base.folder);
  two.descry.settings.set({ effort: 'high' });
  live = open();
  live.start();
});
afterEach(async () => {
  await live.close();
  await two.descry.close();
  base.remove();
});

const eventually = <T>(value: () => T) => expect.poll(value, { timeout: 40_000, interval: 20 });
const overview = () => two.descry.library.overview(two.descry.models.inUse());
const inUse = (model: string) => eventually(() => two.descry.models.inUse()).toBe(model);
const add = async (count: number) => {
  two.write(many(count));
  await live.addFolders([two.photos]);
  await eventually(() => overview().indexed).toBe(count);
  await eventually(() => two.descry.library.states.get(two.descry.library.folders()[0]!.id)).toBe('watching');
  two.vision.opened.length = 0;
};
const search = () => two.descry.search.query('a dog', { limit: 1000 });
const first = resnet50Glove.id;

describe('a change of model in an open window', () => {
  it('indexes photos that come meanwhile for the present model, and encodes them for the other before the change', async () => {
    await add(160);
    two.vision.secondMs = 1000; // the watcher notices a new file after about a second
    let seen: Promise<unknown> | undefined;
    two.vision.beforeEncoding = (encoder) => {
      if (encoder !== 'tiny' || two.vision.openedBy('tiny').length < 16 || seen) return;
      writeFileSync(path.join(two.photos, 'new.jpg'), 'new');
      seen = eventually(() => two.vision.openedBy(first))
        .toEqual([`${first}: new.jpg`])
        .then(() => search());
    };
    expect(await live.useModel('tiny')).toBe('background');
    await eventually(() => seen).toBeDefined();
    // It can be found before the change.
    await expect(seen).resolves.toMatchObject({ model: 'default' });
    await inUse('tiny');
    expect(two.vision.openedBy('tiny')).toContain('tiny: new.jpg');
    expect(await search()).toMatchObject({ model: 'tiny', ranked: 161 });
    expect(new Set(two.vision.opened).size).toBe(two.vision.opened.length);
  });

  it('says that it waits while photos are indexed first', async () => {
    await add(40);
    let goOn = () => undefined as void;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const told = new Set<string>();
    two.vision.beforeEncoding = async (encoder) => {
      told.add(`${encoder}: ${two.descry.switching.state?.state ?? 'none'}`);
      if (encoder === first) await held;
    };
    writeFileSync(path.join(two.photos, 'later.jpg'), 'later');
    await eventually(() => two.descry.indexer.progress.state).toBe('indexing');
    await live.useModel('tiny');
    expect(two.descry.switching.state).toMatchObject({ to: 'tiny', state: 'waiting', secondsLeft: null });
    live.pause();
    expect(two.descry.switching.state).toMatchObject({ state: 'paused' });
    live.resume();
    goOn();
    await inUse('tiny');
    expect([...told].filter((one) => one.startsWith('tiny'))).toEqual(['tiny: running']);
  });

  it('goes on after a restart, when the folders were scanned and new photos indexed', async () => {
    await add(60);
    two.vision.beforeEncoding = () => {
      if (two.vision.openedBy('tiny').length >= 16) live.pause();
    };
    await live.useModel('tiny');
    await eventually(() => two.descry.switching.state?.state).toBe('paused');
    await live.close();
    const done = two.vision.openedBy('tiny').length;
    expect(done).toBeLessThan(60);
    two.vision.beforeEncoding = () => undefined;
    two.write({ 'while closed.jpg': 'while closed' });
    two = await two.reopen();
    two.descry.store.preferences.set('indexing-paused', false);
    live = open();
    live.start();
    await inUse('tiny');
    const opened = two.vision.opened.slice(done);
    expect(opened[0]).toBe(`${first}: while closed.jpg`);
    expect(opened.filter((one) => one.startsWith('tiny'))).toHaveLength(61 - done);
    expect(new Set(two.vision.opened).size).toBe(two.vision.opened.length);
    await eventually(() => overview()).toMatchObject({ photos: 61, indexed: 61 });
  });

  it('pauses and goes on with indexing, and can be ended', async () => {
    await add(60);
    two.vision.secondMs = 10;
    await live.useModel('tiny');
    await eventually(() => two.vision.openedBy('tiny').length).toBeGreaterThan(0);
    live.pause();
    expect(two.descry.switching.state).toMatchObject({ to: 'tiny', state: 'paused', secondsLeft: null });
    // what was begun is finished
    await new Promise((resolve) => setTimeout(resolve, 200));
    const paused = two.vision.opened.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(two.vision.opened).toHaveLength(paused);
    expect(paused).toBeLessThan(60);
    live.resume();
    expect(two.descry.switching.state).toMatchObject({ state: 'running' });
    await eventually(() => two.vision.opened.length).toBeGreaterThan(paused);
    two.descry.switching.stop();
    expect(two.descry.switching.state).toBeNull();
    expect(two.descry.models.inUse()).toBe('default');
    await live.useModel('tiny');
    await inUse('tiny');
    expect(two.vision.openedBy('tiny')).toHaveLength(60);
  });

  it('is begun by another program, too, and goes on when that one is interrupted', async () => {
    await add(100);
    const other = await twoEncoders(base.folder);
    try {
      two.vision.secondMs = other.vision.secondMs = 10;
      const stop = new AbortController();
      other.vision.beforeEncoding = () => {
        if (other.vision.opened.length >= 16) stop.abort(new Error('enough'));
      };
      await expect(other.descry.useModel('tiny', undefined, stop.signal)).rejects.toThrow('enough');
    } finally {
      await other.descry.close();
    }
    await inUse('tiny');
    expect(two.vision.openedBy('tiny').length + other.vision.opened.length).toBe(100);
    expect(await search()).toMatchObject({ model: 'tiny', ranked: 100 });
  });

  it('waits for a model that needs no photo opened', async () => {
    await add(20);
    await live.useModel('tiny');
    await inUse('tiny');
    expect(await live.useModel('default')).toBe('done');
    expect(two.descry.models.inUse()).toBe('default');
    expect(two.vision.openedBy(first)).toEqual([]);
  });
});
