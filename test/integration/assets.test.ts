import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Assets, type AssetsOptions } from '../../electron/services/assets/assets.ts';
import type { AssetsProgress } from '../../electron/ipc/contract.ts';
import type { WantedWeights } from '../../models/contract/weights.ts';
import { convert } from '../../models/resnet50-glove/conversion.ts';
import { loadWordVectors } from '../../models/text/word-vectors.ts';
import { FakeRegistry, tinyAssets } from '../fixtures/registry.ts';

let scratch: string;
let folder: string;
let registry: FakeRegistry;
let assets: readonly [WantedWeights, WantedWeights];
const environment = { ...process.env };

beforeEach(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), 'descry-assets-'));
  folder = path.join(scratch, 'assets');
  registry = new FakeRegistry();
  // as a user names a mirror: in npm's configuration, here by its environment
  process.env['npm_config_registry'] = await registry.start();
  process.env['npm_config_userconfig'] = path.join(scratch, 'no-npmrc');
  process.env['npm_config_noproxy'] = '127.0.0.1';
  assets = tinyAssets(registry, path.join(scratch, 'registry'));
});

afterEach(async () => {
  await registry.stop();
  process.env = { ...environment };
  rmSync(scratch, { recursive: true, force: true });
});

const warnings: string[] = [];
const service = (options: Partial<AssetsOptions> = {}) => {
  warnings.length = 0;
  const log = { info: () => undefined, warn: (message: string) => void warnings.push(message) };
  return new Assets({ folder, weights: assets, convert, log, pauses: [10, 10], environment: {}, ...options });
};

test('fetches both packages, keeps only the pinned files, and asks the network once', async () => {
  const seen: AssetsProgress[] = [];
  const first = service();
  expect(first.state().state).toBe('missing');
  const found = await first.ensure({ onProgress: (progress) => seen.push(progress) });
  expect(first.state().state).toBe('ready');
  expect(seen.some(({ state, doneBytes, totalBytes }) => state === 'fetching' && doneBytes === totalBytes)).toBe(true);
  expect(found.ids).toEqual({ resnet50: 'tiny-resnet50@1.0.0', 'word-vectors': 'tiny-word-vectors@1.0.0' });
  expect(Object.keys(found.files).sort()).toEqual(['keras', 'onnx', 'wordVectors']);
  const { files } = found;
  expect(existsSync(files['keras']!)).toBe(true);
  expect(readdirSync(path.dirname(files['wordVectors']!)).sort()).toEqual([
    'LICENSE',
    'manifest.json',
    'word-vectors.table',
  ]);
  expect(readdirSync(path.dirname(files['onnx']!))).not.toContain('index.js');
  expect(readdirSync(path.join(folder, 'downloads'))).toEqual([]);
  const again = service();
  expect(again.state().state).toBe('ready');
  expect(await again.ensure()).toEqual(found);
  expect(registry.requests).toHaveLength(2);
});

test('a broken connection is resumed at its last byte', async () => {
  registry.troubles = [
    { kind: 'cut', afterBytes: 30_000 },
    { kind: 'cut', afterBytes: 20_000 },
  ];
  await service().ensure();
  const ranges = registry.requests.slice(0, 3).map((request) => request.range);
  expect(ranges).toEqual([undefined, 'bytes=30000-', 'bytes=50000-']);
});

test('an interrupted download is resumed by the next run', async () => {
  registry.troubles = [{ kind: 'cut', afterBytes: 30_000 }];
  await expect(service({ pauses: [] }).ensure()).rejects.toMatchObject({ code: 'offline' });
  await service().ensure();
  expect(registry.requests[1]!.range).toBe('bytes=30000-');
});

test('from a registry without ranges the file is fetched again from its start', async () => {
  registry.resumes = false;
  registry.troubles = [{ kind: 'cut', afterBytes: 30_000 }];
  const { files } = await service().ensure();
  expect(loadWordVectors(files['wordVectors']!).size).toBe(2000);
});

test('a registry that refuses the range is asked for the whole file', async () => {
  registry.troubles = [
    { kind: 'cut', afterBytes: 30_000 },
    { kind: 'status', status: 416 },
  ];
  await service().ensure();
  expect(registry.requests.slice(0, 3).map((request) => request.range)).toEqual([undefined, 'bytes=30000-', undefined]);
});

