/**
 * A training run: epochs of batches through an engine's Trainer, evaluated on the val split after each epoch.
 *
 * The run is a generator: not requesting the next event pauses it, `return()` stops it. From a checkpoint of the end of an
 * epoch, another process resumes the run exactly (same batches, same dropout).
 */
import { DescryError } from '../errors.ts';
import { seededRandom, type Random } from '../math/random.ts';
import {
  allFinite,
  identityBranch,
  initialBranch,
  placeholderBranch,
  tensorNames,
  type BranchWeights,
  type NetworkWeights,
} from '../network/network.ts';
import type { Pairs } from './batches.ts';
import { evaluateNetwork } from './embedding.ts';
import { recallSum, type Recalls } from './evaluation.ts';
import { pretrainText } from './pretraining.ts';
import type { NetworkRecipe } from './recipe.ts';
import {
  fitInputs,
  forRawInputs,
  forStandardisedInputs,
  imageMoments,
  standardisedPairs,
  standardisedTexts,
  textMoments,
  type InputStandardisation,
} from './standardise.ts';
import { openKernelMethod, openLayersMethod } from './training-methods.ts';
import type { BestEpoch, Checkpoint, PretrainingStep, TrainingEvent, TrainingRun } from './training-run.ts';

/**
 * @yields an event per step and per epoch
 * @returns the best epoch by the sum of the datasets' val recalls (the last one without a val split)
 * @throws DescryError `training-diverged` when the loss becomes infinite or undefined
 */
export async function* trainNetwork(run: TrainingRun): AsyncGenerator<TrainingEvent, BestEpoch> {
  const { recipe, resume } = run;
  const { optimiser } = recipe;
  const random = seededRandom(resume?.randomState ?? run.seed);
  const inputs = fitInputs(run);
  const train = standardisedPairs(run.train, inputs);
  let initial = resume?.weights ?? initialNetwork(train, recipe, random);
  if (run.init && !resume) initial = startingFrom(run.init, initial, recipe, inputs);
  if (run.pretrained && !resume) {
    initial = { ...initial, text: forStandardisedInputs(run.pretrained, inputs.text) };
  }
  const pretraining = resume || run.init || run.pretrained ? null : recipe.pretraining;
  if (pretraining) {
    const captions = run.captions ? standardisedTexts(run.captions, inputs) : train;
    const text = yield* pretrainText(run.engine, initial.text, captions, recipe, pretraining, random);
    initial = { ...initial, text };
  }
  const openMethod = recipe.kernel ? openKernelMethod : openLayersMethod;
  const method = await openMethod({ ...run, train, random }, initial);
  try {
    let best = resume?.best ?? null;
    const takeCheckpoint = async (epoch: number): Promise<Checkpoint> => ({
      epoch,
      randomState: random.state(),
      best,
      ...(await method.state()),
    });
    if (!best && run.measuresStart && run.val && !recipe.kernel) {
      const weights = forRawInputs(await method.network(), inputs);
      best = { epoch: 0, ...(await measure(run, weights)), weights };
      if (best.recalls) yield { kind: 'start', recalls: best.recalls, setRecalls: best.setRecalls };
    }
    if (pretraining) yield { kind: 'pretrained', checkpoint: () => takeCheckpoint(0) };
    for (let epoch = (resume?.epoch ?? 0) + 1; epoch <= optimiser.epochs; epoch++) {
      let sum = 0;
      let step = 0;
      const { steps, batches } = await method.epoch();
      for await (const batch of batches) {
        const rate = learningRate(optimiser, epoch - 1 + step / steps);
        const { loss } = await method.trainer.step(batch, rate);
        step++;
        if (!Number.isFinite(loss)) throw diverged(epoch, step, rate, best);
        sum += loss;
        yield { kind: 'step', epoch, step, steps, loss };
      }
      const weights = forRawInputs(await method.network(), inputs);
      if (!isAllFinite(weights)) throw diverged(epoch, steps, learningRate(optimiser, epoch), best);
      const { recalls, setRecalls } = await measure(run, weights);
      const isBest = !best?.recalls || !recalls || sumOfSets(setRecalls) > sumOfSets(best.setRecalls);
      if (isBest) best = { epoch, recalls, setRecalls, weights };
      yield {
        kind: 'epoch',
        epoch,
        steps,
        loss: sum / steps,
        recalls,
        setRecalls,
        best: isBest,
        weights,
        checkpoint: () => takeCheckpoint(epoch),
      };
    }
    if (!best) throw new DescryError('recipe-invalid', 'The recipe has no epochs: set epochs to 1 or more.');
    return best;
  } finally {
    await method.trainer.dispose();
  }
}

/**
 * Pre-trains the text branch alone, for networks that all begin with it.
 *
 * @yields an event per step
 * @returns the branch, for raw inputs
 */
