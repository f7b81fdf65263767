/** Fine-tuning's parts of the real ResNet50: cut in two before stage 5, joined again, and with other weights in stage 5. */
import { beforeAll, expect, test } from 'vitest';
import type { OnnxEngine } from '../../models/engine/engine.ts';
import { openOnnxEngine } from '../../models/engine/onnx.ts';
import { openTensorFlowEngine } from '../../models/engine/tensorflow.ts';
import { fromHalf, toHalf } from '../../models/files/half.ts';
import { seededRandom } from '../../models/math/random.ts';
import { openResnet50 } from '../../models/resnet50/encoder.ts';
import { imageNet } from '../../models/resnet50/feature.ts';
import { openStage4 } from '../../models/resnet50/tuning/photo-encoders.ts';
import { mapLength, stage5Shape } from '../../models/resnet50/tuning/stage5.ts';
import { tunedFeatures } from '../../models/resnet50/tuning/tune.ts';
import { mirrorMaps, readStage5, type Stage5Weights } from '../../models/resnet50/tuning/weights.ts';
import { testAssets } from '../fixtures/assets.ts';

const count = 2;
const { side } = imageNet;
let engine: OnnxEngine;
let assets: Awaited<ReturnType<typeof testAssets>>;
let pixels: Uint8Array;
/** what ResNet50 in one piece makes of the pixels */
let features: Float32Array;
let maps: Float32Array;
let weights: Stage5Weights;

/** Fields of colour of different sizes. */
function pictures(): Uint8Array {
  const random = seededRandom(3);
  const colours = Array.from({ length: 400 }, () => random.below(256));
  return Uint8Array.from({ length: count * side * side * 3 }, (_, i) => {
    const [photo, y, x] = [Math.floor(i / 3 / side / side), Math.floor(i / 3 / side) % side, Math.floor(i / 3) % side];
    const field = photo === 0 ? 32 : 17;
    return colours[(Math.floor(y / field) * 7 + Math.floor(x / field) * 3 + (i % 3) * 101 + photo * 31) % 400]!;
  });
}

beforeAll(async () => {
  engine = await openOnnxEngine({ threads: 2 });
  assets = await testAssets();
  pixels = pictures();
  const whole = await openResnet50(engine, assets);
  features = await whole.encode(pixels, count);
  await whole.dispose();
  const stage4 = await openStage4(engine, assets.onnx);
  maps = await stage4.encode(pixels, count);
  await stage4.dispose();
  weights = await readStage5(assets.onnx);
});

async function featuresOf(stage5: Stage5Weights, of = maps): Promise<Float32Array> {
  const all = new Float32Array(count * imageNet.dimensions);
  const read = (places: Int32Array) => {
    const some = new Float32Array(places.length * mapLength(stage5Shape));
    places.forEach((place, i) => {
      const from = place * mapLength(stage5Shape);
      some.set(of.subarray(from, from + mapLength(stage5Shape)), i * mapLength(stage5Shape));
    });
    return Promise.resolve(some);
  };
  for await (const chunk of tunedFeatures(
    engine,
    stage5,
    read,
    Int32Array.from({ length: count }, (_, i) => i),
  )) {
    all.set(chunk.features, chunk.from * imageNet.dimensions);
  }
  return all;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

test('stage 5 on the maps of stage 4 makes the features of the network in one piece', async () => {
  expect(Math.max(...features)).toBeGreaterThan(1);
  expect(largestDifference(await featuresOf(weights), features)).toBeLessThan(2e-3);
});

test('maps in half precision, as the file of a run keeps them, change the features by less than a hundredth', async () => {
  const kept = fromHalf(toHalf(maps));
  expect(largestDifference(await featuresOf(weights, kept), features)).toBeLessThan(1e-2);
});

test('a network with other weights in stage 5 makes what stage 5 makes with them, on both engines', async () => {
  const random = seededRandom(9);
  const other: Stage5Weights = new Map(
    [...weights].map(([name, { shape, data }]) => [
      name,
      { shape, data: fromHalf(toHalf(data.map((value) => value * (0.8 + 0.4 * random.uniform())))) },
    ]),
  );
  const expected = await featuresOf(other);
  expect(largestDifference(expected, features)).toBeGreaterThan(0.1);
  const joined = await openResnet50(engine, assets, { tuned: other });
  expect(largestDifference(await joined.encode(pixels, count), expected)).toBeLessThan(2e-3);
  await joined.dispose();
  const keras = await openResnet50(await openTensorFlowEngine(), assets, { tuned: other });
  expect(largestDifference(await keras.encode(pixels, count), expected)).toBeLessThan(2e-2);
  await keras.dispose();
});

test('a mirrored map is mirrored row by row, and only where it is chosen', () => {
  const row = stage5Shape.side * stage5Shape.inputs;
  const two = Float32Array.from({ length: 2 * mapLength(stage5Shape) }, (_, i) => Math.floor(i / stage5Shape.inputs));
  mirrorMaps(two, [false, true]);
  const columns = (photo: number, y: number) =>
    Array.from({ length: 8 }, (_, x) => two[photo * mapLength(stage5Shape) + y * row + x * stage5Shape.inputs]);
  expect(columns(0, 1)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
  expect(columns(1, 1)).toEqual([79, 78, 77, 76, 75, 74, 73, 72]);
});
