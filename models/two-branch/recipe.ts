/**
 * A recipe: everything that determines a training run besides the data and the seed. Recipes are data; `seed` reproduces the
 * original program, `default` is the best that we measured (the effect of each idea is in docs/experiments.md).
 */
import { z } from 'zod';
import { DescryError } from '../errors.ts';
import { withChanged, withoutObsolete, withRenamed } from '../files/earlier-versions.ts';
import { conceptSpec } from '../concepts/spec.ts';
import type { Objective } from '../network/losses.ts';
import type { TrainingOptions } from '../network/training-step.ts';
import { textSpec, textSpecFromEarlierVersions } from '../text/fitted-text.ts';
import { imageSpec } from './image-input.ts';
import { recipeNumber, type RecipeNumberName } from './recipe-fields.ts';

/** A number that a form may set, too: with the limits of recipe-fields.ts. */
function limited(name: RecipeNumberName) {
  const { least, most, whole } = recipeNumber(name);
  return (whole ? z.int() : z.number()).min(least).max(most);
}

const rankingObjective = z.strictObject({
  kind: z.literal('ranking'),
  margin: limited('margin'),
  imageToTextWeight: z.number().min(0).max(100),
  hardest: z.int().positive().max(1000),
});
const softmaxObjective = z.strictObject({
  kind: z.literal('softmax'),
  temperature: limited('temperature'),
});

const pretraining = z.strictObject({
  epochs: z.int().min(1).max(1000),
  /** photos per batch; a batch has all their captions */
  photos: z.int().min(2).max(4096),
  captionsPerPhoto: z.int().min(2).max(100),
  /** decreases to 0 by a cosine schedule */
  learningRate: z.number().positive().max(10),
  temperature: z.number().positive().max(1),
});

/** The image branch as a kernel machine, see kernel-images.ts. */
const kernel = z.strictObject({
  /** of the kernel exp(−γ d²): γ times the mean squared distance between photos */
  width: limited('kernelWidth'),
  /** λ of the ridge regression */
  ridge: limited('ridge'),
  /** principal components of the image inputs that the kernel reads */
  components: limited('components'),
  /** passes over the captions per epoch; the machine is fitted again at its start */
  passes: z.int().min(1).max(100),
  /**
   * The machine is fitted to an exponential moving average of the text branch in training, which is also the branch that the
   * model keeps (Polyak & Juditsky 1992): average ← averageDecay · average + (1 − averageDecay) · present, after each pass;
   * 0: no averaging
   */
  averageDecay: z.number().min(0).max(0.999),
  /** captions of the train split that the model keeps, to shorten the embeddings of photos similar to most captions; 0 for none */
  references: z.int().min(0).max(100_000),
});

const recipeSchema = z.strictObject({
  name: z.string().min(1).max(64),
  description: z.string().max(500),
  image: imageSpec,
  text: textSpec,
  /** shifting and scaling of the inputs in training, see standardise.ts */
  standardise: z.strictObject({
    image: z.enum(['none', 'shared']),
    /** `vectors`: the inputs before the bag of words, each divided by its own deviation */
    text: z.enum(['none', 'vectors']),
  }),
  network: z.strictObject({
    imageHidden: limited('hidden'),
    textHidden: limited('hidden'),
    /** length of an embedding */
    embedding: limited('embedding'),
    /** of the first layers: by their width (Glorot), or by the mean squared norm of their inputs */
    initialisation: z.enum(['glorot', 'energy']),
  }),
  /** the image branch as a kernel machine, and only the text branch trained; null: two trained branches */
  kernel: kernel.nullable(),
  /** what an embedding has besides the network's, of the image network's own classes; null: nothing (also of earlier versions) */
  concepts: conceptSpec.nullable().default(null),
  /** of the text branch, on captions alone; null for none */
  pretraining: pretraining.nullable(),
  objective: z.discriminatedUnion('kind', [rankingObjective, softmaxObjective]),
  optimiser: z.strictObject({
    epochs: limited('epochs'),
    /** pairs */
    batch: limited('batch'),
    /** captions that each photo contributes to an epoch, drawn again for each epoch */
    captionsPerPhoto: z.int().min(1).max(100),
    learningRate: limited('learningRate'),
    /** `exponential`: times `decay` after each epoch; `cosine`: to 0 at the last step */
    schedule: z.enum(['exponential', 'cosine']),
    decay: z.number().positive().max(1),
    momentum: z.number().min(0).max(0.999),
    dropout: limited('dropout'),
    /** batch norm's running statistics keep this share per step */
    normMomentum: z.number().min(0).max(0.9999),
  }),
});
export type Recipe = z.infer<typeof recipeSchema>;

/**
 * The original program's: SIF only, the ranking loss, SGD. The library defaults that it used are written out
 * (s-wheels/image_text_similarity after Wang et al. 2018, §4.2).
 */
