/** What a library does with an encoder that can do less than the first one (test/fixtures/tiny-encoder.ts): by contract. */
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { duplicates } from '../../electron/cli/duplicate-commands.ts';
import { explainPhoto } from '../../electron/cli/explain.ts';
import { search as searchCommand } from '../../electron/cli/search-command.ts';
import { Store } from '../../electron/store/store.ts';
import { Cleanup, keptUnusedMs } from '../../electron/services/library/cleanup.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { many, scratch } from '../fixtures/tiny-library.ts';
import { featureCounts, indexed, lengths, twoEncoders, type TwoEncoders } from '../fixtures/two-encoders.ts';

let base: { folder: string; remove: () => void };
let two: TwoEncoders;
beforeEach(async () => {
  base = scratch('lesser-encoder');
  two = await twoEncoders(base.folder);
});
afterEach(async () => {
  await two.descry.close();
  base.remove();
});

function session() {
  const texts: string[] = [];
  const results: unknown[] = [];
  const out = {
    json: false,
    result: (value: unknown, text: () => string) => void (results.push(value), texts.push(text())),
    notice: (message: string) => void texts.push(message),
    bar: () => ({ update: () => undefined, stop: () => undefined }),
  };
  return { texts, results, session: { descry: two.descry, out, signal: new AbortController().signal } };
}
const search = (text: string) => two.descry.search.query(text, { limit: 1000 });

describe('near-duplicates with an encoder that cannot compare photos', () => {
  const near = () =>
    two.descry.nearDuplicates
      .report()
      .groups.filter(({ kind }) => kind === 'near')
      .map(({ paths }) => paths.map((one) => path.basename(one)).toSorted());
  const state = () => {
    const { complete, uncompared } = two.descry.nearDuplicates.report();
    return { complete, ...(uncompared === undefined ? {} : { uncompared }) };
  };
  beforeEach(() => {
    // Photos of a scene have nearly the same feature and picture.
    const scene = (bytes: Buffer) => bytes.subarray(0, 5);
    const { feature, picture } = two.vision;
    two.vision.feature = (bytes) => feature(scene(bytes));
    two.vision.picture = (bytes, side) => picture(scene(bytes), side);
  });

  it('keeps the pairs that another encoder found, and says how many photos it could not compare', async () => {
    await indexed(two, { 'a1.jpg': 'alps 1', 'a2.jpg': 'alps 2', 'b1.jpg': 'beach 1' });
    await two.descry.nearDuplicates.run();
    expect(near()).toEqual([['a1.jpg', 'a2.jpg']]);
    await two.descry.useModel('tiny');
    expect(near()).toEqual([['a1.jpg', 'a2.jpg']]);
    const stacks = (await search('a dog')).stacks;
    expect(new Set(stacks).size).toBe(2);
    expect(state()).toEqual({ complete: true });
    await indexed(two, { 'a3.jpg': 'alps 3', 'copy.jpg': 'beach 1' });
    two.descry.nearDuplicates.invalidate();
    expect(two.descry.nearDuplicates.hasWork).toBe(false);
    await two.descry.nearDuplicates.run();
    expect(near()).toEqual([['a1.jpg', 'a2.jpg']]);
    expect(state()).toEqual({ complete: true, uncompared: 1 });
    const { texts, session: cli } = session();
    await duplicates({}, cli);
    expect(texts.join('\n')).toMatch(/The same, .*\n.*b1\.jpg|copy\.jpg/);
    expect(texts.join('\n')).toMatch(/1 photo could not be compared: Nine fields finds no near-duplicates\./);
    await two.descry.useModel('default');
    await two.descry.nearDuplicates.run();
    expect(near()).toEqual([['a1.jpg', 'a2.jpg', 'a3.jpg']]);
    expect(state()).toEqual({ complete: true });
  });

  it('compares photos by the features that another encoder left', async () => {
    await indexed(two, { 'a1.jpg': 'alps 1', 'a2.jpg': 'alps 2', 'b1.jpg': 'beach 1' });
    await two.descry.useModel('tiny');
    expect(two.descry.nearDuplicates.hasWork).toBe(true);
    expect(two.descry.nearDuplicates.report()).toEqual({ groups: [], complete: false });
    await two.descry.nearDuplicates.run();
    expect(near()).toEqual([['a1.jpg', 'a2.jpg']]);
    expect(state()).toEqual({ complete: true });
  });
});

