/*
 * What is independent of the graphs: a reference in double precision with direct convolutions, by finite differences, and
 * TensorFlow.js with its own convolutions and its own gradients.
 */
import type { Rank, Tensor, Tensor4D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { OnnxEngine, TensorFlow } from '../../models/engine/engine.ts';
import { openOnnxEngine } from '../../models/engine/onnx.ts';
import { openTensorFlowEngine } from '../../models/engine/tensorflow.ts';
import { stage5Graph, tunedTensors, tuningGraph, tuningNames } from '../../models/resnet50/tuning/graphs.ts';
import { convolutions, stage5Tensors } from '../../models/resnet50/tuning/stage5.ts';
import { referenceTuning, tuningProblem, type TuningProblem } from '../fixtures/stage5-reference.ts';

const shape = { inputs: 3, inner: 4, outputs: 5, side: 3, embedding: 4 };
const temperature = 0.2;
const positions = shape.side ** 2;

let onnx: OnnxEngine;
let tf: TensorFlow;
beforeAll(async () => {
  onnx = await openOnnxEngine({ threads: 1 });
  ({ tf } = await openTensorFlowEngine());
  // WebAssembly has no gradient of a convolution.
  await tf.setBackend('cpu');
});

/** With no momentum before it, the velocity after one step is the gradient. */
async function stepOf(problem: TuningProblem, momentum: number, rates: readonly number[]) {
  const { tensors, maps, targets, own } = problem;
  const state = new Map(tensors);
  for (const [name, { data, shape }] of tensors) {
    state.set(tuningNames.velocity(name), { data: new Float32Array(data.length), shape });
  }
  const graph = await onnx.openStatefulGraph(tuningGraph(problem.shape, { temperature, momentum }), state);
  const seen: { loss: number; state: Map<string, Float32Array> }[] = [];
  for (const rate of rates) {
    const [loss] = await graph.run(
      {
        [tuningNames.maps]: { data: maps, shape: [own.length * problem.shape.side ** 2, problem.shape.inputs] },
        [tuningNames.targets]: {
          data: targets,
          shape: [targets.length / problem.shape.embedding, problem.shape.embedding],
        },
        [tuningNames.own]: { data: own, shape: [own.length] },
        [tuningNames.learningRate]: { data: Float32Array.of(rate), shape: [] },
      },
      tuningNames.loss,
    );
    seen.push({ loss: loss!, state: await graph.state() });
  }
  await graph.dispose();
  return seen;
}

describe('a step of fine-tuning', () => {
  test('loss and gradients agree with finite differences of direct convolutions', async () => {
    const problem = tuningProblem(shape, 6, [4, 1]);
    const [{ loss, state }] = (await stepOf(problem, 0.9, [0.1])) as [Awaited<ReturnType<typeof stepOf>>[number]];
    const tensors = new Map([...problem.tensors].map(([name, { data }]) => [name, Float64Array.from(data)]));
    const lossNow = () => referenceTuning(problem, tensors, temperature).loss;
    expect(loss).toBeCloseTo(lossNow(), 5);
    let largest = 0;
    for (const [name, values] of tensors) {
      const gradient = state.get(tuningNames.velocity(name))!;
      // Each third number, which is coprime to all widths, so that every row and column has its turn.
      for (let i = 0; i < values.length; i += values.length > 60 ? 3 : 1) {
        const value = values[i]!;
        values[i] = value + 1e-6;
        const above = lossNow();
        values[i] = value - 1e-6;
        const below = lossNow();
        values[i] = value;
        const expected = (above - below) / 2e-6;
        expect(Math.abs(gradient[i]! - expected), `${name}[${i}]`).toBeLessThan(5e-5);
        largest = Math.max(largest, Math.abs(expected));
      }
    }
    expect(largest).toBeGreaterThan(0.1);
  });

  test("loss and gradients agree with TensorFlow.js's own convolutions and gradients", async () => {
    const problem = tuningProblem(
      { ...shape, inputs: 7, inner: 6, outputs: 9, side: 4, embedding: 5 },
      8,
      [0, 7, 3, 3],
      3,
    );
    const [{ loss, state }] = (await stepOf(problem, 0.9, [0.1])) as [Awaited<ReturnType<typeof stepOf>>[number]];
    const theirs = tensorFlowGradients(problem);
    expect(loss).toBeCloseTo(theirs.loss, 4);
    for (const [name] of tunedTensors(problem.shape)) {
      const gradient = state.get(tuningNames.velocity(name))!;
      theirs.gradients.get(name)!.forEach((value, i) => {
        expect(Math.abs(gradient[i]! - value), `${name}[${i}]`).toBeLessThan(2e-5);
      });
    }
  });

  test('the update is v ← 0.9 v + gradient, w ← w − rate · v', async () => {
    const problem = tuningProblem(shape, 6, [4, 1, 0]);
    const [first, second] = await stepOf(problem, 0.9, [0.01, 0.005]);
    const tensors = new Map(
      [...problem.tensors].map(([name, { shape }]) => [name, { data: first!.state.get(name)!, shape }]),
    );
    const [again] = await stepOf({ ...problem, tensors }, 0.9, [0.1]);
    for (const [name] of tunedTensors(shape)) {
      const velocity = tuningNames.velocity(name);
      first!.state.get(name)!.forEach((value, i) => {
        const before = first!.state.get(velocity)![i]!;
        const now = 0.9 * before + again!.state.get(velocity)![i]!;
        expect(value).toBeCloseTo(problem.tensors.get(name)!.data[i]! - 0.01 * before, 5);
        expect(second!.state.get(velocity)![i]).toBeCloseTo(now, 5);
        expect(second!.state.get(name)![i]).toBeCloseTo(value - 0.005 * now, 5);
      });
    }
    expect(second!.loss).toBeLessThan(first!.loss);
  });

  test('features are averages and standard deviations over the positions of the last map', async () => {
    const problem = tuningProblem(shape, 6, [4, 1]);
    const graph = await onnx.openGraph(stage5Graph(shape));
    const names = new Set(stage5Tensors(shape).map(([name]) => name));
    const tensors = Object.fromEntries([...problem.tensors].filter(([name]) => names.has(name)));
    const maps = { data: problem.maps, shape: [2 * positions, shape.inputs] };
    const features = await graph.run({ ...tensors, [tuningNames.maps]: maps }, tuningNames.features);
    await graph.dispose();
    const double = new Map([...problem.tensors].map(([name, { data }]) => [name, data]));
    referenceTuning(problem, double, temperature).maps.forEach((map, photo) => {
      for (let c = 0; c < shape.outputs; c++) {
        const values = map.flat().map((channels) => channels[c]!);
        const mean = values.reduce((sum, v) => sum + v, 0) / positions;
        const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / positions);
        expect(features[photo * 2 * shape.outputs + c]).toBeCloseTo(mean, 5);
        expect(features[photo * 2 * shape.outputs + shape.outputs + c]).toBeCloseTo(deviation, 3);
      }
    });
  });
});

