/**
 * The two ways a network learns: both branches by gradients (Wang et al. 2018), or the text branch by gradients towards an
 * image branch that is a kernel machine, fitted anew at the start of each epoch.
 */
import type { Batch, Trainer } from '../engine/engine.ts';
import { epochBatches, makeBatch, type Captions } from './batches.ts';
import { embedTexts } from './embedding.ts';
import { openKernelImages, type FittedImages } from './kernel-images.ts';
import { averageBranch, averageWeights, type NetworkWeights } from '../network/network.ts';
import { bystander, trainingOptions } from './pretraining.ts';
import { seededRandom, type Random } from '../math/random.ts';
import type { Checkpoint, TrainingRun } from './training.ts';

export interface Learner {
  readonly trainer: Trainer;
  /** The steps of an epoch; each batch is asked for when the step before it was taken. */
  epoch(epoch: number): Promise<{ readonly steps: number; readonly batches: AsyncIterable<Batch> }>;
  /** After an epoch: the network as it would be kept now, for the inputs of training. */
  candidate(epoch: number): Promise<NetworkWeights>;
  /** Its share of a checkpoint. */
  state(): Promise<Pick<Checkpoint, 'weights' | 'momentum' | 'averaged'>>;
}

/** @param run `train` has the inputs of training; `random` goes on from there */
type LearnerRun = TrainingRun & { readonly random: Random };

export async function openLayersLearner(run: LearnerRun, initial: NetworkWeights): Promise<Learner> {
  const { engine, recipe, train, random, resume } = run;
  const { optimiser } = recipe;
  const trainer = await engine.trainer(initial, trainingOptions(recipe, recipe.objective), resume?.momentum);
  const hidden = { image: initial.image.shape.hidden, text: initial.text.shape.hidden };
  let averaged = resume?.averaged ?? null;
  return {
    trainer,
    epoch() {
      const captions = epochBatches(train, optimiser, random);
      return Promise.resolve({ steps: captions.length, batches: batches(captions) });
    },
    async candidate(epoch) {
      const weights = await trainer.weights();
      if (epoch <= optimiser.epochs - optimiser.averagedEpochs) return weights;
      const count = (averaged?.count ?? 0) + 1;
      averaged = { count, weights: averaged ? averageWeights(averaged.weights, weights, 1 / count) : weights };
      return averaged.weights;
    },
    state: async () => ({ weights: await trainer.weights(), momentum: await trainer.momentum(), averaged }),
  };

  async function* batches(captions: readonly Int32Array[]): AsyncGenerator<Batch> {
    for (const chosen of captions) yield makeBatch(train, train, chosen, hidden, optimiser.dropout, random);
  }
}

export async function openKernelLearner(run: LearnerRun, { text }: NetworkWeights): Promise<Learner> {
  const { engine, recipe, train, random, resume } = run;
  const { optimiser } = recipe;
  const { passes, memory, references } = recipe.kernel!;
  const dimensions = text.shape.outputs;
  const images = await openKernelImages(engine, train, recipe.kernel!, dimensions, run.seed);
  const options = { ...trainingOptions(recipe, recipe.objective), givenImages: true };
  const beside = bystander(dimensions, dimensions);
  const trainer = await engine.trainer({ image: beside, text }, options, resume?.momentum);
  const hidden = { image: 0, text: text.shape.hidden };
  let average = resume?.averaged?.weights.text ?? text;
  let fitted: FittedImages | undefined;
  const referenceCaptions = someCaptions(train, references, seededRandom(run.seed));
  return {
    trainer,
    async epoch() {
      fitted = await images.fit(await embedTexts(engine, average, train));
      const captions = Array.from({ length: passes }, () => epochBatches(train, optimiser, random));
      return { steps: captions.flat().length, batches: batches(captions, fitted.heldOut) };
    },
    candidate: async () => ({
      image: fitted!.branch(await embedTexts(engine, average, referenceCaptions)),
      text: average,
    }),
    state: async () => ({
      weights: await trainer.weights(),
      momentum: await trainer.momentum(),
      averaged: { count: 1, weights: { image: beside, text: average } },
    }),
  };

  async function* batches(captions: readonly Int32Array[][], heldOut: Float32Array): AsyncGenerator<Batch> {
    const given = { photos: train.photos, images: heldOut };
    for (const pass of captions) {
      for (const chosen of pass) yield makeBatch(given, train, chosen, hidden, optimiser.dropout, random);
      average = averageBranch(average, (await trainer.weights()).text, 1 - memory);
    }
  }
}

/** So many of the captions, drawn at random. */
function someCaptions(captions: Captions, count: number, random: Random): Captions {
  const all = random.shuffle(Int32Array.from(captions.photoOf.keys()));
  const chosen = all.subarray(0, count);
  return {
    ...captions,
    photoOf: chosen.map((caption) => captions.photoOf[caption]!),
    fillTexts: (indices, out) =>
      captions.fillTexts(
        indices.map((i) => chosen[i]!),
        out,
      ),
  };
}
