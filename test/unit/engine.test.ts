import { beforeAll, describe, expect, test } from 'vitest';
import type { Batch, TrainingOptions } from '../../models/network/training-step.ts';
import type { Engine } from '../../models/engine/engine.ts';
import { openOnnxEngine } from '../../models/engine/onnx.ts';
import { openTensorFlowEngine } from '../../models/engine/tensorflow.ts';
import {
  runningStatistics,
  trainable,
  type BranchShape,
  type BranchWeights,
  type NetworkWeights,
} from '../../models/network/network.ts';
import { decodeSafetensors, encodeSafetensors } from '../../models/files/safetensors.ts';
import { dropoutMask, seededRandom } from '../../models/math/random.ts';
import { objectives, trainingProblem } from '../fixtures/training-problem.ts';

const shapes = {
  image: { inputs: 32, hidden: 24, outputs: 16 },
  text: { inputs: 40, hidden: 28, outputs: 16 },
} as const;
const sides = ['image', 'text'] as const;
const base: TrainingOptions = {
  objective: objectives['softmax']!,
  momentum: 0.9,
  dropout: 0,
  normMomentum: 0.9,
};

let onnx: Engine;
let tensorflow: Engine;
beforeAll(async () => {
  onnx = await openOnnxEngine({ threads: 1 });
  tensorflow = await openTensorFlowEngine();
});

function expectClose(actual: NetworkWeights, expected: NetworkWeights, tolerance: number): void {
  for (const side of sides) {
    for (const name of [...trainable, ...runningStatistics]) {
      const worst = Math.max(...actual[side][name].map((value, i) => Math.abs(value - expected[side][name][i]!)));
      expect(worst, `${side}.${name}`).toBeLessThan(tolerance);
    }
  }
}

const norms = (rows: Float32Array, width: number) =>
  Array.from({ length: rows.length / width }, (_, i) => Math.hypot(...rows.subarray(i * width, (i + 1) * width)));

const unit = (rows: Float32Array, width: number) => {
  const lengths = norms(rows, width);
  return rows.map((value, i) => value / lengths[Math.trunc(i / width)]!);
};

/*
 * Forward pass, losses and update are shared by the engines; their arithmetic and the gradients are not, so equal runs mean
 * that the gradients are equal. What is shared is compared with formulas: in gradients.test.ts, and below for projections.
 */