test('a partial file that is not from this package is deleted and fetched again', async () => {
  mkdirSync(path.join(folder, 'downloads'), { recursive: true });
  writeFileSync(path.join(folder, 'downloads', 'tiny-resnet50-1.0.0.tgz.part'), 'x'.repeat(5000));
  await service().ensure();
  expect(registry.requests.slice(0, 2).map((request) => request.range)).toEqual(['bytes=5000-', undefined]);
  expect(warnings.join()).toContain('did not match its hash');
});

test('corrupted bytes are never used: fetched once more, then an error', async () => {
  registry.troubles = [{ kind: 'garble' }];
  await service().ensure();
  rmSync(folder, { recursive: true });
  registry.troubles = [{ kind: 'garble' }, { kind: 'garble' }];
  await expect(service().ensure()).rejects.toMatchObject({ code: 'asset-corrupt' });
  expect(readdirSync(folder).filter((name) => name.startsWith('tiny-'))).toEqual([]);
  expect(readdirSync(path.join(folder, 'downloads'))).toEqual([]);
});

test('a registry that offers another package under the name is refused before anything is fetched', async () => {
  const other: WantedWeights = {
    ...assets[0],
    package: { ...assets[0].package, integrity: assets[1].package.integrity },
  };
  registry.publish(path.join(scratch, 'other'), 'tiny-resnet50', { 'vectors.json': 'something else' });
  await expect(service({ weights: [other, assets[1]] }).ensure()).rejects.toMatchObject({ code: 'asset-corrupt' });
  expect(registry.requests).toEqual([]);
});

test('without network the error names the package, its size and what to do', async () => {
  await registry.stop();
  await expect(service().ensure()).rejects.toMatchObject({
    code: 'offline',
    message: expect.stringMatching(/tiny-resnet50@1\.0\.0.*MB.*cannot be reached.*Connect to the network/) as string,
    parameters: {
      package: 'tiny-resnet50@1.0.0',
      tarball: 'tiny-resnet50-1.0.0.tgz',
      tarballFolder: folder,
      variable: 'DESCRY_RESNET50',
    },
  });
  registry = new FakeRegistry();
  await registry.start();
});

test('a final error of the registry is reported without retries', async () => {
  registry.troubles = [{ kind: 'status', status: 403 }];
  await expect(service().ensure()).rejects.toMatchObject({ message: expect.stringContaining('HTTP 403') as string });
  expect(registry.requests).toHaveLength(1);
});

test('a tarball put into the folder by hand needs no network', async () => {
  mkdirSync(folder, { recursive: true });
  for (const {
    package: { name },
  } of assets) {
    writeFileSync(path.join(folder, `${name}-1.0.0.tgz`), registry.tarball(name));
  }
  await service().ensure();
  expect(registry.requests).toEqual([]);
  expect(existsSync(path.join(folder, 'tiny-resnet50-1.0.0.tgz'))).toBe(true);
});

test('a damaged tarball of the user is named, not used and not deleted', async () => {
  const file = path.join(scratch, 'mine.tgz');
  writeFileSync(file, 'x'.repeat(assets[0].package.bytes));
  await expect(service({ environment: { DESCRY_RESNET50: file } }).ensure()).rejects.toMatchObject({
    code: 'asset-corrupt',
    message: expect.stringContaining(file) as string,
  });
  expect(existsSync(file)).toBe(true);
});

test('own word vectors have their own folder, and are converted again when they change', async () => {
  const file = path.join(scratch, 'mine.txt');
  writeFileSync(file, 'horse 1 2 3 4\ndog 5 6 7 8\n');
  const own = service({ environment: { DESCRY_GLOVE: file } });
  const first = await own.ensure();
  expect(loadWordVectors(first.files['wordVectors']!)).toMatchObject({ dimensions: 4, size: 2 });
  expect(first.ids['resnet50']).toBe('tiny-resnet50@1.0.0');
  expect(first.ids['word-vectors']).toMatch(/^own-[0-9a-f]{12}$/);
  writeFileSync(file, 'horse 1 2\ndog 5 6\ncat 7 8\n');
  const second = await own.ensure();
  expect(loadWordVectors(second.files['wordVectors']!)).toMatchObject({ dimensions: 2, size: 3 });
  expect(existsSync(first.files['wordVectors']!)).toBe(false);
  const pinned = await service().ensure();
  expect(loadWordVectors(pinned.files['wordVectors']!)).toMatchObject({ dimensions: 3, size: 2000 });
});

