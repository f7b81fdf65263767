/** The 8-bit ResNet50 against the one in floats, on the real weights. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TrialMethods } from '../../electron/services/photo-modes.ts';
import { decodePhoto } from '../../electron/vision/decode.ts';
import { forkWorker } from '../../electron/workers/fork.ts';
import { WorkerSupervisor } from '../../electron/workers/supervisor.ts';
import { leastAgreement, photosPerRun } from '../../models/engine/modes.ts';
import { openEngine } from '../../models/engine/index.ts';
import type { Engine } from '../../models/engine/engine.ts';
import { drawnPictures, leastCosine, tryMode } from '../../models/mode-trial.ts';
import { resnet50Glove } from '../../models/resnet50-glove/index.ts';
import { openResnet50, type PhotoEncoder } from '../../models/resnet50/encoder.ts';
import { multipliesBytesExactly } from '../../models/resnet50/exact-bytes.ts';
import { imageNet } from '../../models/resnet50/feature.ts';
import { readStage5 } from '../../models/resnet50/tuning/weights.ts';
import { testAssets, type TestAssets } from '../fixtures/assets.ts';
import { describeShared } from '../fixtures/shared.ts';

const { side, dimensions } = imageNet;
const photoBytes = side * side * 3;

let assets: TestAssets;
let engine: Engine;
let float: PhotoEncoder;
let bytes: PhotoEncoder;
beforeAll(async () => {
  assets = await testAssets();
  engine = await openEngine('onnx', { threads: 2 });
  float = await openResnet50(engine, assets);
  bytes = await openResnet50(engine, assets, { mode: '8-bit' });
});
afterAll(async () => {
  await float.dispose();
  await bytes.dispose();
});

test('features of the pictures of the trial agree, so that machines that compute 8 bits rightly use them', async () => {
  const { agreement, mode } = await tryMode(resnet50Glove, engine, { ...assets }, '8-bit');
  expect(mode).toBe('8-bit');
  expect(agreement).toBeGreaterThanOrEqual(leastAgreement);
});

test('a process of its own tries a mode, and says so where a mode does not work', async () => {
  const trials = new WorkerSupervisor<TrialMethods>({
    name: 'trial',
    start: () =>
      forkWorker(path.resolve(import.meta.dirname, '../../electron/network-trial-worker.ts'), {}, { quiet: true }),
    log: () => undefined,
  });
  const run = async (files: Partial<TestAssets>) => {
    const request = { encoder: resnet50Glove.id, files, mode: '8-bit' as const };
    for await (const trial of trials.run('tryMode', request, { stallMs: 60_000 })) return trial;
    return undefined;
  };
  expect(await run({ ...assets })).toMatchObject({ mode: '8-bit', agreement: expect.closeTo(1, 1) as number });
  await expect(run({ onnx: assets.onnx, keras: assets.keras })).rejects.toThrow(/no 8-bit network/);
  await trials.close();
});

test('a photo alone has the same feature and the same map as among others, and in every run', async () => {
  const pictures = drawnPictures(side, photosPerRun);
  const together = await bytes.encodeWithMap(pictures, photosPerRun);
  for (let i = 0; i < photosPerRun; i++) {
    const alone = await bytes.encodeWithMap(pictures.subarray(i * photoBytes, (i + 1) * photoBytes), 1);
    expect(alone.features).toEqual(together.features.slice(i * dimensions, (i + 1) * dimensions));
    const length = together.map.length / photosPerRun;
    expect(alone.map).toEqual(together.map.slice(i * length, (i + 1) * length));
  }
  expect(await bytes.encodeWithMap(pictures, photosPerRun)).toEqual(together);
});

test('a fine-tuned stage 5 is computed in floats, whatever the mode', async () => {
  const tuned = await readStage5(assets.onnx);
  const encoder = await openResnet50(engine, assets, { tuned, mode: '8-bit' });
  const picture = drawnPictures(side, 1);
  expect(await encoder.encode(picture, 1)).toEqual(await float.encode(picture, 1));
  await encoder.dispose();
});

describeShared('photos that the calibration has not seen', (shared) => {
  test('features and maps agree, and so do most classes', async () => {
    const folder = path.join(shared, 'photos', 'seed');
    const names = readdirSync(folder).filter((name) => /\.jpe?g$/i.test(name));
    const files = names.sort().slice(0, 24);
    expect(files).toHaveLength(24);
    const cosines: number[] = [];
    let sameClass = 0;
    for (const file of files) {
      const pixels = (await decodePhoto(path.join(folder, file), resnet50Glove.preprocessing)).pixels as Uint8Array;
      const [expected, found] = [await float.encodeWithMap(pixels, 1), await bytes.encodeWithMap(pixels, 1)];
      cosines.push(leastCosine(expected.features, found.features, dimensions));
      expect(leastCosine(expected.map, found.map, expected.map.length), file).toBeGreaterThan(0.97);
      // Cosine alone would forgive a wrong scale.
      expect(Math.hypot(...found.features) / Math.hypot(...expected.features), file).toBeCloseTo(1, 1);
      const [ours, theirs] = [await bytes.classify(pixels, 1), await float.classify(pixels, 1)];
      if (ours.indexOf(Math.max(...ours)) === theirs.indexOf(Math.max(...theirs))) sameClass++;
    }
    expect(Math.min(...cosines)).toBeGreaterThanOrEqual(leastAgreement);
    expect(cosines.toSorted((a, b) => a - b)[12]!).toBeGreaterThanOrEqual(0.997);
    expect(sameClass).toBeGreaterThanOrEqual(20);
  });
});

test('a processor that adds products of bytes in 16 bits is told from one that does not', async () => {
  if (engine.name !== 'onnx') throw new Error('ONNX Runtime is needed');
  expect(await multipliesBytesExactly(engine)).toBe(true);
  // what vpmaddubsw gives: half of the sum, because each pair becomes 32,767 or −32,768
  const saturating = {
    ...engine,
    openGraph: () =>
      Promise.resolve({
        run: () =>
          Promise.resolve(
            Float32Array.from({ length: 64 * 64 }, (_, i) => (Math.floor(i / 64) % 2 === 0 ? 32 * 32767 : -32 * 32768)),
          ),
        runAll: () => Promise.resolve([]),
        dispose: () => Promise.resolve(),
      }),
  };
  expect(await multipliesBytesExactly(saturating)).toBe(false);
});
