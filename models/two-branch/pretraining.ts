/**
 * Pre-training of the text branch on captions without photos: captions of the same photo get similar embeddings. Such captions
 * are easier to get than captioned photos, and the branch learns from them which words have similar meanings.
 */
import type { Engine } from '../engine/engine.ts';
import { DescryError } from '../errors.ts';
import { epochBatches, makeBatch, type Captions } from './batches.ts';
import { placeholderBranch, type BranchWeights } from '../network/network.ts';
import type { Random } from '../math/random.ts';
import { trainingOptions, type NetworkRecipe } from './recipe.ts';
import type { PretrainingStep } from './training-run.ts';

/**
 * @returns the trained branch
 * @throws DescryError `training-diverged`
 */
export async function* pretrainText(
  engine: Engine,
  initial: BranchWeights,
  captions: Captions,
  recipe: NetworkRecipe,
  pretraining: NonNullable<NetworkRecipe['pretraining']>,
  random: Random,
): AsyncGenerator<PretrainingStep, BranchWeights> {
  const { epochs, photos, captionsPerPhoto, temperature } = pretraining;
  const options = { ...trainingOptions(recipe, { kind: 'captions', temperature }), imagesEmbedded: true };
  const network = { image: placeholderBranch(initial.shape.outputs), text: initial };
  const noImages = { images: new Float32Array(captions.photos), photos: captions.photos };
  const hidden = { image: 0, text: initial.shape.hidden };
  const trainer = await engine.trainer(network, options);
  try {
    let step = 0;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const batches = epochBatches(captions, { batch: photos * captionsPerPhoto, captionsPerPhoto }, random, 1);
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
            `The loss became infinite or undefined in step ${step + 1} of the pre-training: its learning rate ` +
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
