/** How well single words find photos, measured on a model that was trained in the test. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { encodeModel, readModel } from '../../models/two-branch/model-file.ts';
import { featureOfWords, withOptimiser, writeDataset } from '../fixtures/captioned-dataset.ts';
import { scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';
import { runEvaluation, runTraining, trainingRequest } from '../fixtures/training-run.ts';

let tiny: TinyLibrary;
let base: string;
let dataset: string;
let remove: () => void;

beforeEach(async () => {
  ({ folder: base, remove } = scratch('words'));
  tiny = await tinyLibrary(base);
  tiny.vision.feature = featureOfWords;
  dataset = path.join(base, 'dataset');
  writeDataset(dataset, 160);
});
afterEach(async () => {
  await tiny.descry.close();
  remove();
});

it('a model is measured on single words, by how many captions of its photos had them', async () => {
  const more = path.join(base, 'more.csv');
  const repeated = Array.from({ length: 300 }, (_, i) => `more${i}.jpg| 0| the ${i % 3 ? 'cat' : 'dog'} of ${i}`);
  writeFileSync(more, ['image_name| comment_number| comment', ...repeated].join('\n'));
  await runTraining(tiny, trainingRequest(dataset, { captions: more }));
  const { words } = await runEvaluation(tiny, dataset, 'all', 'mine');
  // Each of eight animals is on 20 of 160 photos, 16 of them in train with two captions each; four colours are on 24.
  expect(words).toMatchObject({ rare: { queries: 0, map: null }, known: { queries: 12 }, common: { queries: 0 } });
  expect(words!.known.map).toBeGreaterThan(0.5); // by chance about 0.15
  const file = (id: string) => path.join(tiny.home, `models/${id}.safetensors`);
  const [first, dogs] = [await readModel(file('mine')), 32];
  expect(first.captionCounts!.get('dog')).toBe(dogs);
  expect(first.text.counts[first.text.words.indexOf('dog')]).toBe(dogs + 100);
  const afterwards = { init: 'mine', final: true, recipe: withOptimiser({ epochs: 1 }) };
  await runTraining(tiny, trainingRequest(dataset, { name: 'next', ...afterwards })); // on the photos of val, too
  expect((await readModel(file('next'))).captionCounts!.get('dog')).toBe(dogs + 40);

  // A file of an earlier version counts all captions.
  const old = path.join(base, 'old.safetensors');
  writeFileSync(old, encodeModel({ ...first, captionCounts: undefined }));
  const { known, common } = (await runEvaluation(tiny, dataset, 'all', await tiny.descry.models.import(old))).words!;
  expect(known.queries).toBe(11);
  expect(common.queries).toBe(1); // the cat; the dog has 132
  expect((11 * known.map! + common.map!) / 12).toBeCloseTo(words!.known.map!, 2);
});
