/** Compares the exported ONNX graph with TensorFlow.js running the published Keras model. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openResnet50, type PhotoEncoder } from '../../models/resnet50/encoder.ts';
import { imageNet } from '../../models/resnet50/feature.ts';
import { windowFeatures } from '../../models/resnet50/windows.ts';
import { regionFeatures, regions, storedRegions } from '../../models/resnet50-glove/regions.ts';
import { loadRuntime, openOnnxEngine } from '../../models/engine/onnx.ts';
import { openTensorFlowEngine } from '../../models/engine/tensorflow.ts';
import { testAssets } from '../fixtures/assets.ts';
import { describeShared } from '../fixtures/shared.ts';
import { cosine } from '../fixtures/cosine.ts';

/** WebAssembly takes a quarter of a second and more for each. */
const photosPerFolder = 6;

/** uint8 sRGB [side, side, 3], the whole frame squashed, upright */
async function pixelsOf(file: string, side: number): Promise<Uint8Array> {
  const image = sharp(file).rotate().toColourspace('srgb').resize(side, side, { fit: 'fill' }).removeAlpha();
  return new Uint8Array(await image.raw().toBuffer());
}

const maps = 2048;
const averages = (feature: Float32Array) => feature.subarray(0, maps);
const deviations = (feature: Float32Array) => feature.subarray(maps);

const largest = (values: Float32Array) => values.indexOf(Math.max(...values));

