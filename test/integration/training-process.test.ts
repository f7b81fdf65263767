/** Training as in the desktop app: the vision worker opens the photos, and the training worker trains the network. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  RemoteTraining,
  type TrainingItem,
  type TrainingMethods,
} from '../../electron/services/training/training-host.ts';
import type { TrainingRequest } from '../../electron/services/training/training.ts';
import type { VisionMethods } from '../../electron/vision/protocol.ts';
import { refusedVision } from '../../electron/vision/refused.ts';
import { RemoteVision } from '../../electron/vision/remote.ts';
import { forkWorker } from '../../electron/workers/fork.ts';
import type { WorkerProcess } from '../../electron/workers/protocol.ts';
import { WorkerSupervisor } from '../../electron/workers/supervisor.ts';
import { recipes } from '../../models/two-branch/recipe.ts';
import { scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';

const root = path.resolve(import.meta.dirname, '../..');
const photos = 24;

let tiny: TinyLibrary;
let remove: () => void;
let dataset: string;
let logged: string[];
let trainer: WorkerProcess;
let visionStarts: number;
let trainerStarts: number;
let training: RemoteTraining;
let close: () => Promise<unknown>;

beforeEach(async () => {
  const { folder, remove: removeFolder } = scratch('training-process');
  remove = removeFolder;
  logged = [];
  visionStarts = 0;
  trainerStarts = 0;
  const log = (message: string) => void logged.push(message);
  const vision = new WorkerSupervisor<VisionMethods>({
    name: 'vision',
    start: () => {
      visionStarts++;
      return forkWorker(path.join(root, 'test/fixtures/vision-worker.ts'));
    },
    log,
    backOffMs: [0],
  });
  const host = new WorkerSupervisor<TrainingMethods>({
    name: 'training',
    start: () => {
      trainerStarts++;
      return (trainer = forkWorker(path.join(root, 'electron/training-worker.ts')));
    },
    log,
    backOffMs: [0],
  });
  tiny = await tinyLibrary(folder, {
    vision: (setup) => new RemoteVision(vision, setup),
    log: { info: log, warn: log, error: log },
  });
  const place = { home: tiny.home, builtInModel: path.join(folder, 'default.safetensors') };
  training = new RemoteTraining(host, place, (folder, wanted, signal) =>
    tiny.descry.training.encode(folder, wanted, signal),
  );
  dataset = path.join(folder, 'dataset');
  writeDataset();
  close = () => Promise.all([vision.close(), host.close()]);
});
afterEach(async () => {
  await close();
  await tiny.descry.close();
  remove();
});

/** `killer.jpg` ends every vision worker that opens it (test/fixtures/vision-worker.ts). */
function writeDataset(): void {
  mkdirSync(path.join(dataset, 'images'), { recursive: true });
  const names = ['killer.jpg', ...Array.from({ length: photos }, (_, i) => `${i}.jpg`)];
  for (const name of names) writeFileSync(path.join(dataset, 'images', name), name);
  const animals = ['dog', 'cat', 'horse'];
  const captions = names.map((name, i) => `${name}| 0| A ${animals[i % 3]} on the grass .`);
  const splits = names.map((name, i) => `${name},${i % 3 === 1 ? 'val' : 'train'}`);
  writeFileSync(path.join(dataset, 'captions.csv'), ['image_name| comment_number| comment', ...captions].join('\n'));
  writeFileSync(path.join(dataset, 'split.csv'), ['image_name,split', ...splits].join('\n'));
}

const request = (epochs: number): TrainingRequest => ({
  datasets: [dataset],
  photos: [],
  recipe: {
    ...recipes.seed,
    name: 'small',
    image: { pooling: 'average', norm: 'l2', scale: 1 },
    network: { ...recipes.seed.network, imageHidden: 16, textHidden: 16, embedding: 8 },
    optimiser: { ...recipes.seed.optimiser, epochs, batch: 8 },
  },
  seed: 1,
  name: 'mine',
  init: null,
  final: false,
  captions: null,
});

async function run(epochs: number, see: (item: TrainingItem) => void = () => undefined): Promise<TrainingItem[]> {
  const items: TrainingItem[] = [];
  for await (const item of training.run(request(epochs), new AbortController().signal)) {
    items.push(item);
    see(item);
  }
  return items;
}

describe('training in a separate process', () => {
  test('continues after a photo crashed the process that opens it: the photo is left out, and the log says which', async () => {
    const items = await run(2);
    expect(items.at(-1)).toMatchObject({ kind: 'finished', model: 'mine' });
    expect(logged).toContainEqual(
      expect.stringMatching(
        /killer\.jpg is left out: The process that opens photos ended each time this one was opened alone/,
      ),
    );
    expect(logged.filter((line) => line.includes('left out'))).toHaveLength(1);
    expect(trainerStarts).toBe(1);
    // once with others, three times by itself (a signal ended it), and once more for those after it
    expect(visionStarts).toBe(5);
    expect((await tiny.descry.models.summary('mine')).data).toContain('16 photos (train)');
  });

  test('measures a model on a dataset with such a photo', async () => {
    const { recalls, sets } = await training.measure([dataset], 'default');
    expect(sets).toMatchObject([{ set: 'dataset', recalls }]);
    const { textToImage } = recalls;
    expect(textToImage.r10).toBeGreaterThan(0);
    expect(trainerStarts).toBe(1);
  });

  test('is resumed from its last checkpoint when its process crashes', async () => {
    let killed = false;
    const items = await run(6, (item) => {
      if (killed || item.kind !== 'epoch' || item.epoch < 3) return;
      killed = true;
      trainer.kill();
    });
    expect(trainerStarts).toBe(2);
    expect(items.find(({ kind }) => kind === 'resumed')).toMatchObject({ epoch: expect.any(Number) });
    expect(items.at(-1)).toMatchObject({ kind: 'finished' });
  });

  test('fails with a message when its process crashes repeatedly', async () => {
    const dying = run(400, (item) => {
      if (item.kind === 'step' || item.kind === 'resumed') trainer.kill();
    });
    await expect(dying).rejects.toThrow('The training process ended unexpectedly');
    expect(trainerStarts).toBe(3);
  });
});

test('a process that must not open photos refuses every one', async () => {
  const file = path.join(dataset, 'images', '1.jpg');
  expect(await refusedVision.identify([file], [dataset])).toEqual([
    { failure: expect.objectContaining({ code: 'photo-unreadable' }) },
  ]);
  expect(await refusedVision.describe([file], 'any', undefined, [dataset])).toEqual([
    { failure: expect.objectContaining({ code: 'photo-unreadable' }) },
  ]);
  await expect(refusedVision.thumbnail({ path: file, roots: [dataset], side: 100 })).rejects.toThrow(
    'not opened in this process',
  );
});
