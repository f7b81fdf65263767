import { createHash } from 'node:crypto';
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FolderRow } from '../../electron/services/library/library.ts';
import type { IndexReport } from '../../electron/services/library/indexer.ts';
import { fromHalf, toHalf } from '../../models/files/half.ts';
import { featureOf, many, diskFull, scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';

let tiny: TinyLibrary;
let remove: () => void;
let folder: FolderRow;

beforeEach(async () => {
  const base = scratch('indexing');
  remove = base.remove;
  tiny = await tinyLibrary(base.folder);
});
afterEach(async () => {
  await tiny.descry.close();
  remove();
});

async function index(files: Record<string, string> = {}): Promise<IndexReport> {
  tiny.write(files);
  const { library, indexer } = tiny.descry;
  folder = await library.add(tiny.photos);
  await library.scan(folder.id);
  return indexer.run();
}
const overview = () => tiny.descry.library.overview(tiny.descry.models.inUse());
const found = async (limit = 100) => {
  const { ids } = await tiny.descry.search.query('a dog', { limit });
  return [...ids].map((id) => path.basename(tiny.descry.store.photos.get(id)!.path)).sort();
};

describe('what is computed', () => {
  it('indexes every photo once, and nothing the second time', async () => {
    const report = await index(many(40));
    expect(report).toMatchObject({ indexed: 40, reused: 0, failed: [] });
    expect(report.indexedIn).toEqual(new Map([[folder.id, 40]]));
    expect(tiny.vision.described).toHaveLength(40);
    expect(await index()).toMatchObject({ indexed: 0, reused: 0 });
    expect(tiny.vision.described).toHaveLength(40);
    expect(overview()).toMatchObject({ photos: 40, indexed: 40, failures: 0 });
  });

  it('recognises a renamed photo and a copied one by their content', async () => {
    await index(many(20));
    renameSync(path.join(tiny.photos, '3.jpg'), path.join(tiny.photos, 'renamed.jpg'));
    cpSync(path.join(tiny.photos, '4.jpg'), path.join(tiny.photos, 'copy.jpg'));
    expect(await index()).toMatchObject({ indexed: 0, reused: 2 });
    expect(tiny.vision.described).toHaveLength(20);
    expect(overview().photos).toBe(21);
  });

  it('stores a feature under the hash of the bytes it was made of, where a file is overwritten after it was hashed', async () => {
    const files = { 'a.jpg': 'the first photo', 'b.jpg': 'the first photo', 'c.jpg': 'a third' };
    let overwritten = false;
    tiny.vision.before = ([first]) => {
      if (overwritten || path.basename(first!) !== 'a.jpg') return;
      overwritten = true;
      // of the same size and time, which no scan would notice
      tiny.write({ 'a.jpg': 'the other photo' });
    };
    const { failed } = await index(files);
    expect(failed).toEqual([]);
    const { contents, photos } = tiny.descry.store;
    const { features } = await tiny.descry.models.current();
    for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) {
      const bytes = readFileSync(path.join(tiny.photos, name));
      const { content } = photos.byPath(path.join(tiny.photos, name))!;
      expect(contents.hash(content!)).toEqual(createHash('sha256').update(bytes).digest());
      expect(contents.feature(content!, features)).toEqual(fromHalf(toHalf(featureOf(bytes))));
    }
  });

  it('leaves a file that is overwritten each time to the next run, and lists no failure', async () => {
    let times = 0;
    tiny.vision.before = () => tiny.write({ 'a.jpg': `the photo, ${times++}` });
    expect(await index({ 'a.jpg': 'the photo, x', 'b.jpg': 'another' })).toMatchObject({ indexed: 1, failed: [] });
    expect(overview()).toMatchObject({ photos: 2, indexed: 1, failures: 0 });
    tiny.vision.before = () => undefined;
    expect(await index()).toMatchObject({ indexed: 1, failed: [] });
  });

  it('computes many copies once, also where they are in different chunks at the same moment', async () => {
    tiny.vision.delayMs = 30;
    const copies = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${i}.jpg`, 'the same photo']));
    expect(await index(copies)).toMatchObject({ indexed: 1, reused: 59 });
    expect(tiny.vision.described).toHaveLength(1);
  });

  it('computes a changed photo again, and the old picture can no longer be found', async () => {
    await index(many(5));
    const before = (await tiny.descry.search.query('a dog', { limit: 10 })).scores;
    tiny.write({ '2.jpg': 'quite another photo' });
    expect(await index()).toMatchObject({ indexed: 1 });
    expect(tiny.vision.described.at(-1)).toBe(path.join(tiny.photos, '2.jpg'));
    expect((await tiny.descry.search.query('a dog', { limit: 10 })).scores).not.toEqual(before);
  });

  it('does not open photos again after the folder was removed and added again', async () => {
    await index(many(10));
    tiny.descry.library.remove(folder.id);
    expect(overview().photos).toBe(0);
    expect(await found()).toEqual([]);
    expect(await index()).toMatchObject({ indexed: 0, reused: 10 });
    expect(tiny.vision.described).toHaveLength(10);
    expect(await found()).toHaveLength(10);
  });
});

describe('what fails', () => {
  it('lists a broken photo as a failure, and tries it again only after a change or on request', async () => {
    const report = await index({ ...many(20), 'bad.jpg': 'broken' });
    expect(report.indexed).toBe(20);
    expect(report.failed).toMatchObject([
      { path: path.join(tiny.photos, 'bad.jpg'), code: 'photo-unreadable', reason: 'It is broken.' },
    ]);
    expect(overview()).toMatchObject({ photos: 21, indexed: 20, failures: 1 });
    expect((await index()).failed).toEqual([]);
    expect(tiny.vision.described).toHaveLength(21);
    tiny.descry.store.failures.clear();
    expect((await index()).failed).toHaveLength(1);
    expect(await index({ 'bad.jpg': 'good now' })).toMatchObject({ indexed: 1, failed: [] });
    expect(overview()).toMatchObject({ indexed: 21, failures: 0 });
  });

  it('tries a photo again at the next scan where the cause was outside of the file', async () => {
    const identify = tiny.vision.identify.bind(tiny.vision);
    tiny.vision.identify = async (paths) =>
      (await identify(paths)).map((identity, i) =>
        paths[i]!.endsWith('locked.jpg')
          ? { failure: { code: 'no-permission', reason: 'The file may not be read.' } }
          : identity,
      );
    const locked = await index({ ...many(3), 'locked.jpg': 'a photo', 'bad.jpg': 'broken' });
    expect(locked.failed.map(({ code }) => code).sort()).toEqual(['no-permission', 'photo-unreadable']);
    tiny.vision.identify = identify;
    expect(await index()).toMatchObject({ indexed: 1, failed: [] });
    expect(overview()).toMatchObject({ photos: 5, indexed: 4, failures: 1 });
  });

  it('does not find a photo that was replaced by a broken one', async () => {
    await index(many(3));
    expect(await found()).toEqual(['0.jpg', '1.jpg', '2.jpg']);
    await index({ '1.jpg': 'broken now' });
    expect(await found()).toEqual(['0.jpg', '2.jpg']);
  });

  it('removes a photo that was deleted after the scan', async () => {
    tiny.write(many(20));
    folder = await tiny.descry.library.add(tiny.photos);
    await tiny.descry.library.scan(folder.id);
    rmSync(path.join(tiny.photos, '7.jpg'));
    expect(await tiny.descry.indexer.run()).toMatchObject({ indexed: 19, failed: [] });
    expect(overview().photos).toBe(19);
  });

  it('keeps the photos of a disk that was unplugged after the scan, and indexes them when it is back', async () => {
    tiny.write(many(20));
    folder = await tiny.descry.library.add(tiny.photos);
    await tiny.descry.library.scan(folder.id);
    renameSync(tiny.photos, `${tiny.photos}-away`);
    expect(await tiny.descry.indexer.run()).toMatchObject({ indexed: 0, failed: [] });
    expect(overview()).toMatchObject({ photos: 20, failures: 0 });
    renameSync(`${tiny.photos}-away`, tiny.photos);
    expect(await tiny.descry.indexer.run()).toMatchObject({ indexed: 20 });
  });

  it('stops with the reason on a full disk, keeps what is stored, and goes on when there is room', async () => {
    await index(many(10));
    tiny.vision.trouble = diskFull();
    tiny.write(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`new ${i}.jpg`, `new ${i}`])));
    await tiny.descry.library.scan(folder.id);
    await expect(tiny.descry.indexer.run()).rejects.toMatchObject({ code: 'disk-full' });
    expect(tiny.descry.indexer.progress).toMatchObject({ state: 'failed', error: { code: 'disk-full' } });
    expect(overview()).toMatchObject({ photos: 110, indexed: 10, failures: 0 });
    tiny.vision.trouble = undefined;
    expect(await tiny.descry.indexer.run()).toMatchObject({ indexed: 100 });
    expect(tiny.descry.indexer.progress).toMatchObject({ state: 'idle', error: null });
  });

  it('survives a folder that is removed while its photos are computed', async () => {
    tiny.vision.before = () => {
      if (overview().folders.length > 0) tiny.descry.library.remove(folder.id);
    };
    expect(await index({ ...many(20), 'bad.jpg': 'broken' })).toMatchObject({ indexed: 0, failed: [] });
    expect(overview()).toMatchObject({ photos: 0, failures: 0 });
  });

  it('does not give a photo that changes while it is computed its old content', async () => {
    tiny.write(many(3));
    folder = await tiny.descry.library.add(tiny.photos);
    await tiny.descry.library.scan(folder.id);
    tiny.vision.before = () => {
      tiny.vision.before = () => undefined;
      const file = path.join(tiny.photos, '1.jpg');
      writeFileSync(file, 'a longer, newer photo');
      tiny.descry.store.photos.upsert(folder.id, { path: file, bytes: 21, modified: Date.now() });
    };
    await tiny.descry.indexer.run();
    expect(tiny.descry.store.photos.byPath(path.join(tiny.photos, '1.jpg'))!.content).toBeNull();
    expect(overview().indexed).toBe(2);
    await tiny.descry.indexer.run();
    expect(overview().indexed).toBe(3);
  });
});

describe('stopping and resuming', () => {
  it('ends an aborted run only when nothing is in progress, and resumes later', async () => {
    tiny.write(many(200));
    folder = await tiny.descry.library.add(tiny.photos);
    await tiny.descry.library.scan(folder.id);
    tiny.vision.delayMs = 20;
    const controller = new AbortController();
    let requests = 0;
    tiny.vision.before = () => {
      if (++requests === 4) controller.abort();
    };
    await expect(tiny.descry.indexer.run({ signal: controller.signal })).rejects.toThrow();
    const { indexed } = overview();
    expect(tiny.vision.described).toHaveLength(indexed);
    expect(indexed).toBeGreaterThan(0);
    expect(indexed).toBeLessThan(200);
    tiny = await tiny.reopen();
    tiny.vision.delayMs = 0;
    expect(await tiny.descry.indexer.run()).toMatchObject({ indexed: 200 - indexed });
    expect(tiny.vision.described).toHaveLength(200);
  });

  it('does nothing while paused, and can be aborted then', async () => {
    tiny.descry.indexer.pause();
    tiny.write(many(20));
    folder = await tiny.descry.library.add(tiny.photos);
    await tiny.descry.library.scan(folder.id);
    const controller = new AbortController();
    const run = tiny.descry.indexer.run({ signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(tiny.vision.described).toHaveLength(0);
    expect(tiny.descry.indexer.progress.state).toBe('paused');
    controller.abort();
    await expect(run).rejects.toThrow();
    const second = tiny.descry.indexer.run();
    tiny.descry.indexer.resume();
    expect(await second).toMatchObject({ indexed: 20 });
  });

  it('checks once more after a request during a run', async () => {
    let second: Promise<IndexReport> | undefined;
    tiny.vision.before = () => {
      if (second) return;
      // An earlier place in the list: what was changed is behind the run already.
      tiny.descry.store.photos.upsert(folder.id, { path: path.join(tiny.photos, '0.jpg'), bytes: 9, modified: 9 });
      second = tiny.descry.indexer.run();
    };
    expect(await index(many(3))).toMatchObject({ indexed: 2, reused: 1 });
    expect((await second)!.indexed).toBe(2);
    expect(overview().indexed).toBe(3);
  });

  it('takes longer with less effort', async () => {
    const seconds: Record<string, number> = {};
    await index({ 'first.jpg': 'loads the model, which is not to be measured' });
    tiny.descry.indexer.workMs = 50;
    for (const effort of ['high', 'low'] as const) {
      tiny.vision.delayMs = 100;
      tiny.descry.indexer.effort = effort;
      const started = performance.now();
      await index(Object.fromEntries(Array.from({ length: 48 }, (_, i) => [`${effort} ${i}.jpg`, `${effort} ${i}`])));
      seconds[effort] = performance.now() - started;
    }
    expect(seconds['low']).toBeGreaterThan(2 * seconds['high']!);
  });

  it('works on several chunks at a time also with medium effort, and rests with all of them', async () => {
    await index({ 'first.jpg': 'loads the model, which is not to be measured' });
    const { indexer } = tiny.descry;
    indexer.effort = 'medium';
    indexer.workMs = 150;
    const describe = tiny.vision.describe.bind(tiny.vision);
    const spans: { from: number; to: number }[] = [];
    Object.assign(tiny.vision, {
      describe: async (...request: Parameters<typeof describe>) => {
        const from = performance.now();
        await new Promise((resolve) => setTimeout(resolve, 60));
        const answer = await describe(...request);
        spans.push({ from, to: performance.now() });
        return answer;
      },
    });
    const started = performance.now();
    await index(many(160));
    const wall = performance.now() - started;
    const [first] = spans.map(({ from }) => from).sort((a, b) => a - b);
    const atOnce = (at: number) => spans.filter(({ from, to }) => from <= at && at < to).length;
    expect(Math.max(...spans.map(({ from }) => atOnce(from + 1)))).toBeGreaterThan(2);
    // nothing runs in a good part of the time
    let idle = 0;
    for (let at = first!; at < started + wall; at++) if (atOnce(at) === 0) idle++;
    expect(idle).toBeGreaterThan(0.15 * wall);
    expect(spans.reduce((sum, { from, to }) => sum + to - from, 0)).toBeGreaterThan(wall);
  });

  it('pauses while the user searches, and an abort does not wait for that', async () => {
    tiny.write(many(3));
    folder = await tiny.descry.library.add(tiny.photos);
    await tiny.descry.library.scan(folder.id);
    await tiny.descry.models.current();
    tiny.descry.indexer.stepBack();
    const controller = new AbortController();
    const started = performance.now();
    const run = tiny.descry.indexer.run({ signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(run).rejects.toThrow();
    expect(performance.now() - started).toBeLessThan(800);
    expect(tiny.vision.described).toEqual([]);
  });

  it('reports its progress', async () => {
    const seen: { done: number; total: number }[] = [];
    tiny = await tiny.reopen({
      emit: (name, payload) => {
        if (name === 'indexing.progress' && payload && 'done' in payload) seen.push(payload);
      },
    });
    await index(many(50));
    expect(seen.map(({ done }) => done)).toEqual(expect.arrayContaining([0, 16, 32, 48, 50]));
    expect(seen.every(({ done, total }) => done <= total)).toBe(true);
    expect(readFileSync(path.join(tiny.photos, '0.jpg'), 'utf8')).toBe('photo 0');
  });
});
