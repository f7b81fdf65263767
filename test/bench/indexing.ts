/**
 * Photos per second of the whole pipeline (hash, decode, ResNet50, project, store) compared with raw ResNet50 inference on pixels
 * of the same size, and that compared with inference on 224 × 224, in one run: `npm run bench -- indexing`. Runs alternate, so
 * that other load on the machine affects both. The photos are those in ../shared, or drawn ones of similar sizes.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Descry } from '../../electron/services/descry.ts';
import { loadRuntime } from '../../models/engine/onnx.ts';
import { openResnet50 } from '../../models/resnet50/encoder.ts';
import { imageNet } from '../../models/resnet50/feature.ts';
import { testAssets } from '../fixtures/assets.ts';
import { drawPhotos } from '../fixtures/drawn-photos.ts';
import { sharedPhotos } from '../fixtures/shared-photos.ts';
import { benchmark, median, processorMs } from './common/measure.ts';

const builtInModel = path.resolve(import.meta.dirname, '../../models/pretrained/default.safetensors');
const base = mkdtempSync(path.join(tmpdir(), 'descry-bench-indexing-'));
const batch = 16;

await benchmark(async () => {
  try {
    await measure();
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});

async function measure(): Promise<void> {
  const shared = sharedPhotos('flickr/images')?.slice(0, 600);
  const small = shared ?? (await drawPhotos(path.join(base, 'small'), { count: 600, width: 500, height: 375 }));
  const kind = shared ? '' : 'drawn ';
  const rounds = 3;
  const raw: Rates[] = [];
  const pipeline: Rates[] = [];
  for (let round = 0; round < rounds; round++) {
    raw.push(await rawRate(96));
    pipeline.push(await pipelineRate(small.slice(round * 200, (round + 1) * 200)));
    raw.push(await rawRate(96));
  }
  report(`600 small ${kind}photos`, pipeline, raw, 'asked ≥ 0.75');
  const ratio = await sizeRatio();
  console.log(
    `inference on ${imageNet.side} × ${imageNet.side} takes ${ratio.time.toFixed(2)} times as long as on 224 × 224 ` +
      `(asked ≤ 1.5), processor time ${ratio.processor.toFixed(2)} times`,
  );
  const camera =
    sharedPhotos('photos/personal') ??
    (await drawPhotos(path.join(base, 'camera'), { count: 20, width: 4000, height: 3000 }));
  report(`${camera.length} ${kind}camera photos`, [await pipelineRate(camera)], [await rawRate(96)], 'no figure asked');
}

interface Rates {
  readonly photosPerSecond: number;
  /** of all threads; the ratio of these is hardly influenced by other load on the machine */
  readonly processorMsPerPhoto: number;
}

function report(what: string, pipeline: readonly Rates[], raw: readonly Rates[], asked: string): void {
  const [ours, bare] = [pipeline, raw].map((rates) => ({
    rate: median(rates.map(({ photosPerSecond }) => photosPerSecond)),
    processor: median(rates.map(({ processorMsPerPhoto }) => processorMsPerPhoto)),
  })) as [{ rate: number; processor: number }, { rate: number; processor: number }];
  console.log(
    [
      `${what}: ${ours.rate.toFixed(1)} photos/s, raw inference ${bare.rate.toFixed(1)} photos/s, ratio ${(ours.rate / bare.rate).toFixed(2)} (${asked})`,
      `  processor time ${ours.processor.toFixed(0)} ms a photo, raw ${bare.processor.toFixed(0)} ms, ratio ${(bare.processor / ours.processor).toFixed(2)}`,
    ].join('\n'),
  );
}

async function measured(photos: number, work: () => Promise<void>): Promise<Rates> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  await work();
  return {
    photosPerSecond: (photos * 1000) / (performance.now() - started),
    processorMsPerPhoto: processorMs(before) / photos,
  };
}

/** Inference only, in batches as in the pipeline, on pixels in memory. */
async function rawRate(photos: number): Promise<Rates> {
  const { onnx, keras } = await testAssets();
  const { openEngine } = await import('../../models/engine/index.ts');
  const encoder = await openResnet50(await openEngine('onnx'), { onnx, keras });
  const pixels = new Uint8Array(batch * imageNet.side ** 2 * 3).map((_, i) => (i * 31) % 256);
  await encoder.encode(pixels, batch);
  const rates = await measured(photos, async () => {
    for (let done = 0; done < photos; done += batch) await encoder.encode(pixels, batch);
  });
  await encoder.dispose();
  return rates;
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
  const of = (rates: readonly Rates[], key: keyof Rates) => median(rates.map((rate) => rate[key]));
  return {
    time: of(small, 'photosPerSecond') / of(large, 'photosPerSecond'),
    processor: of(large, 'processorMsPerPhoto') / of(small, 'processorMsPerPhoto'),
  };
}

/** From files to embeddings in the database; loading the network is not counted, as it is not for the raw rate. */
async function pipelineRate(photos: readonly string[]): Promise<Rates> {
  const folder = mkdtempSync(path.join(base, 'run-'));
  const warm = path.join(folder, 'warm');
  const rest = path.join(folder, 'rest');
  for (const [place, some] of [
    [warm, photos.slice(0, 1)],
    [rest, photos.slice(1)],
  ] as const) {
    mkdirSync(place);
    for (const file of some) cpSync(file, path.join(place, path.basename(file)));
  }
  const descry = new Descry({ home: path.join(folder, 'home'), builtInModel });
  const index = async (place: string) => {
    const row = await descry.library.add(place);
    const { found } = await descry.library.scan(row.id);
    const { indexed } = await descry.indexer.run();
    if (indexed !== found) throw new Error(`${indexed} of ${found} photos were indexed`);
  };
  await index(warm);
  const rates = await measured(photos.length - 1, () => index(rest));
  await descry.close();
  return rates;
}
