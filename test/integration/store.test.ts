import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Store } from '../../electron/store/store.ts';
import { noExif } from '../../electron/vision/exif.ts';
import { storedEmbeddings } from '../fixtures/stored-embeddings.ts';
import { storedTimeline } from '../fixtures/stored-timeline.ts';

let scratch: string;
let store: Store;
beforeEach(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'descry-store-'));
  store = new Store(path.join(scratch, 'library.db'));
});
afterEach(() => {
  store.close();
  rmSync(scratch, { recursive: true, force: true });
});

const hash = (text: string) => Buffer.from(text.padEnd(32, '.'));
const file = (name: string, modified = 1000) => ({ path: `/photos/${name}`, bytes: 10, modified });
const wanted = { model: 'default', encoder: 'resnet50' };
const ramp = (length: number, scale = 1) => Float32Array.from({ length }, (_, i) => (i / length - 0.5) * scale);

/** A photo as the indexer leaves it. */
function indexed(folder: number, name: string, model = 'default'): { photo: number; content: number } {
  const { id } = store.photos.upsert(folder, file(name));
  const content = store.contents.ensure(hash(name));
  store.photos.setContent(id, content);
  store.contents.setFeature(content, 'resnet50', ramp(2048, 4));
  store.contents.setEmbedding(content, model, ramp(512, 0.1));
  return { photo: id, content };
}

describe('contents', () => {
  test('features and embeddings of any length come back in half precision', () => {
    const content = store.contents.ensure(hash('a'));
    store.contents.setFeature(content, 'resnet50', ramp(2048, 8));
    store.contents.setFeature(content, 'other', ramp(3, 8));
    const feature = store.contents.feature(content, 'resnet50')!;
    expect(feature).toHaveLength(2048);
    ramp(2048, 8).forEach((value, i) =>
      expect(Math.abs(feature[i]! - value)).toBeLessThanOrEqual(Math.abs(value) / 2048),
    );
    expect(store.contents.feature(content, 'other')).toHaveLength(3);
    expect(store.contents.feature(content, 'none')).toBeUndefined();
  });

  test('a renamed, moved or copied photo is the same content, and its feature is there already', () => {
    const { id: folder } = store.folders.add('/photos');
    const first = indexed(folder, 'a.jpg');
    store.photos.remove(first.photo);
    const renamed = store.photos.upsert(folder, file('holiday/b.jpg'));
    const copy = store.photos.upsert(folder, file('c.jpg'));
    const content = store.contents.ensure(hash('a.jpg'));
    expect(content).toBe(first.content);
    expect(store.contents.hasFeature(content, 'resnet50')).toBe(true);
    store.photos.setContent(renamed.id, content);
    store.photos.setContent(copy.id, content);
    expect(store.photos.copies(copy.id)).toMatchObject([{ path: '/photos/holiday/b.jpg' }]);
    expect(storedEmbeddings(store, 'default', 512).photos).toEqual([renamed.id, copy.id]);
  });

  test('a new model finds every feature that it has to project, and its embeddings do not mix with the old ones', () => {
    const { id: folder } = store.folders.add('/photos');
    const photos = ['a', 'b', 'c'].map((name) => indexed(folder, name));
    expect(store.contents.toProject('resnet50', 'default', 10)).toEqual([]);
    expect(store.contents.toProject('resnet50', 'new', 10)).toEqual(photos.map(({ content }) => content));
    store.contents.setEmbedding(photos[0]!.content, 'new', ramp(256, 0.1));
    expect(store.contents.toProject('resnet50', 'new', 10)).toHaveLength(2);
    expect(storedEmbeddings(store, 'new', 256).photos).toHaveLength(1);
    expect(storedEmbeddings(store, 'default', 512).photos).toHaveLength(3);
    store.contents.removeModel('default');
    expect(storedEmbeddings(store, 'default', 512).photos).toHaveLength(0);
    expect(store.contents.hasFeature(photos[0]!.content, 'resnet50')).toBe(true);
  });

  test('what a photo’s file tells is kept with its content', () => {
    const { id: folder } = store.folders.add('/photos');
    const { photo, content } = indexed(folder, 'a.jpg');
    const information = {
      ...noExif,
      width: 40,
      height: 30,
      taken: 123,
      camera: 'Canon',
      latitude: 47.5,
      longitude: -8.25,
    };
    store.contents.describe(content, information);
    expect(store.photos.information(photo)).toMatchObject({ ...information, path: '/photos/a.jpg', bytes: 10 });
  });

  test('what is wrong with a photo is known after its pixels were decoded, and kept when its metadata is read again', () => {
    const { id: folder } = store.folders.add('/photos');
    const { photo, content } = indexed(folder, 'a.jpg');
    const information = { ...noExif, width: 40, height: 30 };
    const known = () => [
      store.photos.information(photo)!.damage,
      storedTimeline(store.file).map(({ damaged }) => damaged),
      [store.photos.columns(photo)!.damaged],
    ];
    store.contents.describe(content, { ...information, damage: 'cut-off' });
    expect(known()).toEqual(['cut-off', [true], [true]]);
    store.contents.describe(content, information);
    expect(known()).toEqual(['cut-off', [true], [true]]);
    store.contents.describe(content, { ...information, damage: null });
    expect(known()).toEqual([null, [false], [false]]);
  });
});

