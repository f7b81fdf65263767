/**
 * Indexing, end to end: `npm run bench -- indexing`. Small photos from their files to embeddings, thumbnails and previews, against the
 * network alone on pixels in memory; camera photos against decoding alone and the network alone; the memory of a process that
 * indexes. Runs alternate, so that other load on the machine affects both. The photos are those in ../shared, or drawn ones.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import pLimit from 'p-limit';
import { Descry } from '../../electron/services/descry.ts';
import { trialProcess } from '../../electron/services/trial-process.ts';
import type { OpenPhotoEncoder } from '../../electron/vision/batches.ts';
import { openPhotoEncoder } from '../../electron/vision/local.ts';
import { decodePhoto } from '../../electron/vision/decode.ts';
import { photosPerRun as batch } from '../../models/engine/modes.ts';
import { loadRuntime } from '../../models/engine/onnx.ts';
import { imageNet } from '../../models/resnet50/feature.ts';
import { testAssets } from '../fixtures/assets.ts';
import { drawPhotos } from '../fixtures/drawn-photos.ts';
import { sharedPhotos } from '../fixtures/shared-photos.ts';
import { benchmark, processorMs } from './common/measure.ts';
import { report, reportMissing } from './common/report.ts';
import { ratios } from './common/rows.ts';

const builtInModel = path.resolve(import.meta.dirname, '../../models/pretrained/default.safetensors');
const base = mkdtempSync(path.join(tmpdir(), 'descry-bench-indexing-'));
const rounds = 3;

await benchmark(async () => {
  try {
    if (process.argv[2] === 'index') await indexAlone(process.argv[3]!, process.argv[4]!);
    else await measure();
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});

interface Rates {
  readonly photosPerSecond: number;
  /** of all threads; the ratio of these is hardly influenced by other load on the machine */
  readonly processorMsPerPhoto: number;
}

async function measure(): Promise<void> {
  const shared = sharedPhotos('flickr/images')?.slice(0, 600);
  const small = shared ?? (await drawPhotos(path.join(base, 'small'), { count: 600, width: 500, height: 375 }));
  await measureSmall(small, shared ? '' : 'drawn ');
  await measureLarge();
  measureMemory(small);
  const ratio = await sizeRatio();
  report({
    id: 'indexing.input-side',
    what: `the network on ${imageNet.side} × ${imageNet.side} pixels`,
    ...{ against: 'the same on 224 × 224', unit: '×', asked: { atMost: 1.5 } },
    runs: [ratio.time],
    raw: { 'ratio of processor time': [ratio.processor] },
  });
}

async function measureSmall(small: readonly string[], kind: string): Promise<void> {
  const raw: Rates[] = [];
  const pipeline: Rates[] = [];
  for (let round = 0; round < rounds; round++) {
    raw.push(await networkRate(96));
    pipeline.push(await pipelineRate(small.slice(round * 200, (round + 1) * 200)));
  }
  report({
    id: 'indexing.small',
    what: `indexing small ${kind}photos, with database, thumbnails and previews`,
    ...{ against: 'the network alone, as the program runs it', unit: '×', asked: { atLeast: 0.85 } },
    runs: ratios(rates(pipeline), rates(raw)),
    raw: {
      'photos/s': rates(pipeline),
      'network photos/s': rates(raw),
      'processor ms/photo': processor(pipeline),
      'network processor ms/photo': processor(raw),
    },
  });
}

async function measureLarge(): Promise<void> {
  const large = [
    ...(await drawPhotos(path.join(base, '12'), { count: 16, width: 4000, height: 3000 })),
    ...(await drawPhotos(path.join(base, '24'), { count: 8, width: 6000, height: 4000 })),
  ];
  const [decoding, network, pipeline]: Rates[][] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    decoding!.push(await decodingRate(large));
    network!.push(await networkRate(48));
    pipeline!.push(await pipelineRate(large));
  }
  const both = decoding!.map(({ photosPerSecond }, i) => 1 / (1 / photosPerSecond + 1 / network![i]!.photosPerSecond));
  report({
    id: 'indexing.camera',
    what: 'indexing drawn photos of 12 and 24 megapixels, with database, thumbnails and previews',
    ...{ against: '1 / (1/decoding + 1/network), both alone', unit: '×', asked: { atLeast: 0.85 } },
    runs: ratios(rates(pipeline!), both),
    raw: {
      'photos/s': rates(pipeline!),
      'decoding photos/s': rates(decoding!),
      'network photos/s': rates(network!),
      'processor ms/photo': processor(pipeline!),
      'decoding processor ms/photo': processor(decoding!),
      'network processor ms/photo': processor(network!),
    },
  });
}

/** Of a process of its own that indexes 200 photos, and of one that indexes them all. */
function measureMemory(photos: readonly string[]): void {
  const row = { id: 'indexing.memory', what: 'memory of a process that indexes, at its peak', unit: 'MB' };
  if (process.platform !== 'linux') return reportMissing({ ...row, missing: 'the peak is read from /proc' });
  const peakOf = (count: number) => {
    const folder = path.join(base, `memory-${count}`);
    copyTo(folder, photos.slice(0, count));
    const child = spawnSync(
      process.execPath,
      [import.meta.filename, 'index', folder, path.join(base, `home-${count}`)],
      { encoding: 'utf8' },
    );
    if (child.status !== 0) throw new Error(child.stderr);
    return Number(child.stdout.trim());
  };
  const few = peakOf(200);
  const all = peakOf(photos.length);
  report({
    ...row,
    asked: { atMost: 500 },
    runs: [all],
    raw: { [`MB after ${photos.length}`]: [all], 'MB after 200': [few] },
  });
}

