/** Captions from outside, read in a process of their own as in the desktop app. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, openSync, closeSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readInProcess, type DatasetMethods } from '../../electron/services/training/dataset-reader.ts';
import { FolderChecks } from '../../electron/services/training/folder-checks.ts';
import { forkWorker } from '../../electron/workers/fork.ts';
import type { WorkerProcess } from '../../electron/workers/protocol.ts';
import { WorkerSupervisor } from '../../electron/workers/supervisor.ts';
import { readCaptionFile } from '../../models/datasets/flickr30k.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const root = path.resolve(import.meta.dirname, '../..');
let folder: string;
let remove: () => void;
let worker: WorkerProcess;
let ended: Promise<string>;

const read = readInProcess(
  () =>
    new WorkerSupervisor<DatasetMethods>({
      name: 'datasets',
      start: () => {
        worker = forkWorker(path.join(root, 'electron/dataset-worker.ts'));
        ended = new Promise((resolve) => worker.onExit(resolve));
        return worker;
      },
      log: () => undefined,
    }),
);

beforeEach(() => {
  ({ folder, remove } = scratch('dataset-process'));
  mkdirSync(path.join(folder, 'images'));
  for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) writeFileSync(path.join(folder, 'images', name), '');
});
afterEach(() => remove());

const captions = (text: string) => writeFileSync(path.join(folder, 'captions.csv'), text);
const rows = 'a.jpg| 0| A dog .\nb.jpg| 0| A cat .\nc.jpg| 0| A bird .\n';

test('a dataset comes back whole, and its process ends', async () => {
  captions(rows);
  const { photos, report } = await read(folder, { seed: 7 });
  expect(photos.map(({ captions: [first] }) => first)).toEqual(['A dog .', 'A cat .', 'A bird .']);
  expect(report.splitSource).toEqual({ kind: 'seed' });
  await ended;
});

describe('what cannot be captions is refused within seconds, with the file and the reason', () => {
  const within = async (reading: Promise<unknown>, message: RegExp) => {
    const start = performance.now();
    await expect(reading).rejects.toMatchObject({
      code: 'dataset-invalid',
      message: expect.stringMatching(message) as string,
    });
    expect(performance.now() - start).toBeLessThan(10_000);
  };

  test('a line of spaces', async () => {
    captions(`${rows}a.jpg|1${' '.repeat(90_000)}|\n`);
    await within(read(folder), /captions\.csv cannot be used: line 4 is longer than 65,536 characters/);
    captions(`${rows}a.jpg|1${' '.repeat(60_000)}|\n`);
    expect((await read(folder)).report.malformedRows).toBe(1);
  });

  test('one line of 500 MB', async () => {
    captions('');
    truncateSync(path.join(folder, 'captions.csv'), 500_000_000);
    await within(read(folder), /captions\.csv cannot be used: line 1 is longer than 65,536 characters/);
  });

  test('a longer file, a long caption, a JSON of 300 MB', async () => {
    captions(`a.jpg| 0| ${'long '.repeat(3000)}\n`);
    await within(read(folder), /the caption in line 1 is longer than 10,000 characters/);
    captions('');
    truncateSync(path.join(folder, 'captions.csv'), 600_000_000);
    await within(read(folder), /captions\.csv cannot be read: it is longer than 536,870,912 bytes/);
    const json = path.join(folder, 'dataset_flickr30k.json');
    closeSync(openSync(json, 'w'));
    truncateSync(json, 300_000_000);
    await within(read(folder), /dataset_flickr30k\.json cannot be read: it is longer than 268,435,456 bytes/);
  });

  test.skipIf(process.platform === 'win32').each(['captions.csv', 'split.csv', 'dataset_flickr30k.json'])(
    '%s that is a named pipe',
    async (name) => {
      if (name !== 'captions.csv') captions(rows);
      execFileSync('mkfifo', [path.join(folder, name)]);
      await within(read(folder), new RegExp(`${name} cannot be read: it is a named pipe, not a regular file\\.$`));
      await within(readCaptionFile(path.join(folder, name)), /it is a named pipe, not a regular file/);
    },
  );

  test('a process that ends is no word about the file', async () => {
    captions(rows);
    const reading = read(folder);
    setImmediate(() => worker.kill());
    await within(reading, /were not read: the process that reads them ended/);
  });
});

test('reading that is stopped ends its process at once', async () => {
  // enough to be at work for seconds
  captions(rows.repeat(500_000));
  const checks = new FolderChecks();
  const reading = checks.run((signal) => read(folder, { signal }));
  const failed = expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const start = performance.now();
  checks.stop();
  await failed;
  await ended;
  expect(performance.now() - start).toBeLessThan(1000);
  expect(await checks.run(({ aborted }) => Promise.resolve(aborted))).toBe(false);
});
