/** Regions of photos: read in the background where an earlier version stored none, and counted in a search. */
import { renameSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { explainPhoto } from '../../electron/cli/explain.ts';
import type { Session } from '../../electron/cli/session.ts';
import { Descry } from '../../electron/services/descry.ts';
import { DensePhotoSet } from '../../electron/services/search/photo-set.ts';
import { lookedAt } from '../../electron/services/search/regions.ts';
import { scoreWithRegions } from '../../models/contract/regions.ts';
import { regionShare } from '../../models/resnet50-glove/regions.ts';
import { describeShared } from '../fixtures/shared.ts';
import { encodeModel } from '../../models/two-branch/model-file.ts';
import {
  indexFiles,
  many,
  regionsOf,
  scratch,
  tinyLibrary,
  tinyModel,
  type TinyLibrary,
} from '../fixtures/tiny-library.ts';
import { writeFileSync } from 'node:fs';

const ranked = async (tiny: TinyLibrary, limit = 1000, among?: DensePhotoSet) => {
  const { ids, scores } = await tiny.descry.search.query('a dog', { limit, among });
  return { ids: [...ids], scores: [...scores] };
};

describe('a library that was indexed before regions were stored', () => {
  let place: ReturnType<typeof scratch>;
  let tiny: TinyLibrary;
  beforeEach(async () => {
    place = scratch('regions');
    tiny = await tinyLibrary(place.folder);
    tiny.vision.regions = () => null;
  });
  afterEach(async () => {
    await tiny.descry.close();
    place.remove();
  });
  const wanted = async () => {
    const { features, frames } = await tiny.descry.models.current();
    return { encoder: features, version: frames!.version };
  };
  const left = async () => tiny.descry.store.regions.unreadCount(await wanted());
  /** From now on the program stores regions. */
  const upgrade = () => {
    tiny.vision.regions = regionsOf;
    tiny.vision.described.length = 0;
  };

  it('is searched by whole photos until its photos were opened again, once, without a new feature', async () => {
    await indexFiles(tiny, { ...many(40), 'copy.jpg': 'photo 3' });
    const before = await ranked(tiny);
    const { store } = tiny.descry;
    const model = await tiny.descry.models.current();
    const embedding = store.contents.embedding(1, model.id);
    upgrade();
    expect(await left()).toBe(40);
    expect(await ranked(tiny)).toEqual(before);
    expect(await tiny.descry.regions.run()).toBe(40);
    expect(tiny.vision.described).toHaveLength(40);
    expect(await left()).toBe(0);
    expect(store.contents.embedding(1, model.id)).toEqual(embedding);
    expect(store.regions.toProject(await wanted(), model.id, 0, 10)).toEqual([]);
    const after = await ranked(tiny);
    expect(after.ids.sort()).toEqual(before.ids.sort());
    expect(await tiny.descry.regions.run()).toBe(0);
    expect(tiny.vision.described).toHaveLength(40);
  });

  it('has photos with regions among those without: each has the score of what is known of it', async () => {
    await indexFiles(tiny, many(6));
    const whole = await ranked(tiny);
    const wholeScore = (id: number) => whole.scores[whole.ids.indexOf(id)]!;
    upgrade();
    const { store, models } = tiny.descry;
    const model = await models.current();
    // The worst photo has a region that is the sentence itself.
    const sentence = await model.embedSentences(['a dog']);
    const rows = new Float32Array(9 * model.dimensions);
    rows.set(sentence, 5 * model.dimensions);
    const worst = whole.ids.at(-1)!;
    store.regions.setEmbeddings(store.photos.get(worst)!.content!, model.id, rows, 9);
    const now = await ranked(tiny);
    expect(now.scores).toEqual([...now.scores].sort((a, b) => b - a));
    now.ids.forEach((id, i) => {
      if (id !== worst) expect(now.scores[i]).toBe(wholeScore(id));
      else expect(now.scores[i]).toBeCloseTo(scoreWithRegions(wholeScore(id), 1, regionShare), 1);
    });
    const found = await tiny.descry.search.whereMatches(store.photos.get(worst)!.content!, 'a dog');
    expect(found!.map(({ score }) => score > 0.9)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => i === 5));
    expect(found![5]!.frame).toEqual({ left: 0.5, top: 0.25, width: 0.5, height: 0.5 });
    const other = whole.ids[0]!;
    expect(await tiny.descry.search.whereMatches(store.photos.get(other)!.content!, 'a dog')).toBeNull();
    // Among others, the same photos have the same scores.
    const some = DensePhotoSet.of(Int32Array.of(worst, other));
    const among = await ranked(tiny, 1000, some);
    expect(among.ids.map((id, i) => [id, among.scores[i]])).toEqual(
      now.ids.flatMap((id, i) => (id === worst || id === other ? [[id, now.scores[i]]] : [])),
    );
  });

  it('goes on after an interruption, and leaves a disconnected disk for later', async () => {
    await indexFiles(tiny, many(40));
    upgrade();
    const controller = new AbortController();
    const run = tiny.descry.regions.run({
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('stop')),
    });
    await expect(run).rejects.toThrow('stop');
    const rest = await left();
    expect(rest).toBeGreaterThan(0);
    expect(rest).toBeLessThan(40);
    tiny = await tiny.reopen();
    renameSync(tiny.photos, `${tiny.photos} away`);
    expect(await tiny.descry.regions.run()).toBe(0);
    renameSync(`${tiny.photos} away`, tiny.photos);
    expect(await tiny.descry.regions.run()).toBe(rest);
    expect(await left()).toBe(0);
  });

  it('waits while the user has paused indexing', async () => {
    await indexFiles(tiny, many(3));
    upgrade();
    tiny.descry.indexer.pause();
    const run = tiny.descry.regions.run();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(tiny.vision.described).toEqual([]);
    tiny.descry.indexer.resume();
    expect(await run).toBe(3);
  });

  it('embeds the regions for another model without opening a photo', async () => {
    upgrade();
    await indexFiles(tiny, many(5));
    expect(await tiny.descry.regions.run()).toBe(0);
    const file = path.join(place.folder, 'other.safetensors');
    writeFileSync(file, encodeModel(await tinyModel({ seed: 2 })));
    const id = await tiny.descry.models.import(file);
    await tiny.descry.useModel(id);
    expect(tiny.descry.store.regions.toProject(await wanted(), id, 0, 10)).toHaveLength(5);
    const whole = await ranked(tiny);
    expect(await tiny.descry.regions.run()).toBe(0);
    expect(tiny.descry.store.regions.toProject(await wanted(), id, 0, 10)).toEqual([]);
    expect((await ranked(tiny)).scores).not.toEqual(whole.scores);
    expect(tiny.vision.described).toHaveLength(5);
  });

  it('has pages that begin alike, whatever their length, also beyond the photos whose regions count', async () => {
    upgrade();
    await indexFiles(tiny, many(lookedAt + 60));
    await tiny.descry.regions.run();
    const all = await ranked(tiny);
    expect(all.scores).toEqual([...all.scores].sort((a, b) => b - a));
    for (const limit of [1, 10, lookedAt, lookedAt + 30]) {
      const page = await ranked(tiny, limit);
      expect(page).toEqual({ ids: all.ids.slice(0, limit), scores: all.scores.slice(0, limit) });
    }
  });
});

