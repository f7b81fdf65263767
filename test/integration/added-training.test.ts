/**
 * Two branches on an added encoder, from photos to a model in use: ONNX Runtime, tokenizer, decoder and database are real, and small
 * graphs of random weights stand for the published ones.
 */
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { assetsFolder } from '../../electron/services/assets/place.ts';
import { AddedEncoders } from '../../electron/services/encoders/added.ts';
import { Adding } from '../../electron/services/encoders/adding.ts';
import { Descry } from '../../electron/services/descry.ts';
import type { TrainingUpdate } from '../../electron/services/training/training.ts';
import { openAdded } from '../../models/encoders.ts';
import { recallSum } from '../../models/two-branch/evaluation.ts';
import { colourWords, makeClipFolder } from '../fixtures/clip-stand-in.ts';
import { runCli } from '../fixtures/run-cli.ts';
import { scratch } from '../fixtures/tiny-library.ts';
import { testAssets } from '../fixtures/assets.ts';

const builtInModel = path.resolve(import.meta.dirname, '../../models/pretrained/default.safetensors');
const colours = Object.keys(colourWords);
const title = 'My own encoder';
let base: string;
let remove: () => void;
let dataset: string;
let id: string;
let descry: Descry;
let adding: Adding;

beforeAll(async () => {
  ({ folder: base, remove } = scratch('added-training'));
  await testAssets();
  // The weights of this machine, and encoders of this test only.
  const assets = path.join(base, 'assets');
  mkdirSync(assets);
  for (const name of readdirSync(assetsFolder())) {
    if (name !== 'encoders') symlinkSync(path.join(assetsFolder(), name), path.join(assets, name));
  }
  vi.stubEnv('DESCRY_ASSETS', assets);
  dataset = path.join(base, 'dataset');
  await drawDataset();
  const published = path.join(base, title);
  // Sentences find photos by chance until something was trained.
  makeClipFolder(published, { side: 32, ranks: false, dimensions: 24 });
  const added = new AddedEncoders({ log: { info: () => undefined, warn: () => undefined } });
  const log = { info: () => undefined, warn: () => undefined };
  const measured = { photosPerSecond: 100, peakBytes: 1e8 };
  adding = new Adding({ added, log, isTaken: () => false, prove: () => Promise.resolve(measured) });
  ({ id } = await adding.addFolder(published));
  descry = open('home');
});
afterAll(async () => {
  await descry.close();
  vi.unstubAllEnvs();
  remove();
});

const open = (home: string) => new Descry({ home: path.join(base, home), builtInModel });

/** Walls of 17 colours, in four shades: three to train on, one to validate with. */
async function drawDataset(): Promise<void> {
  mkdirSync(path.join(dataset, 'images'), { recursive: true });
  const captions = ['image_name| comment_number| comment'];
  const split = ['image_name,split'];
  for (const [i, colour] of colours.entries()) {
    for (const [shade, factor] of [0.94, 1, 0.88, 0.97].entries()) {
      const [r, g, b] = colourWords[colour]!.map((value) => Math.round(255 * factor * value)) as [
        number,
        number,
        number,
      ];
      const name = `${i}-${shade}.jpg`;
      const create = { width: 48 + shade, height: 40, channels: 3, background: { r, g, b } } as const;
      await sharp({ create })
        .jpeg()
        .toFile(path.join(dataset, 'images', name));
      captions.push(`${name}| 0| a photo of a ${colour} dog`, `${name}| 1| the cat in ${colour}`);
      split.push(`${name},${shade === 3 ? 'val' : 'train'}`);
    }
  }
  writeFileSync(path.join(dataset, 'captions.csv'), captions.join('\n'));
  writeFileSync(path.join(dataset, 'split.csv'), split.join('\n'));
}

const request = (change = {}) => {
  const { recipes, withEpochs } = descry.training.support(id);
  const recipe = withEpochs(recipes['default']!, 20) as unknown as { optimiser: object; name: string };
  return {
    ...{ datasets: [dataset], photos: [], seed: 3, name: 'trained', init: null, final: false, captions: null },
    recipe: { ...recipe, optimiser: { ...recipe.optimiser, batch: 34, learningRate: 0.1 } },
    encoder: id,
    ...change,
  };
};

async function finish<Result>(run: AsyncGenerator<TrainingUpdate, Result>) {
  const updates: TrainingUpdate[] = [];
  for (;;) {
    const next = await run.next();
    if (next.done) return { result: next.value, updates };
    updates.push(next.value);
  }
}