test.each([
  ['/nowhere/glove.txt', 'not-found'],
  [import.meta.filename, 'usage'],
])('an own copy that is none is an error that names it: %s', async (file, code) => {
  await expect(service({ environment: { DESCRY_GLOVE: file } }).ensure()).rejects.toMatchObject({
    code,
    message: expect.stringContaining(`${file}, named as a copy of the`) as string,
    parameters: { file, variable: 'DESCRY_GLOVE' },
  });
});

test('a file that changed is not used: touched is hashed again, damaged is fetched again', async () => {
  const wordVectors = (await service().ensure()).files['wordVectors']!;
  utimesSync(wordVectors, new Date(0), new Date(0));
  await service().ensure();
  expect(registry.requests).toHaveLength(2);
  const bytes = readFileSync(wordVectors);
  bytes[bytes.length >> 1]! ^= 255;
  writeFileSync(wordVectors, bytes);
  await service().ensure();
  expect(registry.requests).toHaveLength(3);
  expect(warnings.join()).toContain('is not as it was made');
  expect(loadWordVectors(wordVectors).size).toBe(2000);
});

test('damage that keeps size and time is found when the weights are loaded; without a network, it is said first', async () => {
  const wordVectors = (await service().ensure()).files['wordVectors']!;
  const { atime, mtime } = statSync(wordVectors);
  const bytes = readFileSync(wordVectors);
  bytes[bytes.length - 100]! ^= 1;
  writeFileSync(wordVectors, bytes);
  utimesSync(wordVectors, atime, mtime);
  await registry.stop();
  await expect(service({ pauses: [] }).ensure()).rejects.toMatchObject({
    code: 'offline',
    message: expect.stringMatching(
      /^The .* are damaged: .*word-vectors\.table is not as it was made\. Descry needs/,
    ) as string,
  });
});

test('the thorough check sets damaged weights aside, and the next start makes them again without a download', async () => {
  const { onnx } = (await service().ensure()).files;
  expect(await service().check()).toEqual([]);
  const { atime, mtime } = statSync(onnx!);
  const bytes = readFileSync(onnx!);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(onnx!, bytes);
  utimesSync(onnx!, atime, mtime);
  expect(await service().check()).toEqual([
    { name: 'resnet50', message: expect.stringContaining(`${onnx} is not as it was made`) as string },
  ]);
  expect(service().state().state).toBe('missing');
  await service().ensure();
  bytes[bytes.length >> 1]! ^= 1;
  expect(readFileSync(onnx!).equals(bytes)).toBe(true);
  expect(registry.requests).toHaveLength(2);
});

test.skipIf(process.platform === 'win32')('a named pipe in place of the weights is not waited for', async () => {
  const { onnx } = (await service().ensure()).files;
  rmSync(onnx!);
  execFileSync('mkfifo', [onnx!]);
  await service().ensure();
  expect(statSync(onnx!).isFile()).toBe(true);
});

test('weights of an earlier conversion are converted again without a download if their originals are intact', async () => {
  const { onnx: resnet50Onnx = '', keras: kerasModel = '' } = (await service().ensure()).files;
  const manifest = path.join(path.dirname(resnet50Onnx), 'manifest.json');
  const older = () =>
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/wink-to-table \d+/, 'wink-to-table 0'));
  older();
  writeFileSync(resnet50Onnx, 'of an earlier converter');
  expect(service().state().state).toBe('missing');
  await service().ensure();
  expect(loadWordVectors(resnet50Onnx).size).toBe(2000);
  expect(registry.requests).toHaveLength(2);
  expect(service().state().state).toBe('ready');
  older();
  writeFileSync(kerasModel, readFileSync(kerasModel, 'utf8').replace('1', '2'));
  await service().ensure();
  expect(registry.requests.map((request) => request.name)).toEqual([
    'tiny-resnet50',
    'tiny-word-vectors',
    'tiny-resnet50',
  ]);
});

