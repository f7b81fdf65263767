import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Store } from '../../electron/store/store.ts';

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

/** A photo of the library, by its name. */
function photo(folder: number, name: string): number {
  const { id } = store.photos.upsert(folder, file(name));
  const content = store.contents.ensure(hash(name));
  store.photos.setContent(id, content);
  return content;
}

describe('previews', () => {
  test('come in the order of the contents that are asked for, and go with their photos', () => {
    const { id: folder } = store.folders.add('/photos');
    const [a, b, c] = ['a.jpg', 'b.jpg', 'c.jpg'].map((name) => photo(folder, name)) as [number, number, number];
    const bytes = (value: number) => new Uint8Array(25).fill(value);
    store.previews.set(a, bytes(1));
    store.previews.set(c, bytes(2));
    store.previews.set(c, bytes(3));
    store.previews.set(12_345, bytes(4)); // was deleted meanwhile
    const plain = (found: (Uint8Array | null)[]) => found.map((one) => one && [...new Set(one)]);
    expect(plain(store.previews.of([c, b, 12_345, a, c]))).toEqual([[3], null, null, [1], [3]]);
    expect(store.previews.missing(0, 10)).toEqual([{ content: b, hash: hash('b.jpg') }]);
    expect(store.previews.missing(b, 10)).toEqual([]);
    expect([store.previews.has(a), store.previews.has(b)]).toEqual([true, false]);
    store.folders.remove(folder);
    for (let later = Date.now(), i = 0; i < 2; i++) {
      store.unused.note(1, c, later);
      store.unused.remove(store.unused.list(later + 1, 10));
    }
    expect(plain(store.previews.of([a, b, c]))).toEqual([null, null, null]);
  });

  test('that are damaged are not given out', () => {
    const content = photo(store.folders.add('/photos').id, 'a.jpg');
    store.previews.set(content, new Uint8Array(100_000));
    expect(store.previews.of([content])).toEqual([null]);
  });
});
