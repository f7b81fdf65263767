/** Training as the window knows it: folders, recipes, estimates, and the run. */
import { describe, expect, it } from 'vitest';
import type { DatasetReport, RecipeForm, TrainableEncoder, TrainingState } from '../../electron/ipc/contract.ts';
import { Failure } from '../fixtures/contract-bridge.ts';
import { openWindow, pass } from './renderer-state.ts';

const builtIn: TrainableEncoder = {
  ...{ id: 'first', title: 'The first', added: false, inUse: true, learnsWithoutCaptions: true },
  ...{ recipes: ['default', 'layers', 'seed', 'tuned'], form: null },
};
const encoderWith = (form: RecipeForm) => () => [{ ...builtIn, form }];
const failure = () => new Failure({ code: 'internal', message: 'It did not work.' });

describe('training', () => {
  const idle: TrainingState = {
    state: 'none',
    settings: null,
    epoch: 0,
    epochs: 0,
    step: 0,
    steps: 0,
    secondsLeft: null,
    history: [],
    samples: [],
    result: null,
    error: null,
  };
  const report: DatasetReport = {
    path: '/data',
    photos: 10,
    captions: 50,
    missingPhotos: 0,
    malformedRows: 0,
    photosWithoutCaptions: 0,
    photosWithoutSplit: 0,
    splits: { train: 8, val: 1, test: 1 },
    splitSource: { kind: 'file', file: 'split.csv' },
    toEncode: 0,
    secondsToEncode: 1,
    trainingTimes: {},
    estimatedBytes: 1,
  };
  const start = async () => {
    const { training } = await import('../../renderer/state/training.svelte.ts');
    const { trainingFolders } = await import('../../renderer/state/training-folders.svelte.ts');
    await training.start();
    return { training, trainingFolders };
  };

  it('starts nothing without a dataset or with a seed that is none', async () => {
    const bridge = openWindow({ 'training.state': () => idle, 'training.chooseDataset': () => report });
    const { training, trainingFolders } = await start();
    await training.begin(null);
    await trainingFolders.addDataset();
    training.seed = '1.5';
    expect(training.seedProblem).toBe('Enter a whole number.');
    await training.begin(null);
    expect(bridge.count('training.start')).toBe(0);
  });

  it('adds up several folders, with captions and without, and removes and checks them again', async () => {
    const time = { secondsBefore: 10, secondsPerEpoch: 2, epochs: 5 };
    const second = { ...report, path: '/more', splits: { train: 50, val: 0, test: 0 }, secondsToEncode: 3 };
    let chosen: DatasetReport = { ...second, trainingTimes: { default: time } };
    const bridge = openWindow({
      'training.state': () => idle,
      'training.chooseDataset': () => chosen,
      'training.choosePhotos': () => ({ path: '/p', photos: 7, toEncode: 7, secondsToEncode: 4, estimatedBytes: 70 }),
      'training.start': () => undefined,
      'training.checkDataset': ({ path }) => ({ ...chosen, path, toEncode: 0, secondsToEncode: 0 }),
      'training.checkPhotos': ({ path }) => ({ path, photos: 8, toEncode: 0, secondsToEncode: 0, estimatedBytes: 0 }),
    });
    const { training, trainingFolders } = await start();
    await trainingFolders.addDataset();
    expect([trainingFolders.complete, training.ready]).toEqual([false, false]); // nothing to validate with
    chosen = { ...report, trainingTimes: { default: { ...time, secondsPerEpoch: 4 } } };
    await trainingFolders.addDataset();
    await trainingFolders.addDataset(); // the same again
    await trainingFolders.addPhotos();
    expect(trainingFolders.datasets.map(({ path }) => path)).toEqual(['/more', '/data']);
    expect(trainingFolders.splits.train).toBe(50 + report.splits.train);
    expect([training.ready, trainingFolders.toEncode]).toEqual([true, 7]);
    expect(training.estimatedSeconds).toBe(3 + 1 + 4 + (10 + 5 * 2) + (10 + 5 * 4));
    await trainingFolders.recheck();
    expect(training.estimatedSeconds).toBe(2 * (10 + 5 * 4));
    expect(trainingFolders.photos).toMatchObject([{ path: '/p', photos: 8 }]);
    trainingFolders.removeDataset('/more');
    await training.begin(null);
    trainingFolders.removePhotos('/p');
    expect(trainingFolders.all.map(({ path }) => path)).toEqual(['/data']);
    const { argument } = bridge.asked.find(({ name }) => name === 'training.start')!;
    expect(argument).toMatchObject({ datasets: ['/data'], photos: ['/p'] });
  });

  it('claims no time of an encoder whose speed was not measured', async () => {
    const time = { secondsBefore: 10, secondsPerEpoch: 2, epochs: 5 };
    let chosen: DatasetReport = { ...report, secondsToEncode: null, trainingTimes: { default: time } };
    openWindow({ 'training.state': () => idle, 'training.chooseDataset': () => chosen });
    const { training, trainingFolders } = await start();
    await trainingFolders.addDataset();
    expect(training.estimatedSeconds).toBeNull();
    chosen = { ...report, trainingTimes: { default: { ...time, secondsBefore: null } } };
    await trainingFolders.addDataset();
    expect(training.estimatedSeconds).toBeNull();
    chosen = { ...report, trainingTimes: { default: time } };
    await trainingFolders.addDataset();
    expect(training.estimatedSeconds).toBe(1 + 10 + 5 * 2);
  });

  it('sends what was chosen, and shows the run that came of it', async () => {
    let state = idle;
    const bridge = openWindow({
      'training.state': () => state,
      'training.chooseDataset': () => report,
      'training.start': () => {
        state = { ...idle, state: 'encoding' };
      },
    });
    const { training, trainingFolders } = await start();
    await trainingFolders.addDataset();
    training.name = ' mine ';
    training.fromCurrent = true;
    await training.begin('default');
    expect(bridge.asked.find(({ name }) => name === 'training.start')?.argument).toEqual({
      datasets: ['/data'],
      photos: [],
      recipe: 'default',
      overrides: {},
      name: 'mine',
      init: 'default',
      seed: 1,
    });
    expect([training.active, training.acting]).toEqual([true, false]);
  });

  it('says the time and the disk space of a recipe that fine-tunes, also where it is set by hand', async () => {
    openWindow({
      'training.state': () => idle,
      'training.chooseDataset': () => ({
        ...report,
        trainingTimes: {
          default: { secondsBefore: 10, secondsPerEpoch: 2, epochs: 5 },
          tuned: { secondsBefore: 40, secondsPerEpoch: 100, epochs: 4, maps: { seconds: 7, bytes: 500 } },
        },
      }),
      'training.encoders': encoderWith({
        fields: [
          { name: 'kind', choices: ['one'] },
          {
            name: 'network',
            choices: ['frozen', 'learns'],
            timedAs: { learns: { recipe: 'tuned', epochs: 'rounds' } },
          },
          { name: 'rounds', least: 1, most: 9, whole: true, onlyFor: { network: 'learns' } },
          { name: 'epochs', least: 1, most: 9, whole: true },
        ],
        kindField: 'kind',
        kinds: { one: { recipe: 'default', defaults: { network: 'frozen', rounds: 4, epochs: 5 } } },
      }),
    });
    const { training, trainingFolders } = await start();
    await trainingFolders.addDataset();
    expect([training.estimatedSeconds, training.estimatedBytes]).toEqual([1 + 10 + 5 * 2, 1]);
    training.recipe = 'tuned';
    expect([training.estimatedSeconds, training.estimatedBytes]).toEqual([1 + 7 + 40 + 4 * 100, 501]);
    training.recipe = 'advanced';
    training.set('epochs', '3');
    expect([training.estimatedSeconds, training.estimatedBytes]).toEqual([1 + 10 + 3 * 2, 1]);
    training.set('network', 'learns');
    training.set('rounds', '2');
    expect([training.estimatedSeconds, training.estimatedBytes]).toEqual([1 + 7 + 40 + 2 * 100, 501]);
  });

  it('sets a recipe by hand in the form of the encoder, whatever its fields are', async () => {
    const layers = { least: 1, most: 9, whole: true };
    const bridge = openWindow({
      'training.state': () => idle,
      'training.chooseDataset': () => ({
        ...report,
        trainingTimes: { wide: { secondsBefore: 5, secondsPerEpoch: 2, epochs: 3 } },
      }),
      'training.encoders': encoderWith({
        fields: [
          { name: 'shape', choices: ['deep', 'wide'] },
          { name: 'depth', ...layers, onlyFor: { shape: 'deep' } },
          { name: 'epochs', ...layers },
        ],
        kindField: 'shape',
        kinds: {
          deep: { recipe: 'default', defaults: { depth: 4, epochs: 2 } },
          wide: { recipe: 'wide', defaults: { epochs: 3 } },
        },
      }),
      'training.start': () => undefined,
    });
    const { training, trainingFolders } = await start();
    await trainingFolders.addDataset();
    training.recipe = 'advanced';
    expect(training.fields).toEqual({ shape: 'deep', depth: '4', epochs: '2' });
    training.set('depth', '10');
    expect([training.problems, training.ready]).toEqual([{ depth: 'Between 1 and 9.' }, false]);
    training.set('shape', 'wide');
    training.set('epochs', '7');
    expect([training.problems, training.ready]).toEqual([{}, true]);
    expect(training.estimatedSeconds).toBe(1 + 5 + 7 * 2);
    await training.begin(null);
    expect(bridge.asked.find(({ name }) => name === 'training.start')?.argument).toMatchObject({
      recipe: 'advanced',
      overrides: { shape: 'wide', epochs: 7 },
    });
  });

  it('asks for the run again after a restart, and once a refused request is over', async () => {
    const bridge = openWindow({
      'training.state': () => idle,
      'training.pause': () => {
        throw failure();
      },
    });
    const { training } = await start();
    await training.pause();
    expect(training.acting).toBe(false);
    bridge.emit('library.restarted', undefined);
    await pass();
    expect(bridge.count('training.state')).toBe(3);
    expect(bridge.count('training.encoders')).toBe(2);
  });

  it('trains on the encoder of the model in use, and on another one that is chosen', async () => {
    const added: TrainableEncoder = {
      ...{ id: 'clip', title: 'CLIP', added: true, inUse: true, learnsWithoutCaptions: false },
      ...{ recipes: ['default', 'kernel', 'layers', 'seed'], form: null },
    };
    let encoders = [{ ...builtIn, inUse: false }, added].reverse();
    const bridge = openWindow({
      'training.state': () => idle,
      'training.encoders': () => encoders,
      'training.chooseDataset': () => report,
      'training.choosePhotos': () => ({ path: '/p', photos: 7, toEncode: 7, secondsToEncode: 4, estimatedBytes: 70 }),
      'training.checkDataset': ({ path, encoder }) => ({ ...report, path, toEncode: encoder === undefined ? 3 : 8 }),
      'training.checkPhotos': ({ path }) => ({ path, photos: 7, toEncode: 0, secondsToEncode: 0, estimatedBytes: 0 }),
      'training.start': () => undefined,
    });
    const started = () => bridge.asked.filter(({ name }) => name === 'training.start').at(-1)?.argument;
    const { training, trainingFolders } = await start();
    expect(training.encoder?.id).toBe('clip');
    expect(training.recipes).toEqual(['default', 'seed']);
    await trainingFolders.addDataset();
    expect(bridge.asked.at(-1)).toMatchObject({ name: 'training.chooseDataset', argument: { encoder: 'clip' } });
    training.fromCurrent = true;
    await training.begin('mine');
    expect(started()).toMatchObject({ encoder: 'clip', init: 'mine', photos: [] });

    await training.chooseEncoder('first');
    expect(training.recipes).toEqual(['default', 'seed', 'tuned']);
    expect([training.canStartFromCurrent, training.fromCurrent]).toEqual([false, false]);
    expect(trainingFolders.toEncode).toBe(3); // checked again
    await trainingFolders.addPhotos();
    training.recipe = 'tuned';
    await training.begin('mine');
    expect(started()).toMatchObject({ init: null, photos: ['/p'], recipe: 'tuned' });
    expect(started()).not.toHaveProperty('encoder');

    await training.chooseEncoder('clip');
    expect([training.recipe, trainingFolders.toEncode]).toEqual(['default', 8]);
    await training.begin(null);
    expect(started()).toMatchObject({ photos: [] });

    // The encoder was removed meanwhile.
    encoders = [builtIn];
    bridge.emit('encoders.changed', undefined);
    await pass();
    expect(training.encoder?.id).toBe('first');
  });
});
