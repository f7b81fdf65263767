/** Numbers that were damaged in library.db: they never lead a search or make it fail, and are computed anew. */
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ranking } from '../../electron/ipc/contract.ts';
import { indexFiles, many, scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';

let tiny: TinyLibrary;
let remove: () => void;
beforeEach(async () => {
  let folder: string;
  ({ folder, remove } = scratch('damaged'));
  tiny = await tinyLibrary(folder);
  await indexFiles(tiny, many(30));
  await tiny.descry.regions.run();
});
afterEach(async () => {
  await tiny.descry.close();
  remove();
});

const query = () => tiny.descry.search.query('a dog on the grass', { limit: 100 });
const idOf = (name: string) => tiny.descry.store.photos.byPath(path.join(tiny.photos, name))!.id;
const contentOf = (name: string) => tiny.descry.store.photos.byPath(path.join(tiny.photos, name))!.content!;

/** In memory embeddings are exact, from the database they are rounded: photos with nearly equal scores may change places. */
function expectSame(found: Ranking, before: Ranking, but: number | null = null): void {
  const scores = new Map(Array.from(found.ids, (id, i) => [id, found.scores[i]!]));
  const wanted = [...before.ids].filter((id) => id !== but);
  expect([...scores.keys()].sort()).toEqual(wanted.sort());
  before.ids.forEach((id, i) => {
    if (id !== but) expect(scores.get(id)).toBeCloseTo(before.scores[i]!, 2);
  });
}

/** As another program or a disk would change it. */
async function damage(sql: string, ...values: unknown[]): Promise<void> {
  const file = tiny.descry.store.file;
  await tiny.descry.close();
  const plain = new Sqlite(file);
  expect(plain.prepare(sql).run(...values).changes).toBeGreaterThan(0);
  plain.close();
  tiny = await tiny.reopen();
}

const nan = Buffer.alloc(32, 0xff);
const infinite = Buffer.from(new Uint16Array(16).fill(0x7c00).buffer);
const huge = Buffer.from(new Uint16Array(16).fill(0x7bff).buffer);
const slightlyLong = Buffer.from(new Uint16Array(16).fill(0x3c00).buffer);
const cases = {
  nan,
  infinite,
  huge,
  slightlyLong,
  zeros: Buffer.alloc(32),
  short: Buffer.alloc(6, 1),
  odd: Buffer.alloc(31, 1),
};

describe('one damaged embedding', () => {
  for (const [name, data] of Object.entries(cases)) {
    it(`(${name}) is computed anew from the feature, and the search answers as before`, async () => {
      const before = await query();
      await damage('UPDATE embeddings SET data = ? WHERE content = ?', data, contentOf('7.jpg'));
      const described = tiny.vision.described.length;
      const first = await query();
      expect([...first.ids].sort()).toEqual([...before.ids].sort());
      expect(Math.max(...first.scores)).toBeLessThanOrEqual(Math.max(...before.scores) + 0.1);
      await tiny.descry.regions.run(); // those of the photo were deleted with its embedding
      expectSame(await query(), before);
      expect(tiny.vision.described).toHaveLength(described); // no photo was opened
      tiny = await tiny.reopen();
      expectSame(await query(), before); // what was computed is stored
    });
  }

  it('of a photo that others should be like is not used either', async () => {
    const content = contentOf('7.jpg');
    await damage('UPDATE embeddings SET data = ? WHERE content = ?', nan, content);
    expect(tiny.descry.store.contents.embedding(content, 'default')).toBeUndefined();
  });
});

describe('a damaged feature', () => {
  it('is computed anew from the photo, together with its embedding', async () => {
    const before = await query();
    const content = contentOf('7.jpg');
    await damage('UPDATE features SET data = ? WHERE content = ?', Buffer.alloc(8192, 0xff), content);
    await damage('UPDATE embeddings SET data = ? WHERE content = ?', nan, content);
    let told = 0;
    tiny.descry.onDamaged = () => told++;
    expectSame(await query(), before, idOf('7.jpg'));
    expect(told).toBe(1);
    const described = tiny.vision.described.length;
    await tiny.descry.indexer.run();
    expect(tiny.vision.described).toHaveLength(described + 1);
    await tiny.descry.regions.run();
    expectSame(await query(), before);
  });

  it('of another length does not stop the indexing of the photos beside it', async () => {
    const content = contentOf('7.jpg');
    await damage('UPDATE features SET data = ? WHERE content = ?', Buffer.alloc(10, 1), content);
    await damage('DELETE FROM embeddings WHERE model = ?', 'default');
    await tiny.descry.indexer.run();
    expect((await query()).ids).toHaveLength(30);
  });

  it('does not stop a projection by another model', async () => {
    const content = contentOf('7.jpg');
    await damage('UPDATE features SET data = ? WHERE content = ?', Buffer.alloc(8192, 0xff), content);
    await damage('DELETE FROM embeddings WHERE model = ?', 'default');
    await tiny.descry.useModel('default');
    expect((await query()).ids.length).toBeGreaterThanOrEqual(29);
    await tiny.descry.indexer.run();
    expect((await query()).ids).toHaveLength(30);
  });
});

describe('what near-duplicates are found by', () => {
  it('is computed anew where it is damaged', async () => {
    const { nearDuplicates } = tiny.descry;
    await nearDuplicates.run();
    const content = contentOf('7.jpg');
    await damage('UPDATE compared SET sketch = ? WHERE content = ?', Buffer.alloc(5), content);
    await damage('UPDATE features SET data = ? WHERE content = ?', Buffer.alloc(10), contentOf('8.jpg'));
    // The next run reads the sketches of all photos, because there is one to compare.
    await damage('DELETE FROM compared WHERE content IN (?, ?)', contentOf('8.jpg'), contentOf('9.jpg'));
    await tiny.descry.nearDuplicates.run();
    await tiny.descry.nearDuplicates.run();
    const plain = new Sqlite(tiny.descry.store.file, { readonly: true });
    const lengths = plain.prepare('SELECT DISTINCT length(sketch) FROM compared').pluck().all();
    const count = plain.prepare('SELECT count(*) FROM compared').pluck().get();
    plain.close();
    expect(lengths).toEqual([128]);
    expect(count).toBe(29); // all but the one without a feature
  });
});

describe('damaged regions', () => {
  it('count as unknown, do not lead, and are computed anew', async () => {
    const before = await query();
    const count = () => {
      const plain = new Sqlite(tiny.descry.store.file, { readonly: true });
      const sql = "SELECT length(data) FROM region_embeddings WHERE model = 'default' AND content = ?";
      const length = plain.prepare<[number], number>(sql).pluck().get(contentOf('7.jpg'));
      plain.close();
      return length;
    };
    const length = count()!;
    for (const data of [Buffer.alloc(length, 0x7f), Buffer.alloc(length, 0xff), Buffer.alloc(5)]) {
      await damage('UPDATE region_embeddings SET data = ? WHERE content = ?', data, contentOf('7.jpg'));
      const after = await query();
      expect(after.scores.every((score) => Math.abs(score) <= 1.1)).toBe(true);
      await tiny.descry.regions.run();
      expect(count()).toBe(length);
      expectSame(await query(), before);
    }
  });

  it('that are stored in another length are read from the photo again', async () => {
    const content = contentOf('7.jpg');
    await damage('UPDATE regions SET data = ? WHERE content = ?', Buffer.alloc(3), content);
    await damage('DELETE FROM region_embeddings WHERE content = ?', content);
    await tiny.descry.regions.run();
    await tiny.descry.regions.run();
    expect(tiny.descry.store.regions.hasEmbeddings(content, 'default')).toBe(true);
  });
});
