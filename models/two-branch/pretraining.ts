/**
 * Pre-training of the text branch on captions alone: captions of one photo shall meet. Photos with captions are rare;
 * captions that say the same thing in five ways are not, and they teach which words mean the same.
 */
import type { Engine, TrainingOptions } from '../engine/engine.ts';
import { DescryError } from '../errors.ts';
import { epochBatches, makeBatch, type Captions } from './batches.ts';
import type { Objective } from '../network/losses.ts';
import { makeBranch, type BranchWeights } from '../network/network.ts';
import type { Random } from '../math/random.ts';
import type { Recipe } from './recipe.ts';
import type { TrainingEvent } from './training.ts';

/**
 * @returns the trained branch
 * @throws DescryError `training-diverged`
 */
export async function* pretrainText(
  engine: Engine,
  initial: BranchWeights,
  captions: Captions,
  recipe: Recipe,
  pretraining: NonNullable<Recipe['pretraining']>,
  random: Random,
): AsyncGenerator<TrainingEvent, BranchWeights> {
  const { epochs, photos, captionsPerPhoto, temperature } = pretraining;
  const options = { ...trainingOptions(recipe, { kind: 'captions', temperature }), weightDecay: 0, givenImages: true };
  const network = { image: bystander(initial.shape.outputs), text: initial };
  const noImages = { images: new Float32Array(captions.photos), photos: captions.photos };
  const hidden = { image: 0, text: initial.shape.hidden };
  const trainer = await engine.trainer(network, options);
  try {
    let step = 0;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const batches = epochBatches(captions, { batch: photos * captionsPerPhoto, captionsPerPhoto }, random);
      const steps = batches.length * epochs;
      for (const batch of batches) {
        const rate = (pretraining.learningRate * (1 + Math.cos((Math.PI * step) / steps))) / 2;
        const { loss } = await trainer.step(
          makeBatch(noImages, captions, batch, hidden, options.dropout, random),
          rate,
        );
        if (!Number.isFinite(loss)) {
          throw new DescryError(
            'training-diverged',
            `The loss stopped being a number in step ${step + 1} of the pre-training: its learning rate ` +
              `(${pretraining.learningRate}) is too high for this recipe. Set a lower one.`,
          );
        }
        yield { kind: 'pretraining', step: ++step, steps, loss };
      }
    }
    return (await trainer.weights()).text;
  } finally {
    await trainer.dispose();
  }
}

export function trainingOptions({ optimiser }: Recipe, objective: Objective): TrainingOptions {
  const { momentum, weightDecay, dropout, normMomentum } = optimiser;
  return { objective, momentum, weightDecay, dropout, normMomentum };
}

/** An image branch that takes no part: as small as it can be. */
export function bystander(outputs: number, inputs = 1): BranchWeights {
  return makeBranch({ inputs, hidden: 1, outputs }, (name, length) =>
    new Float32Array(length).fill(name === 'normGamma' || name === 'normVariance' ? 1 : 0),
  );
}
