/**
 * Two encoders in one library: the one that Descry comes with, and a tiny one behind the same contract. Photos, database,
 * decoder and networks are real.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Descry } from '../../electron/services/descry.ts';
import { TrainingSamples } from '../../electron/services/training/training-samples.ts';
import type { TrainingResult, TrainingUpdate } from '../../electron/services/training/training.ts';
import type { Encoder } from '../../models/contract/encoder.ts';
import { encoders } from '../../models/encoders.ts';
import { scratch } from '../fixtures/tiny-library.ts';
import { tinyEncoder } from '../fixtures/tiny-encoder.ts';

const [first] = encoders as [Encoder];
const builtInModel = path.resolve(import.meta.dirname, '../../models/pretrained/default.safetensors');
/** All darker than the other half of a photo: a mean of colours can tell where they are. */
const colours = { red: '#c81010', green: '#109020', blue: '#1020c8', yellow: '#b8b010' };
type Colour = keyof typeof colours;

let base: string;
let remove: () => void;
let photos: string;
let dataset: string;
let descry: Descry;
let describePhotos: ReturnType<typeof watch>;

/** A photo whose upper or lower half is coloured. */
async function draw(file: string, colour: Colour, upper: boolean, grey: number): Promise<void> {
  mkdirSync(path.dirname(file), { recursive: true });
  const half = await sharp({ create: { width: 120, height: 40, channels: 3, background: colours[colour] } })
    .png()
    .toBuffer();
  await sharp({ create: { width: 120, height: 80, channels: 3, background: { r: grey, g: grey, b: grey } } })
    .composite([{ input: half, left: 0, top: upper ? 0 : 40 }])
    .jpeg()
    .toFile(file);
}

beforeAll(async () => {
  ({ folder: base, remove } = scratch('two-encoders'));
  photos = path.join(base, 'photos');
  dataset = path.join(base, 'dataset');
  const rows = ['image_name| comment_number| comment'];
  const split = ['image_name,split'];
  for (const [i, colour] of (Object.keys(colours) as Colour[]).entries()) {
    for (const upper of [true, false]) {
      const place = upper ? 'upper' : 'lower';
      await draw(path.join(photos, `${colour} ${place}.jpg`), colour, upper, 220);
      for (const grey of [210, 230]) {
        const name = `${i}${Number(upper)}${grey}.jpg`;
        await draw(path.join(dataset, 'images', name), colour, upper, grey);
        rows.push(`${name}| 0| Something ${colour} in the ${place} half .`, `${name}| 1| A ${colour} ${place} part .`);
        split.push(`${name},${grey === 210 ? 'train' : 'val'}`);
      }
    }
  }
  writeFileSync(path.join(dataset, 'captions.csv'), rows.join('\n'));
  writeFileSync(path.join(dataset, 'split.csv'), split.join('\n'));
});
afterAll(() => remove());

let homes = 0;
beforeEach(() => {
  homes++;
  open();
});
afterEach(() => descry.close());

/** @param second an encoder in addition to the built-in one */
function open(second = tinyEncoder()): void {
  descry = new Descry({ home: path.join(base, `home-${homes}`), builtInModel, encoders: [first, second] });
  describePhotos = watch(descry);
}

/** Requests to the decoder: the names of photos, and the encoder. */
const watch = ({ vision }: Descry) => vi.spyOn(vision, 'describe');
const opened = () =>
  describePhotos.mock.calls.flatMap(([files, encoder]) => files.map((file) => `${encoder}: ${path.basename(file)}`));

async function index(): Promise<void> {
  const folder = await descry.library.add(photos);
  await descry.library.scan(folder.id);
  await descry.indexer.run();
}

