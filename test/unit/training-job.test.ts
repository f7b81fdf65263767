import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelSummary, Recalls, TrainingState } from '../../electron/ipc/contract.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { TrainingJob, type TrainingJobOptions } from '../../electron/services/training/training-job.ts';
import type { TrainingRequest } from '../../electron/services/training/training.ts';
import { DescryError, errorObject } from '../../models/errors.ts';
import { training } from '../../models/resnet50-glove/recipe-form.ts';

const recall = { r1: 20, r5: 40, r10: 60, medianRank: 6 };
const recalls: Recalls = { textToImage: recall, imageToText: recall };
const sets = [{ set: 'photos', photos: 9, recalls }];
const settings = { datasets: ['/photos'], recipe: 'default' as const, name: null, init: null, seed: 1 };
const summary = (id: string): ModelSummary => ({
  id,
  encoder: 'resnet50-glove',
  recipe: 'default',
  data: 'photos',
  outdatedFeatures: false,
  recall: recalls,
  sets,
  createdAt: 1,
  bytes: 1,
  words: null,
  builtIn: false,
  inUse: false,
});

let folder: string;
/** checkpoints: epochs done, by request */
let checkpoints: Map<string, number>;
let requests: TrainingRequest[];
let done: string[];
let states: TrainingState[];
/** runs before each epoch */
let beforeEpoch: (epoch: number) => Promise<void> | void;
const epochs = 4;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'descry-job-'));
  checkpoints = new Map();
  requests = [];
  done = [];
  states = [];
  beforeEpoch = () => undefined;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function job(options: Partial<TrainingJobOptions> = {}): TrainingJob {
  return new TrainingJob({
    folder,
    support: () => training,
    async *run(request, signal) {
      requests.push(request);
      const key = JSON.stringify(request);
      yield { kind: 'encoding', done: 1, total: 2, photosPerSecond: 1 };
      const from = checkpoints.get(key) ?? 0;
      if (from > 0) yield { kind: 'resumed', epoch: from };
      for (let epoch = from + 1; epoch <= epochs; epoch++) {
        const times = { epoch, epochs, steps: 2, loss: 1 / epoch, seconds: 1, secondsLeft: 1 };
        await beforeEpoch(epoch);
        signal.throwIfAborted();
        yield { kind: 'step', step: 1, ...times };
        checkpoints.set(key, epoch);
        yield { kind: 'epoch', recalls, sets, best: true, samples: null, ...times };
      }
      yield { kind: 'finished', model: 'mine', epoch: epochs, recalls, sets, seconds: 1 };
    },
    forget: async (request) => void (done.push('forget'), checkpoints.delete(JSON.stringify(request))),
    summary: async (id) => summary(id),
    measurePresent: async () => ({ recalls, sets, model: 'default' }),
    useModel: async (id) => void done.push(`use ${id}`),
    removeModel: async (id) => void done.push(`remove ${id}`),
    onChange: (state) => states.push(state),
    log: silentLog,
    ...options,
  });
}
const reaches = (run: TrainingJob, state: TrainingState['state']) => expect.poll(() => run.state().state).toBe(state);
const savedState = () => (JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8')) as { state: string }).state;

type Action = (run: TrainingJob) => Promise<unknown>;

/** Starts a run, and calls `action` when so many epochs are done and the next has not begun. */
async function startAndInterrupt(doneEpochs: number, action: Action): Promise<TrainingJob> {
  const { promise: blocked, resolve: unblock } = Promise.withResolvers<void>();
  beforeEpoch = (epoch) => (epoch > doneEpochs ? blocked : undefined);
  const run = job();
  run.start(settings);
  await expect.poll(() => run.state().epoch).toBe(doneEpochs);
  const ended = action(run);
  beforeEpoch = () => undefined;
  unblock();
  await ended;
  return run;
}

/** Starts a run, and calls `action` at the moment at which it finishes. */
async function startAndFinishDuring(action: Action): Promise<TrainingJob> {
  const { promise: blocked, resolve: unblock } = Promise.withResolvers<void>();
  const run = job({
    async *run() {
      await blocked;
      yield { kind: 'finished', model: 'mine', epoch: 1, recalls, sets, seconds: 1 };
    },
  });
  run.start(settings);
  const ended = action(run);
  unblock();
  await ended;
  return run;
}

async function startAndFinish(): Promise<TrainingJob> {
  const run = job();
  run.start(settings);
  await reaches(run, 'finished');
  return run;
}

describe('a training run of the window', () => {
  it('goes from the start to a decision', async () => {
    const run = job();
    expect(run.state().state).toBe('none');
    run.start(settings);
    expect(() => run.start(settings)).toThrow(expect.objectContaining({ code: 'usage' }));
    await reaches(run, 'finished');
    expect(run.state()).toMatchObject({
      epoch: 4,
      result: { model: { id: 'mine' }, recall: recalls, present: recalls, presentSets: sets },
    });
    expect(run.state().history.filter((point) => point.recall)).toHaveLength(4);
    expect(states.some(({ state }) => state === 'encoding')).toBe(true);
    expect(() => run.start(settings)).toThrow(expect.objectContaining({ code: 'usage' }));
    await run.settle('use');
    expect(done).toEqual(['use mine']);
    expect(run.state().state).toBe('none');
    expect(existsSync(path.join(folder, 'run.json'))).toBe(false);
  });

  it.each([
    ['keep', []],
    ['discard', ['remove mine']],
  ] as const)('can end with %s', async (decision, expected) => {
    const run = await startAndFinish();
    await run.settle(decision);
    expect(done).toEqual(expected);
    await expect(run.settle(decision)).rejects.toMatchObject({ code: 'usage' });
  });

  it('pauses and goes on from its checkpoint, with one history', async () => {
    const run = await startAndInterrupt(2, (run) => run.pause());
    expect(run.state().state).toBe('paused');
    expect(savedState()).toBe('paused');
    run.resume();
    await reaches(run, 'finished');
    expect(requests).toHaveLength(2);
    expect(requests[1]).toEqual(requests[0]);
    expect(
      run
        .state()
        .history.filter((point) => point.recall)
        .map(({ epoch }) => epoch),
    ).toEqual([1, 2, 3, 4]);
  });

  it('is resumed at the next start of the program', async () => {
    await startAndInterrupt(2, (run) => run.close());
    expect(savedState()).toBe('running');
    const second = job();
    await second.restore();
    await reaches(second, 'finished');
    expect(requests).toHaveLength(2);

    // finished, and closed before the decision
    const third = job();
    await third.restore();
    expect(third.state()).toMatchObject({ state: 'finished', result: { model: { id: 'mine' } } });
    expect(requests).toHaveLength(2);
    await third.settle('keep');
    const fourth = job();
    await fourth.restore();
    expect(fourth.state().state).toBe('none');
  });

  it('stays paused over a restart', async () => {
    await startAndInterrupt(1, (run) => run.pause());
    const second = job();
    await second.restore();
    expect(second.state()).toMatchObject({ state: 'paused', epoch: 1 });
    expect(requests).toHaveLength(1);
    second.resume();
    await reaches(second, 'finished');
  });

  it('can be cancelled while it runs, and leaves nothing', async () => {
    const run = await startAndInterrupt(1, (run) => run.cancel());
    expect(run.state().state).toBe('none');
    expect(checkpoints.size).toBe(0);
    expect(existsSync(path.join(folder, 'run.json'))).toBe(false);
    run.start({ ...settings, seed: 2 });
    await reaches(run, 'finished');
  });

  it('that finishes while it is being paused is finished', async () => {
    const run = await startAndFinishDuring((run) => run.pause());
    expect(run.state()).toMatchObject({ state: 'finished', result: { model: { id: 'mine' } } });
    expect(savedState()).toBe('finished');
    await run.settle('keep');
  });

  it('that finishes while it is being cancelled does not leave its model', async () => {
    const run = await startAndFinishDuring((run) => run.cancel());
    expect(done).toContain('remove mine');
    expect(run.state().state).toBe('none');
  });

  it('shows why it failed, and can be tried again or replaced by a new run', async () => {
    const failure = new DescryError('disk-full', 'The disk is full.', {
      parameters: { weightsFolder: '/a', freeBytes: 5 },
    });
    beforeEpoch = (epoch) => {
      if (epoch === 2) throw failure;
    };
    const run = job();
    run.start(settings);
    await reaches(run, 'failed');
    expect(run.state().error).toEqual(errorObject(failure));
    const later = job();
    await later.restore();
    expect(later.state()).toMatchObject({ state: 'failed', error: errorObject(failure) });
    beforeEpoch = () => undefined;
    later.resume();
    await reaches(later, 'finished');
    expect(later.state().error).toBeNull();
    await later.settle('keep');

    beforeEpoch = () => {
      throw failure;
    };
    run.start({ ...settings, seed: 9 });
    await reaches(run, 'failed');
    beforeEpoch = () => undefined;
    run.start({ ...settings, seed: 10 });
    await reaches(run, 'finished');
    expect(done).toContain('forget');
  });

  it('that an earlier version saved shows why it failed, too', async () => {
    const saved = { settings, state: 'failed', history: [], model: null, message: 'The disk is full.' };
    writeFileSync(path.join(folder, 'run.json'), JSON.stringify(saved));
    const run = job();
    await run.restore();
    expect(run.state()).toMatchObject({ state: 'failed', error: { code: 'internal', message: 'The disk is full.' } });
  });

  it('of one dataset that an earlier version saved goes on with the same request', async () => {
    const { datasets, ...others } = settings;
    const point = { epoch: 1, step: 2, loss: 1, recall: recalls };
    const saved = { settings: { ...others, dataset: datasets[0] }, state: 'running', history: [point], model: null };
    writeFileSync(path.join(folder, 'run.json'), JSON.stringify(saved));
    const run = job();
    await run.restore();
    expect(requests).toMatchObject([{ datasets: ['/photos'], photos: [] }]);
    expect(run.state().history[0]).toEqual({ ...point, sets: [] });
    await reaches(run, 'finished');
  });

  it('rejects invalid advanced fields, and uses valid ones', async () => {
    const run = job();
    expect(() => run.start({ ...settings, recipe: 'advanced', overrides: { batch: '1' } })).toThrow(/batch/);
    expect(run.state().state).toBe('none');
    run.start({ ...settings, recipe: 'advanced', overrides: { epochs: 7 }, name: 'Mine' });
    expect(requests[0]).toMatchObject({ name: 'Mine', recipe: { optimiser: { epochs: 7 } } });
    await reaches(run, 'finished');
  });

  it('ignores a damaged file, and that of a run which another version saved', async () => {
    for (const text of [
      '{"settings":',
      '{}',
      JSON.stringify({
        settings: { ...settings, recipe: 'advanced', overrides: { warmth: 1 } },
        state: 'running',
        history: [],
        model: null,
        error: null,
      }),
    ]) {
      writeFileSync(path.join(folder, 'run.json'), text);
      const run = job();
      await run.restore();
      expect(run.state().state).toBe('none');
      run.start(settings);
      await reaches(run, 'finished');
      await run.settle('keep');
    }
  });

  it('continues where it cannot be saved, and logs that', async () => {
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file in the way');
    const warnings: string[] = [];
    const run = job({ log: { ...silentLog, warn: (message) => warnings.push(message) } });
    run.start(settings);
    await reaches(run, 'finished');
    expect(warnings.join()).toContain('run.json');
    await run.settle('keep');
    expect(run.state().state).toBe('none');
  });
});
