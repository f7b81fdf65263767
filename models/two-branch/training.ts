/**
 * A training run: epochs of batches through an engine's Trainer, evaluated on the val split after each epoch.
 *
 * The run is a generator. Who consumes it decides: not asking for the next event is a pause, `return()` is a stop, and a
 * checkpoint taken at an epoch's end lets another process go on exactly where this one was (same batches, same dropout).
 */
import { DescryError } from '../errors.ts';
import type { Batch, Engine, Trainer } from '../engine/engine.ts';
import { recallAtK, recallSum, type Recalls } from './evaluation.ts';
import {
  allFinite,
  averageWeights,
  initialBranch,
  runningStatistics,
  trainable,
  type NetworkWeights,
} from './network.ts';
import { pretrainText, trainingOptions } from './pretraining.ts';
import { dropoutMask, seededRandom, type Random } from './random.ts';
import type { Recipe } from './recipe.ts';
import { fitInputs, foldNetwork, standardisedPairs, standardisedTexts, unfoldNetwork } from './standardise.ts';

/** Inputs of one split, ready for the network. */
export interface Pairs {
  readonly photos: number;
  /** [photos, image inputs] */
  readonly images: Float32Array;
  /** length of one sentence's input */
  readonly textInputs: number;
  /** how many of these, at the front, are made of word vectors */
  readonly vectorInputs: number;
  /** for each caption the row of its photo; captions of one photo need not be neighbours */
  readonly photoOf: Int32Array;
  /** writes the inputs of the given captions, row after row, into `out` */
  fillTexts(captions: Int32Array, out: Float32Array): void;
}

/** Captions grouped by photo, ready for the text branch. */
export type Captions = Pick<Pairs, 'photos' | 'textInputs' | 'photoOf' | 'fillTexts'>;

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
  /** weights at the ends of the epochs that will be averaged, summed up so far */
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
  let initial = resume?.weights ?? (run.init ? unfoldNetwork(run.init, inputs) : initialNetwork(train, recipe, random));
  const pretraining = resume || run.init ? null : recipe.pretraining;
  if (pretraining) {
    const captions = run.captions ? standardisedTexts(run.captions, inputs) : train;
    const text = yield* pretrainText(run.engine, initial.text, captions, recipe, pretraining, random);
    initial = { ...initial, text };
  }
  const hidden = { image: initial.image.shape.hidden, text: initial.text.shape.hidden };
  const trainer = await run.engine.trainer(initial, trainingOptions(recipe, recipe.objective), resume?.momentum);
  try {
    let best = resume?.best ?? null;
    let averaged = resume?.averaged ?? null;
    if (pretraining) yield { kind: 'pretrained', checkpoint: () => takeCheckpoint(trainer, 0, random, null, null) };
    for (let epoch = (resume?.epoch ?? 0) + 1; epoch <= optimiser.epochs; epoch++) {
      const batches = epochBatches(train, optimiser, random);
      let sum = 0;
      for (const [index, captions] of batches.entries()) {
        const rate = learningRate(optimiser, epoch - 1 + index / batches.length);
        const { loss } = await trainer.step(makeBatch(train, captions, hidden, optimiser.dropout, random), rate);
        if (!Number.isFinite(loss)) throw diverged(epoch, index + 1, rate, best);
        sum += loss;
        yield { kind: 'step', epoch, step: index + 1, steps: batches.length, loss };
      }
      let candidate = foldNetwork(await trainer.weights(), inputs);
      if (epoch > optimiser.epochs - optimiser.averagedEpochs) {
        const count = (averaged?.count ?? 0) + 1;
        averaged = { count, weights: averaged ? averageWeights(averaged.weights, candidate, 1 / count) : candidate };
        candidate = averaged.weights;
      }
      if (!isAllFinite(candidate)) throw diverged(epoch, batches.length, learningRate(optimiser, epoch), best);
      const recalls = run.val ? await evaluateNetwork(run.engine, candidate, run.val) : null;
      const isBest = !best?.recalls || !recalls || recallSum(recalls) > recallSum(best.recalls);
      if (isBest) best = { epoch, recalls, weights: candidate };
      yield {
        kind: 'epoch',
        epoch,
        steps: batches.length,
        loss: sum / batches.length,
        recalls,
        best: isBest,
        weights: candidate,
        checkpoint: () => takeCheckpoint(trainer, epoch, random, best, averaged),
      };
    }
    if (!best) throw new DescryError('recipe-invalid', 'The recipe trains for no epoch: set epochs to 1 or more.');
    return best;
  } finally {
    await trainer.dispose();
  }
}

/** @param epochs that have passed, in fractions */
function learningRate({ learningRate, schedule, decay, epochs: all }: Recipe['optimiser'], epochs: number): number {
  if (schedule === 'exponential') return learningRate * decay ** Math.floor(epochs);
  return (learningRate * (1 + Math.cos((Math.PI * epochs) / all))) / 2;
}

/** Recall@K of a network on a split, in both directions. */
export async function evaluateNetwork(engine: Engine, network: NetworkWeights, pairs: Pairs): Promise<Recalls> {
  const { similarities } = await similaritiesOf(engine, network, pairs);
  return recallAtK(similarities, pairs.photos, pairs.photoOf);
}