describe('two branches on an added encoder', () => {
  let before: number;

  it('begin with the recall of the encoder alone, which is measured and in the list', async () => {
    const { result } = await finish(descry.training.evaluate([dataset], 'val', id));
    expect(result).toMatchObject({ photos: 17, captions: 34, words: null });
    before = recallSum(result.recalls);
    const listed = (await descry.models.list()).find((model) => model.id === id);
    expect(listed).toMatchObject({ recall: result.recalls, measuredOn: 'dataset, 17 photos (val)', encoder: id });
  });

  it('find more after training, also from the checkpoint of an interrupted run, and are in use like any model', async () => {
    const seen: TrainingUpdate[] = [];
    for await (const update of descry.training.run(request())) {
      seen.push(update);
      if (update.kind === 'epoch' && update.epoch === 2) break;
    }
    const kinds = seen.map((update) => (update.kind === 'encoding' && update.captions ? 'captions' : update.kind));
    expect([...new Set(kinds)]).toEqual(['captions', 'start', 'step', 'epoch']); // the photos were encoded to be measured
    const { result, updates } = await finish(descry.training.run(request()));
    expect(updates[0]).toEqual({ kind: 'resumed', epoch: 2 });
    expect(updates.some(({ kind }) => kind === 'encoding')).toBe(false);
    expect(recallSum(result.recalls!)).toBeGreaterThan(before + 40);
    expect(await descry.models.summary('trained')).toMatchObject({ encoder: id, recipe: 'default', words: null });

    const again = await finish(descry.training.evaluate([dataset], 'val', 'trained', { relevance: true }));
    expect(recallSum(again.result.recalls)).toBeCloseTo(recallSum(result.recalls!), 0);
    expect(again.result.relevance).not.toHaveLength(0);
    const folder = await descry.library.add(path.join(dataset, 'images'));
    await descry.library.scan(folder.id);
    await descry.useModel('trained');
    await descry.indexer.run();
    const found = await descry.search.query('a photo of a red dog', { limit: 4 });
    const names = [...found.ids].map((photo) => path.basename(descry.store.photos.get(photo)!.path));
    expect(names.filter((name) => name.startsWith(`${colours.indexOf('red')}-`)).length).toBeGreaterThanOrEqual(2);
    expect(found.relevance.length).toBeGreaterThan(0);
  });

  it('are trained on the encoder of the model in use where none is named', () => {
    const [first, second] = descry.training.trainable();
    expect([first!.encoder.id, first!.inUse]).toEqual([id, true]);
    expect([second!.encoder.id, second!.inUse]).toEqual([descry.encoders.first.id, false]);
  });

  it('are refused with words where their encoder is not there, and do not keep the list from others', async () => {
    const file = path.join(base, 'trained.safetensors');
    await descry.models.export('trained', file);
    expect(await descry.models.import(file)).toBe('trained-2');
    await descry.removeModel('trained-2');
    const without = new Descry({
      home: path.join(base, 'without'),
      builtInModel,
      encoders: [descry.encoders.first],
    });
    // as on another computer
    const elsewhere = vi.spyOn(without.encoders, 'all', 'get').mockReturnValue([descry.encoders.first]);
    try {
      await expect(without.models.import(file)).rejects.toMatchObject({
        code: 'model-incompatible',
        message: expect.stringMatching(
          new RegExp(`needs the encoder .*${title}.* \\(${id}\\), which is not there.*descry encoders add FOLDER`),
        ) as string,
      });
      expect((await without.models.list()).map((model) => model.id)).toEqual(['default']);
      elsewhere.mockRestore();
      await without.models.import(file);
      vi.spyOn(without.encoders, 'all', 'get').mockReturnValue([descry.encoders.first]);
      const listed = await without.models.list();
      expect(listed.map((model) => model.id)).toEqual(['default', 'trained']);
      expect(() => without.models.encoderOf('trained')).toThrow(/no encoder .*Add it in the settings/);
    } finally {
      await without.close();
    }
  });

  it('are imported where the files of their encoder have another id', async () => {
    const file = path.join(base, 'trained.safetensors');
    const second = await adding.addFolder(path.join(base, title));
    expect(second).toMatchObject({ id: `${id}-2`, files: descry.encoders.find(id).added!.files });
    // Under the first id another encoder was added, or none.
    makeClipFolder(path.join(base, 'other'), { side: 32, dimensions: 24, seed: 7 });
    const other = await adding.addFolder(path.join(base, 'other'));
    const elsewhere = open('elsewhere');
    try {
      const [first] = elsewhere.encoders.all;
      const bySecond = elsewhere.encoders.find(second.id);
      for (const there of [
        [first!, bySecond],
        [first!, openAdded({ ...other, id }), bySecond],
      ]) {
        vi.spyOn(elsewhere.encoders, 'all', 'get').mockReturnValue(there);
        const imported = await elsewhere.models.import(file);
        expect(await elsewhere.models.summary(imported)).toMatchObject({ encoder: second.id, outdatedFeatures: false });
        expect(elsewhere.models.encoderOf(imported)).toBe(bySecond);
      }
      const folder = await elsewhere.library.add(path.join(dataset, 'images'));
      await elsewhere.library.scan(folder.id);
      await elsewhere.useModel('trained');
      await elsewhere.indexer.run();
      const [here, there] = await Promise.all(
        [descry, elsewhere].map(async ({ search }) => search.query('a photo of a red dog', { limit: 4 })),
      );
      expect([...there!.scores]).toEqual([...here!.scores]);
      // What a database that was built again finds in the folder of the models.
      elsewhere.store.models.remove('trained');
      await elsewhere.adoptModels();
      expect(await elsewhere.models.summary('trained')).toMatchObject({ encoder: second.id });
      vi.spyOn(elsewhere.encoders, 'all', 'get').mockReturnValue([first!, openAdded(other)]);
      await expect(elsewhere.models.import(file)).rejects.toMatchObject({ code: 'model-incompatible' });
    } finally {
      await elsewhere.close();
    }
  });

  it('are trained, measured and compared by the command line', async () => {
    const environment = { DESCRY_HOME: path.join(base, 'cli'), DESCRY_ASSETS: process.env['DESCRY_ASSETS']! };
    const cli = (...args: string[]) => runCli(args, { environment });
    const trained = await cli(
      'train',
      '--dataset',
      dataset,
      '--encoder',
      id,
      '--epochs',
      '2',
      '--name',
      'two',
      '--json',
    );
    expect(trained).toMatchObject({ code: 0 });
    const lines = trained.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; captions?: true });
    expect(lines.at(-1)).toMatchObject({ kind: 'summary', model: 'two', recipe: 'default' });
    expect(lines.some(({ captions }) => captions)).toBe(true);
    const compared = await cli('evaluate', '--dataset', dataset, '--model', id, 'two', 'default');
    expect(compared).toMatchObject({ code: 0 });
    const [heading, , columns, ...rows] = compared.out.trimEnd().split('\n');
    expect(heading).toBe(`17 photos with 34 captions (${dataset}, val)`);
    expect(columns).toMatch(/^ {2}model +encoder +R@1 +R@5 +R@10 +R@1 +R@5 +R@10$/);
    expect(rows.map((row) => row.trim().split(' ')[0])).toEqual([id, 'two', 'default']);
    expect(rows.every((row) => /( +\d+\.\d){6}$/.test(row))).toBe(true);
    const asJson = await cli('evaluate', '--dataset', dataset, '--model', id, '--model', 'two', '--json');
    expect(JSON.parse(asJson.out)).toMatchObject([
      { model: id, photos: 17 },
      { model: 'two', photos: 17 },
    ]);
    const alone = await cli('evaluate', '--dataset', dataset, '--model', id);
    expect(alone.out).toContain(`${id} on 17 photos with 34 captions (val)`);
    const list = await cli('models');
    expect(list.out).toMatch(
      new RegExp(`${id} +– +text → photo R@1 \\d+\\.\\d .*measured on dataset, 17 photos \\(val\\)`),
    );

    expect(list.out).not.toMatch(/default .*measured on/); // its file says its recall

    const refusals = await Promise.all([
      cli('train', '--dataset', dataset, '--encoder', 'nowhere'),
      cli('train', '--dataset', dataset, '--encoder', id, '--photos', dataset),
      cli('train', '--dataset', dataset, '--encoder', id, '--recipe', 'tuned'),
      cli('evaluate', '--dataset', dataset, '--model', id, '--model', 'two', '--relevance'),
    ]);
    expect(refusals.map(({ code }) => code)).toEqual([1, 2, 1, 2]);
    const reasons = [
      /no encoder nowhere/,
      /leave out --photos/,
      /neither a recipe \(default, kernel, layers, seed\)/,
      /one model/,
    ];
    refusals.forEach(({ err }, i) => expect(err).toMatch(reasons[i]!));
  });
});