describe('photos', () => {
  test('an unchanged file keeps its content; a changed one waits for indexing again', () => {
    const { id: folder } = store.folders.add('/photos');
    const { photo } = indexed(folder, 'a.jpg');
    expect(store.photos.upsert(folder, file('a.jpg'))).toEqual({ id: photo, changed: false, doubtful: false });
    expect(store.photos.pendingCount(wanted)).toBe(0);
    expect(store.photos.upsert(folder, file('a.jpg', 2000))).toEqual({ id: photo, changed: true, doubtful: false });
    expect(store.photos.get(photo)!.content).toBeNull();
    expect(store.photos.pending(wanted, 10).map(({ id }) => id)).toEqual([photo]);
  });

  test('to do is what lacks an embedding of the model and has not failed', () => {
    const { id: folder } = store.folders.add('/photos');
    indexed(folder, 'a.jpg');
    const broken = store.photos.upsert(folder, file('broken.jpg'));
    const fresh = store.photos.upsert(folder, file('new.jpg'));
    store.failures.set(broken.id, 'photo-truncated', 'cut off', 5);
    expect(store.photos.pending(wanted, 10).map(({ id }) => id)).toEqual([fresh.id]);
    expect(store.photos.pending(wanted, 10, fresh.id)).toEqual([]);
    expect(store.photos.pendingCount({ ...wanted, model: 'other' })).toBe(2);
  });

  test('failures whose cause may be gone are deleted for a folder, those of the bytes by this version stay', () => {
    const [one, other] = ['/photos', '/other'].map((place) => store.folders.add(place).id) as [number, number];
    const fail = (folder: number, place: string, code: string) => {
      const { id } = store.photos.upsert(folder, { ...file(''), path: place });
      store.failures.set(id, code, 'a reason', 5);
      return id;
    };
    const unreadable = fail(one, '/photos/unreadable.jpg', 'photo-unreadable');
    const crashed = fail(one, '/photos/crashed.jpg', 'photo-crashed');
    const elsewhere = fail(other, '/other/locked.jpg', 'no-permission');
    for (const code of ['no-permission', 'photo-unavailable', 'photo-outside', 'photo-changed']) {
      fail(one, `/photos/${code}.jpg`, code);
    }
    expect(store.failures.clearOutside(one)).toBe(4);
    const left = () =>
      store.failures
        .list()
        .map(({ id }) => id)
        .sort((a, b) => a - b);
    expect(left()).toEqual([unreadable, crashed, elsewhere]);
    expect(store.failures.clearOutside(one)).toBe(0);

    const plain = new Sqlite(store.file);
    plain.prepare("UPDATE failures SET program = '0.0.1' WHERE photo = ?").run(crashed);
    plain.prepare('UPDATE failures SET program = NULL WHERE photo = ?').run(unreadable);
    plain.close();
    expect(store.failures.clearOutside(one)).toBe(2);
    expect(left()).toEqual([elsewhere]);
    store.failures.set(crashed, 'photo-crashed', 'again', 6);
    expect(store.failures.clearOutside(one)).toBe(0);
  });

  test('to do is also what has an embedding from the feature of another encoder, and it is found until it is done', () => {
    const { id: folder } = store.folders.add('/photos');
    const { photo, content } = indexed(folder, 'a.jpg');
    const newer = { model: 'default', encoder: 'resnet50+2' };
    expect(store.photos.pending(newer, 10).map(({ id }) => id)).toEqual([photo]);
    expect(store.photos.pendingCount(newer)).toBe(1);
    expect(storedEmbeddings(store, 'default', 512).photos).toEqual([photo]);
    store.contents.setFeature(content, newer.encoder, ramp(4096));
    store.contents.setEmbedding(content, 'default', ramp(512));
    expect(store.photos.pendingCount(newer)).toBe(0);
  });

  test('a new feature makes the embeddings of all models void, of that content alone', () => {
    const { id: folder } = store.folders.add('/photos');
    const [a, b] = [indexed(folder, 'a.jpg'), indexed(folder, 'b.jpg')];
    for (const model of ['another', 'zebra']) store.contents.setEmbedding(a.content, model, ramp(16));
    store.contents.setFeature(a.content, 'newer', ramp(3));
    for (const model of ['default', 'another', 'zebra']) {
      expect(store.contents.embedding(a.content, model), model).toBeUndefined();
    }
    expect(store.contents.embedding(b.content, 'default')).toHaveLength(512);
  });

  test('features are removed by encoder, of one content or of all', () => {
    const { id: folder } = store.folders.add('/photos');
    const [a, b] = [indexed(folder, 'a.jpg'), indexed(folder, 'b.jpg')];
    store.contents.setFeature(a.content, 'newer', ramp(3));
    expect(store.contents.encoders(a.content).sort()).toEqual(['newer', 'resnet50']);
    expect(store.contents.removeFeatures('resnet50', a.content)).toBe(1);
    expect(store.contents.encoders(a.content)).toEqual(['newer']);
    expect(store.contents.encoders().sort()).toEqual(['newer', 'resnet50']);
    expect(store.contents.removeFeatures('resnet50')).toBe(1);
    expect(store.contents.hasFeature(b.content, 'resnet50')).toBe(false);
    expect(store.contents.hasFeature(a.content, 'newer')).toBe(true);
  });

  test('below a folder is neither its neighbour of a longer name nor a pattern', () => {
    const { id: folder } = store.folders.add('/photos');
    for (const name of ['100%/a.jpg', '100%/deep/b.jpg', '100% more/c.jpg', '1000/d.jpg', '100%']) {
      store.photos.upsert(folder, file(name));
    }
    const found = store.photos.below('/photos/100%', '/').map((photo) => photo.path);
    expect(found.sort()).toEqual(['/photos/100%', '/photos/100%/a.jpg', '/photos/100%/deep/b.jpg']);
  });

  test('the timeline goes from new to old, by the camera’s clock or else the file’s', () => {
    const { id: folder } = store.folders.add('/photos');
    const [a, b, c] = ['a', 'b', 'c'].map((name) => indexed(folder, name)) as [never, never, never];
    const at = (content: number, taken: number | null) =>
      store.contents.describe(content, { ...noExif, width: 4, height: 3, taken });
    at((a as { content: number }).content, 500);
    at((b as { content: number }).content, null); // its file is of 1000
    at((c as { content: number }).content, 2000);
    const waiting = store.photos.upsert(folder, file('never opened.jpg'));
    const ids = () => [...storedTimeline(store.file)].map(({ id }) => id);
    expect(ids()).toEqual([c, b, a].map((photo: { photo: number }) => photo.photo));
    store.contents.removeModel('default'); // other weights: indexed anew, and still to be looked at
    expect(ids()).toHaveLength(3);
    expect(ids()).not.toContain(waiting.id);
    store.failures.set((b as { photo: number }).photo, 'photo-truncated', 'cut off', 5);
    expect(ids()).toHaveLength(2);
  });
});

