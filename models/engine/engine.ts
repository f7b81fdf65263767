/**
 * The contract of an engine, which multiplies large matrices, projects features through a branch, runs training steps, and
 * runs third-party networks.
 *
 * Two engines implement it: ONNX Runtime (the default) and TensorFlow.js (where no native runtime loads, and in the tests,
 * which compare our gradients with those that it derives). All matrices are row-major Float32Arrays with an explicit row
 * count, so that callers work with both.
 */
import type * as TensorFlowModule from '@tensorflow/tfjs';
import type { BranchWeights, NetworkWeights } from '../network/network.ts';
import type { Batch, TrainingOptions } from '../network/training-step.ts';
import type { GraphicsProvider } from './modes.ts';

export type EngineName = 'onnx' | 'tensorflow';
export type TensorFlow = typeof TensorFlowModule;

/** One branch at inference: batch norm uses its running statistics, dropout is off. */
export interface Projection {
  readonly inputs: number;
  readonly outputs: number;
  /**
   * @param features [count, inputs]
   * @returns embeddings [count, outputs], each of L2 norm 1, or shorter where the branch has references
   * @throws RangeError when `features` has another size
   */
  project(features: Float32Array, count: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export interface StepResult {
  /** of the batch before the update */
  readonly loss: number;
}

/** A network in training: the engine holds parameters, momentum and running statistics between steps. */
export interface Trainer {
  /**
   * Forward, loss, backward and update on one batch: v ← momentum · v + gradient, w ← w − learningRate · v.
   *
   * @throws RangeError when the size of an array does not match `count` and the network
   */
  step(batch: Batch, learningRate: number): Promise<StepResult>;
  /** A copy of the present parameters. */
  weights(): Promise<NetworkWeights>;
  /** A copy of the momentum buffers v, in the layout of the weights (zeros for running statistics), for a checkpoint. */
  momentum(): Promise<NetworkWeights>;
  dispose(): Promise<void>;
}

interface AnyEngine {
  readonly name: EngineName;
  /** For `status` and the about box, such as "ONNX Runtime 1.30.0, CPU, 2 threads". */
  readonly description: string;
  projection(branch: BranchWeights): Promise<Projection>;
  /**
   * Inner products of rows: cosine similarities where these have norm 1.
   *
   * @param rows [n, width]
   * @param columns [m, width]
   * @returns rows · columnsᵀ, [n, m]
   * @throws RangeError when either is not rows of this width
   */
  similarities(rows: Float32Array, columns: Float32Array, width: number): Promise<Float32Array>;
  /**
   * @param momentum buffers of a checkpoint; absent: zeros
   * @throws RangeError for a kernel machine, which is not trained by gradients
   */
  trainer(initial: NetworkWeights, options: TrainingOptions, momentum?: NetworkWeights): Promise<Trainer>;
}

export interface GraphInput {
  /** floats also where the graph takes them in half precision: they are rounded to it */
  readonly data: Float32Array | Uint8Array | Int32Array | BigInt64Array;
  readonly shape: readonly number[];
}

/** By the graph's names; pixels as bytes. */
export type GraphInputs = Readonly<Record<string, GraphInput>>;

/** What runs a graph: the processor, or a graphics provider of ONNX Runtime. */
export type Provider = 'cpu' | GraphicsProvider;

export interface GraphOptions {
  /** default: the processor */
  readonly provider?: Provider;
  /** sizes of the inputs' named dimensions, where each run has the same: graphics providers are faster with known sizes */
  readonly sizes?: Readonly<Record<string, number>>;
}

/** An ONNX graph that was loaded. */
export interface Graph {
  /**
   * @param output name of the result to compute
   * @throws the runtime's error when an input is missing or has another type or shape
   */
  run(inputs: GraphInputs, output: string): Promise<Float32Array>;
  /** Several results of one run, in the order of their names; those in half precision as floats. */
  runAll(inputs: GraphInputs, outputs: readonly string[]): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

/**
 * An ONNX graph with a state: tensors that are inputs, with new values under `NAME.next` among the outputs. They stay in the
 * engine between runs, in two sets, of which each run reads one and writes the other.
 */
export interface StatefulGraph extends Omit<Graph, 'runAll'> {
  /** As `Graph.run`, without the state among the inputs; it is replaced. @returns one number */
  run(inputs: GraphInputs, output: string): Promise<Float32Array>;
  /** A copy of the present state. */
  state(): Promise<Map<string, Float32Array>>;
}

export interface OnnxEngine extends AnyEngine {
  readonly name: 'onnx';
  /** Graphics providers in this build of the runtime; whether one works on this machine, only a trial can say. */
  readonly graphics: readonly GraphicsProvider[];
  /** @param source path of a file, or its bytes @throws the runtime's error when it is missing or not an ONNX graph */
  openGraph(source: string | Uint8Array, options?: GraphOptions): Promise<Graph>;
  /** @param state first values; they are copied */
  openStatefulGraph(
    source: Uint8Array,
    state: ReadonlyMap<string, { readonly data: Float32Array; readonly shape: readonly number[] }>,
  ): Promise<StatefulGraph>;
}

export interface TensorFlowEngine extends AnyEngine {
  readonly name: 'tensorflow';
  /** the library, for networks in its file formats */
  readonly tf: TensorFlow;
}

export type Engine = OnnxEngine | TensorFlowEngine;
