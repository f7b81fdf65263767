/** Types of a training run: its input, its events and its result. */
import type { Engine } from '../engine/engine.ts';
import type { BranchWeights, NetworkWeights } from '../network/network.ts';
import type { EpochStep } from '../network/training-step.ts';
import type { Captions, Pairs } from './batches.ts';
import type { Recalls } from './evaluation.ts';
import type { NetworkRecipe } from './recipe.ts';

export interface TrainingRun {
  readonly engine: Engine;
  readonly recipe: NetworkRecipe;
  readonly train: Pairs;
  /** absent: there is no validation, and the last epoch is kept */
  readonly val?: Pairs;
  /** rows of the val photos of each dataset; absent: all are of one */
  readonly valSets?: readonly Int32Array[];
  /** 32 bits */
  readonly seed: number;
  /** captions for pre-training; absent: those of the train split */
  readonly captions?: Captions;
  /** initial weights; absent: random */
  readonly init?: NetworkWeights;
  /** the pre-trained text branch, for raw inputs; absent: the run pre-trains it if the recipe says so */
  readonly pretrained?: BranchWeights;
  /**
   * Scores of the networks that this one is joined with [val captions, val photos], the sum of their inner products: they are
   * added to its own when it is evaluated.
   */
  readonly otherScores?: Float32Array;
  /**
   * The network is measured on val before the first epoch, too, and kept where no epoch is better: its initial weights are not
   * random. With a kernel machine there is no network before the first epoch.
   */
  readonly measuresStart?: boolean;
  readonly resume?: Checkpoint;
}

export interface Checkpoint {
  readonly epoch: number;
  readonly randomState: number;
  readonly weights: NetworkWeights;
  readonly momentum: NetworkWeights;
  readonly best: BestEpoch | null;
  /** the moving average of the text branch that a kernel machine is fitted to; null where there is none */
  readonly averagedText: BranchWeights | null;
}

export interface BestEpoch {
  /** 0: before the first one */
  readonly epoch: number;
  readonly recalls: Recalls | null;
  /** of each dataset's val photos among themselves; empty without a val split */
  readonly setRecalls: readonly Recalls[];
  readonly weights: NetworkWeights;
}

export interface PretrainingStep {
  readonly kind: 'pretraining';
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
}

export type TrainingEvent =
  | PretrainingStep
  /** what the initial weights find on val, where that is measured */
  | { readonly kind: 'start'; readonly recalls: Recalls; readonly setRecalls: readonly Recalls[] }
  /** the pre-training has ended: a checkpoint of epoch 0 */
  | { readonly kind: 'pretrained'; checkpoint(): Promise<Checkpoint> }
  | EpochStep
  | {
      readonly kind: 'epoch';
      readonly epoch: number;
      readonly steps: number;
      /** mean over the epoch's steps */
      readonly loss: number;
      readonly recalls: Recalls | null;
      /** of each dataset's val photos among themselves; empty without a val split */
      readonly setRecalls: readonly Recalls[];
      /** whether this is the best epoch so far by val recall */
      readonly best: boolean;
      /** the present network */
      readonly weights: NetworkWeights;
      checkpoint(): Promise<Checkpoint>;
    };
