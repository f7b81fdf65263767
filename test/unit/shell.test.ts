import { describe, expect, test } from 'vitest';
import { longestSentence, type IndexingProgress, type TrainingState } from '../../electron/ipc/contract.ts';
import { requireSentence } from '../../electron/services/search/search.ts';
import { autostartEntry } from '../../electron/shell/autostart.ts';
import { parseCommandLine } from '../../electron/shell/command-line.ts';
import { LongJobs } from '../../electron/shell/long-jobs.ts';
import { progressText, taskbarProgress } from '../../electron/shell/progress.ts';

describe('the command line of the program', () => {
  test.each([
    [['descry'], false, { sentence: undefined, home: undefined, hidden: false }],
    [['descry', 'a dog on the grass'], false, { sentence: 'a dog on the grass' }],
    [['descry', 'a', 'dog'], false, { sentence: 'a dog' }],
    [['electron', '.', 'a dog'], true, { sentence: 'a dog' }],
    [['electron', '--disable-gpu', '--no-sandbox', '/checkout'], true, { sentence: undefined }],
    [['electron', '-r', 'loader.js', '--inspect=0', '.', 'a dog'], true, { sentence: 'a dog' }],
    [['descry', '--home', '/photos', 'a dog'], false, { home: '/photos', sentence: 'a dog' }],
    [['descry', '--home=/photos'], false, { home: '/photos', sentence: undefined }],
    [['descry', '--hidden'], false, { hidden: true, sentence: undefined }],
    [['descry', '   '], false, { sentence: undefined }],
  ])('%j', (argv, namesApp, expected) => {
    expect(parseCommandLine(argv, namesApp)).toMatchObject(expected);
  });

  test('keeps a sentence that is too long too long, so that the window refuses it', () => {
    const { sentence } = parseCommandLine(['descry', 'x'.repeat(5000)], false);
    expect(sentence!.length).toBeGreaterThan(longestSentence);
    expect(() => requireSentence(sentence!)).toThrow(/longer than 1,000 characters/);
    expect(() => requireSentence('x'.repeat(longestSentence))).not.toThrow();
  });
});

const progress = (change: Partial<IndexingProgress>): IndexingProgress => ({
  state: 'indexing',
  done: 0,
  total: 0,
  photosPerSecond: 0,
  secondsLeft: null,
  error: null,
  ...change,
});

describe('indexing progress outside the page', () => {
  test('on the taskbar', () => {
    expect(taskbarProgress(progress({ done: 25, total: 100 }))).toEqual({ value: 0.25, mode: 'normal' });
    expect(taskbarProgress(progress({ done: 3, total: 0 }))).toEqual({ value: 0, mode: 'normal' });
    expect(taskbarProgress(progress({ state: 'paused', done: 1, total: 2 }))).toEqual({ value: 0.5, mode: 'paused' });
    expect(taskbarProgress(progress({ state: 'scanning' })).mode).toBe('indeterminate');
    expect(taskbarProgress(progress({ state: 'idle' }))).toEqual({ value: -1, mode: 'none' });
  });

  test('in words', () => {
    expect(progressText(undefined)).toBe('No photos wait to be indexed');
    expect(progressText(progress({ done: 1250, total: 5000, secondsLeft: 190 }))).toBe(
      '1,250 of 5,000 photos, 3 minutes left',
    );
    expect(progressText(progress({ state: 'paused', done: 7, total: 9 }))).toBe('Paused at 7 of 9 photos');
  });

  test('changes its words no more often than once per percent, and ends with all', () => {
    const words = new Set(Array.from({ length: 10_001 }, (_, done) => progressText(progress({ done, total: 10_000 }))));
    expect(words.size).toBe(101);
    expect([...words].at(-1)).toBe('10,000 of 10,000 photos');
  });
});

describe('a notice', () => {
  const training = (state: TrainingState['state']) =>
    ({ state, error: { code: 'internal', message: 'out of memory' } }) as TrainingState;

  test('comes when a long indexing ends, once', () => {
    let now = 0;
    const jobs = new LongJobs(() => now);
    expect(jobs.see('indexing.progress', progress({ total: 900 }))).toBeUndefined();
    now = 40_000;
    expect(jobs.see('indexing.progress', progress({ done: 800, total: 900 }))).toBeUndefined();
    expect(jobs.see('indexing.progress', progress({ state: 'idle', done: 900, total: 900 }))).toEqual({
      title: 'Your photos are ready',
      body: '900 photos can be found.',
    });
    expect(jobs.see('indexing.progress', progress({ state: 'idle' }))).toBeUndefined();
  });

  test('does not come for a short one', () => {
    let now = 0;
    const jobs = new LongJobs(() => now);
    jobs.see('indexing.progress', progress({}));
    now = 5000;
    expect(jobs.see('indexing.progress', progress({ state: 'idle' }))).toBeUndefined();
  });

  test('comes when training ends, well or not, through a pause too, and not for what ended before', () => {
    const jobs = new LongJobs();
    expect(jobs.see('training.progress', training('finished'))).toBeUndefined();
    jobs.see('training.progress', training('training'));
    jobs.see('training.progress', training('paused'));
    expect(jobs.see('training.progress', training('finished'))?.title).toBe('Training has finished');
    jobs.see('training.progress', training('encoding'));
    expect(jobs.see('training.progress', training('failed'))).toEqual({
      title: 'Training has stopped',
      body: 'out of memory',
    });
    expect(jobs.see('settings.changed', {} as never)).toBeUndefined();
  });
});

test('the autostart entry quotes the program as the specification says', () => {
  expect(autostartEntry('/opt/Descry/descry')).toContain('\nExec="/opt/Descry/descry" --hidden\n');
  expect(autostartEntry('/home/a b/$x`"100%')).toContain('\nExec="/home/a b/\\\\$x\\\\`\\\\"100%%" --hidden\n');
});