describeShared('ResNet50 on real photos', (shared) => {
  const folders = ['seed', 'personal'].map((name) => path.join(shared, 'photos', name));
  let onnx: PhotoEncoder;
  let keras: PhotoEncoder;
  let files: string[];
  let labels: string[];
  beforeAll(async () => {
    const assets = await testAssets();
    onnx = await openResnet50(await openOnnxEngine({ threads: 2 }), assets);
    keras = await openResnet50(await openTensorFlowEngine(), assets);
    labels = Object.values(JSON.parse(await readFile(assets.labels, 'utf8')) as Record<string, string>).map(String);
    const pick = async (folder: string) => {
      const names = (await readdir(folder)).filter((name) => /\.jpe?g$/i.test(name)).sort();
      const every = Math.max(1, Math.floor(names.length / photosPerFolder));
      return names
        .filter((_, i) => i % every === 0)
        .slice(0, photosPerFolder)
        .map((name) => path.join(folder, name));
    };
    files = (await Promise.all(folders.map(pick))).flat();
  });
  afterAll(async () => {
    await onnx.dispose();
    await keras.dispose();
  });

  test('features of ONNX Runtime and of TensorFlow.js on the Keras model agree, and so do the classes', async () => {
    expect(files).toHaveLength(2 * photosPerFolder);
    for (const file of files) {
      const pixels = await pixelsOf(file, imageNet.side);
      const [ours, theirs] = [await onnx.encode(pixels, 1), await keras.encode(pixels, 1)];
      expect(ours).toHaveLength(2 * maps);
      for (const half of [averages, deviations]) {
        expect(cosine(half(ours), half(theirs)), file).toBeGreaterThanOrEqual(0.9999);
        // Cosine alone would forgive a wrong scale.
        expect(Math.hypot(...half(ours)) / Math.hypot(...half(theirs)), file).toBeCloseTo(1, 3);
      }
      const [ourClass, theirClass] = [await onnx.classify(pixels, 1), await keras.classify(pixels, 1)].map(largest);
      expect(labels[ourClass!], file).toBe(labels[theirClass!]);
      expect(ourClass, file).toBe(theirClass);
    }
  });

  test('a photo has the same features by itself and in a batch', async () => {
    const pixels = await Promise.all(files.slice(0, 3).map((file) => pixelsOf(file, imageNet.side)));
    const batch = await onnx.encode(Uint8Array.from(pixels.flatMap((photo) => [...photo])), 3);
    for (const [i, photo] of pixels.entries()) {
      const single = await onnx.encode(photo, 1);
      const { dimensions } = imageNet;
      expect(cosine(single, batch.subarray(i * dimensions, (i + 1) * dimensions))).toBeGreaterThan(0.999999);
    }
  });

  test('the last feature maps of both agree, and so does what is stored of the regions', async () => {
    const engines = [await openOnnxEngine({ threads: 2 }), await openTensorFlowEngine()] as const;
    for (const file of files.slice(0, 3)) {
      const pixels = await pixelsOf(file, imageNet.side);
      const [ours, theirs] = [await onnx.encodeWithMap(pixels, 1), await keras.encodeWithMap(pixels, 1)];
      expect(ours.features).toEqual(await onnx.encode(pixels, 1));
      expect(ours.map).toHaveLength(maps * 64);
      expect(cosine(ours.map, theirs.map), file).toBeGreaterThanOrEqual(0.9999);
      const stored = [
        await storedRegions(engines[0], ours.map, ours.features, 1),
        await storedRegions(engines[1], theirs.map, theirs.features, 1),
      ];
      expect(stored[0]).toHaveLength(regions.bytes);
      const exact = windowFeatures(ours.map, 1);
      const [first, second] = [
        await regionFeatures(engines[0], ours.features, stored[0]!, 1),
        await regionFeatures(engines[1], theirs.features, stored[1]!, 1),
      ];
      regions.frames.forEach((_, region) => {
        const of = (rows: Float32Array) => rows.subarray(region * 2 * maps, (region + 1) * 2 * maps);
        for (const half of [averages, deviations]) {
          expect(cosine(half(of(first)), half(of(second))), file).toBeGreaterThanOrEqual(0.9999);
          // What is stored is a summary, but says more of the region than the whole photo's feature does.
          const wanted = half(of(exact));
          const summary = cosine(half(of(first)), wanted);
          expect(summary, `${file}, region ${region}`).toBeGreaterThan(cosine(half(ours.features), wanted));
          expect(summary, `${file}, region ${region}`).toBeGreaterThan(0.7);
        }
      });
    }
  });

  test.each([
    ['256 × 256, as in the app', 256, 256],
    ['another size, wider than high', 96, 160],
  ])('features are the mean and the deviation over the positions of the last map: %s', async (_, height, width) => {
    const runtime = await loadRuntime();
    const session = await runtime.InferenceSession.create((await testAssets()).onnx);
    const pixels = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 7919 + (i >> 9) * 31) % 256);
    const results = await session.run({ pixels: new runtime.Tensor('uint8', pixels, [1, height, width, 3]) });
    const map = results['map']!.data as Float32Array;
    const features = results['features']!.data as Float32Array;
    await session.release();
    expect(results['map']!.dims).toEqual([1, maps, height / 32, width / 32]);
    const positions = (height / 32) * (width / 32);
    const expected = Array.from({ length: maps }, (_, m) => {
      const values = [...map.subarray(m * positions, (m + 1) * positions)];
      const mean = values.reduce((sum, value) => sum + value, 0) / positions;
      return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / positions)] as const;
    });
    expect(Math.max(...expected.map(([, deviation]) => deviation))).toBeGreaterThan(0.1);
    expected.forEach(([mean, deviation], m) => {
      expect(features[m], `average ${m}`).toBeCloseTo(mean, 4);
      expect(features[maps + m], `deviation ${m}`).toBeCloseTo(deviation, 3);
    });
  });

  test('pixels of another size are refused', async () => {
    await expect(onnx.encode(new Uint8Array(10), 1)).rejects.toThrow(/pixels must be \[1, 196608\]/);
  });

  test('a file that is no model is named in the error', async () => {
    const notAModel = { onnx: files[0]!, keras: files[0]! };
    for (const engine of [await openOnnxEngine(), await openTensorFlowEngine()]) {
      await expect(openResnet50(engine, notAModel)).rejects.toMatchObject({
        code: 'asset-corrupt',
        message: expect.stringContaining(files[0]!) as string,
      });
    }
  });
});
