/**
 * The default engine: ONNX Runtime on the CPU, loaded on first use, so that Descry starts on a machine without the native
 * library.
 *
 * Two properties of onnxruntime-node matter here. It reads input tensors in place and writes results directly into tensors
 * that are passed as `fetches`: the trainer keeps two sets of parameters, and each step reads one and writes the other, so
 * nothing is copied between steps. And a run blocks the calling thread, so callers that must stay responsive run the engine
 * in a separate process.
 */
import type * as OnnxRuntime from 'onnxruntime-node';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { fromHalf, toHalf } from '../files/half.ts';
import { usedColumns } from '../math/columns.ts';
import { checkMatrix } from '../math/rows.ts';
import { Retryable } from '../retryable.ts';
import {
  extraShapes,
  makeBranch,
  tensorNames,
  tensorShapes,
  trainable,
  type BranchShape,
  type BranchWeights,
  type NetworkWeights,
  type TensorName,
} from '../network/network.ts';
import { projectionGraph } from '../network/projection-graph.ts';
import { names, trainingGraph } from '../network/training-graph.ts';
import {
  checkBatch,
  checkTrainable,
  noMomentum,
  trainedSides,
  type Batch,
  type Side,
  type TrainingOptions,
} from '../network/training-step.ts';
import { GraphBuilder } from '../onnx/graph.ts';
import type {
  Engine,
  Graph,
  GraphInputs,
  GraphOptions,
  OnnxEngine,
  Projection,
  StatefulGraph,
  Trainer,
} from './engine.ts';
import { graphicsProviders } from './modes.ts';

type Runtime = typeof OnnxRuntime;
type Tensors = Record<string, Tensor>;

export interface OnnxOptions {
  /** threads of one run; default: ONNX Runtime's own choice, one for each physical core */
  readonly threads?: number;
}