describe('folders', () => {
  test('removing one forgets its photos and failures, not what was computed from them', () => {
    const { id: folder } = store.folders.add('/photos');
    const { content } = indexed(folder, 'a.jpg');
    const broken = store.photos.upsert(folder, file('broken.jpg'));
    store.failures.set(broken.id, 'photo-empty', 'empty', 1);
    expect(store.folders.counts('default').get(folder)).toEqual({ photos: 2, indexed: 1, failures: 1 });
    const again = indexed(folder, 'opened once.jpg');
    store.failures.set(again.photo, 'no-permission', 'not any more', 1);
    expect(store.folders.counts('default').get(folder)).toEqual({ photos: 3, indexed: 1, failures: 2 });
    store.folders.remove(folder);
    expect([store.photos.count(), store.failures.count()]).toEqual([0, 0]);
    expect(storedEmbeddings(store, 'default', 512).photos).toHaveLength(0);
    expect(store.contents.hasFeature(content, 'resnet50')).toBe(true);
  });

  test('adding one twice is adding it once', () => {
    const first = store.folders.add('/photos');
    store.folders.setExcludes(first.id, ['*.gif']);
    store.folders.scanned(first.id, 77);
    expect(store.folders.add('/photos')).toEqual({ id: first.id, path: '/photos', excludes: ['*.gif'], lastScan: 77 });
  });
});

