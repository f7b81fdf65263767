/**
 * The two training methods: both branches by gradients (Wang et al. 2018), or the text branch by gradients, with a kernel
 * machine as image branch that is fitted again at the start of each epoch.
 */
import type { Trainer } from '../engine/engine.ts';
import { seededRandom, type Random } from '../math/random.ts';
import { averageBranch, placeholderBranch, type NetworkWeights } from '../network/network.ts';
import type { Batch } from '../network/training-step.ts';
import { epochBatches, makeBatch, type Captions } from './batches.ts';
import { embedTexts } from './embedding.ts';
import { openKernelImages, type FittedImages } from './kernel-images.ts';
import { trainingOptions } from './recipe.ts';
import type { Checkpoint, TrainingRun } from './training-run.ts';

export interface TrainingMethod {
  readonly trainer: Trainer;
  /** The steps of the next epoch; each batch is made after the previous step. */
  epoch(): Promise<{ readonly steps: number; readonly batches: AsyncIterable<Batch> }>;
  /** After an epoch: the present network, for standardised inputs. */
  network(): Promise<NetworkWeights>;
  /** Its part of a checkpoint. */
  state(): Promise<Pick<Checkpoint, 'weights' | 'momentum' | 'averagedText'>>;
}

/** `train` has standardised inputs; `random` has the state with which the run starts or resumes. */
type MethodRun = TrainingRun & { readonly random: Random };

/** Both branches are trained by gradients. */
export async function openLayersMethod(run: MethodRun, initial: NetworkWeights): Promise<TrainingMethod> {
  const { engine, recipe, train, random, resume } = run;
  const { optimiser } = recipe;
  const trainer = await engine.trainer(initial, trainingOptions(recipe, recipe.objective), resume?.momentum);
  const hidden = { image: initial.image.shape.hidden, text: initial.text.shape.hidden };
  return {
    trainer,
    epoch() {
      const captions = epochBatches(train, optimiser, random);
      return Promise.resolve({ steps: captions.length, batches: batches(captions) });
    },
    network: () => trainer.weights(),
    state: async () => ({
      weights: await trainer.weights(),
      momentum: await trainer.momentum(),
      averagedText: null,
    }),
  };

  async function* batches(captions: readonly Int32Array[]): AsyncGenerator<Batch> {
    for (const chosen of captions) yield makeBatch(train, train, chosen, hidden, optimiser.dropout, random);
  }
}

/**
 * The text branch is trained by gradients, the image branch fitted in closed form.
 * @throws DescryError `training-diverged` if no kernel machine can be fitted to the photos
 */
export async function openKernelMethod(run: MethodRun, { text }: NetworkWeights): Promise<TrainingMethod> {
  const { engine, recipe, train, random, resume } = run;
  const { optimiser } = recipe;
  const { passes, averageDecay, references } = recipe.kernel!;
  const dimensions = text.shape.outputs;
  const images = await openKernelImages(engine, train, recipe.kernel!, dimensions, run.seed);
  const options = { ...trainingOptions(recipe, recipe.objective), imagesEmbedded: true };
  const image = placeholderBranch(dimensions, dimensions);
  const trainer = await engine.trainer({ image, text }, options, resume?.momentum);
  const hidden = { image: 0, text: text.shape.hidden };
  let average = resume?.averagedText ?? text;
  let fitted: FittedImages | undefined;
  const referenceCaptions = sampleCaptions(train, references, seededRandom(run.seed));
  return {
    trainer,
    async epoch() {
      fitted = await images.fit(await embedTexts(engine, average, train));
      const captions = Array.from({ length: passes }, () => epochBatches(train, optimiser, random));
      return { steps: captions.flat().length, batches: batches(captions, fitted.heldOut) };
    },
    network: async () => ({
      image: fitted!.branch(await embedTexts(engine, average, referenceCaptions)),
      text: average,
    }),
    state: async () => ({
      weights: await trainer.weights(),
      momentum: await trainer.momentum(),
      averagedText: average,
    }),
  };

  async function* batches(captions: readonly Int32Array[][], heldOut: Float32Array): AsyncGenerator<Batch> {
    const embedded = { photos: train.photos, images: heldOut };
    for (const pass of captions) {
      for (const chosen of pass) yield makeBatch(embedded, train, chosen, hidden, optimiser.dropout, random);
      average = averageBranch(average, (await trainer.weights()).text, 1 - averageDecay);
    }
  }
}

/** Draws captions at random. */
export function sampleCaptions(captions: Captions, count: number, random: Random): Captions {
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