async function train(change = {}): Promise<TrainingResult & { updates: TrainingUpdate[] }> {
  const recipe = descry.training.support('tiny').recipes['default']!;
  const request = {
    datasets: [dataset],
    photos: [],
    recipe,
    seed: 3,
    name: 'fields',
    init: null,
    final: false,
    captions: null,
    encoder: 'tiny',
  };
  const run = descry.training.run({ ...request, ...change });
  const updates: TrainingUpdate[] = [];
  for (;;) {
    const next = await run.next();
    if (next.done) return { ...next.value, updates };
    updates.push(next.value);
  }
}

const search = (text: string) => descry.search.query(text, { limit: 20 });
const found = async (text: string) =>
  [...(await search(text)).ids].map((photo) => path.basename(descry.store.photos.get(photo)!.path, '.jpg'));
/** Features that the library's photos have, by the length that their encoder gives them. */
function lengths(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { key } of descry.store.encoders.all()) {
    for (const { feature } of descry.store.contents.sample(key, 1000)) {
      counts[feature.length] = (counts[feature.length] ?? 0) + 1;
    }
  }
  return counts;
}
const lastKey = () => descry.store.encoders.all().at(-1)!.key;
const both = (count: number) => ({ [first.featureLength]: count, [tinyEncoder().featureLength]: count });

