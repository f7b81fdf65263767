import { beforeEach, expect, it } from 'vitest';
import type { IndexingProgress } from '../../electron/ipc/contract.ts';
import { IndexingState } from '../../electron/services/library/indexing-state.ts';

let indexer: IndexingProgress;
let scanning: boolean;
let told: IndexingProgress[];
let state: IndexingState;
beforeEach(() => {
  indexer = { state: 'idle', done: 0, total: 0, photosPerSecond: 0, secondsLeft: null, error: null };
  scanning = false;
  told = [];
  state = new IndexingState({ indexer: () => indexer, scanning: () => scanning }, (progress) => told.push(progress));
});
const states = () => told.map((progress) => progress.state);
const work = (change: Partial<IndexingProgress>) => {
  indexer = { ...indexer, ...change };
  state.update();
};

it('reports each change once, and gives the same state on request', () => {
  scanning = true;
  state.update();
  state.update();
  expect(state.progress).toEqual(told.at(-1));
  work({ state: 'indexing', done: 1, total: 10, photosPerSecond: 5 });
  scanning = false;
  state.update();
  expect(state.progress).toEqual(told.at(-1));
  work({ state: 'idle', done: 10 });
  expect(states()).toEqual(['scanning', 'indexing', 'idle']);
});

it('is scanning only while nothing is indexed or paused', () => {
  scanning = true;
  work({ state: 'paused' });
  work({ state: 'indexing' });
  work({ state: 'failed', error: { code: 'disk-full', message: 'The disk is full.' } });
  expect(states()).toEqual(['paused', 'indexing', 'failed']);
});

it('waits for the weights, shows why they could not be fetched, and clears that at the next attempt', () => {
  state.setWaiting(true);
  expect(state.progress.state).toBe('waiting-for-assets');
  state.setWaiting(false);
  state.setFailure({ code: 'offline', message: 'There is no network.' });
  expect(state.progress).toMatchObject({
    state: 'failed',
    error: { code: 'offline', message: 'There is no network.' },
  });
  state.setFailure(null);
  expect(state.progress).toMatchObject({ state: 'idle', error: null });
});

it('shows the projection for another model as indexing, and then the indexer’s own state again', async () => {
  work({ state: 'paused', done: 3, total: 9 });
  await state.whileProjecting(undefined, async (report) => {
    report({ done: 256, total: 1000 });
    expect(state.progress).toMatchObject({ state: 'indexing', done: 256, total: 1000, secondsLeft: null });
  });
  expect(state.progress).toMatchObject({ state: 'paused', done: 3, total: 9 });
});
