/** Fine-tuning from a folder to a model with its own ResNet50, on photos whose stage-4 maps contain the words of their captions. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrainingRequest, TrainingUpdate } from '../../electron/services/training/training.ts';
import { seededRandom } from '../../models/math/random.ts';
import { mapLength, stage5Shape } from '../../models/resnet50/tuning/stage5.ts';
import { readModel } from '../../models/two-branch/model-file.ts';
import { recipes, type Recipe } from '../../models/two-branch/recipe.ts';
import { featureOfWords, kernelRecipe, writeDataset } from '../fixtures/captioned-dataset.ts';
import { scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';
import { checkpointsOf, lossesOf, runTraining, trainingRequest } from '../fixtures/training-run.ts';

const photos = 40;
const tuned: Recipe = {
  ...kernelRecipe,
  name: 'small-tuned',
  kernel: { ...kernelRecipe.kernel!, components: 16, references: 10 },
  optimiser: { ...kernelRecipe.optimiser, epochs: 2 },
  // With so large a ridge the head knows nothing at first, so that stage 5 as it comes is not the best epoch.
  tuning: { ...recipes.tuned.tuning!, epochs: 2, batch: 8, learningRate: 0.0005, ridge: 100 },
};

/** Each word lights some channels at one position of the map, above the noise. */
function mapOfWords(bytes: Buffer): Float32Array {
  const random = seededRandom(bytes.readUInt32LE(0));
  const map = Float32Array.from({ length: mapLength(stage5Shape) }, () => random.uniform() * 0.05);
  for (const word of bytes.toString().split(' ').slice(0, 3)) {
    const own = seededRandom(Buffer.from(word).reduce((sum, letter) => (sum * 31 + letter) % 65_521, 7));
    const position = own.below(64);
    for (let i = 0; i < 100; i++) map[position * stage5Shape.inputs + own.below(stage5Shape.inputs)]! += 2;
  }
  return map;
}

let tiny: TinyLibrary;
let base: string;
let remove: () => void;
let dataset: string;

beforeEach(async () => {
  ({ folder: base, remove } = scratch('tuning'));
  tiny = await tinyLibrary(base);
  tiny.vision.feature = featureOfWords;
  tiny.vision.featureOfPart = (bytes, part) => (part.kind === 'maps' ? mapOfWords(bytes) : featureOfWords(bytes));
  dataset = path.join(base, 'dataset');
  writeDataset(dataset, photos);
});
afterEach(async () => {
  await tiny.descry.close();
  remove();
});

const request = (recipe: Recipe = tuned) => trainingRequest(dataset, { recipe });

const train = (wanted: TrainingRequest, ...rest: [see?: (update: TrainingUpdate) => void, signal?: AbortSignal]) =>
  runTraining(tiny, wanted, ...rest);
const runFiles = () => checkpointsOf(tiny).sort();
const records = (model: string) => tiny.descry.models.photoSide(model);

describe('fine-tuning', () => {
  it('makes a model with features of its own, for which the library is encoded anew, and forgets them with it; no training starts from it', async () => {
    const { descry, vision } = tiny;
    await descry.library.add(path.join(dataset, 'images'));
    await descry.library.scan(1);
    await descry.indexer.run();
    const before = await records(descry.models.inUse());

    let mapsOnDisk = 0;
    const { model, updates } = await train(request(), () => {
      const file = runFiles().find((name) => name.endsWith('maps.f16'));
      if (file) mapsOnDisk = statSync(path.join(tiny.home, 'training', file)).size;
    });
    // 131 kB a photo in a file of the run, which is gone at its end.
    expect(mapsOnDisk).toBe(photos * mapLength(stage5Shape) * 2);
    expect(runFiles()).toEqual([]);
    expect(vision.parts).toHaveLength(photos);
    expect(lossesOf(updates).map(([epoch]) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    const [, , first, second] = lossesOf(updates);
    expect(second![1]).toBeLessThan(first![1]);
    expect(updates.findLast((update) => update.kind === 'step')).toMatchObject({ epoch: 6, epochs: 6 });

    const { metadata, tuned: stage5 } = await readModel(path.join(tiny.home, 'models/mine.safetensors'));
    expect(stage5!.get('res5b_branch2b/kernel')!.shape).toEqual([4608, 512]);
    expect(metadata.encoder).toContain(`-tuned-${metadata.tuned}`);
    const side = await records(model);
    expect(side.part).toEqual({ kind: 'tuned', model: path.join(tiny.home, 'models/mine.safetensors') });
    expect(side.features).not.toBe(before.features);

    // No training can be started from it.
    await expect(train({ ...request(), name: 'other', init: model })).rejects.toMatchObject({
      code: 'model-incompatible',
    });

    vision.parts.length = 0;
    const progress: number[] = [];
    await descry.useModel(model, ({ done }) => progress.push(done));
    expect(vision.parts).toHaveLength(photos);
    expect(progress.at(-1)).toBe(photos);
    const { ids } = await descry.search.query('a black horse', { limit: 5 });
    expect(ids).toHaveLength(5);
    expect(descry.store.contents.encoders()).toContain(side.features);

    await descry.removeModel(model);
    expect(descry.models.inUse()).toBe('default');
    expect(descry.store.contents.encoders()).toEqual([before.features]);
    expect(vision.parts).toHaveLength(photos); // the features of the model before were kept
  });

  it('goes on from its last epoch, exactly', async () => {
    const whole = lossesOf((await train(request())).updates);
    await tiny.descry.models.delete('mine');
    const controller = new AbortController();
    const interrupted = train(
      request(),
      (update) => {
        if (update.kind === 'step' && update.epoch === 4) controller.abort(new Error('enough'));
      },
      controller.signal,
    );
    await expect(interrupted).rejects.toThrow('enough');
    expect(runFiles().filter((name) => name.endsWith('tuning.safetensors'))).toHaveLength(1);
    tiny.vision.parts.length = 0;
    const { updates } = await train(request());
    expect(tiny.vision.parts).toEqual([]);
    expect(updates.flatMap((update) => (update.kind === 'resumed' ? [update.epoch] : []))).toEqual([2, 3]);
    for (const [epoch, loss] of lossesOf(updates)) {
      expect(loss).toBeCloseTo(whole.find(([at]) => at === epoch)![1], 5);
    }
    expect(lossesOf(updates).map(([epoch]) => epoch)).toEqual([4, 5, 6]);
  });

  it('with folds, makes the features of each part by a stage that was tuned on the others', async () => {
    const recipe = { ...tuned, tuning: { ...tuned.tuning!, folds: 2, epochs: 1, learningRate: 0.001 } };
    const { updates } = await train(request(recipe));
    // Two epochs of the text branch, one of stage 5 on all, one on each half, two of the model.
    expect(lossesOf(updates).map(([epoch]) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const steps = updates.flatMap((update) =>
      update.kind === 'step' && update.epoch >= 3 && update.epoch <= 5 ? [update.steps] : [],
    );
    expect(steps).toEqual([4, 4, 4, 4, 2, 2, 2, 2]);
  });

  it('names a photo that cannot be opened any more', async () => {
    const { vision } = tiny;
    const describePhotos = vision.describe.bind(vision);
    const failure = { code: 'photo-unreadable', reason: 'It is broken.' } as const;
    vision.describe = (paths, encoder, part) =>
      part ? Promise.resolve(paths.map(() => ({ failure }))) : describePhotos(paths, encoder);
    await expect(train(request())).rejects.toMatchObject({
      code: 'dataset-invalid',
      message: expect.stringMatching(/\.jpg cannot be opened any more: It is broken\. Put the photo back/) as string,
    });
  });
});
