/** Embeddings in the database: 8 bits, and half precision from earlier versions. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toHalf } from '../../models/files/half.ts';
import { Store } from '../../electron/store/store.ts';
import { storedEmbeddings } from '../fixtures/stored-embeddings.ts';

let scratch: string;
let store: Store;
beforeEach(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'descry-embeddings-'));
  store = new Store(path.join(scratch, 'library.db'));
});
afterEach(() => {
  store.close();
  rmSync(scratch, { recursive: true, force: true });
});

const ramp = (length: number, scale = 1) => Float32Array.from({ length }, (_, i) => (i / length - 0.5) * scale);

/** A photo with an embedding. @param bytes what the file holds */
function indexed(folder: number, name: string, bytes = name): { photo: number; content: number } {
  const { id } = store.photos.upsert(folder, { path: `/photos/${name}`, bytes: 10, modified: 1000 });
  const content = store.contents.ensure(Buffer.from(bytes.padEnd(32, '.')));
  store.photos.setContent(id, content);
  store.contents.setEmbedding(content, 'default', ramp(512, 0.1));
  return { photo: id, content };
}

describe('embeddings', () => {
  test('are read with their photos, a few at a time, each as it is read alone', () => {
    const { id: folder } = store.folders.add('/photos');
    const made = ['a', 'b', 'c', 'd', 'e'].map((name, i) => {
      const { photo, content } = indexed(folder, name);
      store.contents.setEmbedding(content, 'default', ramp(512, (i + 1) / 50));
      return { photo, content };
    });
    const copy = indexed(folder, 'copy of a', 'a');
    const { photos, embeddings } = storedEmbeddings(store, 'default', 512);
    expect(photos).toEqual([made[0]!.photo, copy.photo, ...made.slice(1).map(({ photo }) => photo)]);
    photos.forEach((photo, row) => {
      const content = store.photos.get(photo)!.content!;
      expect(embeddings[row]).toEqual(store.contents.embedding(content, 'default'));
    });
  });

  test('of another length than the model makes are damaged', () => {
    const { photo } = indexed(store.folders.add('/photos').id, 'a');
    expect(storedEmbeddings(store, 'default', 256)).toEqual({ photos: [], embeddings: [], damaged: [photo] });
  });

  test('that an earlier version stored in half precision are searched as if they were stored anew', () => {
    const { id: folder } = store.folders.add('/photos');
    const database = new Sqlite(store.file);
    const made = ['a', 'b', 'c'].map((name, i) => {
      const { content } = indexed(folder, name);
      const values = ramp(511 + i, (i + 1) / 50);
      store.contents.setEmbedding(content, 'default', values);
      const inBytes = store.contents.embedding(content, 'default');
      database
        .prepare('UPDATE embeddings SET data = ? WHERE content = ?')
        .run(Buffer.from(toHalf(values).buffer), content);
      return { content, inBytes };
    });
    const sizes = () => database.prepare('SELECT length(data) FROM embeddings ORDER BY content').pluck().all();
    const read = () => made.map(({ content }) => store.contents.embedding(content, 'default'));
    expect(sizes()).toEqual([1022, 1024, 1026]);
    const before = read();
    // rounded twice, to half precision and to 8 bits
    before.forEach((values, i) =>
      values!.forEach((value, at) => expect(Math.abs(value - made[i]!.inBytes![at]!)).toBeLessThan(0.001)),
    );
    const damaged = Buffer.alloc(1024, 0xff);
    database.prepare('UPDATE embeddings SET data = ? WHERE content = ?').run(damaged, made[1]!.content);
    let rows = 0;
    for (let last: number | undefined = 0; last !== undefined; rows++) last = store.contents.storeInBytes(last, 2);
    expect(rows).toBe(3);
    expect(sizes()).toEqual([513, 1024, 515]);
    expect(read()).toEqual([before[0], undefined, before[2]]);
    database.close();
  });
});