describeShared('the built-in model', (shared) => {
  let place: ReturnType<typeof scratch>;
  let descry: Descry;
  const corners = { 'top left': [0, 0], 'top right': [1, 0], 'bottom left': [0, 1], 'bottom right': [1, 1] } as const;
  beforeAll(async () => {
    place = scratch('regions-real');
    const builtInModel = path.resolve(import.meta.dirname, '../../models/pretrained/default.safetensors');
    descry = new Descry({ home: path.join(place.folder, 'home'), builtInModel });
    // A photo of skiing, small in a corner of a lawn.
    const side = 640;
    const small = await sharp(path.join(shared, 'photos', 'seed', 'skiing.jpg'))
      .resize(240, 240, { fit: 'fill' })
      .toBuffer();
    const lawn = { create: { width: side, height: side, channels: 3 as const, background: '#4b7a33' } };
    for (const [name, [x, y]] of Object.entries(corners)) {
      await sharp(lawn)
        .composite([{ input: small, left: x * (side - 240), top: y * (side - 240) }])
        .jpeg()
        .toFile(path.join(place.folder, `${name}.jpg`));
    }
    const folder = await descry.library.add(place.folder);
    await descry.library.scan(folder.id);
    await descry.indexer.run();
    await descry.regions.run();
  });
  afterAll(async () => {
    await descry.close();
    place.remove();
  });

  it.each(Object.entries(corners))('finds what is in the %s of a photo there', async (name, [x, y]) => {
    const content = descry.store.photos.byPath(path.join(place.folder, `${name}.jpg`))!.content!;
    const found = (await descry.search.whereMatches(content, 'a person skiing in the snow'))!;
    const best = found.reduce((one, other) => (other.score > one.score ? other : one));
    // It is the region in that corner, or one that overlaps with it by half; the others show the lawn alone, or hardly more.
    expect(Math.abs(best.frame.left - x * 0.5)).toBeLessThanOrEqual(0.25);
    expect(Math.abs(best.frame.top - y * 0.5)).toBeLessThanOrEqual(0.25);
    const scoreAt = (left: number, top: number) =>
      found.find(({ frame }) => frame.left === left && frame.top === top)!.score;
    const across = scoreAt(0.5 - x * 0.5, 0.5 - y * 0.5);
    expect(scoreAt(x * 0.5, y * 0.5)).toBeGreaterThan(across);
  });

  it('is asked on the command line, which says what to do with a photo that is not indexed', async () => {
    const printed: { value: unknown; text: string }[] = [];
    const out = { result: (value: unknown, text: () => string) => printed.push({ value, text: text() }) };
    const session = { descry, out } as unknown as Session;
    const file = path.join(place.folder, 'bottom right.jpg');
    await explainPhoto('a person skiing in the snow', file, session);
    expect(printed[0]!.value).toMatchObject({ photo: file, best: { left: 0.5, top: 0.5, width: 0.5, height: 0.5 } });
    expect(printed[0]!.text).toMatch(/matches best from 50 to 100 % of the width and from 50 to 100 % of the height/);
    expect(printed[0]!.text.split('\n')).toHaveLength(4);
    const absent = path.join(place.folder, 'absent.jpg');
    await expect(explainPhoto('a dog', absent, session)).rejects.toMatchObject({
      code: 'example-not-indexed',
      message: expect.stringContaining(`${absent} is not in the library`) as string,
    });
  });
});