describe('failures', () => {
  test('are listed with path and reason, and forgotten one by one, all at once, or when the file changes', () => {
    const { id: folder } = store.folders.add('/photos');
    const ids = ['a', 'b', 'c'].map((name) => store.photos.upsert(folder, file(name)).id);
    ids.forEach((id) => store.failures.set(id, 'photo-truncated', 'cut off', 5));
    expect(store.failures.list(1, 1)).toEqual([
      { id: ids[1], path: '/photos/b', code: 'photo-truncated', reason: 'cut off', at: 5 },
    ]);
    store.failures.clear([ids[0]!]);
    store.photos.upsert(folder, file('b', 2000));
    expect(store.failures.list().map(({ id }) => id)).toEqual([ids[2]]);
    store.failures.clear();
    expect(store.failures.count()).toBe(0);
  });
});

describe('the small tables', () => {
  test('models', () => {
    const row = { id: 'mine', file: 'mine.safetensors', bytes: 5, metadata: '{"recipe":"seed"}', created: 9 };
    store.models.add(row);
    expect(store.models.get('mine')).toEqual(row);
    store.models.remove('mine');
    expect(store.models.all()).toEqual([]);
  });

  test('recent searches: newest first, each once, and only so many', () => {
    ['horse', 'dog', 'cat', 'horse'].forEach((text, at) => store.preferences.rememberSearch(text, at, 2));
    expect(store.preferences.recentSearches(10)).toEqual(['horse', 'cat']);
    store.preferences.forgetSearch('horse');
    expect(store.preferences.recentSearches(10)).toEqual(['cat']);
    store.preferences.forgetSearch();
    expect(store.preferences.recentSearches(10)).toEqual([]);
  });

  test('settings keep any JSON value', () => {
    store.preferences.set('theme', { dark: true });
    expect(store.preferences.get('theme')).toEqual({ dark: true });
    store.preferences.remove('theme');
    expect(store.preferences.get('theme')).toBeUndefined();
  });

  test('photos of datasets are known by path, size and time', () => {
    const content = store.contents.ensure(hash('a'));
    store.datasets.set(file('a.jpg'), content);
    expect(store.datasets.content(file('a.jpg'))).toBe(content);
    expect(store.datasets.content(file('a.jpg', 2000))).toBeUndefined();
  });
});

test('a transaction that fails leaves nothing, and the next one works', () => {
  const attempt = () =>
    store.transaction(() => {
      store.folders.add('/photos');
      throw new Error('no');
    });
  expect(attempt).toThrow('no');
  expect(store.folders.all()).toEqual([]);
  store.transaction(() => store.transaction(() => store.folders.add('/photos')));
  expect(store.folders.all()).toHaveLength(1);
});

