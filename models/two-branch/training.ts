/**
 * A training run: epochs of batches through an engine's Trainer, evaluated on the val split after each epoch.
 *
 * The run is a generator. Who consumes it decides: not asking for the next event is a pause, `return()` is a stop, and a
 * checkpoint taken at an epoch's end lets another process go on exactly where this one was (same batches, same dropout).
 */
import { DescryError } from '../errors.ts';
import type { Engine } from '../engine/engine.ts';
import type { Captions, Pairs } from './batches.ts';
import { evaluateNetwork } from './embedding.ts';
import { recallSum, type Recalls } from './evaluation.ts';
import { openKernelLearner, openLayersLearner } from './learners.ts';
import { allFinite, initialBranch, runningStatistics, trainable, type NetworkWeights } from '../network/network.ts';
import { bystander, pretrainText } from './pretraining.ts';
import { seededRandom, type Random } from '../math/random.ts';
import type { Recipe } from './recipe.ts';
import {
  fitInputs,
  foldNetwork,
  standardisedPairs,
  standardisedTexts,
  unfold,
  type InputStandardisation,
} from './standardise.ts';

export interface TrainingRun {
  readonly engine: Engine;
  readonly recipe: Recipe;
  readonly train: Pairs;
  /** absent when everything is trained on: then the last epoch is kept */
  readonly val?: Pairs;
  readonly seed: number;
  /** captions without photos, for the pre-training that the recipe asks for; absent: those of the train split */
  readonly captions?: Captions;
  /** start from these weights instead of random ones */
  readonly init?: NetworkWeights;
  readonly resume?: Checkpoint;
}

export interface Checkpoint {
  readonly epoch: number;
  readonly randomState: number;
  readonly weights: NetworkWeights;
  readonly momentum: NetworkWeights;
  readonly best: BestEpoch | null;
  /** the average of weights so far: of the last epochs' ends, or what a kernel machine is fitted to */
  readonly averaged: { readonly count: number; readonly weights: NetworkWeights } | null;
}

export interface BestEpoch {
  readonly epoch: number;
  readonly recalls: Recalls | null;
  readonly weights: NetworkWeights;
}

export type TrainingEvent =
  | {
      readonly kind: 'pretraining';
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
    }
  /** the pre-training is over: a checkpoint of epoch 0 */
  | { readonly kind: 'pretrained'; checkpoint(): Promise<Checkpoint> }
  | {
      readonly kind: 'step';
      readonly epoch: number;
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
    }
  | {
      readonly kind: 'epoch';
      readonly epoch: number;
      readonly steps: number;
      /** mean over the epoch's steps */
      readonly loss: number;
      readonly recalls: Recalls | null;
      /** whether this is the best epoch so far by val recall */
      readonly best: boolean;
      /** the network as it would be kept now */
      readonly weights: NetworkWeights;
      checkpoint(): Promise<Checkpoint>;
    };

/**
 * @yields an event per step and per epoch
 * @returns the best epoch by val recall (the last one without a val split)
 * @throws DescryError `training-diverged` when the loss is no number any more
 */