describe('searches with an encoder that estimates no relevance and looks at no regions', () => {
  beforeEach(async () => {
    two.vision.metadata = (name) => (name === '1.jpg' ? { taken: Date.UTC(2024, 6, 1) } : {});
    await indexed(two, many(20));
    await two.descry.useModel('tiny');
  });

  it('rank all photos, understand dates and "without", and have no levels', async () => {
    expect(await search('a dog')).toMatchObject({ model: 'tiny', ranked: 20, goodMatches: 20, sure: true });
    expect((await search('a dog')).relevance).toHaveLength(0);
    expect(await search('a dog in July 2024')).toMatchObject({ ranked: 1 });
    const without = await search('a dog without a cat');
    expect(without).toMatchObject({ ranked: 20, understood: { not: ['cat'] } });
    expect([...without.ids]).not.toEqual([...(await search('a dog')).ids]);
  });

  it('have scores and no probability, which --explain says', async () => {
    const { session: own, texts } = session();
    await searchCommand('a dog', { top: 2, sort: 'relevance', explain: true }, own);
    expect(texts.at(-1)).toMatch(
      /^The model tiny gives no probability of a match: .*only rank photos\.\n +1 +-?0\.\d{3} /,
    );
    await searchCommand('a dog', { top: 2, sort: 'relevance' }, own);
    expect(texts.at(-1)).not.toContain('probability');
    await searchCommand(
      undefined,
      { top: 2, sort: 'relevance', explain: true, like: [path.join(two.photos, '3.jpg')] },
      own,
    );
    expect(texts.at(-1)).toMatch(/^Photos like others have scores/);
  });

  it('find photos like others, and remember what is saved', async () => {
    const content = two.descry.store.photos.byPath(path.join(two.photos, '3.jpg'))!.content!;
    const form = { text: '', filter: {}, literal: [], like: [{ content }], order: 'relevance' as const };
    const like = await two.descry.search.query(form, { limit: 20 });
    expect(like.ranked).toBe(20);
    expect(like.contents[0]).toBe(content);
    const picture = await two.descry.search.addPicture({ path: path.join(two.photos, '3.jpg') });
    const same = await two.descry.search.query({ ...form, like: [{ picture }] }, { limit: 20 });
    expect(same.ids[0]).toBe(like.ids[0]);
  });

  it('say how well a sentence fits a photo, and that they cannot say where in it', async () => {
    const { session: own, results, texts } = session();
    const file = path.join(two.photos, '3.jpg');
    await explainPhoto('a dog', file, own);
    const { ids, scores } = await search('a dog');
    const score = scores[ids.indexOf(two.descry.store.photos.byPath(file)!.id)]!;
    expect(results).toEqual([
      { query: 'a dog', photo: file, damage: null, score: expect.closeTo(score, 3) as number, best: null, regions: [] },
    ]);
    expect(texts.join()).toContain('tiny looks at whole photos only');
    await expect(explainPhoto('a dog', path.join(two.photos, 'none.jpg'), own)).rejects.toMatchObject({
      code: 'example-not-indexed',
    });
    two.vision.opened.length = 0;
    expect(await two.descry.regions.run()).toBe(0);
    expect(two.vision.opened).toEqual([]);
  });
});

it('metadata of an earlier version is read again whatever the encoder', async () => {
  await indexed(two, many(5));
  await two.descry.useModel('tiny');
  const database = new Sqlite(two.descry.store.file);
  database.exec('UPDATE contents SET metadata = 0');
  database.close();
  two.vision.opened.length = 0;
  expect(await two.descry.metadata.run()).toBe(5);
  expect(two.vision.opened).toEqual([]);
});

it('what was computed of removed photos is deleted for both encoders, and all else stays', async () => {
  await indexed(two, many(10));
  await two.descry.useModel('tiny');
  const { store, thumbnails } = two.descry;
  const gone = [1, 2, 3].map((n) => store.photos.byPath(path.join(two.photos, `${n}.jpg`))!);
  for (const { id } of gone) store.photos.remove(id);
  const rows = () =>
    ['features', 'embeddings'].map((table) => {
      const database = new Sqlite(store.file, { readonly: true });
      const count = database.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
      database.close();
      return count;
    });
  await two.descry.cleanup.run();
  expect(rows()).toEqual([20, 20]);
  const later = new Cleanup({ store, thumbnails, log: silentLog, now: () => Date.now() + 2 * keptUnusedMs });
  expect(await later.run()).toBe(3);
  expect(rows()).toEqual([14, 14]);
  expect(featureCounts(two)).toEqual({ [lengths.first]: 7, [lengths.second]: 7 });
});

describe('features of an encoder that does not say that they can be packed', () => {
  // As of a network whose last layer has no negative numbers.
  const feature = Float32Array.from({ length: 512 }, (_, i) => ((i * 7919) % 101) / 101);

  it('stay in half precision, also where those of an earlier version are packed', () => {
    const file = path.join(base.folder, 'store.db');
    const store = new Store(file);
    const [packed, kept] = [
      store.encoders.key({ id: 'packed', version: 1 }, 'packed'),
      store.encoders.key({ id: 'kept', version: 1 }, 'halves'),
    ];
    const content = store.contents.ensure(new Uint8Array(32).fill(1));
    for (const key of [packed, kept]) store.contents.setFeature(content, key, feature);
    const read = (key: string) => store.contents.feature(content, key, 512)!;
    const before = read(kept);
    before.forEach((value, i) => expect(Math.abs(value - feature[i]!)).toBeLessThan(2 ** -11));
    expect(read(packed)).not.toEqual(before);
    store.preferences.set('features-packed', 0);
    while (store.packing.progress()) store.packing.next(16, () => null);
    expect(read(kept)).toEqual(before);
    // What another process stored is read, too.
    expect(store.contents.featureRows([content], kept, 512).rows).toEqual(before);
    store.close();
  });
});
