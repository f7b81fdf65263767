import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { forkWorker } from '../../electron/workers/fork.ts';
import { WorkerDied } from '../../electron/workers/host.ts';
import type { VisionHost, VisionMethods } from '../../electron/vision/protocol.ts';
import { RemoteVision } from '../../electron/vision/remote.ts';
import { WorkerSupervisor, type SupervisorOptions } from '../../electron/workers/supervisor.ts';

const worker = path.resolve(import.meta.dirname, '../fixtures/vision-worker.ts');
const hosts: VisionHost[] = [];
let starts = 0;
const logged: string[] = [];

/** @param endedFromOutside so many processes are ended by a signal as soon as they have been asked for something */
function openHost(
  backOffMs: readonly number[] = [0],
  recoveredAfterMs = 0,
  endedFromOutside = 0,
  rest?: SupervisorOptions['rest'],
): VisionHost {
  starts = 0;
  logged.length = 0;
  const crashed = path.join(mkdtempSync(path.join(tmpdir(), 'descry-crashed-')), 'once');
  const host = new WorkerSupervisor<VisionMethods>({
    name: 'vision',
    start: () => {
      starts++;
      const process = forkWorker(worker, { CRASHED: crashed });
      if (starts <= endedFromOutside) setTimeout(() => process.kill(), 20);
      return process;
    },
    log: (message) => logged.push(message),
    backOffMs,
    recoveredAfterMs,
    ...(rest ? { rest } : {}),
  });
  hosts.push(host);
  return host;
}

const openVision = (host: VisionHost) => new RemoteVision(host, () => Promise.reject(new Error('no weights here')));

afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('a supervised worker', () => {
  test('is started by the first request and answers all with one process', async () => {
    const host = openHost();
    expect(starts).toBe(0);
    const [first] = await all(host.run('about', undefined));
    const [second] = await all(host.run('about', undefined));
    expect(second).toEqual(first);
    expect(first?.pid).not.toBe(process.pid);
    expect(starts).toBe(1);
  });

  test('is ended when it has had nothing to do since a costly request, and comes back with the next one', async () => {
    const host = openHost([0], 0, 0, { after: 'identify', ms: 150 });
    const identify = () => all(host.run('identify', { paths: ['a'], roots: 'anywhere' }));
    const pid = async () => (await all(host.run('about', undefined)))[0]!.pid;
    const first = await pid();
    await sleep(300);
    // none of those requests was made
    expect(await pid()).toBe(first);
    await identify();
    const hanging = all(host.run('thumbnail', { path: 'hang', roots: 'anywhere', side: 1 }, { stallMs: 600 }));
    await sleep(400);
    // another request is under way
    expect(isRunning(first)).toBe(true);
    await expect(hanging).rejects.toBeInstanceOf(WorkerDied);
    const second = await pid();
    logged.length = 0;
    await identify();
    await expect.poll(() => isRunning(second), { timeout: 5000 }).toBe(false);
    await identify();
    expect(await pid()).not.toBe(second);
    // which is no crash
    expect(logged).toEqual([]);
  });

  test('streams typed arrays as they come', async () => {
    const items = await all(openHost().run('identify', { paths: ['a', 'b', 'c'], roots: 'anywhere' }));
    expect(items.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(items[0]?.identity).toMatchObject({ hash: expect.any(Uint8Array) });
  });

  test('passes on what the worker answers with an error', async () => {
    const host = openHost();
    await expect(all(host.run('convert', { input: '' } as never))).rejects.toMatchObject({
      code: 'internal',
      message: 'not in this worker',
    });
    expect(starts).toBe(1);
  });

  test('fails every pending request after a crash, and starts again with the next', async () => {
    const host = openHost();
    const waiting = all(host.run('thumbnail', { path: 'hang', roots: 'anywhere', side: 1 }));
    const dying = all(host.run('thumbnail', { path: 'killer', roots: 'anywhere', side: 1 }));
    for (const request of [waiting, dying]) {
      await expect(request).rejects.toBeInstanceOf(WorkerDied);
      await expect(request).rejects.toMatchObject({ stalled: false });
    }
    expect(await all(host.run('about', undefined))).toHaveLength(1);
    expect(starts).toBe(2);
    expect(logged).toContainEqual(expect.stringContaining('SIGKILL'));
  });

  test('is ended when a request times out', async () => {
    const host = openHost();
    const stalled = all(host.run('thumbnail', { path: 'hang', roots: 'anywhere', side: 1 }, { stallMs: 300 }));
    await expect(stalled).rejects.toMatchObject({ stalled: true });
    expect(await all(host.run('about', undefined))).toHaveLength(1);
  });

  test('starts at once again when it answered in between, also where only the first item was wanted', async () => {
    const host = openHost([0, 60_000]);
    const kill = () =>
      all(host.run('thumbnail', { path: 'killer', roots: 'anywhere', side: 1 })).catch(() => undefined);
    await kill();
    for await (const item of host.run('identify', { paths: ['one'], roots: 'anywhere' })) {
      expect(item.index).toBe(0);
      break;
    }
    await kill();
    expect(await all(host.run('about', undefined))).toHaveLength(1);
    expect(logged.filter((line) => line.includes('starts again'))).toEqual([]);
  });

  test('backs off longer after each crash even if it answers in between, too soon', async () => {
    const host = openHost([0, 250], 60_000);
    const kill = () =>
      all(host.run('thumbnail', { path: 'killer', roots: 'anywhere', side: 1 })).catch(() => undefined);
    await kill();
    await all(host.run('about', undefined));
    await kill();
    const begun = performance.now();
    await all(host.run('about', undefined));
    expect(performance.now() - begun).toBeGreaterThan(245);
  });

  test('waits longer before each restart after consecutive crashes', async () => {
    const host = openHost([0, 250]);
    const kill = () =>
      all(host.run('thumbnail', { path: 'killer', roots: 'anywhere', side: 1 })).catch(() => undefined);
    await kill();
    await kill();
    const begun = performance.now();
    await all(host.run('about', undefined));
    expect(performance.now() - begun).toBeGreaterThan(245);
  });

  test('drops a request that is cancelled, and goes on with others', async () => {
    const host = openHost();
    const controller = new AbortController();
    const request = all(
      host.run('thumbnail', { path: 'hang', roots: 'anywhere', side: 1 }, { signal: controller.signal }),
    );
    setTimeout(() => controller.abort(), 50);
    await expect(request).rejects.toMatchObject({ code: 'cancelled' });
    expect(await all(host.run('about', undefined))).toHaveLength(1);
    expect(starts).toBe(1);
  });

  test('ends its requests and itself when it is closed', async () => {
    const host = openHost();
    const request = all(host.run('thumbnail', { path: 'hang', roots: 'anywhere', side: 1 }));
    setTimeout(() => void host.close(), 50);
    await expect(request).rejects.toMatchObject({ code: 'cancelled' });
    await expect(all(host.run('about', undefined))).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('photos opened by a worker that crashes', () => {
  test('are encoded again in the way that the caller then names, once it knows with which the worker ended', async () => {
    const asked: string[] = [];
    let mode: 'webgpu' | 'float' = 'webgpu';
    const setup = () => {
      asked.push(mode);
      return Promise.resolve({ encoder: 'any', files: {}, mode });
    };
    const vision = new RemoteVision(openHost(), setup, (ended) => {
      expect(ended.mode).toBe('webgpu');
      mode = 'float';
      return Promise.resolve();
    });
    const [description] = await vision.describe(['crasher once'], 'any', undefined, 'anywhere');
    expect(description).toHaveProperty('feature');
    expect(asked).toEqual(['webgpu', 'float']);
    expect(starts).toBe(2);
  });

  test('fail individually: the file that ends it whenever it is alone is an error, the others succeed', async () => {
    const vision = openVision(openHost());
    const results = await vision.identify(['one', 'killer', 'two', 'three'], 'anywhere');
    expect(results.map((result) => ('failure' in result ? result.failure.code : 'served'))).toEqual([
      'served',
      'photo-crashed',
      'served',
      'served',
    ]);
  });

  test('do not fail for what another file does at the same time', async () => {
    const vision = openVision(openHost());
    const [others, ending, picture] = await Promise.all([
      vision.identify(['slow one', 'slow two', 'slow three'], 'anywhere'),
      vision.identify(['killer', 'slow four'], 'anywhere'),
      vision.thumbnail({ path: 'slow five', roots: 'anywhere', side: 1 }),
    ]);
    expect(others.every((result) => 'hash' in result)).toBe(true);
    expect(ending.map((result) => 'hash' in result)).toEqual([false, true]);
    expect(picture.bytes).toBeInstanceOf(Uint8Array);
  });

  test.each([1, 4])('are not to blame where it is ended from outside three times: %d of them', async (count) => {
    const vision = openVision(openHost([0], 0, 3));
    const results = await vision.identify(
      Array.from({ length: count }, (_, i) => `photo ${i}`),
      'anywhere',
    );
    expect(results.every((result) => 'hash' in result)).toBe(true);
    expect(starts).toBe(4);
    expect((await vision.thumbnail({ path: 'one', roots: 'anywhere', side: 1 })).bytes).toBeInstanceOf(Uint8Array);
  });

  test('are to blame where a decoder crashes twice while they are alone, and not once', async () => {
    const vision = openVision(openHost());
    const results = await vision.identify(['one', 'crasher', 'crasher once', 'two'], 'anywhere');
    expect(results.map((result) => ('failure' in result ? result.failure.code : 'served'))).toEqual([
      'served',
      'photo-crashed',
      'served',
      'served',
    ]);
  });

  test('throw where the picture itself ends it', async () => {
    const vision = openVision(openHost());
    await expect(vision.thumbnail({ path: 'killer', roots: 'anywhere', side: 1 })).rejects.toMatchObject({
      code: 'photo-crashed',
    });
    expect((await vision.thumbnail({ path: 'one', roots: 'anywhere', side: 1 })).bytes).toBeInstanceOf(Uint8Array);
  });
});