describe('regions', () => {
  const regions = { encoder: 'resnet50', version: 2 };
  const rows = ramp(18, 1);
  const scores = (model: string, content: number) =>
    store.regions.hasEmbeddings(content, model) ? [...scored(model, content, ramp(2), 0)] : undefined;
  /** of 9 regions; NaN where they cannot be used */
  function scored(model: string, content: number, query: Float32Array, whole: number): Float32Array {
    const out = new Float32Array(9).fill(NaN);
    store.regions.scorer(model, query)(content, whole, out);
    return out;
  }

  test('are stored beside a feature and an embedding, and not without', () => {
    const { id: folder } = store.folders.add('/photos');
    const { content } = indexed(folder, 'a.jpg');
    store.regions.set(content, regions, Uint8Array.of(1, 2, 3));
    expect([...store.regions.get(content, regions)!]).toEqual([1, 2, 3]);
    expect(store.regions.has(content, regions)).toBe(true);
    expect(store.regions.get(content, { ...regions, version: 3 })).toBeUndefined();
    store.regions.set(content, { ...regions, encoder: 'other' }, Uint8Array.of(1));
    expect(store.regions.has(content, { ...regions, encoder: 'other' })).toBe(false);
    store.regions.setEmbeddings(content, 'default', rows, 9);
    store.regions.setEmbeddings(content, 'other', rows, 9);
    expect(scores('default', content)!.every(Number.isFinite)).toBe(true);
    expect(scores('other', content)).toBeUndefined();
  });

  test('are to be read, then to be embedded, then done; an earlier version is read again', () => {
    const { id: folder } = store.folders.add('/photos');
    const { content } = indexed(folder, 'a.jpg');
    const todo = () => [
      store.regions.unread(regions, [folder], 0, 10),
      store.regions.unreadCount(regions),
      store.regions.toProject(regions, 'default', 0, 10),
    ];
    expect(todo()).toEqual([[content], 1, []]);
    expect(store.regions.unread(regions, [], 0, 10)).toEqual([]);
    expect(store.regions.unread(regions, [folder], content, 10)).toEqual([]);
    store.regions.set(content, regions, Uint8Array.of(1));
    expect(todo()).toEqual([[], 0, [content]]);
    store.regions.setEmbeddings(content, 'default', rows, 9);
    expect(todo()).toEqual([[], 0, []]);
    expect(store.regions.unread({ ...regions, version: 3 }, [folder], 0, 10)).toEqual([content]);
  });

  test('live as long as what they belong to: they go with a new feature or embedding, the model, and the content', () => {
    const { id: folder } = store.folders.add('/photos');
    const filled = () => {
      const { content } = indexed(folder, 'a.jpg');
      store.regions.set(content, regions, Uint8Array.of(1));
      store.regions.setEmbeddings(content, 'default', rows, 9);
      return content;
    };
    const left = (content: number) => [store.regions.has(content, regions), scores('default', content) !== undefined];
    const content = filled();
    expect(left(content)).toEqual([true, true]);
    store.contents.setEmbedding(content, 'default', ramp(512, 0.2));
    expect(left(content)).toEqual([true, false]);
    expect(left(filled())).toEqual([true, true]);
    store.contents.setFeature(content, 'resnet50', ramp(2048, 3));
    expect(left(content)).toEqual([false, false]);
    expect(left(filled())).toEqual([true, true]);
    store.contents.removeModel('default');
    expect(left(content)).toEqual([true, false]);
    expect(left(filled())).toEqual([true, true]);
    store.contents.removeFeatures('resnet50', content);
    expect(left(content)).toEqual([false, true]);
    expect(left(filled())).toEqual([true, true]);
    store.unused.release(folder);
    store.folders.remove(folder);
    for (const unused of store.unused.list(Date.now(), 10)) expect(store.unused.remove([unused])).toBe(1);
    expect(store.contents.hash(content)).toBeUndefined();
    expect(left(content)).toEqual([false, false]);
  });
});