export async function* trainNetwork(run: TrainingRun): AsyncGenerator<TrainingEvent, BestEpoch> {
  const { recipe, resume } = run;
  const { optimiser } = recipe;
  const random = seededRandom(resume?.randomState ?? run.seed);
  const inputs = fitInputs(run);
  const train = standardisedPairs(run.train, inputs);
  let initial = resume?.weights ?? initialNetwork(train, recipe, random);
  if (run.init && !resume) initial = startingFrom(run.init, initial, recipe, inputs);
  const pretraining = resume || run.init ? null : recipe.pretraining;
  if (pretraining) {
    const captions = run.captions ? standardisedTexts(run.captions, inputs) : train;
    const text = yield* pretrainText(run.engine, initial.text, captions, recipe, pretraining, random);
    initial = { ...initial, text };
  }
  const learner = await (recipe.kernel ? openKernelLearner : openLayersLearner)({ ...run, train, random }, initial);
  try {
    let best = resume?.best ?? null;
    const takeCheckpoint = async (epoch: number): Promise<Checkpoint> => ({
      epoch,
      randomState: random.state(),
      best,
      ...(await learner.state()),
    });
    if (pretraining) yield { kind: 'pretrained', checkpoint: () => takeCheckpoint(0) };
    for (let epoch = (resume?.epoch ?? 0) + 1; epoch <= optimiser.epochs; epoch++) {
      let sum = 0;
      let step = 0;
      const { steps, batches } = await learner.epoch(epoch);
      for await (const batch of batches) {
        const rate = learningRate(optimiser, epoch - 1 + step / steps);
        const { loss } = await learner.trainer.step(batch, rate);
        step++;
        if (!Number.isFinite(loss)) throw diverged(epoch, step, rate, best);
        sum += loss;
        yield { kind: 'step', epoch, step, steps, loss };
      }
      const candidate = foldNetwork(await learner.candidate(epoch), inputs);
      if (!isAllFinite(candidate)) throw diverged(epoch, steps, learningRate(optimiser, epoch), best);
      const recalls = run.val ? await evaluateNetwork(run.engine, candidate, run.val) : null;
      const isBest = !best?.recalls || !recalls || recallSum(recalls) > recallSum(best.recalls);
      if (isBest) best = { epoch, recalls, weights: candidate };
      yield {
        kind: 'epoch',
        epoch,
        steps,
        loss: sum / steps,
        recalls,
        best: isBest,
        weights: candidate,
        checkpoint: () => takeCheckpoint(epoch),
      };
    }
    if (!best) throw new DescryError('recipe-invalid', 'The recipe trains for no epoch: set epochs to 1 or more.');
    return best;
  } finally {
    await learner.trainer.dispose();
  }
}

/** @param epochs that have passed, in fractions */
function learningRate({ learningRate, schedule, decay, epochs: all }: Recipe['optimiser'], epochs: number): number {
  if (schedule === 'exponential') return learningRate * decay ** Math.floor(epochs);
  return (learningRate * (1 + Math.cos((Math.PI * epochs) / all))) / 2;
}

/** A finished model's branches, as far as the recipe goes on training them, ready for the inputs of training. */
function startingFrom(
  init: NetworkWeights,
  fresh: NetworkWeights,
  recipe: Recipe,
  inputs: InputStandardisation,
): NetworkWeights {
  const image = goesOnWithImage(init, recipe) ? unfold(init.image, inputs.image) : fresh.image;
  return { image, text: unfold(init.text, inputs.text) };
}

/** A kernel machine is fitted anew in each run, and its layers are nothing that gradients go on from. */
export const goesOnWithImage = ({ image }: NetworkWeights, recipe: Recipe): boolean =>
  recipe.kernel === null && image.shape.activation !== 'softmax';

function initialNetwork(train: Pairs, { network, kernel }: Recipe, random: Random): NetworkWeights {
  const { imageHidden, textHidden, embedding, initialisation } = network;
  const imageInputs = train.images.length / train.photos;
  const byEnergy = initialisation === 'energy';
  const image = { inputs: imageInputs, hidden: imageHidden, outputs: embedding };
  const text = { inputs: train.textInputs, hidden: textHidden, outputs: embedding };
  return {
    image: kernel
      ? bystander(embedding, embedding)
      : initialBranch(image, random, byEnergy ? energy(train.images, train.photos) : undefined),
    text: initialBranch(text, random, byEnergy ? textEnergy(train) : undefined),
  };
}

/** Mean squared norm of the rows. */
function energy(rows: Float32Array, count: number): number {
  return rows.reduce((sum, value) => sum + value * value, 0) / count;
}

/** Measured on the first captions of the split: a thousand settle it to a few percent. */
function textEnergy(train: Pairs): number {
  const captions = Int32Array.from({ length: Math.min(1000, train.photoOf.length) }, (_, i) => i);
  const rows = new Float32Array(captions.length * train.textInputs);
  train.fillTexts(captions, rows);
  return energy(rows, captions.length);
}

/** The last step of an epoch may blow the weights up without a loss to show it. */
function isAllFinite(network: NetworkWeights): boolean {
  return [network.image, network.text].every((branch) =>
    [...trainable, ...runningStatistics].every((name) => allFinite(branch[name])),
  );
}

function diverged(epoch: number, step: number, rate: number, best: BestEpoch | null): DescryError {
  const kept = best ? ` The best epoch so far (${best.epoch}) is kept in the checkpoint.` : '';
  return new DescryError(
    'training-diverged',
    `The loss stopped being a number in epoch ${epoch}, step ${step}: the learning rate (${rate.toPrecision(3)}) is too high ` +
      `for this recipe. Set a lower one, or a larger batch.${kept}`,
  );
}
