/**
 * A training step of 500 pairs: ONNX Runtime against TensorFlow.js on WebAssembly, same batches, same run, in turn.
 *
 *     npm run bench -- training-step [--pairs N] [--steps N]
 *
 * Reports the ratio of the medians of wall time, which should be at least 20, and that of processor time, because other load on
 * the machine increases the wall time of two threads more than that of one. TensorFlow.js runs once per case to warm up and
 * then `steps` times; ONNX Runtime three times as often, because its steps are short and vary more.
 */
import { parseArgs } from 'node:util';
import type { Batch } from '../../models/network/training-step.ts';
import type { Engine, Trainer } from '../../models/engine/engine.ts';
import { openOnnxEngine } from '../../models/engine/onnx.ts';
import { openTensorFlowEngine } from '../../models/engine/tensorflow.ts';
import type { Objective } from '../../models/network/losses.ts';
import { initialBranch } from '../../models/network/network.ts';
import { dropoutMask, seededRandom } from '../../models/math/random.ts';
import { benchmark, median, processorMs } from './common/measure.ts';
import { report } from './common/report.ts';

const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '500' }, steps: { type: 'string', default: '3' } },
});
const pairs = Number(values.pairs);
const steps = Number(values.steps);

/** milliseconds, of each step */
interface Times {
  readonly wall: readonly number[];
  readonly processor: readonly number[];
}

const softmax: Objective = { kind: 'softmax', temperature: 0.05 };
const ranking: Objective = {
  kind: 'ranking',
  margin: 0.05,
  imageToTextWeight: 1.5,
  hardest: 10,
};
const cases = [
  { id: 'seed', name: 'seed: SIF 100, hidden 2048, ranking', text: 100, hidden: 2048, objective: ranking, dropout: 0 },
  {
    id: 'words-2048',
    name: 'SIF 100 + 4,000 words, hidden 2048, softmax',
    text: 4100,
    hidden: 2048,
    objective: softmax,
    dropout: 0.5,
  },
  {
    id: 'words-1024',
    name: 'SIF 100 + 4,000 words, hidden 1024, softmax',
    text: 4100,
    hidden: 1024,
    objective: softmax,
    dropout: 0.5,
  },
];

const random = seededRandom(1);

await benchmark(async () => {
  const engines = [await openOnnxEngine({ threads: 2 }), await openTensorFlowEngine()];
  for (const engine of engines) console.log(engine.description);
  for (const one of cases) await compare(one, engines);
});

async function compare(one: (typeof cases)[number], engines: readonly Engine[]): Promise<void> {
  const shapes = {
    image: { inputs: 2048, hidden: one.hidden, outputs: 512 },
    text: { inputs: one.text, hidden: one.hidden, outputs: 512 },
  };
  const weights = { image: initialBranch(shapes.image, random), text: initialBranch(shapes.text, random) };
  const batch: Batch = {
    count: pairs,
    images: Float32Array.from({ length: pairs * 2048 }, () => Math.max(0, random.uniform() - 0.3)),
    texts: sentences(one.text),
    photos: Int32Array.from({ length: pairs }, (_, i) => i >> 1),
    imageMask: dropoutMask(pairs * one.hidden, one.dropout, random),
    textMask: dropoutMask(pairs * one.hidden, one.dropout, random),
  };
  const times: Times[] = [];
  for (const engine of engines) {
    const trainer = await engine.trainer(weights, {
      objective: one.objective,
      momentum: 0.9,
      dropout: one.dropout,
      normMomentum: 0.99,
    });
    times.push(await stepTimes(trainer, batch, engine.name === 'onnx' ? 3 * steps : steps));
    await trainer.dispose();
  }
  const [ours, theirs] = times as [Times, Times];
  for (const kind of ['wall', 'processor'] as const) {
    report({
      id: `training-step.${one.id}.${kind}`,
      what: `training step of ${pairs} pairs, ${one.name}: times as fast, by ${kind} time`,
      ...{ against: 'TensorFlow.js on WebAssembly', unit: '×' },
      runs: theirs[kind].map((time) => time / median(ours[kind])),
      ...(kind === 'wall' ? { asked: { atLeast: 20 } } : {}),
      raw: { 'ONNX Runtime ms': ours[kind], 'TensorFlow.js ms': theirs[kind] },
    });
  }
}

/** @returns of `count` steps, after one to warm up */
async function stepTimes(trainer: Trainer, batch: Batch, count: number): Promise<Times> {
  await trainer.step(batch, 0.01);
  const wall: number[] = [];
  const processor: number[] = [];
  for (let i = 0; i < count; i++) {
    const before = process.cpuUsage();
    const start = performance.now();
    await trainer.step(batch, 0.01);
    wall.push(performance.now() - start);
    processor.push(processorMs(before));
  }
  return { wall, processor };
}

/** A dense part of 100 numbers, then a bag of about ten words by a Zipf-like law, as captions have them. */
function sentences(width: number): Float32Array {
  const rows = new Float32Array(pairs * width);
  const words = width - 100;
  for (let i = 0; i < pairs; i++) {
    for (let j = 0; j < 100; j++) rows[i * width + j] = random.uniform() - 0.5;
    for (let k = 0; words > 0 && k < 10; k++)
      rows[i * width + 100 + Math.floor((words + 1) ** random.uniform()) - 1] = 1;
  }
  return rows;
}