describe('a training run', () => {
  const run = async (engine: Engine, options: TrainingOptions, steps: number, momentum?: NetworkWeights) => {
    const random = seededRandom(3);
    const { weights, batch } = trainingProblem(shapes.image, shapes.text, 12, { dropout: options.dropout });
    const trainer = await engine.trainer(weights, options, momentum);
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      const masks =
        options.dropout > 0
          ? {
              imageMask: dropoutMask(12 * shapes.image.hidden, options.dropout, random),
              textMask: dropoutMask(12 * shapes.text.hidden, options.dropout, random),
            }
          : {};
      losses.push((await trainer.step({ ...batch, ...masks }, 0.1 * 0.9 ** step)).loss);
    }
    const result = { losses, weights: await trainer.weights(), momentum: await trainer.momentum() };
    await trainer.dispose();
    return result;
  };

  const cases = Object.entries(objectives).flatMap(([name, objective]) =>
    [0, 0.5].map((dropout) => ({ name, objective, dropout })),
  );
  test.each(cases)(
    '$name, dropout $dropout: five steps of ONNX Runtime equal five of TensorFlow.js',
    async ({ objective, dropout }) => {
      const options = { ...base, objective, dropout };
      const ours = await run(onnx, options, 5);
      const theirs = await run(tensorflow, options, 5);
      ours.losses.forEach((loss, i) => expect(loss).toBeCloseTo(theirs.losses[i]!, 4));
      expectClose(ours.weights, theirs.weights, 1e-4);
      expectClose(ours.momentum, theirs.momentum, 2e-4);
      const { weights: before } = trainingProblem(shapes.image, shapes.text, 12, { dropout });
      for (const name of [...trainable, ...runningStatistics]) {
        if (name === 'outputBias') continue; // batch norm takes every constant away again: its gradient is 0
        expect(ours.weights.text[name], name).not.toEqual(before.text[name]);
      }
    },
  );

  test.each([0, 0.5])(
    'embedded images, dropout %d: only the text branch learns, the same on both engines',
    async (dropout) => {
      const options: TrainingOptions = { ...base, dropout, imagesEmbedded: true };
      const random = seededRandom(11);
      const image = { inputs: 16, hidden: 1, outputs: 16 };
      const { weights, batch } = trainingProblem(image, shapes.text, 12, { dropout });
      const textMask = dropoutMask(12 * shapes.text.hidden, dropout, random);
      const given: Batch = { ...batch, images: unit(batch.images, 16), ...(dropout > 0 ? { textMask } : {}) };
      const after = await Promise.all(
        [onnx, tensorflow].map(async (engine) => {
          const trainer = await engine.trainer(weights, options);
          const losses = [(await trainer.step(given, 0.1)).loss, (await trainer.step(given, 0.1)).loss];
          const result = { losses, text: (await trainer.weights()).text };
          await trainer.dispose();
          return result;
        }),
      );
      const [ours, theirs] = after as [(typeof after)[0], (typeof after)[0]];
      ours.losses.forEach((loss, i) => expect(loss).toBeCloseTo(theirs.losses[i]!, 4));
      expectClose({ image: weights.image, text: ours.text }, { image: weights.image, text: theirs.text }, 1e-4);
      expect(ours.text.hiddenWeight).not.toEqual(weights.text.hiddenWeight);
      expect(ours.losses[1]).toBeLessThan(ours.losses[0]!);
    },
  );

  test('a kernel machine is refused: its layers have no gradients here', async () => {
    const { weights } = trainingProblem(shapes.image, shapes.text, 12);
    const kernel = {
      ...weights,
      image: { ...weights.image, shape: { ...shapes.image, activation: 'softmax' as const } },
    };
    await expect(onnx.trainer(kernel, base)).rejects.toThrow(/kernel machine/);
  });

  test('running statistics follow the batch by the share that normMomentum leaves', async () => {
    const { weights, batch } = trainingProblem(shapes.image, shapes.text, 12);
    const all = await (async () => {
      const trainer = await onnx.trainer(weights, { ...base, normMomentum: 0 });
      await trainer.step(batch, 0);
      const after = await trainer.weights();
      await trainer.dispose();
      return after;
    })();
    const trainer = await onnx.trainer(weights, { ...base, normMomentum: 0.75 });
    await trainer.step(batch, 0);
    const part = await trainer.weights();
    await trainer.dispose();
    part.image.normMean.forEach((mean, i) => {
      expect(mean).toBeCloseTo(0.75 * weights.image.normMean[i]! + 0.25 * all.image.normMean[i]!, 5);
    });
    expect(part.image.hiddenWeight).toEqual(weights.image.hiddenWeight);
  });

  test.each(['onnx', 'tensorflow'] as const)('%s: going on from a checkpoint is going on', async (name) => {
    const engine = name === 'onnx' ? onnx : tensorflow;
    const { weights, batch } = trainingProblem(shapes.image, shapes.text, 12);
    const straight = await engine.trainer(weights, base);
    await straight.step(batch, 0.1);
    const [saved, momentum] = [await straight.weights(), await straight.momentum()];
    await straight.step(batch, 0.1);
    const resumed = await engine.trainer(saved, base, momentum);
    await resumed.step(batch, 0.1);
    expectClose(await resumed.weights(), await straight.weights(), 1e-7);
    await Promise.all([straight.dispose(), resumed.dispose()]);
  });

  test('a trainer shares no memory with the weights that it is given and gives', async () => {
    const { weights, batch } = trainingProblem(shapes.image, shapes.text, 12);
    const before = weights.image.hiddenWeight.slice();
    const trainer = await onnx.trainer(weights, base);
    await trainer.step(batch, 0.1);
    const first = await trainer.weights();
    const kept = first.image.hiddenWeight.slice();
    await trainer.step(batch, 0.1);
    await trainer.step(batch, 0.1);
    expect(weights.image.hiddenWeight).toEqual(before);
    expect(first.image.hiddenWeight).toEqual(kept);
    await trainer.dispose();
  });

  test('steps asked for at once happen one after the other', async () => {
    const { weights, batch } = trainingProblem(shapes.image, shapes.text, 12);
    const [together, apart] = [await onnx.trainer(weights, base), await onnx.trainer(weights, base)];
    await Promise.all([together.step(batch, 0.1), together.step(batch, 0.1), together.step(batch, 0.1)]);
    for (let i = 0; i < 3; i++) await apart.step(batch, 0.1);
    expectClose(await together.weights(), await apart.weights(), 1e-7);
    await Promise.all([together.dispose(), apart.dispose()]);
  });

  test.each(['ranking', 'softmax'])('%s: the loss of one small batch falls nearly to its minimum', async (name) => {
    const { weights, batch } = trainingProblem(shapes.image, shapes.text, 12);
    const options = { ...base, objective: objectives[name]! };
    const trainer = await onnx.trainer(weights, options);
    const losses: number[] = [];
    for (let i = 0; i < 60; i++) losses.push((await trainer.step(batch, 0.1)).loss);
    await trainer.dispose();
    const floor = name === 'softmax' ? Math.log(2) : 0; // two captions of a photo share its probability
    expect(losses[0]! - floor).toBeGreaterThan(0.4);
    expect(losses.at(-1)! - floor).toBeLessThan(0.1);
  });

  test('a batch of another size than it says is refused', async () => {
    const { weights, batch } = trainingProblem(shapes.image, shapes.text, 12);
    for (const engine of [onnx, tensorflow]) {
      const trainer = await engine.trainer(weights, base);
      const short: Batch = { ...batch, texts: batch.texts.subarray(1) };
      await expect(trainer.step(short, 0.1)).rejects.toThrow(/texts must be \[12, 40\]/);
      await expect(trainer.step(batch, 0.1)).resolves.toHaveProperty('loss');
      await trainer.dispose();
      const dropping = await engine.trainer(weights, { ...base, dropout: 0.5 });
      await expect(dropping.step(batch, 0.1)).rejects.toThrow(/imageMask/);
      await dropping.dispose();
    }
  });
});