describe('a second encoder', () => {
  it('is trained, indexed and searched with, and switched to and back, with nothing computed twice', async () => {
    await index();
    expect(opened()).toHaveLength(8);
    const before = await search('a red wall');
    expect(before).toMatchObject({ model: 'default', ranked: 8 });

    describePhotos.mockClear();
    const { model, updates, recalls, epoch } = await train();
    expect(new Set(opened().map((call) => call.split(':')[0]))).toEqual(new Set(['tiny']));
    expect(opened()).toHaveLength(16);
    expect(updates.map(({ kind }) => kind)).toEqual(['encoding', 'step', 'epoch', 'step', 'epoch']);
    expect(updates.at(-1)).toMatchObject({ epoch: 2, epochs: 2, secondsLeft: 0, samples: null });
    expect(epoch).toBe(2);
    expect(recalls!.textToImage.r1).toBeGreaterThan(60); // by chance 12.5

    describePhotos.mockClear();
    const steps: number[] = [];
    await descry.useModel(model, ({ done, total }) => total > 0 && steps.push(done / total));
    expect(steps.at(-1)).toBe(1);
    expect(opened()).toHaveLength(8);
    expect(lengths()).toEqual(both(8));
    expect((await found('red')).slice(0, 2).sort()).toEqual(['red lower', 'red upper']);
    expect((await found('a red upper part')).slice(0, 2)).toContain('red upper');
    const second = await search('a red upper part');
    expect(second).toMatchObject({ model, unknownWords: [], goodMatches: 8, sure: true });
    expect(second.relevance).toHaveLength(0); // it has no relevance
    await expect(search('!?')).rejects.toMatchObject({ code: 'query-empty' });

    describePhotos.mockClear();
    await descry.useModel('default');
    expect(await descry.indexer.run()).toMatchObject({ indexed: 0, reused: 0 });
    const back = await search('a red wall');
    expect(back.ids).toEqual(before.ids);
    back.scores.forEach((score, i) => expect(score).toBeCloseTo(before.scores[i]!, 3));
    await descry.useModel(model);
    expect(await descry.indexer.run()).toMatchObject({ indexed: 0, reused: 0 });
    expect((await search('a red upper part')).ids).toEqual(second.ids);
    expect(opened()).toEqual([]);
    expect(lengths()).toEqual(both(8));

    await descry.close();
    open();
    expect(descry.models.inUse()).toBe(model);
    expect((await search('a red upper part')).ids).toEqual(second.ids);
    await descry.useModel('default');
    expect((await search('a red wall')).ids).toEqual(before.ids);
    expect(opened()).toEqual([]);
  });

  it('that is in use encodes new photos, and so does the first one after switching back', async () => {
    const later = path.join(photos, 'later.jpg');
    try {
      await index();
      await descry.useModel('tiny');
      await draw(later, 'green', true, 225);
      describePhotos.mockClear();
      await index();
      expect(opened()).toEqual(['tiny: later.jpg']);
      expect((await search('green')).ranked).toBe(9);
      describePhotos.mockClear();
      await descry.useModel('default');
      expect(opened()).toEqual([`${first.id}: later.jpg`]);
      expect((await search('green')).ranked).toBe(9);
      expect(lengths()).toEqual(both(9));
    } finally {
      rmSync(later, { force: true });
    }
  });

  it('is searched with the present one until the switch is done, also where it is interrupted', async () => {
    await index();
    const stop = new AbortController();
    const progress = () => stop.abort(new Error('enough'));
    await expect(descry.useModel('tiny', progress, stop.signal)).rejects.toThrow('enough');
    expect(descry.models.inUse()).toBe('default');
    expect((await search('green')).ranked).toBe(8);
    await descry.useModel('tiny');
    expect((await search('green')).ranked).toBe(8);
  });

  it('without a model file is a model that comes with the program', async () => {
    await index();
    await descry.useModel('tiny');
    expect(await descry.models.list()).toEqual([
      expect.objectContaining({ id: 'default', builtIn: true, inUse: false }),
      expect.objectContaining({ id: 'tiny', builtIn: true, inUse: true, recall: null, bytes: 0 }),
    ]);
    expect((await search('anything')).ranked).toBe(8);
    await expect(descry.removeModel('tiny')).rejects.toMatchObject({ code: 'model-in-use' });
    await expect(descry.models.export('tiny', path.join(base, 'no.safetensors'))).rejects.toMatchObject({
      code: 'usage',
    });
  });

  it('has its models exported, imported, evaluated and removed as any other', async () => {
    await index();
    const { model } = await train();
    const file = path.join(base, 'exported.safetensors');
    await descry.models.export(model, file);
    const copy = await descry.models.import(file);
    expect(descry.models.encoderOf(copy).id).toBe('tiny');
    const own = await descry.models.import(builtInModel); // of a version that did not name its encoder
    expect(descry.models.encoderOf(own).id).toBe(first.id);
    const run = descry.training.evaluate([dataset], 'val', copy);
    let next = await run.next();
    while (!next.done) next = await run.next();
    expect(next.value).toMatchObject({ photos: 8, captions: 16, relevance: null });
    expect(next.value.recalls.textToImage.r1).toBeGreaterThan(60);
    await descry.useModel(copy);
    await descry.removeModel(copy);
    expect(descry.models.inUse()).toBe('default');
    expect((await search('green')).ranked).toBe(8);
    expect((await descry.models.list()).map(({ id }) => id)).toEqual(['default', 'tiny', model, own]);
  });

  it('is not replaced by the built-in model where photos would have to be opened for that one', async () => {
    const later = path.join(photos, 'later.jpg');
    try {
      await index();
      const { model } = await train();
      await descry.useModel(model);
      await draw(later, 'green', true, 225);
      await index();
      describePhotos.mockClear();
      await expect(descry.removeModel(model)).rejects.toMatchObject({ code: 'model-in-use' });
      expect(descry.models.inUse()).toBe(model);
      expect(opened()).toEqual([]);
      await descry.useModel('default');
      await descry.removeModel(model);
      expect((await search('green')).ranked).toBe(9);
    } finally {
      rmSync(later, { force: true });
    }
  });

  it('resumes an interrupted training run, and shows sample searches in the library', async () => {
    await index();
    await descry.useModel('tiny');
    descry.training.compareOn(async (features) =>
      TrainingSamples.open(descry.store, await descry.models.current(), features),
    );
    const recipe = descry.training.support('tiny').recipes['long']!;
    const request = {
      datasets: [dataset],
      photos: [],
      recipe,
      seed: 3,
      name: 'long',
      init: null,
      final: false,
      captions: null,
      encoder: 'tiny',
    };
    for await (const update of descry.training.run(request)) {
      if (update.kind !== 'epoch') continue;
      expect(update.samples).toHaveLength(4);
      expect(update.samples![0]!.now).toHaveLength(4);
      if (update.epoch === 3) break;
    }
    const { updates } = await train({ recipe, name: 'long' });
    expect(updates[0]).toEqual({ kind: 'resumed', epoch: 3 });
    expect(updates.filter(({ kind }) => kind === 'epoch')).toHaveLength(2);
  });

  it('shows sample searches of a model of another encoder than the present one, or says what is missing', async () => {
    descry.training.compareOn(async (features) =>
      TrainingSamples.open(descry.store, await descry.models.current(), features),
    );
    const nothing = await train();
    expect(nothing.updates).toContainEqual({ kind: 'no-samples', lack: 'no-photos' });
    await index();
    // of photos that no dataset has
    const without = await train({ name: 'without' });
    expect(without.updates).toContainEqual({ kind: 'no-samples', lack: 'not-encoded' });
    expect(without.updates.filter((update) => update.kind === 'epoch' && update.samples !== null)).toEqual([]);

    await descry.useModel('tiny');
    await descry.useModel('default');
    const { updates } = await train({ name: 'with' });
    expect(updates.some(({ kind }) => kind === 'no-samples')).toBe(false);
    const samples = updates.flatMap((update) => (update.kind === 'epoch' && update.samples ? [update.samples] : []));
    expect(samples).toHaveLength(2);
    const library = new Set(descry.store.contents.sample(lastKey(), 100).map(({ id }) => id));
    for (const { before, now } of samples.flat()) {
      expect([before.length, now.length]).toEqual([4, 4]);
      expect([...before, ...now].every((content) => library.has(content))).toBe(true);
    }
    // The present model stays as it is, the one in training does not.
    expect(samples[0]!.map(({ before }) => before)).toEqual(samples[1]!.map(({ before }) => before));
  });

  it('cannot start from a model of another, nor train where the encoder says that nothing can', async () => {
    await expect(train({ init: 'default' })).rejects.toMatchObject({ code: 'model-incompatible' });
    await descry.close();
    open(tinyEncoder({ canTrain: false }));
    expect(() => descry.training.support('tiny')).toThrow(/No model can be trained on the features of Nine fields/);
    expect(() => descry.training.support('clip')).toThrow(/no encoder clip/);
  });

  it('whose features have a new version replaces its own, and leaves those of the other', async () => {
    await index();
    await descry.useModel('tiny');
    await descry.close();
    open(tinyEncoder({ version: 2 }));
    expect(descry.store.encoders.all().map(({ id, version }) => [id, version])).toContainEqual([
      'colours-of-nine-fields',
      1,
    ]);
    expect(await descry.indexer.run()).toMatchObject({ indexed: 8 });
    expect(opened().every((call) => call.startsWith('tiny'))).toBe(true);
    expect(lengths()).toEqual(both(8));
    const [older, newer] = [1, 2].map((version) =>
      descry.store.encoders.key({ id: 'colours-of-nine-fields', version }),
    );
    expect(descry.store.contents.sample(older!, 10)).toEqual([]);
    expect(descry.store.contents.sample(newer!, 10)).toHaveLength(8);
    describePhotos.mockClear();
    await descry.useModel('default');
    expect(opened()).toEqual([]);
  });

  it('can be removed by the user, without an effect on the other', async () => {
    await index();
    await descry.useModel('tiny');
    await expect(descry.models.forgetEncoder('tiny')).rejects.toMatchObject({ code: 'model-in-use' });
    await descry.useModel('default');
    describePhotos.mockClear();
    expect(await descry.models.forgetEncoder('tiny')).toBe(8);
    expect(lengths()).toEqual({ [first.featureLength]: 8 });
    expect((await search('green')).ranked).toBe(8);
    expect(opened()).toEqual([]);
    await descry.useModel('tiny');
    expect(opened()).toHaveLength(8);
    expect((await search('green')).ranked).toBe(8);
  });
});
