/** The choice of a mode, with a stand-in for the processes that try them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PhotoModes, photoModeText, type Precision, type TrialMethods } from '../../electron/services/photo-modes.ts';
import { WorkerDied, type WorkerHost } from '../../electron/workers/host.ts';
import { fastestMode, type ModeTrial, type PhotoMode } from '../../models/engine/modes.ts';

const encoder = 'resnet50-glove';
const weights = { files: { onnx: 'a.onnx', bytes: 'b.onnx' }, ids: { resnet50: 'r@1' } };
const processor: PhotoMode[] = ['float', '8-bit'];
const all: PhotoMode[] = ['float', '8-bit', 'dml', 'webgpu'];

type Outcome = Omit<ModeTrial, 'mode'> | 'crash' | 'hang' | 'error';
const agreeing = (speed: number): Outcome => ({ speed, agreement: 0.999 });

let folder: string;
let tried: PhotoMode[];
let closed: number;
let notices: string[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'photo-modes-'));
  tried = [];
  closed = 0;
  notices = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(
  outcomes: Partial<Record<PhotoMode, Outcome>>,
  {
    precision = 'automatic',
    machine = 'here',
    alone = false,
  }: { precision?: Precision; machine?: string; alone?: boolean } = {},
): PhotoModes {
  const start = (): WorkerHost<Pick<TrialMethods, 'tryMode'>> => ({
    run: async function* (_: string, { mode }: { mode: PhotoMode }, options?: { stallMs?: number }) {
      tried.push(mode);
      const outcome = outcomes[mode]!;
      if (outcome === 'crash') throw new WorkerDied('trial', 'SIGSEGV', false);
      if (outcome === 'hang') {
        expect(options?.stallMs).toBeLessThanOrEqual(mode === '8-bit' ? 120_000 : 30_000);
        throw new WorkerDied('trial', '', true);
      }
      if (outcome === 'error') throw new Error('no adapter');
      yield { mode, ...outcome };
    },
    close: () => Promise.resolve(void closed++),
  });
  return new PhotoModes({
    folder,
    start: alone ? null : start,
    precision: () => precision,
    machine: () => machine,
    notice: (message) => notices.push(message),
    log: { info: () => undefined, warn: () => undefined },
  });
}

describe('the fastest mode', () => {
  const trials = (...found: [PhotoMode, number, number][]) =>
    found.map(([mode, speed, agreement]) => ({ mode, speed, agreement }));

  test('is floats unless another is clearly faster and agrees', () => {
    expect(fastestMode([])).toBe('float');
    expect(fastestMode(trials(['8-bit', 2.8, 0.998]))).toBe('8-bit');
    expect(fastestMode(trials(['8-bit', 1.1, 0.998]))).toBe('float');
    expect(fastestMode(trials(['8-bit', 0.6, 0.998]))).toBe('float');
    expect(fastestMode(trials(['8-bit', 2.8, 0.989]))).toBe('float');
    expect(fastestMode(trials(['8-bit', NaN, 0.998]))).toBe('float');
    expect(fastestMode(trials(['8-bit', 2.8, NaN]))).toBe('float');
  });

  test('is a graphics provider only where it is faster than the processor at its best', () => {
    expect(fastestMode(trials(['8-bit', 2.8, 0.998], ['webgpu', 9, 0.9999]))).toBe('webgpu');
    expect(fastestMode(trials(['webgpu', 3, 0.9999], ['8-bit', 2.8, 0.998]))).toBe('8-bit');
    expect(fastestMode(trials(['8-bit', 2.8, 0.5], ['dml', 2, 0.9999]))).toBe('dml');
    expect(fastestMode(trials(['dml', 9, 0.9999], ['webgpu', 10, 0.9999]))).toBe('dml');
  });
});

describe('modes on a machine', () => {
  test('are tried once, each in a process that then ends, and the outcome is remembered', async () => {
    const outcomes = { '8-bit': agreeing(2.9) };
    const modes = open(outcomes);
    expect(await modes.report(encoder, processor, weights)).toBeNull();
    expect(await modes.choose(encoder, processor, weights)).toBe('8-bit');
    expect(await modes.choose(encoder, processor, weights)).toBe('8-bit');
    expect(await open(outcomes).choose(encoder, processor, weights)).toBe('8-bit');
    expect(tried).toEqual(['8-bit']);
    expect(closed).toBe(1);
    const report = await open(outcomes).report(encoder, processor, weights);
    expect(report).toEqual({ mode: '8-bit', speed: 2.9, forced: false });
    expect(photoModeText(report!)).toBe('photos in 8 bits, 2.9 times as fast as in floats');
  });

  test('where no process can be started, what is remembered counts, else floats', async () => {
    const outcomes = { '8-bit': agreeing(2.9) };
    expect(await open(outcomes, { alone: true }).choose(encoder, processor, weights)).toBe('float');
    await open(outcomes).choose(encoder, processor, weights);
    expect(await open(outcomes, { alone: true }).choose(encoder, processor, weights)).toBe('8-bit');
    expect(tried).toEqual(['8-bit']);
  });

  test('several at a time share one trial', async () => {
    const modes = open({ '8-bit': agreeing(2.9) });
    const chosen = await Promise.all([1, 2, 3].map(() => modes.choose(encoder, processor, weights)));
    expect(chosen).toEqual(['8-bit', '8-bit', '8-bit']);
    expect(tried).toEqual(['8-bit']);
  });

  test('that crash, hang, cannot start, are slower or disagree are not used, and not tried again', async () => {
    for (const bad of ['crash', 'hang', 'error', agreeing(0.5), { speed: 50, agreement: 0.7 }] as const) {
      rmSync(folder, { recursive: true });
      tried = [];
      const outcomes = { '8-bit': agreeing(2.5), dml: bad, webgpu: agreeing(12) };
      expect(await open(outcomes).choose(encoder, all, weights), JSON.stringify(bad)).toBe('webgpu');
      expect(await open(outcomes).choose(encoder, all, weights)).toBe('webgpu');
      expect(tried).toEqual(['8-bit', 'dml', 'webgpu']);
    }
  });

  test('are tried again when the processor, the runtime or the weights change', async () => {
    const outcomes = { '8-bit': agreeing(2.9) };
    await open(outcomes).choose(encoder, processor, weights);
    expect(await open({ '8-bit': 'error' }, { machine: 'runtime 2' }).choose(encoder, processor, weights)).toBe(
      'float',
    );
    await open(outcomes).choose(encoder, processor, { ...weights, ids: { resnet50: 'r@2' } });
    expect(tried).toEqual(['8-bit', '8-bit', '8-bit']);
    // the first machine's outcome is still there: a folder of weights may be shared
    expect(await open({ '8-bit': 'crash' }).choose(encoder, processor, weights)).toBe('8-bit');
  });

  test('a trial on the processor that a busy or full machine ended comes again, but not in this run', async () => {
    for (const end of ['hang', 'crash'] as const) {
      tried = [];
      const busy = open({ '8-bit': end });
      expect(await busy.choose(encoder, processor, weights)).toBe('float');
      expect(await busy.choose(encoder, processor, weights)).toBe('float');
      expect(tried).toEqual(['8-bit']);
    }
    expect(await open({ '8-bit': agreeing(2.9) }).choose(encoder, processor, weights)).toBe('8-bit');
  });

  test('a provider that took the whole machine down is tried twice at most', async () => {
    const outcomes = { '8-bit': agreeing(2.5), dml: agreeing(9), webgpu: agreeing(12) };
    await open(outcomes).choose(encoder, all, weights);
    const file = path.join(folder, 'photo-modes.json');
    const { records } = JSON.parse(readFileSync(file, 'utf8')) as { records: { trials: ModeTrial[] }[] };
    const restart = (times: number) => {
      tried = [];
      const interrupted = {
        ...records[0]!,
        trials: records[0]!.trials.slice(0, 1),
        trying: { mode: 'dml', times },
      };
      writeFileSync(file, JSON.stringify({ format: 1, records: [interrupted] }));
      return open(outcomes).choose(encoder, all, weights);
    };
    await restart(1);
    expect(tried).toEqual(['dml', 'webgpu']);
    await restart(2);
    expect(tried).toEqual(['webgpu']);
  });

  test('the user’s choice counts, but never a mode that disagrees', async () => {
    expect(await open({}, { precision: 'float' }).choose(encoder, all, weights)).toBe('float');
    expect(tried).toEqual([]);
    const slow = { '8-bit': agreeing(0.8), dml: agreeing(9), webgpu: 'crash' as const };
    expect(await open(slow, { precision: '8-bit' }).choose(encoder, all, weights)).toBe('8-bit');
    expect(await open(slow).choose(encoder, all, weights)).toBe('dml');
    const wrong = { '8-bit': { speed: 3, agreement: 0.9 } };
    const chosen = open(wrong, { precision: '8-bit', machine: 'other' });
    expect(await chosen.choose(encoder, processor, weights)).toBe('float');
    expect(await chosen.report(encoder, processor, weights)).toMatchObject({ mode: 'float', forced: true });
  });

  test('one that made the process end later is given up', async () => {
    const outcomes = { '8-bit': agreeing(2.5), dml: agreeing(9), webgpu: agreeing(1) };
    const modes = open(outcomes);
    expect(await modes.choose(encoder, all, weights)).toBe('dml');
    await modes.distrust(encoder, weights, 'dml', 'the process ended with it');
    expect(await modes.choose(encoder, all, weights)).toBe('8-bit');
    expect(await open(outcomes).choose(encoder, all, weights)).toBe('8-bit');
    expect(notices).toEqual(['DirectML is not used any more to look at photos: the process ended with it']);
  });

  test('a damaged record is made again; where it cannot be written, the process remembers', async () => {
    const outcomes = { '8-bit': agreeing(2.9) };
    writeFileSync(path.join(folder, 'photo-modes.json'), '{');
    expect(await open(outcomes).choose(encoder, processor, weights)).toBe('8-bit');
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file in place of the folder');
    const modes = open(outcomes);
    await modes.choose(encoder, processor, weights);
    await modes.choose(encoder, processor, weights);
    expect(tried).toHaveLength(2);
  });
});
