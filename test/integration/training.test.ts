/** Training from a folder to a model that searches, on photos whose features contain the words of their captions. */
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrainingRequest, TrainingUpdate } from '../../electron/services/training/training.ts';
import type { Split } from '../../models/contract/training.ts';
import { recallSum } from '../../models/two-branch/evaluation.ts';
import { readModel } from '../../models/two-branch/model-file.ts';
import { recipes, type Recipe } from '../../models/two-branch/recipe.ts';
import { featureOfWords, kernelRecipe, recipe, withOptimiser, writeDataset } from '../fixtures/captioned-dataset.ts';
import { diskFull, featureLength, scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';
import { checkpointsOf, lossesOf, runEvaluation, runTraining, trainingRequest } from '../fixtures/training-run.ts';

let tiny: TinyLibrary;
let base: string;
let remove: () => void;
let dataset: string;
let notices: string[];

beforeEach(async () => {
  ({ folder: base, remove } = scratch('training'));
  notices = [];
  tiny = await tinyLibrary(base, { onNotice: (message) => notices.push(message) });
  tiny.vision.feature = featureOfWords;
  dataset = path.join(base, 'dataset');
  writeDataset(dataset, 160);
});
afterEach(async () => {
  await tiny.descry.close();
  remove();
});

const request = (change: Partial<TrainingRequest> = {}) => trainingRequest(dataset, change);
const train = (wanted: TrainingRequest, ...rest: [see?: (update: TrainingUpdate) => void, signal?: AbortSignal]) =>
  runTraining(tiny, wanted, ...rest);
const evaluate = (split: Split | 'all', model: string, options?: { relevance: boolean }) =>
  runEvaluation(tiny, dataset, split, model, options);
const checkpoints = () => checkpointsOf(tiny);

/** Without those that come with the encoders of this computer. */
const ownModels = async () => (await tiny.descry.models.list()).flatMap(({ id, builtIn }) => (builtIn ? [] : [id]));

describe('training', () => {
  it('trains on captions, and makes a model that searches', async () => {
    const { model, recalls, updates, epoch } = await train(request());
    // By chance 3 % of the first and 31 % of the first ten of 32 photos are right.
    expect(recalls!.textToImage.r1).toBeGreaterThan(40);
    expect(recalls!.textToImage.r10).toBeGreaterThan(90);
    expect(recalls!.imageToText.r1).toBeGreaterThan(40);
    const curve = lossesOf(updates);
    expect(curve).toHaveLength(12);
    expect(curve.at(-1)![1]).toBeLessThan(curve[0]![1] / 2);
    expect(updates.find(({ kind }) => kind === 'step')).toMatchObject({ epoch: 1, epochs: 12, step: 1, steps: 4 });
    expect(updates.findLast((update) => update.kind === 'epoch')).toMatchObject({ secondsLeft: 0 });
    expect(checkpoints()).toEqual([]);

    const { metadata } = await readModel(path.join(tiny.home, 'models/mine.safetensors'));
    expect(metadata).toMatchObject({ seed: 7, epoch, recalls, recipe: { name: 'small' } });
    expect(metadata.data).toContain('128 photos (train); recall on 32 photos (val)');
    expect(metadata.calibration).not.toBeNull();

    await tiny.descry.library.add(path.join(dataset, 'images'));
    await tiny.descry.library.scan(1);
    const opened = tiny.vision.described.length;
    await tiny.descry.useModel(model);
    await tiny.descry.indexer.run();
    expect(tiny.vision.described).toHaveLength(opened); // trained on, so known
    const { ids, goodMatches, relevance } = await tiny.descry.search.query('a black horse at the beach', {
      limit: 160,
    });
    const shown = [...ids.subarray(0, 5)].map((id) => readFileSync(tiny.descry.store.photos.get(id)!.path, 'utf8'));
    expect(shown.filter((words) => words.startsWith('horse')).length).toBeGreaterThanOrEqual(4); // by chance one in eight
    expect(shown).toContain('horse black beach 18');
    expect(goodMatches).toBeLessThan(40);
    expect(relevance[0]).toBeGreaterThan(0.3); // by chance 1 in 160
    expect(relevance[0]).toBeGreaterThan(relevance[100]!);

    const evaluation = await evaluate('val', model, { relevance: true });
    expect(evaluation).toMatchObject({ photos: 32, captions: 64 });
    expect(evaluation.recalls.textToImage.r1).toBeCloseTo(recalls!.textToImage.r1, -1);
    for (const report of evaluation.relevance!) {
      expect(report.photos).toBe(32);
      // Among photos with a relevance of at least 0.5; by chance one in eight of these libraries' photos is a match.
      const likely = report.bins.filter(({ from }) => from >= 0.5);
      const matches = likely.reduce((sum, bin) => sum + bin.observed * bin.pairs, 0);
      expect(matches / likely.reduce((sum, bin) => sum + bin.pairs, 0)).toBeGreaterThan(0.4);
      expect(report.captions!.recall).toBeGreaterThan(0.6);
      expect(report.captions!.shown).toBeLessThan(16);
    }
  });

  it('with the same seed gives the same model, with another one another', async () => {
    const short = withOptimiser({ epochs: 2 });
    const curves: (readonly (readonly [number, number])[])[] = [];
    for (const seed of [7, 7, 8]) curves.push(lossesOf((await train(request({ recipe: short, seed }))).updates));
    curves[0]!.forEach(([, loss], i) => expect(loss).toBeCloseTo(curves[1]![i]![1], 6));
    expect(curves[2]).not.toEqual(curves[0]);
  });

  it('names a model without a name by its recipe and the date, with a number if that name exists', async () => {
    const unnamed = request({ recipe: withOptimiser({ epochs: 1 }), name: null });
    const before = new Date();
    const models = [(await train(unnamed)).model, (await train(unnamed)).model];
    const days = [before, new Date()].map((date) => date.toLocaleDateString('sv')); // as 2026-11-26
    expect(days.map((day) => `small-${day}`)).toContain(models[0]);
    expect(models[1]).toBe(`${models[0]}-2`);
  });

  it('resumes after an abort with the same result', async () => {
    const uninterrupted = await train(request({ name: 'whole' }));
    const controller = new AbortController();
    const interrupted = train(
      request(),
      (update) => {
        if (update.kind === 'step' && update.epoch === 6 && update.step === 2) controller.abort();
      },
      controller.signal,
    );
    await expect(interrupted).rejects.toThrow();
    expect(await ownModels()).toEqual(['whole']);
    expect(checkpoints().length).toBeGreaterThan(0);
    tiny = await tiny.reopen();
    tiny.vision.feature = () => {
      throw new Error('no photo is opened again');
    };
    const resumed = await train(request());
    expect(resumed.updates[0]).toEqual({ kind: 'resumed', epoch: 5 });
    const rest = lossesOf(uninterrupted.updates).filter(([epoch]) => epoch > 5);
    lossesOf(resumed.updates).forEach(([epoch, loss], i) => {
      expect(epoch).toBe(rest[i]![0]);
      expect(loss).toBeCloseTo(rest[i]![1], 5);
    });
    expect(resumed.epoch).toBe(uninterrupted.epoch);
    expect(resumed.recalls).toEqual(uninterrupted.recalls);
    const [a, b] = await Promise.all(
      ['whole', 'mine'].map((id) => readModel(path.join(tiny.home, `models/${id}.safetensors`))),
    );
    let worst = 0;
    a!.network.text.hiddenWeight.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - b!.network.text.hiddenWeight[i]!));
    });
    expect(worst).toBeLessThan(1e-3);
    expect(checkpoints()).toEqual([]);
  });

  it('fits a kernel machine to photos, and trains the text branch on its leave-one-out predictions', async () => {
    const { recalls, updates } = await train(request({ recipe: kernelRecipe }));
    expect(recalls!.textToImage.r1).toBeGreaterThan(40);
    expect(recalls!.textToImage.r10).toBeGreaterThan(90);
    expect(recalls!.imageToText.r1).toBeGreaterThan(40);
    const curve = lossesOf(updates);
    expect(curve).toHaveLength(5);
    expect(curve.at(-1)![1]).toBeLessThan(curve[0]![1] * 0.8);
    // Two passes an epoch over four batches.
    expect(updates.find(({ kind }) => kind === 'step')).toMatchObject({ epoch: 1, epochs: 5, step: 1, steps: 8 });
    const { metadata, network } = await readModel(path.join(tiny.home, 'models/mine.safetensors'));
    expect(metadata.image).toEqual({
      ...{ inputs: featureLength, hidden: 128, outputs: 32 },
      ...{ activation: 'softmax', components: 64, references: 100 },
    });
    expect(network.image.references).toHaveLength(100 * 32);

    // Measured again on what was saved in eight bits.
    const again = (await evaluate('val', 'mine')).recalls.textToImage.r1;
    expect(Math.abs(again - recalls!.textToImage.r1)).toBeLessThan(5);

    await tiny.descry.library.add(path.join(dataset, 'images'));
    await tiny.descry.library.scan(1);
    await tiny.descry.useModel('mine');
    await tiny.descry.indexer.run();
    const { ids } = await tiny.descry.search.query('a black horse at the beach', { limit: 5 });
    const shown = [...ids].map((id) => readFileSync(tiny.descry.store.photos.get(id)!.path, 'utf8'));
    expect(shown.filter((words) => words.startsWith('horse')).length).toBeGreaterThanOrEqual(4);
  });

  it('resumes with a kernel machine after an abort with the same result', async () => {
    const uninterrupted = await train(request({ recipe: kernelRecipe, name: 'whole' }));
    const controller = new AbortController();
    const stop = (update: TrainingUpdate) => {
      if (update.kind === 'step' && update.epoch === 4 && update.step === 2) controller.abort();
    };
    await expect(train(request({ recipe: kernelRecipe }), stop, controller.signal)).rejects.toThrow();
    const resumed = await train(request({ recipe: kernelRecipe }));
    expect(resumed.updates[0]).toEqual({ kind: 'resumed', epoch: 3 });
    const rest = lossesOf(uninterrupted.updates).filter(([epoch]) => epoch > 3);
    lossesOf(resumed.updates).forEach(([epoch, loss], i) => {
      expect(epoch).toBe(rest[i]![0]);
      expect(loss).toBeCloseTo(rest[i]![1], 4);
    });
    expect(resumed.recalls).toEqual(uninterrupted.recalls);
  });

  it.each([
    ['two trained branches', recipe],
    ['a kernel machine', kernelRecipe],
  ])('trains %s on several folders, whose files have the same names, and resumes', async (_, wanted) => {
    const second = path.join(base, 'second');
    const others = path.join(base, 'others');
    writeDataset(second, 40, { tag: ' of the second', oneCaption: true });
    writeDataset(others, 30, { tag: ' without captions' });
    cpSync(path.join(dataset, 'images', '0.jpg'), path.join(others, 'images', 'copy.jpg'));
    const several = request({
      recipe: { ...wanted, optimiser: { ...wanted.optimiser, epochs: 4 } },
      datasets: [dataset, second],
      photos: [path.join(others, 'images')],
    });
    const controller = new AbortController();
    const stop = (update: TrainingUpdate) => {
      if (update.kind === 'step' && update.epoch === 3) controller.abort();
    };
    await expect(train(several, stop, controller.signal)).rejects.toThrow();
    const { updates, recalls, sets, epoch } = await train(several);
    expect(updates[0]).toEqual({ kind: 'resumed', epoch: 2 });
    expect(sets).toMatchObject([
      { set: 'dataset', photos: 32 },
      { set: 'second', photos: 8 },
    ]);
    const epochs = updates.flatMap((update) => (update.kind === 'epoch' ? [update] : []));
    expect(epochs.map((update) => update.sets.map(({ set }) => set))).toEqual(epochs.map(() => ['dataset', 'second']));
    const sum = sets.reduce((total, set) => total + recallSum(set.recalls), 0);
    for (const { sets: now } of epochs) {
      expect(now.reduce((total, set) => total + recallSum(set.recalls), 0)).toBeLessThanOrEqual(sum);
    }
    expect(epochs.find((update) => update.epoch === epoch)?.recalls ?? recalls).toEqual(recalls);
    const { metadata, captionCounts } = await readModel(path.join(tiny.home, 'models/mine.safetensors'));
    expect(metadata.data).toBe(
      'dataset, 128 photos (train); recall on 32 photos (val); second, 32 photos (train); recall on 8 photos (val); ' +
        '30 photos without captions',
    );
    expect(captionCounts!.get('dog')).toBe(16 * 2 + 4);
    expect(metadata.image.hidden).toBe(wanted === kernelRecipe ? 160 : 96);
    const summary = await tiny.descry.models.summary('mine');
    expect(summary).toMatchObject({ recall: recalls, sets });

    const evaluation = tiny.descry.training.evaluate([dataset, second], 'val', 'mine');
    let next = await evaluation.next();
    while (!next.done) next = await evaluation.next();
    expect(next.value.sets.map(({ set, photos }) => [set, photos])).toEqual([
      ['dataset', 32],
      ['second', 8],
    ]);
    expect(next.value).toMatchObject({ photos: 40, captions: 72 });
  });

  it('does not train on what another folder measures', async () => {
    const second = path.join(base, 'second');
    writeDataset(second, 10); // the first ten photos of the first, in other splits
    writeFileSync(
      path.join(second, 'split.csv'),
      Array.from({ length: 10 }, (_, i) => `${i}.jpg,${i < 2 ? 'val' : 'train'}`).join('\n'),
    );
    await train(request({ datasets: [dataset, second], recipe: withOptimiser({ epochs: 1 }) }));
    const { metadata } = await readModel(path.join(tiny.home, 'models/mine.safetensors'));
    // photo 1 is val in the second, photo 5 in the first
    expect(metadata.data).toContain('dataset, 127 photos (train)');
    expect(metadata.data).toContain('second, 7 photos (train)');
    expect(notices.join()).toContain('2 photos to train on are in the val or test split of another dataset');
  });

  it('goes on with a run of one dataset that an earlier version began', async () => {
    const controller = new AbortController();
    const stop = (update: TrainingUpdate) => {
      if (update.kind === 'step' && update.epoch === 3) controller.abort();
    };
    await expect(train(request(), stop, controller.signal)).rejects.toThrow();
    // The folder of its checkpoints is named after what that version wrote of a request.
    const { name, init, final, captions } = request();
    const earlier = JSON.stringify({ dataset, recipe, seed: 7, name, init, final, captions });
    const key = createHash('sha256').update(earlier).digest('hex').slice(0, 16);
    expect(readdirSync(path.join(tiny.home, 'training'))).toEqual([key]);
    expect((await train(request())).updates[0]).toEqual({ kind: 'resumed', epoch: 2 });
  });

  it('starts from a model with another kind of image branch, and keeps its text branch', async () => {
    const optimiser = { ...kernelRecipe.optimiser, epochs: 1, learningRate: 1e-6 };
    await train(request({ name: 'layers' }));
    await train(request({ name: 'kernel', recipe: { ...kernelRecipe, optimiser }, init: 'layers' }));
    const [before, after] = await Promise.all(
      ['layers', 'kernel'].map((id) => readModel(path.join(tiny.home, `models/${id}.safetensors`))),
    );
    const [old, same] = [before!.network.text.hiddenWeight, after!.network.text.hiddenWeight];
    const moved = Math.hypot(...old.map((value, i) => value - same[i]!)) / Math.hypot(...old);
    expect(moved).toBeLessThan(0.01); // eight bits
    expect(after!.metadata.image).toMatchObject({ activation: 'softmax' });
    const layers = await train(request({ name: 'again', recipe: withOptimiser({ epochs: 1 }), init: 'kernel' }));
    expect(layers.recalls).not.toBeNull();
    const { metadata } = await readModel(path.join(tiny.home, 'models/again.safetensors'));
    expect(metadata.image).toEqual({ inputs: featureLength / 2, hidden: 96, outputs: 32 });
  });

  it('does not resume from a checkpoint of other captions, nor from a damaged one', async () => {
    const stopAfter = async (epochs: number) => {
      const controller = new AbortController();
      const run = train(
        request(),
        (update) => {
          if (update.kind === 'epoch' && update.epoch === epochs) controller.abort();
        },
        controller.signal,
      );
      await expect(run).rejects.toThrow();
    };
    await stopAfter(3);
    writeDataset(dataset, 120);
    const short = await train(request());
    expect(short.updates.some(({ kind }) => kind === 'resumed')).toBe(false);
    await stopAfter(2);
    const [file] = readdirSync(path.join(tiny.home, 'training'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.safetensors'),
    );
    writeFileSync(path.join(tiny.home, 'training', file!), 'damaged');
    expect((await train(request())).updates.some(({ kind }) => kind === 'resumed')).toBe(false);
  });

  it('stops with advice when the loss diverges, and adds no model', async () => {
    const diverging: Recipe = {
      ...withOptimiser({ learningRate: 10 }),
      image: { pooling: 'average', norm: 'none', scale: 1e30 },
    };
    await expect(train(request({ recipe: diverging }))).rejects.toMatchObject({
      code: 'training-diverged',
      message: expect.stringMatching(/epoch 1, .*learning rate.*lower/s),
    });
    expect(await ownModels()).toEqual([]);
  });

  it('leaves missing and broken photos out, and reports the missing ones', async () => {
    for (const i of [1, 2, 3, 4]) rmSync(path.join(dataset, 'images', `${i}.jpg`));
    writeFileSync(path.join(dataset, 'images', '6.jpg'), 'broken');
    await train(request({ recipe: withOptimiser({ epochs: 1 }) }));
    expect(notices.join()).toMatch(/lacks 4 photos .*1\.jpg, 2\.jpg, 3\.jpg, …/);
    const { metadata } = await readModel(path.join(tiny.home, 'models/mine.safetensors'));
    expect(metadata.data).toContain('123 photos (train)');
  });

  it('on train and val together keeps the recall of the run that had not seen val', async () => {
    const { updates, recalls } = await train(request({ final: true, recipe: withOptimiser({ epochs: 3 }) }));
    const epochs = updates.filter((update) => update.kind === 'epoch');
    expect(epochs.map((update) => (update.recalls ? 'measured' : 'final'))).toEqual([
      ...['measured', 'measured', 'measured'],
      ...['final', 'final', 'final'],
    ]);
    const { metadata } = await readModel(path.join(tiny.home, 'models/mine.safetensors'));
    expect(metadata).toMatchObject({ recalls, epoch: 3, data: expect.stringContaining('160 photos (train + val)') });
    expect(metadata.calibration).not.toBeNull();
  });

  it('starts from another model, with its layers and inputs instead of the recipe’s', async () => {
    const first = await train(request({ name: 'first' }));
    const others: Recipe = {
      ...withOptimiser({ epochs: 1 }),
      image: { pooling: 'average', norm: 'none', scale: 1 },
      network: recipes.seed.network,
    };
    const second = await train(request({ name: 'second', recipe: others, init: 'first' }));
    expect(second.recalls!.textToImage.r1).toBeGreaterThan(first.recalls!.textToImage.r1 - 25);
    const { metadata } = await readModel(path.join(tiny.home, 'models/second.safetensors'));
    expect(metadata.text.hidden).toBe(96);
    expect(metadata.recipe.image).toEqual(recipe.image);
    await expect(train(request({ init: 'unknown' }))).rejects.toMatchObject({ code: 'model-unknown' });
  });

  it('stops when the caller leaves the loop, and keeps its checkpoint until it is deleted', async () => {
    for await (const update of tiny.descry.training.run(request())) {
      if (update.kind === 'epoch' && update.epoch === 2) break;
    }
    expect(checkpoints().length).toBeGreaterThan(0);
    await tiny.descry.training.forget(request());
    expect(checkpoints()).toEqual([]);
  });

  it('waits for photos in progress when it is stopped while encoding, and keeps their features', async () => {
    tiny.vision.delayMs = 30;
    const controller = new AbortController();
    const run = train(request(), ({ kind }) => kind === 'encoding' && controller.abort(), controller.signal);
    await expect(run).rejects.toThrow();
    const { length } = tiny.vision.described;
    expect(length).toBeGreaterThanOrEqual(64);
    tiny.vision.delayMs = 0;
    await train(request({ recipe: withOptimiser({ epochs: 1 }) }));
    expect(tiny.vision.described).toHaveLength(160);
  });

  it('fails with the error of the vision worker, and can be repeated', async () => {
    tiny.vision.trouble = diskFull();
    await expect(train(request())).rejects.toMatchObject({ code: 'disk-full' });
    tiny.vision.trouble = undefined;
    await train(request({ recipe: withOptimiser({ epochs: 1 }) }));
  });

  it('needs a val split to measure on', async () => {
    writeFileSync(
      path.join(dataset, 'split.csv'),
      ['image_name,split', ...Array.from({ length: 160 }, (_, i) => `${i}.jpg,train`)].join('\n'),
    );
    await expect(train(request())).rejects.toMatchObject({
      code: 'dataset-invalid',
      message: expect.stringContaining('val'),
    });
  });
});
