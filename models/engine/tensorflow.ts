/**
 * The second engine: TensorFlow.js. It takes over where the native ONNX Runtime cannot load, and its gradients, derived
 * by other people's code, are what the tests hold ours against.
 *
 * It runs on @tensorflow/tfjs-node where the user has installed that (an optional peer dependency) and it loads, else on
 * WebAssembly, which in Node has one thread (tfjs issue 3830).
 */
import util from 'node:util';
import type * as TensorFlow from '@tensorflow/tfjs';
import { errorMessage } from '../errors.ts';
import { normEpsilon, popularityTemperature, type BranchWeights } from '../network/network.ts';
import { squaredNormEpsilon } from '../network/layers.ts';
import { checkMatrix } from './checks.ts';
import type { Engine, Projection } from './engine.ts';
import { openKerasEncoder } from './tensorflow-encoder.ts';
import { openTensorFlowTrainer } from './tensorflow-trainer.ts';

export type Tf = typeof TensorFlow;

export interface TensorFlowOptions {
  /** called with the reason why tfjs-node, although installed, is not used */
  readonly onSlower?: (reason: string) => void;
}

/** @throws whatever loading throws, when not even WebAssembly works */
export async function openTensorFlowEngine({ onSlower }: TensorFlowOptions = {}): Promise<Engine> {
  const { tf, backend } = (await loadNative(onSlower)) ?? (await loadWebAssembly());
  return {
    name: 'tensorflow',
    description: `TensorFlow.js ${tf.version_core}, ${backend}`,
    imageEncoder: (files) => openKerasEncoder(tf, files.keras),
    projection: (branch) => Promise.resolve(openProjection(tf, branch)),
    similarities: (rows, columns, width) => similarities(tf, rows, columns, width),
    trainer: (initial, options, momentum) => Promise.resolve(openTensorFlowTrainer(tf, initial, options, momentum)),
  };
}

interface Loaded {
  readonly tf: Tf;
  readonly backend: string;
}

async function loadNative(onSlower: TensorFlowOptions['onSlower']): Promise<Loaded | undefined> {
  // tfjs-node 4.22 calls a function that Node 23 took out of `util`.
  const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean };
  legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
  // A variable, so that neither the compiler nor a bundler insists on a package that is allowed to be absent.
  const optional = '@tensorflow/tfjs-node';
  try {
    const tf = exportsOf<Tf>(await import(optional));
    await tf.ready();
    return { tf, backend: 'tfjs-node' };
  } catch (error) {
    // Node's words and Vite's (in the tests) for a package that is not there, and not for one that it misses itself.
    const absent = /(Cannot find package|Could not resolve) .@tensorflow\/tfjs-node. imported/.test(
      errorMessage(error),
    );
    if (!absent) onSlower?.(`@tensorflow/tfjs-node does not load: ${errorMessage(error)}`);
    return undefined;
  }
}

async function loadWebAssembly(): Promise<Loaded> {
  const tf = exportsOf<Tf>(await import('@tensorflow/tfjs'));
  await import('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly backend of TensorFlow.js does not start');
  await tf.ready();
  return { tf, backend: 'WebAssembly' };
}

/** A CommonJS module: Node gives its exports as `default`, a bundler may give them directly. */
function exportsOf<T>(module: unknown): T {
  return ((module as { default?: T }).default ?? module) as T;
}

function openProjection(tf: Tf, branch: BranchWeights): Projection {
  const { inputs, hidden, outputs, activation, components } = branch.shape;
  const reduction = branch.reduction && tf.tensor2d(branch.reduction, [inputs, components!]);
  const hiddenWeight = tf.tensor2d(branch.hiddenWeight, [components ?? inputs, hidden]);
  const outputWeight = tf.tensor2d(branch.outputWeight, [hidden, outputs]);
  const [hiddenBias, outputBias, gamma, beta, mean, variance] = (
    ['hiddenBias', 'outputBias', 'normGamma', 'normBeta', 'normMean', 'normVariance'] as const
  ).map((name) => tf.tensor1d(branch[name])) as Six<TensorFlow.Tensor1D>;
  const references = branch.references && tf.tensor2d(branch.references, [branch.shape.references!, outputs]);
  const all = [
    ...(reduction ? [reduction] : []),
    ...(references ? [references] : []),
    hiddenWeight,
    outputWeight,
    hiddenBias,
    outputBias,
    gamma,
    beta,
    mean,
    variance,
  ];
  return {
    inputs,
    outputs,
    async project(features, count) {
      checkMatrix('features', features, count, inputs);
      const embeddings = tf.tidy(() => {
        const x = tf.tensor2d(features, [count, inputs]);
        const reduced = reduction ? tf.matMul(x, reduction) : x;
        const sums: TensorFlow.Tensor2D = tf.add(tf.matMul(reduced, hiddenWeight), hiddenBias);
        const active = activation === 'softmax' ? tf.softmax(sums, 1) : tf.relu(sums);
        const output = tf.add(tf.matMul(active, outputWeight), outputBias);
        const scale = tf.div(gamma, tf.sqrt(tf.add(variance, normEpsilon)));
        const unit = unitRows(tf, tf.add(tf.mul(tf.sub(output, mean), scale), beta));
        return references ? tf.mul(unit, popularityLength(tf, unit, references)) : unit;
      });
      const data = await embeddings.data<'float32'>();
      embeddings.dispose();
      return data;
    },
    dispose() {
      tf.dispose(all);
      return Promise.resolve();
    },
  };
}

/** As in models/network/projection-graph.ts. */
function popularityLength(tf: Tf, unit: TensorFlow.Tensor2D, references: TensorFlow.Tensor2D): TensorFlow.Tensor {
  const cosines = tf.matMul(unit, tf.transpose(references));
  const mean = tf.mean(tf.exp(tf.div(cosines, popularityTemperature)), 1, true);
  return tf.exp(tf.mul(tf.log(mean), -popularityTemperature));
}

async function similarities(tf: Tf, rows: Float32Array, columns: Float32Array, width: number): Promise<Float32Array> {
  const [n, m] = [Math.trunc(rows.length / width), Math.trunc(columns.length / width)];
  checkMatrix('rows', rows, n, width);
  checkMatrix('columns', columns, m, width);
  const product = tf.tidy(() =>
    tf.matMul(tf.tensor2d(rows, [n, width]), tf.transpose(tf.tensor2d(columns, [m, width]))),
  );
  const data = await product.data<'float32'>();
  product.dispose();
  return data;
}

type Six<T> = [T, T, T, T, T, T];

/** Each row divided by its Euclidean norm. */
export function unitRows(tf: Tf, x: TensorFlow.Tensor): TensorFlow.Tensor2D {
  const squared = tf.sum(tf.mul(x, x), 1, true);
  return tf.div(x, tf.sqrt(tf.add(squared, squaredNormEpsilon)));
}