test('TensorFlow.js frees every tensor', async () => {
  const tf = await import('@tensorflow/tfjs');
  const { weights, batch } = trainingProblem(shapes.image, shapes.text, 12);
  const before = tf.memory().numTensors;
  for (const objective of Object.values(objectives)) {
    const trainer = await tensorflow.trainer(weights, { ...base, objective });
    await trainer.step(batch, 0.1);
    const afterOne = tf.memory().numTensors;
    await trainer.step(batch, 0.1);
    await trainer.weights();
    expect(tf.memory().numTensors).toBe(afterOne);
    await trainer.dispose();
  }
  const projection = await tensorflow.projection(weights.text);
  await projection.project(batch.texts, 12);
  await projection.dispose();
  await tensorflow.similarities(batch.texts, batch.texts, shapes.text.inputs);
  expect(tf.memory().numTensors).toBe(before);
});

describe('a projection', () => {
  test('is the same on both engines, and of norm 1', async () => {
    const { weights, batch } = trainingProblem(shapes.image, shapes.text, 12);
    const [ours, theirs] = [await onnx.projection(weights.text), await tensorflow.projection(weights.text)];
    expect([ours.inputs, ours.outputs, theirs.inputs, theirs.outputs]).toEqual([40, 16, 40, 16]);
    const a = await ours.project(batch.texts, 12);
    const b = await theirs.project(batch.texts, 12);
    expect(a).toHaveLength(12 * 16);
    a.forEach((value, i) => expect(value).toBeCloseTo(b[i]!, 5));
    for (const norm of norms(a, 16)) expect(norm).toBeCloseTo(1, 5);
    // One row alone has the embedding that it has among others: the running statistics are used.
    const alone = await ours.project(batch.texts.slice(40, 80), 1);
    alone.forEach((value, i) => expect(value).toBeCloseTo(a[16 + i]!, 5));
    await Promise.all([ours.dispose(), theirs.dispose()]);
  });

  test('of sentences reads only the rows of the inputs that are used, and is the same', async () => {
    const { weights, batch } = trainingProblem(shapes.image, shapes.text, 12);
    const matrix = { shape: [40, 28], data: weights.text.hiddenWeight };
    const file = encodeSafetensors({ metadata: {}, tensors: new Map([['w', matrix]]) }, 'I8');
    const stored = decodeSafetensors(file).tensors.get('w')!;
    const read: (readonly number[])[] = [];
    const dense = { ...weights.text, hiddenWeight: stored.data };
    const byRows = { ...dense, hiddenRows: (inputs: readonly number[]) => (read.push(inputs), stored.rows!(inputs)) };
    const sentences = new Float32Array(3 * 40);
    sentences.set([0.5, -1], 7);
    sentences[40 + 39] = 2; // and nothing of the third
    for (const [rows, count] of [
      [sentences, 3],
      [new Float32Array(40), 1],
      [batch.texts, 12],
    ] as const) {
      const [ours, all] = [await onnx.projection(byRows), await onnx.projection(dense)];
      const expected = await all.project(rows, count);
      (await ours.project(rows, count)).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
      await Promise.all([ours.dispose(), all.dispose()]);
    }
    expect(read.slice(0, 2)).toEqual([[7, 8, 39], [0]]);
  });

  test('through components, a softmax and references, as a kernel machine has them, is what its formula says', async () => {
    const shape: BranchShape = {
      inputs: 32,
      hidden: 24,
      outputs: 16,
      activation: 'softmax',
      components: 8,
      references: 3,
    };
    const random = seededRandom(5);
    const matrix = (length: number) => Float32Array.from({ length }, () => random.uniform() * 2 - 1);
    const ones = new Float32Array(16).fill(1);
    const zeros = new Float32Array(16);
    const branch: BranchWeights = {
      shape,
      reduction: matrix(32 * 8),
      references: unit(matrix(3 * 16), 16),
      hiddenWeight: matrix(8 * 24),
      hiddenBias: matrix(24),
      outputWeight: matrix(24 * 16),
      outputBias: zeros,
      normGamma: ones,
      normBeta: zeros,
      normMean: zeros,
      normVariance: ones,
    };
    const features = matrix(5 * 32);
    const times = (rows: Float32Array, weight: Float32Array, inner: number, outer: number) =>
      Float32Array.from({ length: (rows.length / inner) * outer }, (_, at) => {
        const [row, column] = [Math.trunc(at / outer), at % outer];
        let sum = 0;
        for (let i = 0; i < inner; i++) sum += rows[row * inner + i]! * weight[i * outer + column]!;
        return sum;
      });
    const sums = times(times(features, branch.reduction!, 32, 8), branch.hiddenWeight, 8, 24);
    // Softmax without its denominator: the L2 norm at the end takes that away.
    const active = sums.map((sum, i) => Math.exp(sum + branch.hiddenBias[i % 24]!));
    const expected = unit(times(active, branch.outputWeight, 24, 16), 16);
    // Nearer to the references, shorter.
    for (let row = 0; row < 5; row++) {
      const z = expected.subarray(row * 16, (row + 1) * 16);
      const cosines = [0, 1, 2].map((r) =>
        z.reduce((sum, value, i) => sum + value * branch.references![r * 16 + i]!, 0),
      );
      const popularity = 0.05 * Math.log(cosines.reduce((sum, cosine) => sum + Math.exp(cosine / 0.05), 0) / 3);
      z.forEach((value, i) => (z[i] = value * Math.exp(-popularity)));
    }
    for (const engine of [onnx, tensorflow]) {
      const projection = await engine.projection(branch);
      const embeddings = await projection.project(features, 5);
      await projection.dispose();
      embeddings.forEach((value, i) => expect(value, engine.name).toBeCloseTo(expected[i]!, 4));
    }
  });

  test('is what training embedded, once the running statistics are those of the batch', async () => {
    const { weights, batch } = trainingProblem(shapes.image, shapes.text, 12);
    const options = { ...base, normMomentum: 0, objective: { kind: 'softmax', temperature: 1 } as const };
    const trainer = await onnx.trainer(weights, options);
    const { loss } = await trainer.step(batch, 0);
    const after = await trainer.weights();
    await trainer.dispose();
    const [image, text] = [await onnx.projection(after.image), await onnx.projection(after.text)];
    const x = await image.project(batch.images, 12);
    const y = await text.project(batch.texts, 12);
    const logits = await onnx.similarities(x, y, 16);
    let expected = 0;
    for (let i = 0; i < 12; i++) {
      for (const at of [(j: number) => i * 12 + j, (j: number) => j * 12 + i]) {
        const row = Array.from({ length: 12 }, (_, j) => logits[at(j)]!);
        const total = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
        expected += (2 * total - row[i & ~1]! - row[i | 1]!) / 2 / 24;
      }
    }
    expect(loss).toBeCloseTo(expected, 5);
    await Promise.all([image.dispose(), text.dispose()]);
  });

  test('similarities are rows times columns', async () => {
    const rows = Float32Array.of(1, 0, 0, 1, 0.6, 0.8);
    const columns = Float32Array.of(1, 0, 0.8, 0.6);
    for (const engine of [onnx, tensorflow]) {
      const result = await engine.similarities(rows, columns, 2);
      [1, 0.8, 0, 0.6, 0.6, 0.96].forEach((value, i) => expect(result[i]).toBeCloseTo(value, 6));
      await expect(engine.similarities(rows, columns, 4)).rejects.toThrow(RangeError);
    }
  });
});