/** @throws the native library's error on loading; models/engine/index.ts makes a DescryError of it, or opens TensorFlow.js */
export async function openOnnxEngine({ threads }: OnnxOptions = {}): Promise<OnnxEngine> {
  const runtime = await loadRuntime();
  const session = (
    model: string | Uint8Array,
    { provider = 'cpu', sizes }: GraphOptions = {},
    own: InferenceSession.SessionOptions = {},
  ) => {
    const options: InferenceSession.SessionOptions = {
      // What a graphics provider cannot compute runs on the processor.
      executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
      ...(sizes ? { freeDimensionOverrides: sizes } : {}),
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      // Idle threads sleep instead of spinning: while photos are decoded on the same cores that takes a quarter less
      // processor time for each photo, and inference alone is no slower.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      ...own,
    };
    return typeof model === 'string'
      ? runtime.InferenceSession.create(model, options)
      : runtime.InferenceSession.create(model, options);
  };
  const running = threads === undefined ? 'CPU' : `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return {
    name: 'onnx',
    description: `ONNX Runtime ${runtime.env.versions.node ?? runtime.env.versions.common}, ${running}`,
    graphics: runtime.listSupportedBackends().flatMap(({ name }) => graphicsProviders.filter((one) => one === name)),
    // Without the pattern, the activations of ResNet50 take 56 MB less for four photos, and no more time (docs/experiments.md).
    openGraph: async (source, options) =>
      openGraph(runtime, await session(source, options, { enableMemPattern: false })),
    openStatefulGraph: (source, state) => openStatefulGraph(runtime, session, source, state),
    projection: (branch) => openProjection(runtime, session, branch),
    similarities: similarities(runtime, session),
    trainer: (initial, options, momentum) => openTrainer(runtime, session, initial, options, momentum),
  };
}

type OpenSession = (model: string | Uint8Array) => Promise<InferenceSession>;

/**
 * The only place that loads the native library (checked by lint), with its telemetry off: since 1.29 it looks up
 * mobile.events.data.microsoft.com, writes a device id and a queue of reports into the home folder, and crashes if the command
 * line is longer than about 28 kB.
 *
 * The library reads these variables once, when it is loaded (onnxruntime/core/platform/telemetry_environment.h), for the
 * lifetime of the process. Node's `process.env` sets them in the C library, on Windows by SetEnvironmentVariable, and the
 * native library reads them from there. The binding has no function for it, and the C interface's switch takes effect only
 * after the first report.
 */
export async function loadRuntime(): Promise<Runtime> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  // The only switch in the library for Windows. There it opens no connection itself, but passes its reports to the system's
  // tracing, and the system may send them.
  if (process.platform === 'win32') process.env['ORT_RUNNING_UNIT_TESTS'] = '1';
  const module = await import('onnxruntime-node');
  // A CommonJS module: Node gives its exports as `default`, a bundler may give them directly.
  const runtime = 'default' in module ? module.default : module;
  runtime.env.logLevel = 'error';
  return runtime;
}

function openGraph(runtime: Runtime, session: InferenceSession): Graph {
  const halves = new Set(
    session.inputMetadata.flatMap((input) => (input.isTensor && input.type === 'float16' ? [input.name] : [])),
  );
  const runAll: Graph['runAll'] = async (inputs, outputs) => {
    const results = await session.run(graphInputs(runtime, inputs, halves), outputs);
    return outputs.map((output) => floatsOf(results[output]!));
  };
  return {
    run: async (inputs, output) => (await runAll(inputs, [output]))[0]!,
    runAll,
    dispose: () => session.release(),
  };
}

function floatsOf({ type, data }: Tensor): Float32Array {
  if (type !== 'float16') return data as Float32Array;
  const { buffer, byteOffset, length } = data as Uint16Array;
  return fromHalf(new Uint16Array(buffer, byteOffset, length));
}

/** @param halves names of the inputs that take half precision */
function graphInputs(runtime: Runtime, inputs: GraphInputs, halves: ReadonlySet<string> = new Set()): Tensors {
  const feeds: Tensors = {};
  for (const [name, { data, shape }] of Object.entries(inputs)) {
    if (data instanceof Uint8Array) feeds[name] = new runtime.Tensor('uint8', data, shape);
    else if (data instanceof Int32Array) feeds[name] = new runtime.Tensor('int32', data, shape);
    else if (data instanceof BigInt64Array) feeds[name] = new runtime.Tensor('int64', data, shape);
    else if (halves.has(name)) feeds[name] = halfTensor(runtime, toHalf(data), shape);
    else feeds[name] = new runtime.Tensor('float32', data, shape);
  }
  return feeds;
}

/**
 * Where JavaScript has Float16Array, the library makes one of the bits, and its native part (1.30) does not read that: "not enough
 * space: expected …, got 0".
 */
function halfTensor(runtime: Runtime, bits: Uint16Array, shape: readonly number[]): Tensor {
  return Object.defineProperty(new runtime.Tensor('float16', bits, shape), 'data', { value: bits });
}

async function openStatefulGraph(
  runtime: Runtime,
  open: OpenSession,
  source: Uint8Array,
  state: Parameters<OnnxEngine['openStatefulGraph']>[1],
): Promise<StatefulGraph> {
  const session = await open(source);
  const tensors = (fill: (data: Float32Array) => Float32Array): Tensors =>
    Object.fromEntries(
      [...state].map(([name, { data, shape }]) => [name, new runtime.Tensor('float32', fill(data), shape)]),
    );
  let present = tensors((data) => data.slice());
  let next = tensors((data) => new Float32Array(data.length));
  return {
    async run(inputs, output) {
      const result = new runtime.Tensor('float32', new Float32Array(1), [1]);
      const fetches: Tensors = { [output]: result };
      for (const [name, value] of Object.entries(next)) fetches[names.next(name)] = value;
      await session.run({ ...present, ...graphInputs(runtime, inputs) }, fetches);
      [present, next] = [next, present];
      return result.data;
    },
    state: () =>
      Promise.resolve(
        new Map(Object.entries(present).map(([name, value]) => [name, (value.data as Float32Array).slice()])),
      ),
    dispose: () => session.release(),
  };
}

async function openProjection(runtime: Runtime, open: OpenSession, branch: BranchWeights): Promise<Projection> {
  const { shape, hiddenRows } = branch;
  const session = await open(projectionGraph(shape, { someInputs: hiddenRows !== undefined }));
  const tensors: Tensors = {};
  for (const name of tensorNames) {
    if (name !== 'hiddenWeight' || !hiddenRows) tensors[name] = tensor(runtime, branch, name);
  }
  for (const [name, extents] of extraShapes(shape)) {
    tensors[name] = new runtime.Tensor('float32', branch[name]!, extents);
  }
  return {
    inputs: shape.inputs,
    outputs: shape.outputs,
    async project(features, count) {
      checkMatrix('features', features, count, shape.inputs);
      const feeds = { ...tensors };
      if (hiddenRows) {
        const { data, columns } = usedColumns(features, count, shape.inputs);
        const width = columns.length;
        feeds['hiddenWeight'] = new runtime.Tensor('float32', hiddenRows(Array.from(columns, Number)), [
          width,
          shape.hidden,
        ]);
        feeds['features'] = new runtime.Tensor('float32', data, [count, width]);
      } else feeds['features'] = new runtime.Tensor('float32', features, [count, shape.inputs]);
      const { embeddings } = await session.run(feeds, ['embeddings']);
      return embeddings!.data as Float32Array;
    },
    dispose: () => session.release(),
  };
}

function similarities(runtime: Runtime, open: OpenSession): Engine['similarities'] {
  const session = new Retryable(() => open(similarityGraph()));
  return async (rows, columns, width) => {
    const [n, m] = [rows.length / width, columns.length / width];
    checkMatrix('rows', rows, Math.trunc(n), width);
    checkMatrix('columns', columns, Math.trunc(m), width);
    const feeds = {
      rows: new runtime.Tensor('float32', rows, [n, width]),
      columns: new runtime.Tensor('float32', columns, [m, width]),
    };
    const { similarities: result } = await (await session.get()).run(feeds, ['similarities']);
    return result!.data as Float32Array;
  };
}

function similarityGraph(): Uint8Array {
  const graph = new GraphBuilder('similarities');
  const rows = graph.input('rows', 'float32', ['n', 'width']);
  const columns = graph.input('columns', 'float32', ['m', 'width']);
  graph.output('similarities', graph.op('Gemm', [rows, columns], { transB: 1 }), 'float32', ['n', 'm']);
  return graph.toBytes();
}

async function openTrainer(
  runtime: Runtime,
  open: OpenSession,
  initial: NetworkWeights,
  options: TrainingOptions,
  momentum: NetworkWeights = noMomentum(initial),
): Promise<Trainer> {
  const shapes = { image: initial.image.shape, text: initial.text.shape };
  checkTrainable(shapes);
  const session = await open(trainingGraph(shapes, options));
  const trained = trainedSides(options);
  let present = state(runtime, trained, initial, momentum, (data) => data.slice());
  let next = state(runtime, trained, initial, momentum, (data) => new Float32Array(data.length));
  let queue: Promise<unknown> = Promise.resolve();

  const step = async (batch: Batch, learningRate: number) => {
    const loss = new runtime.Tensor('float32', new Float32Array(1), [1]);
    const fetches: Tensors = { [names.loss]: loss };
    for (const [name, value] of Object.entries(next)) fetches[names.next(name)] = value;
    const rate = new runtime.Tensor('float32', Float32Array.of(learningRate), []);
    const feeds = { ...present, ...inputs(runtime, batch, shapes, options), [names.learningRate]: rate };
    await session.run(feeds, fetches);
    [present, next] = [next, present];
    return { loss: loss.data[0]! };
  };
  /** One step at a time: a step must not read the parameters that another is writing. */
  const oneAtATime = <T>(action: () => Promise<T> | T): Promise<T> => {
    const result = queue.then(action);
    queue = result.catch(() => undefined);
    return result;
  };
  const copy = (name: (side: Side, tensor: TensorName) => string): NetworkWeights => {
    const branch = (side: Side) =>
      makeBranch(shapes[side], (tensor, length) => {
        const found = present[name(side, tensor)];
        return found ? (found.data as Float32Array).slice() : new Float32Array(length);
      });
    return { image: branch('image'), text: branch('text') };
  };
  return {
    step: (batch, learningRate) => oneAtATime(() => step(batch, learningRate)),
    weights: () => oneAtATime(() => copy(names.parameter)),
    momentum: () => oneAtATime(() => copy(names.velocity)),
    dispose: () => oneAtATime(() => session.release()),
  };
}

/** The state that a step passes to the next, by input name. */
function state(
  runtime: Runtime,
  trained: readonly Side[],
  weights: NetworkWeights,
  momentum: NetworkWeights,
  own: (data: Float32Array) => Float32Array,
): Tensors {
  const tensors: Tensors = {};
  for (const side of trained) {
    for (const name of tensorNames) tensors[names.parameter(side, name)] = tensor(runtime, weights[side], name, own);
    for (const name of trainable) tensors[names.velocity(side, name)] = tensor(runtime, momentum[side], name, own);
  }
  return tensors;
}

function inputs(runtime: Runtime, batch: Batch, shapes: Record<Side, BranchShape>, options: TrainingOptions): Tensors {
  checkBatch(batch, shapes, options);
  const { count } = batch;
  const { data, columns } = usedColumns(batch.texts, count, shapes.text.inputs);
  const tensors: Tensors = {
    [names.photos]: new runtime.Tensor('int32', batch.photos, [count]),
    [names.features('image')]: new runtime.Tensor('float32', batch.images, [count, shapes.image.inputs]),
    [names.features('text')]: new runtime.Tensor('float32', data, [count, columns.length]),
    [names.columns('text')]: new runtime.Tensor('int64', columns, [columns.length]),
  };
  const masks = { image: batch.imageMask, text: batch.textMask };
  for (const side of trainedSides(options)) {
    const mask = options.dropout > 0 ? masks[side] : undefined;
    if (mask) tensors[names.mask(side)] = new runtime.Tensor('uint8', mask, [count, shapes[side].hidden]);
  }
  return tensors;
}

function tensor(
  runtime: Runtime,
  branch: BranchWeights,
  name: TensorName,
  own: (data: Float32Array) => Float32Array = (data) => data,
): Tensor {
  return new runtime.Tensor('float32', own(branch[name]), tensorShapes(branch.shape)[name]);
}
