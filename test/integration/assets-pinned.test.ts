/**
 * The converters are deterministic, so what they make of the pinned weights is known by hash. Where one of these tests
 * fails after a change on purpose: raise the converter's version in models/resnet50-glove/conversion.ts if the new file holds or means
 * something else, and put the new hash here.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { sha256 } from '../../electron/services/assets/folder.ts';
import { glovePackage, resnet50Package } from '../../models/resnet50-glove/weights.ts';
import { readCalibration } from '../../models/resnet50/calibration.ts';
import { resnet50To8Bits } from '../../models/resnet50/convert-8bit.ts';
import { resnet50ToOnnx } from '../../models/resnet50/convert.ts';
import { readKerasWeights } from '../../models/resnet50/keras.ts';
import { testAssets, type TestAssets } from '../fixtures/assets.ts';

const onnxHash = 'ac21197551ea796aa298a92abd33819ad670b87cb0e2ddda339a64050f4a01a5';
const bytesHash = '20dd33007c1e7cbe0caa495747a3605dc27e9cc4a062c9cb3683af10dea5ff21';
const gloveHash = 'a032627534e1aeb9a4d3ed74a6b720ff2436bfa00b77ce04c8295f3e98c9db9e';

let assets: TestAssets;
beforeAll(async () => {
  assets = await testAssets();
});

test('the Keras files on this machine are the pinned ones', async () => {
  const folder = path.resolve(path.dirname(assets.keras), '..');
  for (const file of resnet50Package.files)
    expect(await sha256(path.join(folder, file.path)), file.path).toBe(file.sha256);
});

test('ResNet50 becomes the known ONNX files, in floats and in 8 bits', async () => {
  const weights = await readKerasWeights(assets.keras);
  const calibration = await readCalibration();
  // which holds for these weights only
  expect(calibration.network).toBe(onnxHash);
  const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  expect(hashOf(resnet50ToOnnx(weights))).toBe(onnxHash);
  expect(hashOf(resnet50To8Bits(weights, calibration))).toBe(bytesHash);
  expect(await sha256(assets.onnx)).toBe(onnxHash);
  expect(await sha256(assets.bytes)).toBe(bytesHash);
});

test(`${glovePackage.name} became the known table`, async () => {
  expect(await sha256(assets.glove)).toBe(gloveHash);
});

test('the labels of the classes come with the weights', () => {
  const labels = JSON.parse(readFileSync(assets.labels, 'utf8')) as Record<string, unknown>;
  expect(Object.keys(labels)).toHaveLength(1000);
});
