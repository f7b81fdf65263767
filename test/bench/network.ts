/**
 * ResNet50 alone: each mode of this machine against floats on the processor, in turn, and the memory of a process that has one.
 * `node build/scripts/run.mjs test/bench/network.ts`
 */
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { photosPerRun, photoModes, type PhotoMode } from '../../models/engine/modes.ts';
import type { FoundWeights } from '../../models/contract/weights.ts';
import { openEngine } from '../../models/engine/index.ts';
import { drawnPictures, leastCosine } from '../../models/mode-trial.ts';
import { resnet50Glove } from '../../models/resnet50-glove/index.ts';
import { testAssets } from '../fixtures/assets.ts';
import { benchmark } from './common/measure.ts';
import { report, reportMissing } from './common/report.ts';

const rounds = 8;
const batchesForMemory = 75;
/** MB */
const memoryAsked = 500;

interface Memory {
  readonly mode: PhotoMode;
  /** of the process, MB */
  readonly peak: number;
  /** the same when a quarter of the photos were done */
  readonly early: number;
}

const { side } = resnet50Glove.preprocessing;
const pixels = drawnPictures(side, photosPerRun);

async function compare(files: FoundWeights['files']): Promise<void> {
  const engine = await openEngine('onnx');
  const float = await resnet50Glove.openPhotos(engine, files, 'float');
  const expected = await float.encode(pixels, photosPerRun);
  const modes = resnet50Glove.modes(engine, files);
  for (const mode of photoModes) {
    if (mode === 'float') continue;
    const row = {
      id: `network.${mode}`,
      what: `ResNet50, ${mode}`,
      against: 'ONNX Runtime, floats, all cores',
      unit: '×',
    };
    // Graphics providers run code of the machine's driver, so that they are tried in a process of their own, by Descry itself.
    if (mode !== '8-bit' || !modes.includes(mode)) {
      reportMissing({
        ...row,
        missing: modes.includes(mode) ? 'descry status tells it' : 'this machine does not have it',
      });
      continue;
    }
    const tried = await resnet50Glove.openPhotos(engine, files, mode);
    const agreement = leastCosine(expected, await tried.encode(pixels, photosPerRun), resnet50Glove.featureLength);
    const times: Record<'float' | 'tried', number[]> = { float: [], tried: [] };
    for (let round = 0; round < rounds; round++) {
      for (const [name, photos] of [['float', float] as const, ['tried', tried] as const]) {
        const before = performance.now();
        await photos.encode(pixels, photosPerRun);
        times[name].push(performance.now() - before);
      }
    }
    report({
      ...row,
      runs: times.float.map((ms, i) => ms / times.tried[i]!),
      asked: { atLeast: 2.5 },
      raw: { 'floats ms': times.float, [`${mode} ms`]: times.tried },
      note: `Least cosine with the features in floats, on drawn pictures: ${agreement.toFixed(4)}.`,
    });
    await tried.dispose();
  }
  await float.dispose();
}

/** In another process: its peak is of this mode alone. */
function memoryOf(mode: PhotoMode): Promise<Memory> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, [mode]);
    child.once('message', (memory) => resolve(memory as Memory));
    child.once('exit', (code) => reject(new Error(`the process for ${mode} ended with ${code}`)));
  });
}

async function measureMemory(mode: PhotoMode, files: FoundWeights['files']): Promise<Memory> {
  const photos = await resnet50Glove.openPhotos(await openEngine('onnx'), files, mode);
  let early = 0;
  for (let batch = 0; batch < batchesForMemory; batch++) {
    if (batch === Math.floor(batchesForMemory / 4)) early = peakMegabytes();
    await photos.encodeRegions!(pixels, photosPerRun);
  }
  return { mode, peak: peakMegabytes(), early };
}

/** Largest resident memory of this process so far. */
function peakMegabytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
}

await benchmark(async () => {
  const assets = await testAssets();
  const files = { onnx: assets.onnx, bytes: assets.bytes, keras: assets.keras };
  const own = process.argv[2] as PhotoMode | undefined;
  if (own) {
    process.send!(await measureMemory(own, files));
    process.disconnect();
    return;
  }
  await compare(files);
  for (const mode of ['float', '8-bit'] as const) {
    const { peak, early } = await memoryOf(mode);
    report({
      id: `network.memory.${mode}`,
      what: `memory of a process with ResNet50, ${mode}, ${batchesForMemory * photosPerRun} photos, ${photosPerRun} at a time`,
      unit: 'MB',
      runs: [peak],
      asked: { atMost: memoryAsked },
      note: `${early.toFixed(0)} MB after a quarter of them.`,
    });
  }
});
