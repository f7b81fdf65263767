/** For tests of the window's state: the stores as at the start, on a bridge with the answers of the test. */
import { afterEach, expect, vi } from 'vitest';
import type { PhotoList } from '../../electron/ipc/contract.ts';
import { defaultSettings } from '../../electron/ipc/limits.ts';
import { ContractBridge, type Answers } from '../fixtures/contract-bridge.ts';

let open: ContractBridge | undefined;

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  expect(open?.mismatches ?? []).toEqual([]);
  open = undefined;
});

/** Answers of a library with nothing in it. */
const nothing: Answers = {
  'library.overview': () => ({ folders: [], photos: 0, indexed: 0, failures: 0 }),
  'library.timeline': () => photos(0),
  'indexing.state': () => ({ state: 'idle', done: 0, total: 0, photosPerSecond: 0, secondsLeft: null, error: null }),
  'assets.state': () => ({ state: 'ready', item: null, doneBytes: 0, totalBytes: 0, error: null }),
  'search.recent': () => [],
  'search.remember': () => undefined,
  'settings.get': () => defaultSettings,
  'models.list': () => [],
  'models.switching': () => null,
  'encoders.list': () => [],
  'training.encoders': () => [],
};

export function photos(count: number): PhotoList {
  const ids = Int32Array.from({ length: count }, (_, i) => i + 1);
  return {
    ids,
    contents: ids.map((id) => 1000 + id),
    aspects: new Float32Array(count).fill(1.5),
    days: new Int32Array(count).fill(20260514),
    stacks: new Int32Array(count),
    favourites: new Uint8Array(count),
    damaged: new Uint8Array(count),
  };
}

/** Resets all stores; import them after it. */
export function openWindow(answers: Answers = {}): ContractBridge & { count(name: string): number } {
  vi.resetModules();
  vi.useFakeTimers();
  const bridge = new ContractBridge({ ...nothing, ...answers });
  vi.stubGlobal('window', {
    descry: bridge,
    matchMedia: () => ({ matches: false, addEventListener: () => undefined }),
  });
  vi.stubGlobal('document', { documentElement: { dataset: {} } });
  vi.stubGlobal('Image', function Image() {});
  open = bridge;
  return Object.assign(bridge, {
    count: (name: string) => bridge.asked.filter((request) => request.name === name).length,
  });
}

/** Lets answers arrive, and timers run that are due within `ms`. */
export const pass = async (ms = 0): Promise<void> => void (await vi.advanceTimersByTimeAsync(ms));

/** A promise that the test settles. */
export function deferred<T>(): { promise: Promise<T>; resolve(value: T): void; reject(error: unknown): void } {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((take, fail) => {
    resolve = take;
    reject = fail;
  });
  return { promise, resolve, reject };
}
