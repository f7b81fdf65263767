import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeModel } from '../../models/two-branch/model-file.ts';
import { many, indexFiles, scratch, tinyLibrary, tinyModel, type TinyLibrary } from '../fixtures/tiny-library.ts';

let tiny: TinyLibrary;
let base: string;
let remove: () => void;

beforeEach(async () => {
  ({ folder: base, remove } = scratch('search'));
  tiny = await tinyLibrary(base);
});
afterEach(async () => {
  await tiny.descry.close();
  remove();
});

const query = (text = 'a dog on the grass', limit = 100, among?: ReadonlySet<number>) =>
  tiny.descry.search.query(text, { limit, among });
const nameOf = (id: number) => path.basename(tiny.descry.store.photos.get(id)!.path);
const idOf = (name: string) => tiny.descry.store.photos.byPath(path.join(tiny.photos, name))!.id;

describe('a search', () => {
  it('ranks every photo, best first, and the same after a restart', async () => {
    await indexFiles(tiny, many(50));
    const live = await query();
    expect(live).toMatchObject({ query: 'a dog on the grass', model: 'default', unknownWords: [], ranked: 50 });
    expect([...live.scores]).toEqual([...live.scores].sort((a, b) => b - a));
    expect(new Set(live.ids).size).toBe(50);
    expect(live.aspects.every((aspect) => Math.abs(aspect - 4 / 3) < 1e-6)).toBe(true);
    tiny = await tiny.reopen();
    const again = await query();
    expect(again.ids).toEqual(live.ids);
    again.scores.forEach((score, i) => expect(score).toBeCloseTo(live.scores[i]!, 3)); // half precision on disk
    expect((await query('a dog on the grass', 7)).ids).toEqual(again.ids.subarray(0, 7));
    // Of the four photos that are asked for, one is in the library no more.
    const among = new Set([...live.ids.subarray(0, 3), 1_000_000]);
    const some = await query('a dog on the grass', 2, among);
    expect(some.ranked).toBe(3);
    expect(some.ids).toHaveLength(2);
  });

  it('of unknown words is, for the window, an empty ranking with suggestions', async () => {
    await indexFiles(tiny, many(3));
    const ask = (text: string) => tiny.descry.search.queryOrUnknownWords(text, { limit: 100 });
    const answer = await ask('graass');
    expect(answer.unknownWords).toEqual([{ word: 'graass', suggestion: 'grass' }]);
    expect(answer).toMatchObject({ goodMatches: 0, sure: false, ids: new Int32Array() });
    expect((await ask('graass dog')).ids).toHaveLength(3);
    await expect(ask('a dog '.repeat(200))).rejects.toMatchObject({ code: 'query-too-long' });
    await expect(ask(' ?! ')).rejects.toMatchObject({ code: 'query-empty' });
  });

  it('shows copies once, by the first of them, also where they fill the page', async () => {
    const copies = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`copy ${i}.jpg`, 'the same']));
    await indexFiles(tiny, { ...copies, ...many(10) });
    const { ids, ranked } = await query('a dog', 11);
    expect(ranked).toBe(40);
    expect(ids).toHaveLength(11);
    expect([...ids].map(nameOf).filter((name) => name.startsWith('copy'))).toHaveLength(1);
    const firstCopy = Math.min(...Object.keys(copies).map(idOf));
    expect(ids).toContain(firstCopy);
    rmSync(path.join(tiny.photos, nameOf(firstCopy)));
    await indexFiles(tiny, {});
    expect([...(await query('a dog', 50)).ids].filter((id) => nameOf(id).startsWith('copy'))).toHaveLength(1);
  });

  it('looks among the given photos only', async () => {
    await indexFiles(tiny, many(20));
    const among = new Set(['3.jpg', '7.jpg', '11.jpg'].map(idOf));
    const { ids } = await query('a dog', 100, among);
    expect([...ids].map(nameOf).sort()).toEqual(['11.jpg', '3.jpg', '7.jpg']);
    expect((await query('a dog', 100, new Set())).ids).toHaveLength(0);
  });

  it('reports unknown words with a suggestion, and rejects a sentence without known words', async () => {
    await indexFiles(tiny, many(3));
    expect((await query('a dog on the graass')).unknownWords).toEqual([{ word: 'graass', suggestion: 'grass' }]);
    await expect(query('a dog '.repeat(200))).rejects.toMatchObject({ code: 'query-too-long' });
    await expect(query('  ')).rejects.toMatchObject({ code: 'query-empty' });
    await expect(query('!?')).rejects.toMatchObject({ code: 'query-empty' });
    await expect(query('qxzzv')).rejects.toMatchObject({ code: 'query-unknown' });
  });

  it('answers with nothing in an empty library, and finds photos that come later', async () => {
    expect(await query()).toMatchObject({ ranked: 0, goodMatches: 0 });
    await indexFiles(tiny, many(3));
    expect((await query()).ids).toHaveLength(3);
  });
});