const seed: Recipe = {
  name: 'seed',
  description: 'The original program: SIF sentence vectors and the bidirectional ranking loss of Wang et al. 2018.',
  image: { pooling: 'average', norm: 'none', scale: 1 },
  text: { parts: [{ kind: 'sif', a: 1e-3, norm: 'none', scale: 1 }] },
  standardise: { image: 'none', text: 'none' },
  network: { imageHidden: 2048, textHidden: 2048, embedding: 512, initialisation: 'glorot' },
  kernel: null,
  concepts: null,
  pretraining: null,
  objective: { kind: 'ranking', margin: 0.05, imageToTextWeight: 1.5, hardest: 10 },
  optimiser: {
    epochs: 30,
    batch: 500,
    captionsPerPhoto: 2,
    learningRate: 0.1,
    schedule: 'exponential',
    decay: 0.9,
    momentum: 0.9,
    dropout: 0.5,
    normMomentum: 0.9,
  },
};

/** The best recipe with two trained branches, as in Wang et al. The effect of each field is in docs/experiments.md. */
const layers: Recipe = {
  name: 'layers',
  description: 'Two trained branches: SIF and a bag of words, pre-trained on captions only, and the softmax loss.',
  image: { pooling: 'average', norm: 'l2', scale: 1 },
  text: {
    parts: [
      { kind: 'sif', a: 1e-3, norm: 'none', scale: 1 },
      { kind: 'bag-of-words', minCount: 4, maxWords: 10_000, norm: 'l2', scale: 9 },
    ],
  },
  standardise: { image: 'shared', text: 'vectors' },
  network: { imageHidden: 1024, textHidden: 1024, embedding: 512, initialisation: 'energy' },
  kernel: null,
  concepts: null,
  pretraining: { epochs: 6, photos: 250, captionsPerPhoto: 5, learningRate: 0.5, temperature: 0.05 },
  objective: { kind: 'softmax', temperature: 0.035 },
  optimiser: {
    epochs: 24,
    batch: 1000,
    captionsPerPhoto: 2,
    learningRate: 0.8,
    schedule: 'cosine',
    decay: 1,
    momentum: 0.9,
    dropout: 0.5,
    normMomentum: 0.9,
  },
};

const best: Recipe = {
  ...layers,
  name: 'default',
  description:
    'The best that we measured: a kernel machine for photos, and a text branch (SIF and a bag of words, pre-trained on ' +
    'captions alone) that is trained towards the predictions of the machine for photos that it has not seen.',
  image: { pooling: 'average-deviation', norm: 'l2', scale: 1 },
  standardise: { image: 'none', text: 'vectors' },
  kernel: { width: 2, ridge: 0.2, components: 1024, passes: 3, averageDecay: 0.8, references: 4000 },
  concepts: {
    dimensions: 192,
    photoTemperature: 2,
    wordTemperature: 0.08,
    removedComponents: 3,
    generality: 0.5,
    namesWeight: 0.2,
    halfCount: 30,
    leastWeight: 0.3,
    amount: 0.05,
  },
  objective: { kind: 'softmax', temperature: 0.05 },
  optimiser: {
    ...layers.optimiser,
    epochs: 5,
    batch: 2500,
    captionsPerPhoto: 5,
    learningRate: 0.6,
    schedule: 'exponential',
  },
};

export type RecipeName = 'default' | 'layers' | 'seed';

/** The recipes that come with the program; `default` is used where none is named. */
export const recipes: Readonly<Record<RecipeName, Recipe>> = { default: best, layers, seed };

/** @throws DescryError `recipe-invalid` that names every field that is wrong */
export function parseRecipe(value: unknown, source: string): Recipe {
  const parsed = recipeSchema.safeParse(fromEarlierVersions(value));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the recipe'}: ${message}`);
  throw new DescryError('recipe-invalid', `${source} is not a valid recipe: ${problems.join('; ')}.`);
}

/** Renames fields with new names, and removes obsolete options that had no effect. */
function fromEarlierVersions(value: unknown): unknown {
  return withChanged(value, {
    kernel: (kernel) => withRenamed(kernel, { memory: 'averageDecay' }),
    objective: (objective) => withoutObsolete(objective, { neighbourhoodWeight: 0 }),
    optimiser: (optimiser) => withoutObsolete(optimiser, { weightDecay: 0, averagedEpochs: 1 }),
    text: textSpecFromEarlierVersions,
  });
}

/** @param objective the recipe's own, or that of its pre-training */
export function trainingOptions({ optimiser }: Recipe, objective: Objective): TrainingOptions {
  const { momentum, dropout, normMomentum } = optimiser;
  return { objective, momentum, dropout, normMomentum };
}