/** Prints the peak of this process in MB. */
async function indexAlone(folder: string, home: string): Promise<void> {
  const descry = new Descry({ home, builtInModel, trials: trialProcess });
  const { id } = await descry.library.add(folder);
  await descry.library.scan(id);
  await descry.indexer.run();
  const status = readFileSync('/proc/self/status', 'utf8');
  console.log(Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1000);
  await descry.close();
}

function rates(runs: readonly Rates[]): number[] {
  return runs.map(({ photosPerSecond }) => photosPerSecond);
}

function processor(runs: readonly Rates[]): number[] {
  return runs.map(({ processorMsPerPhoto }) => processorMsPerPhoto);
}

async function measured(photos: number, work: () => Promise<void>): Promise<Rates> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  await work();
  return {
    photosPerSecond: (photos * 1000) / (performance.now() - started),
    processorMsPerPhoto: processorMs(before) / photos,
  };
}

/** The encoder as the program opens it on this machine. */
async function withEncoder<T>(work: (encoder: OpenPhotoEncoder) => Promise<T>): Promise<T> {
  const descry = new Descry({ home: mkdtempSync(path.join(base, 'encoder-')), builtInModel, trials: trialProcess });
  const id = descry.models.encoderOf(descry.models.inUse()).id;
  const [{ files }, engine] = await Promise.all([descry.weightsForPhotos(id), descry.engine()]);
  const mode = await descry.modes.choose(id);
  const encoder = await openPhotoEncoder(descry.encoders.find(id), engine, files, { mode });
  try {
    return await work(encoder);
  } finally {
    await encoder.photos.dispose();
    await descry.close();
  }
}

/** Inference only, with regions as in the pipeline, on pixels in memory. */
function networkRate(photos: number): Promise<Rates> {
  return withEncoder(async ({ photos: network }) => {
    const pixels = new Uint8Array(batch * imageNet.side ** 2 * 3).map((_, i) => (i * 31) % 256);
    const run = async () => void (await network.encodeRegions!(pixels, batch));
    await run();
    return measured(photos, async () => {
      for (let done = 0; done < photos; done += batch) await run();
    });
  });
}

/** Reading and decoding only, as many at a time as in the pipeline. */
function decodingRate(files: readonly string[]): Promise<Rates> {
  const limit = pLimit(availableParallelism());
  const preprocessing = { side: imageNet.side, fit: 'squash', normalisation: null } as const;
  return measured(files.length, async () => {
    await Promise.all(files.map((file) => limit(() => decodePhoto(file, preprocessing))));
  });
}

/** The time of a batch of the app's size over one of the size that ResNet50 was trained with; the batches alternate. */
async function sizeRatio(): Promise<{ time: number; processor: number }> {
  const runtime = await loadRuntime();
  const session = await runtime.InferenceSession.create((await testAssets()).onnx, {
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const infer = async (side: number) => {
    const pixels = new Uint8Array(batch * side ** 2 * 3).map((_, i) => (i * 31) % 256);
    const input = new runtime.Tensor('uint8', pixels, [batch, side, side, 3]);
    return measured(batch, async () => void (await session.run({ pixels: input }, ['features'])));
  };
  const sides = [224, imageNet.side] as const;
  for (const side of sides) await infer(side);
  const [small, large] = [[], []] as [Rates[], Rates[]];
  for (let round = 0; round < 12; round++) {
    small.push(await infer(sides[0]));
    large.push(await infer(sides[1]));
  }
  await session.release();
  const of = (runs: readonly Rates[], key: keyof Rates) => runs.reduce((sum, run) => sum + run[key], 0);
  return {
    time: of(small, 'photosPerSecond') / of(large, 'photosPerSecond'),
    processor: of(large, 'processorMsPerPhoto') / of(small, 'processorMsPerPhoto'),
  };
}

function copyTo(folder: string, photos: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  for (const file of photos) cpSync(file, path.join(folder, path.basename(path.dirname(file)) + path.basename(file)));
}

/** From files to embeddings in the database; loading the network is not counted, as it is not for the raw rate. */
async function pipelineRate(photos: readonly string[]): Promise<Rates> {
  const folder = mkdtempSync(path.join(base, 'run-'));
  const [warm, rest] = ['warm', 'rest'].map((name) => path.join(folder, name)) as [string, string];
  copyTo(warm, photos.slice(0, 1));
  copyTo(rest, photos.slice(1));
  const descry = new Descry({ home: path.join(folder, 'home'), builtInModel, trials: trialProcess });
  const index = async (place: string) => {
    const row = await descry.library.add(place);
    const { found } = await descry.library.scan(row.id);
    const { indexed } = await descry.indexer.run();
    if (indexed !== found) throw new Error(`${indexed} of ${found} photos were indexed`);
  };
  await index(warm);
  const result = await measured(photos.length - 1, () => index(rest));
  await descry.close();
  return result;
}
