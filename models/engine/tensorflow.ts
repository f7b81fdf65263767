/**
 * The second engine: TensorFlow.js, for machines where the native ONNX Runtime cannot load. The tests compare our gradients
 * with those that it derives.
 *
 * It runs on @tensorflow/tfjs-node if the user has installed that (an optional peer dependency) and it loads, else on
 * WebAssembly, which in Node has one thread (tfjs issue 3830).
 */
import util from 'node:util';
import type { Tensor } from '@tensorflow/tfjs';
import { errorMessage } from '../errors.ts';
import { checkMatrix } from '../math/rows.ts';
import { branchAtInference } from '../network/branch.ts';
import {
  extraShapes,
  tensorNames,
  tensorShapes,
  type BranchWeights,
  type Extras,
  type TensorName,
} from '../network/network.ts';
import type { Projection, TensorFlow, TensorFlowEngine } from './engine.ts';
import { tensorFlowArithmetic } from './tensorflow-arithmetic.ts';
import { openTensorFlowTrainer } from './tensorflow-trainer.ts';

export interface TensorFlowOptions {
  /** called with the reason why tfjs-node, although installed, is not used */
  readonly onSlower?: (reason: string) => void;
}

/** @throws the loading error if WebAssembly does not work either */
export async function openTensorFlowEngine({ onSlower }: TensorFlowOptions = {}): Promise<TensorFlowEngine> {
  const { tf, backend } = (await loadNative(onSlower)) ?? (await loadWebAssembly());
  return {
    name: 'tensorflow',
    description: `TensorFlow.js ${tf.version_core}, ${backend}`,
    tf,
    projection: (branch) => Promise.resolve(openProjection(tf, branch)),
    similarities: (rows, columns, width) => similarities(tf, rows, columns, width),
    trainer: (initial, options, momentum) => Promise.resolve(openTensorFlowTrainer(tf, initial, options, momentum)),
  };
}

interface Loaded {
  readonly tf: TensorFlow;
  readonly backend: string;
}

async function loadNative(onSlower: TensorFlowOptions['onSlower']): Promise<Loaded | undefined> {
  // tfjs-node 4.22 calls a function that Node 23 removed from `util`.
  const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean };
  legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
  // A variable, so that the compiler and bundlers do not require the optional package.
  const optional = '@tensorflow/tfjs-node';
  try {
    const tf = exportsOf((await import(optional)) as object) as TensorFlow;
    await tf.ready();
    return { tf, backend: 'tfjs-node' };
  } catch (error) {
    // The messages of Node and Vite (in the tests) for this package being absent, and not for one of its dependencies.
    const absent = /(Cannot find package|Could not resolve) .@tensorflow\/tfjs-node. imported/.test(
      errorMessage(error),
    );
    if (!absent) onSlower?.(`@tensorflow/tfjs-node does not load: ${errorMessage(error)}`);
    return undefined;
  }
}

async function loadWebAssembly(): Promise<Loaded> {
  const tf = exportsOf(await import('@tensorflow/tfjs')) as TensorFlow;
  await import('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly backend of TensorFlow.js does not start');
  await tf.ready();
  return { tf, backend: 'WebAssembly' };
}

/** A CommonJS module: Node gives its exports as `default`, a bundler may give them directly. */
function exportsOf(module: object): object {
  return 'default' in module ? (module.default as object) : module;
}

function openProjection(tf: TensorFlow, branch: BranchWeights): Projection {
  const { inputs, outputs } = branch.shape;
  const extents = tensorShapes(branch.shape);
  const tensors = {
    ...(Object.fromEntries(tensorNames.map((name) => [name, tf.tensor(branch[name], [...extents[name]])])) as Record<
      TensorName,
      Tensor
    >),
    ...(Object.fromEntries(extraShapes(branch.shape).map(([name, of]) => [name, tf.tensor(branch[name]!, of)])) as {
      [Name in keyof Extras]?: Tensor;
    }),
  };
  return {
    inputs,
    outputs,
    async project(features, count) {
      checkMatrix('features', features, count, inputs);
      const embeddings = tf.tidy(() =>
        branchAtInference(tensorFlowArithmetic(tf), branch.shape, tensors, tf.tensor2d(features, [count, inputs])),
      );
      const data = await embeddings.data<'float32'>();
      embeddings.dispose();
      return data;
    },
    dispose() {
      tf.dispose(Object.values(tensors));
      return Promise.resolve();
    },
  };
}

async function similarities(
  tf: TensorFlow,
  rows: Float32Array,
  columns: Float32Array,
  width: number,
): Promise<Float32Array> {
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