export async function* pretrainBranch(
  run: Pick<TrainingRun, 'engine' | 'recipe' | 'train' | 'captions' | 'seed'>,
  pretraining: NonNullable<NetworkRecipe['pretraining']>,
): AsyncGenerator<PretrainingStep, BranchWeights> {
  const random = seededRandom(run.seed);
  const inputs = fitInputs(run);
  const train = standardisedPairs(run.train, inputs);
  const initial = initialNetwork(train, run.recipe, random);
  const captions = run.captions ? standardisedTexts(run.captions, inputs) : train;
  const text = yield* pretrainText(run.engine, initial.text, captions, run.recipe, pretraining, random);
  return forRawInputs({ image: initial.image, text }, { ...inputs, changesImages: false }).text;
}

async function measure(
  { engine, val, valSets, otherScores }: TrainingRun,
  weights: NetworkWeights,
): Promise<Pick<BestEpoch, 'recalls' | 'setRecalls'>> {
  if (!val) return { recalls: null, setRecalls: [] };
  return evaluateNetwork(
    engine,
    weights,
    val,
    valSets ?? [Int32Array.from({ length: val.photos }, (_, row) => row)],
    otherScores,
  );
}

/** Each dataset counts the same, whatever its size: in the recall among all photos a gain on the largest hides a loss on another. */
const sumOfSets = (sets: readonly Recalls[]): number => sets.reduce((sum, recalls) => sum + recallSum(recalls), 0);

/** @param epochs that have passed, in fractions */
function learningRate(
  { learningRate, schedule, decay, epochs: all }: NetworkRecipe['optimiser'],
  epochs: number,
): number {
  if (schedule === 'exponential') return learningRate * decay ** Math.floor(epochs);
  return (learningRate * (1 + Math.cos((Math.PI * epochs) / all))) / 2;
}

/** The branches of a finished model that the recipe continues to train, for standardised inputs. */
function startingFrom(
  init: NetworkWeights,
  fresh: NetworkWeights,
  recipe: NetworkRecipe,
  inputs: InputStandardisation,
): NetworkWeights {
  const image = keepsImageBranch(init, recipe) ? forStandardisedInputs(init.image, inputs.image) : fresh.image;
  return { image, text: forStandardisedInputs(init.text, inputs.text) };
}

/** Whether a run that starts from this network trains its image branch. A kernel machine is fitted again in each run. */
export const keepsImageBranch = ({ image }: NetworkWeights, recipe: NetworkRecipe): boolean =>
  recipe.kernel === null && image.shape.activation !== 'softmax';

function initialNetwork(train: Pairs, { network, kernel }: NetworkRecipe, random: Random): NetworkWeights {
  const { imageHidden, textHidden, embedding, initialisation } = network;
  const imageInputs = train.images.length / train.photos;
  const byEnergy = initialisation === 'energy';
  const isIdentity = initialisation === 'identity';
  const image = { inputs: imageInputs, hidden: imageHidden, outputs: embedding };
  const text = { inputs: train.textInputs, hidden: textHidden, outputs: embedding };
  return {
    image: kernel
      ? placeholderBranch(embedding, embedding)
      : isIdentity
        ? identityBranch(image, random, imageMoments(train.images, imageInputs))
        : initialBranch(image, random, byEnergy ? energy(train.images, train.photos) : undefined),
    text: isIdentity
      ? identityBranch(text, random, textMoments(train, train.textInputs))
      : initialBranch(text, random, byEnergy ? textEnergy(train) : undefined),
  };
}

/** Mean squared norm of the rows. */
function energy(rows: Float32Array, count: number): number {
  return rows.reduce((sum, value) => sum + value * value, 0) / count;
}

/** Estimated from a thousand captions, with an error of a few percent. */
function textEnergy(train: Pairs): number {
  const captions = Int32Array.from({ length: Math.min(1000, train.photoOf.length) }, (_, i) => i);
  const rows = new Float32Array(captions.length * train.textInputs);
  train.fillTexts(captions, rows);
  return energy(rows, captions.length);
}

/** The last step of an epoch may make weights infinite, and no loss is computed after it. */
function isAllFinite(network: NetworkWeights): boolean {
  return [network.image, network.text].every((branch) => tensorNames.every((name) => allFinite(branch[name])));
}

function diverged(epoch: number, step: number, rate: number, best: BestEpoch | null): DescryError {
  const kept = best ? ` The best epoch so far (${best.epoch}) is kept in the checkpoint.` : '';
  return new DescryError(
    'training-diverged',
    `The loss became infinite or undefined in epoch ${epoch}, step ${step}: the learning rate (${rate.toPrecision(3)}) is too high ` +
      `for this recipe. Set a lower one, or a larger batch.${kept}`,
  );
}
