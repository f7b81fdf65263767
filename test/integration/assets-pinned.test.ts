import { readFileSync, statSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { sha256 } from '../../electron/services/assets/folder.ts';
import { resnet50Onnx } from '../../models/assets.ts';
import { readKerasWeights } from '../../models/resnet50/keras.ts';
import { resnet50ToOnnx } from '../../models/resnet50/convert.ts';
import { createHash } from 'node:crypto';
import { testAssets, type TestAssets } from '../fixtures/assets.ts';

let assets: TestAssets;
beforeAll(async () => {
  assets = await testAssets();
});

test('the converted ResNet50 of this machine is the pinned one', async () => {
  expect(statSync(assets.onnx).size).toBe(resnet50Onnx.bytes);
  expect(await sha256(assets.onnx)).toBe(resnet50Onnx.sha256);
});

test('today’s converter still writes the pinned file', async () => {
  const bytes = resnet50ToOnnx(await readKerasWeights(assets.keras));
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(resnet50Onnx.sha256);
});

test('the labels of the classes come with the weights', () => {
  const labels = JSON.parse(readFileSync(assets.labels, 'utf8')) as Record<string, unknown>;
  expect(Object.keys(labels)).toHaveLength(1000);
});
