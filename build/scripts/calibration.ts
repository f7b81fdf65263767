/**
 * Makes models/pretrained/resnet50-8bit.safetensors, by which the 8-bit ResNet50 is made (models/resnet50/calibration.ts), from photos:
 * `node build/scripts/run.mjs build/scripts/calibration.ts KERAS-MODEL.JSON PHOTOS-A-FOLDER DATASET…`. Of each dataset only photos
 * of its train split are used. Afterwards: build/scripts/model-hashes.ts, and a new version of the conversion.
 */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodePhoto } from '../../electron/vision/decode.ts';
import { openOnnxEngine } from '../../models/engine/onnx.ts';
import { preprocessing } from '../../models/resnet50-glove/photos.ts';
import { bestRange, biasCorrection, count, histogram, type Histogram } from '../../models/resnet50/calibrate.ts';
import { calibrationFile, encodeCalibration } from '../../models/resnet50/calibration.ts';
import { convolutionsOf, resnet50ToOnnx } from '../../models/resnet50/convert.ts';
import { readKerasWeights } from '../../models/resnet50/keras.ts';
import { meanPixel } from '../../models/resnet50/network.ts';
import type { Range } from '../../models/resnet50/quantise.ts';

const bins = 8192;
/** Photos by which the histograms' ends are found; others may have values half as large again. */
const photosForEnds = 16;
const batch = 4;

const [keras, each, ...datasets] = process.argv.slice(2);
const photosEach = Number(each);
if (!keras || datasets.length === 0 || !(photosEach > 0)) {
  throw new Error('usage: calibration.ts KERAS-MODEL.JSON PHOTOS-A-DATASET DATASET…');
}

const weights = await readKerasWeights(keras);
const engine = await openOnnxEngine();
const { side } = preprocessing;
const photoBytes = side * side * 3;
const files = (await Promise.all(datasets.map(trainPhotos))).flat();
const pixels = new Uint8Array(files.length * photoBytes);
for (const [i, file] of files.entries()) {
  pixels.set((await decodePhoto(file, preprocessing)).pixels, i * photoBytes);
}

const float = resnet50ToOnnx(weights);
const ranges = await measureRanges();
const corrections = await correctBiases();
const network = createHash('sha256').update(float).digest('hex');
await writeFile(calibrationFile, encodeCalibration({ network, photos: files.length, ranges, corrections }));
process.stdout.write(`${calibrationFile}: ${files.length} photos\n`);

/** Evenly out of the train split. */
async function trainPhotos(dataset: string): Promise<string[]> {
  const lines = String(await readFile(path.join(dataset, 'split.csv'))).split(/\r?\n/);
  const names = lines.flatMap((line) => (line.endsWith(',train') ? [line.slice(0, -',train'.length)] : []));
  const step = names.length / photosEach;
  return Array.from({ length: photosEach }, (_, i) => path.join(dataset, 'images', names[Math.floor(i * step)]!));
}

/** Runs the network on photos one after another, @param use gets the results of a batch */
async function runAll(
  graph: Uint8Array,
  names: readonly string[],
  photos: number,
  use: (name: string, values: Float32Array, count: number) => void,
): Promise<void> {
  const opened = await engine.openGraph(graph);
  for (let first = 0; first < photos; first += batch) {
    const some = Math.min(batch, photos - first);
    const data = pixels.subarray(first * photoBytes, (first + some) * photoBytes);
    const results = await opened.runAll({ pixels: { data, shape: [some, side, side, 3] } }, names);
    for (const [i, values] of results.entries()) use(names[i]!, values, some);
  }
  await opened.dispose();
}

function outputOf(name: string): string {
  return `value:${name}`;
}

async function measureRanges(): Promise<Map<string, Range>> {
  const names: string[] = [];
  const graph = resnet50ToOnnx(weights, (builder, name, value) => {
    if (name === 'pool1') return; // its numbers are those of conv1
    names.push(outputOf(name));
    builder.output(outputOf(name), value, 'float32', ['n', `channels:${name}`, `rows:${name}`, `columns:${name}`]);
  });
  const ends = new Map<string, { low: number; high: number }>();
  const widen = (name: string, values: Float32Array) => {
    const end = ends.get(name) ?? { low: 0, high: 0 };
    ends.set(name, end);
    let { low, high } = end;
    // By index, here and in `count`: 15 million numbers for each photo.
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    Object.assign(end, { low, high });
  };
  await runAll(graph, names, Math.min(photosForEnds, files.length), widen);
  const histograms = new Map<string, Histogram>();
  for (const [name, { low, high }] of ends) histograms.set(name, histogram(1.5 * low, 1.5 * high, bins));
  await runAll(graph, names, files.length, (name, values) => {
    widen(name, values);
    count(histograms.get(name)!, values);
  });
  return new Map(
    [...histograms].map(([name, found]) => {
      const { low, high } = ends.get(name)!;
      return [name.slice(outputOf('').length), bestRange(found, low, high)];
    }),
  );
}

/** The mean of each channel. */
async function measureMeans(): Promise<Map<string, Float64Array>> {
  const names: string[] = [];
  const graph = resnet50ToOnnx(weights, (builder, name, value) => {
    names.push(outputOf(name));
    const mean = builder.op('Flatten', [builder.op('GlobalAveragePool', [value])], { axis: 1 });
    builder.output(outputOf(name), mean, 'float32', ['n', `channels:${name}`]);
  });
  const means = new Map<string, Float64Array>();
  await runAll(graph, names, files.length, (output, values, some) => {
    const name = output.slice(outputOf('').length);
    const mean = means.get(name) ?? new Float64Array(values.length / some);
    means.set(name, mean);
    for (const [i, value] of values.entries()) mean[i % mean.length]! += value / files.length;
  });
  return means;
}

async function correctBiases(): Promise<Map<string, Float32Array>> {
  const means = await measureMeans();
  means.set('pixels', meanOfPixels());
  return new Map(
    [...convolutionsOf(weights)].map((layer) => [layer.name, biasCorrection(layer, means.get(layer.input)!)]),
  );
}

/** Of the centred photos, in the order red, green, blue. */
function meanOfPixels(): Float64Array {
  const mean = new Float64Array(3);
  for (let i = 0; i < pixels.length; i++) mean[i % 3]! += pixels[i]!;
  return mean.map((sum, channel) => sum / (pixels.length / 3) - meanPixel[channel]!);
}
