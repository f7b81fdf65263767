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

/** An ONNX graph that was loaded from a file. */
export interface Graph {
  /**
   * @param inputs by the graph's names; pixels as bytes
   * @param outputs names of the results to compute
   * @returns the results, in the order of `outputs`
   * @throws the runtime's error when an input is missing or has another type or shape
   */
  run(
    inputs: Readonly<Record<string, { readonly data: Float32Array | Uint8Array; readonly shape: readonly number[] }>>,
    outputs: readonly string[],
  ): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

export interface OnnxEngine extends AnyEngine {
  readonly name: 'onnx';
  /** @throws the runtime's error when the file is missing or not an ONNX graph */
  openGraph(file: string): Promise<Graph>;
}

export interface TensorFlowEngine extends AnyEngine {
  readonly name: 'tensorflow';
  /** the library, for networks in its file formats */
  readonly tf: TensorFlow;
}

export type Engine = OnnxEngine | TensorFlowEngine;