function tensorFlowGradients({ shape, tensors, maps, targets, own }: TuningProblem) {
  const { side, inputs, embedding } = shape;
  const variables = new Map(
    [...tensors].map(([name, { data, shape }]) => [name, tf.variable(tf.tensor(data, [...shape]), true, name)]),
  );
  const layers = new Map(convolutions(shape).map((layer) => [layer.name, layer]));
  const convolve = (x: Tensor, name: string): Tensor => {
    const { taps, inputs, outputs } = layers.get(name)!;
    const size = Math.sqrt(taps);
    const kernel = tf.reshape<Rank.R4>(variables.get(`${name}/kernel`)!, [size, size, inputs, outputs]);
    return tf.add(tf.conv2d(x as Tensor4D, kernel, 1, 'same'), variables.get(`${name}/bias`)!);
  };
  const unit = (x: Tensor): Tensor => tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), 1, true), 1e-12)));
  const loss = () => {
    let x: Tensor = tf.tensor4d(maps, [own.length, side, side, inputs]);
    for (const block of ['a', 'b', 'c']) {
      const name = (branch: string) => `res5${block}_${branch}`;
      const y = tf.relu(convolve(tf.relu(convolve(x, name('branch2a'))), name('branch2b')));
      x = tf.relu(tf.add(convolve(y, name('branch2c')), block === 'a' ? convolve(x, name('branch1')) : x));
    }
    const z = unit(
      tf.add(tf.matMul(unit(tf.mean(x, [1, 2])), variables.get('head/kernel')!), variables.get('head/bias')!),
    );
    const all = tf.tensor2d(targets, [targets.length / embedding, embedding]);
    const logits = tf.div(tf.matMul(z, all, false, true), temperature);
    return tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d(own, 'int32'), all.shape[0]), logits).asScalar();
  };
  const { value, grads } = tf.variableGrads(loss, [...variables.values()]);
  return {
    loss: value.dataSync()[0]!,
    gradients: new Map(Object.entries(grads).map(([name, gradient]) => [name, gradient.dataSync<'float32'>()])),
  };
}