test('a further file of a conversion is checked, and made again, like the first; one that was not made is not named', async () => {
  const further = [{ ...assets[0], further: { bytes: 'further.onnx', other: 'never-made.onnx' } }, assets[1]];
  const making = (options = {}) =>
    service({
      weights: further,
      convert: async (job, onProgress) => {
        const notes = await convert(job, onProgress);
        if (job.output.endsWith(assets[0].output)) {
          writeFileSync(path.join(path.dirname(job.output), 'further.onnx'), 'of the same weights');
        }
        return notes;
      },
      ...options,
    });
  const { files } = await making().ensure();
  expect(files['bytes']).toBe(path.join(path.dirname(files['onnx']!), 'further.onnx'));
  expect(files).not.toHaveProperty('other');
  const { atime, mtime } = statSync(files['bytes']!);
  writeFileSync(files['bytes']!, 'of the same weight!');
  utimesSync(files['bytes']!, atime, mtime);
  expect(await making().check()).toEqual([
    { name: 'resnet50', message: expect.stringContaining('further.onnx is not as it was made') as string },
  ]);
  await making().ensure();
  expect(readFileSync(files['bytes']!, 'utf8')).toBe('of the same weights');
  rmSync(files['bytes']!);
  expect(making().state().state).toBe('missing');
  await making().ensure();
  expect(readFileSync(files['bytes']!, 'utf8')).toBe('of the same weights');
  expect(registry.requests).toHaveLength(2);
});

test('a failed conversion leaves no files, and the next run succeeds', async () => {
  const failing = service({ convert: () => Promise.reject(new Error('a bug')) });
  await expect(failing.ensure()).rejects.toMatchObject({ message: expect.stringContaining('a bug') as string });
  expect(failing.state()).toMatchObject({ state: 'failed' });
  expect(readdirSync(folder).filter((name) => name.endsWith('1.0.0'))).toEqual([]);
  await service().ensure();
  expect(registry.requests).toHaveLength(2);
});

test('cancelling stops the fetch, keeps what has arrived and releases the lock', async () => {
  registry.troubles = [{ kind: 'slow', ms: 20_000 }];
  const user = new AbortController();
  const running = service().ensure({
    signal: user.signal,
    onProgress: () => setTimeout(() => user.abort(), 300),
  });
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  await service().ensure();
});

test('a full disk and a folder that may not be written are reported with what to do', async () => {
  const failing = (code: string) =>
    service({
      folder: path.join(scratch, code),
      convert: () => Promise.reject(Object.assign(new Error(code), { code })),
    }).ensure();
  await expect(failing('ENOSPC')).rejects.toMatchObject({ code: 'disk-full' });
  await expect(failing('EACCES')).rejects.toMatchObject({
    code: 'no-permission',
    message: expect.stringContaining('choose another folder for the weights') as string,
    parameters: { weightsFolder: path.join(scratch, 'EACCES') },
  });
  const large: WantedWeights = { ...assets[0], outputBytes: 1e18 };
  await expect(service({ weights: [large, assets[1]] }).ensure()).rejects.toMatchObject({ code: 'disk-full' });
  expect(registry.requests).toHaveLength(2);
});

/** Runs one process and returns its output. */
function spawnEnsure(mode = ''): Promise<{ lines: { state?: string; files?: unknown }[]; signal: string | null }> {
  const script = path.resolve(import.meta.dirname, '../fixtures/ensure-assets.ts');
  const child = spawn(process.execPath, [script, folder, JSON.stringify(assets), mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (data) => (text += String(data)));
  return new Promise((resolve) => {
    child.on('close', (_code, signal) => {
      const lines = text.split('\n').filter(Boolean);
      resolve({ lines: lines.map((line) => JSON.parse(line) as { state?: string; files?: unknown }), signal });
    });
  });
}

test('of two processes one fetches; the other waits, reports that, and then finds the files', async () => {
  registry.troubles = [{ kind: 'slow', ms: 3000 }];
  const [one, two] = await Promise.all([spawnEnsure(), spawnEnsure()]);
  expect(registry.requests.map((request) => request.name)).toEqual(['tiny-resnet50', 'tiny-word-vectors']);
  expect(one.lines.at(-1)).toEqual(two.lines.at(-1));
  expect(one.lines.at(-1)).toHaveProperty('files');
  const waits = [one, two].map(({ lines }) => lines.some(({ state }) => state === 'waiting'));
  expect(waits.sort()).toEqual([false, true]);
});

test('a process killed in the middle of a conversion: its lock is broken and nothing is fetched twice', async () => {
  expect((await spawnEnsure('kill')).signal).toBe('SIGKILL');
  const lock = path.join(folder, 'lock');
  expect(existsSync(lock)).toBe(true);
  utimesSync(lock, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000));
  await service().ensure();
  expect(registry.requests.map((request) => request.name)).toEqual(['tiny-resnet50', 'tiny-word-vectors']);
});
