/**
 * The contract of an engine: what runs ResNet50, projects features through a branch and takes training steps.
 *
 * Two engines keep it: ONNX Runtime (the default) and TensorFlow.js (the fall-back where no
 * native runtime loads, and the oracle of the tests). All matrices are row-major Float32Arrays with the row count given
 * beside them, so that neither engine's tensor type leaks.
 */
import type { NetworkWeights, BranchWeights } from '../network/network.ts';
import type { Objective } from '../network/losses.ts';

export type EngineName = 'onnx' | 'tensorflow';

/** The files that an image encoder is loaded from: what `models/resnet50` wrote, or the Keras original. */
export interface EncoderFiles {
  /** `resnet50.onnx`, written by models/resnet50/convert.ts */
  readonly onnx: string;
  /** Keras' `model.json`, its shards beside it; only the TensorFlow.js engine reads it */
  readonly keras: string;
}

export interface ImageEncoder {
  /** Length of one feature: the averages of the last feature map, then as many standard deviations. */
  readonly dimensions: number;
  /** Side of the square input in pixels. */
  readonly side: number;
  /**
   * @param pixels uint8 sRGB, [count, side, side, 3], rows from the top
   * @returns features [count, dimensions]
   */
  encode(pixels: Uint8Array, count: number): Promise<Float32Array>;
  /** ImageNet logits [count, 1000] of the same input; for tests and for proving the export. */
  classify(pixels: Uint8Array, count: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** One branch at inference: batch norm uses its running statistics, dropout is off. */
export interface Projection {
  readonly inputs: number;
  readonly outputs: number;
  /**
   * @param features [count, inputs]
   * @returns embeddings [count, outputs], each of L2 norm 1, or shorter where the branch has references
   */
  project(features: Float32Array, count: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** One batch of `count` pairs; row i of `images` and of `texts` belong together. */
export interface Batch {
  readonly count: number;
  /** [count, image inputs], or the embeddings where the options say that images are given */
  readonly images: Float32Array;
  /** [count, text inputs] */
  readonly texts: Float32Array;
  /** [count]; rows with equal numbers show the same photo, so all their captions are positives of each other */
  readonly photos: Int32Array;
  /**
   * Dropout masks after ReLU, 1 keeps and 0 drops, [count, hidden]; kept values are scaled by 1/(1 − rate). Given by the
   * caller so that a step is reproducible and the same on both engines. Absent where the recipe has no dropout.
   */
  readonly imageMask?: Uint8Array;
  readonly textMask?: Uint8Array;
}

export interface StepResult {
  /** of the batch before the update, without the weight decay */
  readonly loss: number;
}

/** What stays the same through a training run. */
export interface TrainingOptions {
  readonly objective: Objective;
  readonly momentum: number;
  /** L2 penalty added to the gradient of weight matrices, not of biases and batch norms */
  readonly weightDecay: number;
  /** share of hidden units dropped, 0 for none */
  readonly dropout: number;
  /**
   * The batch's `images` are embeddings already, [count, dimensions] of norm 1, and only the text branch learns: towards
   * what a kernel machine says of the photos. The image branch's weights take no part; its inputs are as wide as its outputs.
   */
  readonly givenImages?: boolean;
  /** Batch-norm momentum: running = momentum · running + (1 − momentum) · batch (Keras' sense) */
  readonly normMomentum: number;
}

/**
 * A network in training: parameters, momentum and running statistics live inside the engine between steps.
 */
export interface Trainer {
  /**
   * Forward, loss, backward and update on one batch:
   * v ← momentum · v + gradient + weightDecay · w, w ← w − learningRate · v.
   *
   * @throws RangeError when an array of the batch has another size than `count` and the network ask
   */
  step(batch: Batch, learningRate: number): Promise<StepResult>;
  /** A copy of the present parameters. */
  weights(): Promise<NetworkWeights>;
  /** A copy of the momentum buffers v, in the layout of the weights (zeros for running statistics), for a checkpoint. */
  momentum(): Promise<NetworkWeights>;
  dispose(): Promise<void>;
}

export interface Engine {
  readonly name: EngineName;
  /** For `status` and the about box, such as "ONNX Runtime 1.30.0, CPU, 2 threads". */
  readonly description: string;
  imageEncoder(files: EncoderFiles): Promise<ImageEncoder>;
  projection(branch: BranchWeights): Promise<Projection>;
  /**
   * Inner products of rows: cosine similarities where these have norm 1.
   *
   * @param rows [n, width]
   * @param columns [m, width]
   * @returns rows · columnsᵀ, [n, m]
   */
  similarities(rows: Float32Array, columns: Float32Array, width: number): Promise<Float32Array>;
  /**
   * @param momentum buffers of a checkpoint; absent: zeros
   */
  trainer(initial: NetworkWeights, options: TrainingOptions, momentum?: NetworkWeights): Promise<Trainer>;
}