/**
 * Embeds a split.
 *
 * @returns `texts` [captions, dimensions] and `similarities` [captions, photos], cosines
 */
export async function similaritiesOf(
  engine: Engine,
  network: NetworkWeights,
  pairs: Pairs,
): Promise<{ texts: Float32Array; similarities: Float32Array }> {
  const captions = pairs.photoOf.length;
  const { outputs } = network.text.shape;
  const texts = new Float32Array(captions * outputs);
  const textBranch = await engine.projection(network.text);
  const imageBranch = await engine.projection(network.image);
  try {
    const chunk = 1000;
    const input = new Float32Array(Math.min(chunk, captions) * pairs.textInputs);
    for (let from = 0; from < captions; from += chunk) {
      const indices = Int32Array.from({ length: Math.min(chunk, captions - from) }, (_, i) => from + i);
      const rows = input.subarray(0, indices.length * pairs.textInputs);
      pairs.fillTexts(indices, rows);
      texts.set(await textBranch.project(rows, indices.length), from * outputs);
    }
    const photos = await imageBranch.project(pairs.images, pairs.photos);
    return { texts, similarities: await engine.similarities(texts, photos, outputs) };
  } finally {
    await Promise.all([textBranch.dispose(), imageBranch.dispose()]);
  }
}

function initialNetwork(train: Pairs, { network }: Recipe, random: Random): NetworkWeights {
  const { imageHidden, textHidden, embedding, initialisation } = network;
  const imageInputs = train.images.length / train.photos;
  const byEnergy = initialisation === 'energy';
  const image = { inputs: imageInputs, hidden: imageHidden, outputs: embedding };
  const text = { inputs: train.textInputs, hidden: textHidden, outputs: embedding };
  return {
    image: initialBranch(image, random, byEnergy ? energy(train.images, train.photos) : undefined),
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

/**
 * The captions of each batch of one epoch. All captions that a photo contributes to an epoch stand in the same batch,
 * where they are positives of each other. A last batch that would be short is left out, because batch norm over few rows
 * is noise; with fewer pairs than one batch, all of them are the batch.
 */
export function epochBatches(
  pairs: Pick<Pairs, 'photos' | 'photoOf'>,
  { batch, captionsPerPhoto }: { readonly batch: number; readonly captionsPerPhoto: number },
  random: Random,
): Int32Array[] {
  const captionsOf: number[][] = Array.from({ length: pairs.photos }, () => []);
  pairs.photoOf.forEach((photo, caption) => captionsOf[photo]!.push(caption));
  const order = random.shuffle(Int32Array.from(captionsOf.keys()));
  const chosen: number[] = [];
  for (const photo of order) {
    const own = random.shuffle(Int32Array.from(captionsOf[photo]!));
    chosen.push(...own.subarray(0, captionsPerPhoto));
  }
  const batches: Int32Array[] = [];
  for (let from = 0; from + batch <= chosen.length; from += batch) {
    batches.push(Int32Array.from(chosen.slice(from, from + batch)));
  }
  return batches.length > 0 || chosen.length === 0 ? batches : [Int32Array.from(chosen)];
}

/** @param hidden widths of the hidden layers, which with `init` are not the recipe's */
function makeBatch(
  train: Pairs,
  captions: Int32Array,
  hidden: { readonly image: number; readonly text: number },
  dropout: number,
  random: Random,
): Batch {
  const count = captions.length;
  const inputs = train.images.length / train.photos;
  const images = new Float32Array(count * inputs);
  const texts = new Float32Array(count * train.textInputs);
  const photos = captions.map((caption) => train.photoOf[caption]!);
  photos.forEach((photo, i) => images.set(train.images.subarray(photo * inputs, (photo + 1) * inputs), i * inputs));
  train.fillTexts(captions, texts);
  if (dropout === 0) return { count, images, texts, photos };
  return {
    count,
    images,
    texts,
    photos,
    imageMask: dropoutMask(count * hidden.image, dropout, random),
    textMask: dropoutMask(count * hidden.text, dropout, random),
  };
}

/** The last step of an epoch may blow the weights up without a loss to show it. */
function isAllFinite(network: NetworkWeights): boolean {
  return [network.image, network.text].every((branch) =>
    [...trainable, ...runningStatistics].every((name) => allFinite(branch[name])),
  );
}

async function takeCheckpoint(
  trainer: Trainer,
  epoch: number,
  random: Random,
  best: BestEpoch | null,
  averaged: Checkpoint['averaged'],
): Promise<Checkpoint> {
  const [weights, momentum] = [await trainer.weights(), await trainer.momentum()];
  return { epoch, randomState: random.state(), weights, momentum, best, averaged };
}

function diverged(epoch: number, step: number, rate: number, best: BestEpoch | null): DescryError {
  const kept = best ? ` The best epoch so far (${best.epoch}) is kept in the checkpoint.` : '';
  return new DescryError(
    'training-diverged',
    `The loss stopped being a number in epoch ${epoch}, step ${step}: the learning rate (${rate.toPrecision(3)}) is too high ` +
      `for this recipe. Set a lower one, or a larger batch.${kept}`,
  );
}