describe('models', () => {
  const other = async (name = 'other', seed = 2, embedding = 24) => {
    const file = path.join(base, `${name}.safetensors`);
    writeFileSync(file, encodeModel(await tinyModel({ seed, embedding })));
    return tiny.descry.models.import(file);
  };

  it('re-project the library without opening a photo, and only what they lack', async () => {
    await indexFiles(tiny, { ...many(300), 'bad.jpg': 'broken' });
    const before = await query('a dog on the grass', 1000);
    const { length } = tiny.vision.described;
    const id = await other();
    const steps: number[] = [];
    await tiny.descry.useModel(id, ({ done, total }) => steps.push(done / total));
    expect(steps.at(-1)).toBe(1);
    const after = await query('a dog on the grass', 1000);
    expect(after.model).toBe('other');
    expect(after.ids).toHaveLength(300);
    expect(after.ids).not.toEqual(before.ids);
    await tiny.descry.useModel('default');
    const back = await query('a dog on the grass', 1000);
    back.scores.forEach((score, i) => expect(score).toBeCloseTo(before.scores[i]!, 3));
    expect(tiny.vision.described).toHaveLength(length);
  });

  it('resume an interrupted projection, and the present model stays in use until it is done', async () => {
    await indexFiles(tiny, many(600));
    const id = await other();
    const controller = new AbortController();
    const interrupted = tiny.descry.useModel(id, () => controller.abort(), controller.signal);
    await expect(interrupted).rejects.toThrow();
    expect(tiny.descry.models.inUse()).toBe('default');
    expect((await query()).ids).toHaveLength(100);
    const totals: number[] = [];
    await tiny.descry.useModel(id, ({ total }) => totals.push(total));
    expect(totals[0]).toBeLessThan(600);
    expect(tiny.descry.models.inUse()).toBe(id);
  });

  it('can be switched while photos are indexed and searched', async () => {
    tiny.write(many(300));
    tiny.vision.delayMs = 10;
    const { library, indexer } = tiny.descry;
    const folder = await library.add(tiny.photos);
    await library.scan(folder.id);
    const run = indexer.run();
    const id = await other();
    await expect.poll(() => tiny.vision.described.length).toBeGreaterThan(30);
    const searches = Array.from({ length: 5 }, () => query());
    await tiny.descry.useModel(id);
    await Promise.all(searches);
    await query();
    expect((await run).failed).toEqual([]);
    expect(library.overview(id)).toMatchObject({ photos: 300, indexed: 300 });
    expect((await query('a dog', 1000)).ids).toHaveLength(300);
    expect(tiny.vision.described).toHaveLength(300);
  });

  it('are exported and imported whole, under a free name', async () => {
    await indexFiles(tiny, many(20));
    const id = await other('Größe & Co', 5);
    expect(id).toMatch(/^[a-z0-9][a-z0-9._-]*$/);
    await tiny.descry.useModel(id);
    const before = await query();
    const file = path.join(base, 'deep/er/exported.safetensors');
    await tiny.descry.models.export(id, file);
    const copy = await tiny.descry.models.import(file);
    expect(copy).toBe('exported');
    expect(await tiny.descry.models.import(file)).toBe('exported-2');
    await tiny.descry.useModel(copy);
    expect((await query()).ids).toEqual(before.ids);
    expect((await tiny.descry.models.list()).map((model) => [model.id, model.inUse, model.builtIn])).toEqual(
      expect.arrayContaining([
        ['default', false, true],
        [id, false, false],
        ['exported', true, false],
      ]),
    );
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  it('that are no models, or of other weights, are refused and leave nothing behind', async () => {
    const file = path.join(base, 'wrong.safetensors');
    writeFileSync(file, 'no model');
    await expect(tiny.descry.models.import(file)).rejects.toMatchObject({ code: 'model-invalid' });
    writeFileSync(file, encodeModel(await tinyModel({ encoder: 'resnet of somebody else' })));
    await expect(tiny.descry.models.import(file)).rejects.toMatchObject({
      code: 'model-incompatible',
      message: expect.stringContaining('resnet of somebody else'),
    });
    const model = await tinyModel();
    writeFileSync(file, encodeModel({ ...model, text: { ...model.text, vectors: { id: 'others', dimensions: 100 } } }));
    await expect(tiny.descry.models.import(file)).rejects.toMatchObject({ code: 'model-incompatible' });
    expect(await tiny.descry.models.list()).toHaveLength(1);
    expect(existsSync(path.join(tiny.home, 'models'))).toBe(false);
  });

  it('in use can be removed: the built-in one takes over with all photos, and a new one of that name is not confused', async () => {
    await indexFiles(tiny, many(20));
    const id = await other('mine', 2);
    await tiny.descry.useModel(id);
    await indexFiles(tiny, { 'later.jpg': 'indexed with the own model only' });
    const mine = await query();
    await tiny.descry.removeModel(id);
    expect(tiny.descry.models.inUse()).toBe('default');
    expect((await query()).ids).toHaveLength(21);
    expect(existsSync(path.join(tiny.home, 'models/mine.safetensors'))).toBe(false);
    expect(await other('mine', 9)).toBe('mine');
    await tiny.descry.useModel('mine');
    const second = await query();
    expect(second.ids).toHaveLength(21);
    expect(second.scores).not.toEqual(mine.scores);
    await expect(tiny.descry.removeModel('default')).rejects.toMatchObject({ code: 'model-in-use' });
    await expect(tiny.descry.removeModel('unknown')).rejects.toMatchObject({ code: 'model-unknown' });
  });

  it('report a missing file, and another one can be chosen', async () => {
    await indexFiles(tiny, many(3));
    const id = await other();
    await tiny.descry.useModel(id);
    tiny = await tiny.reopen();
    rmSync(path.join(tiny.home, 'models/other.safetensors'));
    await expect(query()).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('another model'),
    });
    await tiny.descry.useModel('default');
    expect((await query()).ids).toHaveLength(3);
  });

  it('keep what is there when an export cannot be written', async () => {
    const target = path.join(base, 'target');
    mkdirSync(target);
    await expect(tiny.descry.models.export('default', target)).rejects.toMatchObject({
      message: expect.stringContaining(target),
    });
    const file = path.join(base, 'existing.safetensors');
    cpSync(path.join(base, 'default.safetensors'), file);
    await tiny.descry.models.export('default', file);
    expect(readFileSync(file)).toEqual(readFileSync(path.join(base, 'default.safetensors')));
  });
});
