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

/**
 * Fine-tuning of ResNet50's stage 5 (models/resnet50/tuning). The run trains a model on the features as they are, tunes stage 5
 * towards its text branch, and then trains the model anew on the features that the tuned stage makes.
 */
const tuning = z.strictObject({
  epochs: limited('tuningEpochs'),
  /** photos per step; each needs about 12 MB */
  batch: z.int().min(2).max(256),
  /** decreases to 0 by a cosine schedule */
  learningRate: limited('tuningRate'),
  momentum: z.number().min(0).max(0.999),
  /** of the softmax over the captions of all training photos */
  temperature: z.number().min(0.005).max(1),
  /** of the head's fit: λ of the ridge regression is this times the number of photos */
  ridge: z.number().positive().max(100),
  /** it ends after so many epochs without a better recall on val */
  patience: z.int().min(1).max(1000),
  /**
   * 2 or more: the training photos are divided at random, and the features of each part that the model is trained on come from
   * a stage 5 that was tuned on the others, because it knows photos that it was tuned on too well. 1: from the stage that the
   * model keeps.
   */
  folds: z.int().min(1).max(10),
});

const objective = z.discriminatedUnion('kind', [rankingObjective, softmaxObjective]);

const optimiser = z.strictObject({
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
});

/** A further network with two trained branches (joined.ts), and a pre-trained text branch of its own. */
const member = z.strictObject({
  image: imageSpec,
  standardiseImage: z.enum(['none', 'shared']),
  imageHidden: z.int().min(8).max(8192),
  objective,
  optimiser,
});

/** Fields that the recipes of all encoders have. */
export const recipeParts = {
  name: z.string().min(1).max(64),
  description: z.string().max(500),
  image: imageSpec,
  /** shifting and scaling of the inputs in training, see standardise.ts */
  standardise: z.strictObject({
    image: z.enum(['none', 'shared']),
    /** `vectors`: the inputs before the bag of words, each divided by its own deviation */
    text: z.enum(['none', 'vectors']),
  }),
  /** the image branch as a kernel machine, and only the text branch trained; null: two trained branches */
  kernel: kernel.nullable(),
  /** of the text branch, on captions alone; null for none */
  pretraining: pretraining.nullable(),
  objective,
  optimiser,
  /** networks that are joined with the first one, each trained after it; empty also of earlier versions */
  joined: z.array(member).max(4).default([]),
};

const recipeSchema = z
  .strictObject({
    name: recipeParts.name,
    description: recipeParts.description,
    image: recipeParts.image,
    text: textSpec,
    standardise: recipeParts.standardise,
    network: z.strictObject({
      imageHidden: limited('hidden'),
      textHidden: limited('hidden'),
      /** length of an embedding */
      embedding: limited('embedding'),
      /** of the first layers: by their width (Glorot), or by the mean squared norm of their inputs */
      initialisation: z.enum(['glorot', 'energy']),
    }),
    kernel: recipeParts.kernel,
    /** of stage 5 of ResNet50; null: ResNet50 stays as it is */
    tuning: tuning.nullable().default(null),
    /** what an embedding has besides the network's, of the image network's own classes; null: nothing (also of earlier versions) */
    concepts: conceptSpec.nullable().default(null),
    /** captions of photos without captions are guessed from their classes, and the first network is trained on them, too */
    guessedCaptions: z.boolean().default(false),
    pretraining: recipeParts.pretraining,
    objective,
    optimiser,
    joined: recipeParts.joined,
  })
  .refine(
    ({ tuning, concepts, guessedCaptions, joined }) =>
      !tuning || (!concepts && !guessedCaptions && joined.length === 0),
    {
      path: ['tuning'],
      message:
        'with a fine-tuned stage 5 there are no concepts and no guessed captions, which need ResNet50 as it is, and no joined networks',
    },
  );
export type Recipe = z.infer<typeof recipeSchema>;

/** What the training of networks reads of a recipe, whatever the encoder. */
export type NetworkRecipe = Omit<Recipe, 'network' | 'text' | 'tuning' | 'concepts' | 'guessedCaptions'> & {
  readonly network: Omit<Recipe['network'], 'initialisation'> & { readonly initialisation: Initialisation };
};

/**
 * Of the first layers: by their width (Glorot), by the mean squared norm of their inputs, or so that a whole branch leaves its
 * inputs as they are (`identityBranch`).
 */
export type Initialisation = 'glorot' | 'energy' | 'identity';

/** What a recipe that fine-tunes goes without: ResNet50's classifier reads the features of its own stage 5 only. */
export const tuningAlone: Pick<Recipe, 'concepts' | 'guessedCaptions' | 'joined'> = {
  concepts: null,
  guessedCaptions: false,
  joined: [],
};

/** The recipe of one of the joined networks, as of a network of its own. */
export function memberRecipe(
  recipe: NetworkRecipe,
  { image, standardiseImage, imageHidden, ...own }: NetworkRecipe['joined'][number],
): NetworkRecipe {
  return {
    ...recipe,
    ...own,
    image,
    standardise: { ...recipe.standardise, image: standardiseImage },
    network: { ...recipe.network, imageHidden },
    kernel: null,
    joined: [],
  };
}

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
  tuning: null,
  joined: [],
  concepts: null,
  guessedCaptions: false,
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
  tuning: null,
  joined: [],
  concepts: null,
  guessedCaptions: false,
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
    halfCount: 50,
    leastWeight: 0.3,
    amount: 0.06,
  },
  guessedCaptions: true,
  objective: { kind: 'softmax', temperature: 0.05 },
  optimiser: {
    ...layers.optimiser,
    epochs: 5,
    batch: 2500,
    captionsPerPhoto: 5,
    learningRate: 0.6,
    schedule: 'exponential',
  },
  joined: [
    {
      image: layers.image,
      standardiseImage: 'shared',
      imageHidden: layers.network.imageHidden,
      objective: layers.objective,
      optimiser: layers.optimiser,
    },
  ],
};

const tuned: Recipe = {
  ...best,
  name: 'tuned',
  description:
    'As `default`, and the last stage of ResNet50 learns, too. For many photos (Flickr30K has 29,000): with a few ' +
    'thousand it gains nothing.',
  ...tuningAlone,
  tuning: {
    epochs: 4,
    batch: 32,
    learningRate: 0.001,
    momentum: 0.9,
    temperature: 0.05,
    ridge: 0.001,
    patience: 2,
    folds: 1,
  },
};

export type RecipeName = 'default' | 'layers' | 'seed' | 'tuned';

/** The recipes that come with the program; `default` is used where none is named. */
export const recipes: Readonly<Record<RecipeName, Recipe>> = { default: best, layers, seed, tuned };

/** @throws DescryError `recipe-invalid` that names every field that is wrong */
export const parseRecipe = (value: unknown, source: string): Recipe =>
  parseRecipeOf(recipeSchema, fromEarlierVersions(value), source);

/** @param schema of the recipes of an encoder @throws as `parseRecipe` does */
export function parseRecipeOf<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  source: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
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
export function trainingOptions(
  { optimiser }: Pick<NetworkRecipe, 'optimiser'>,
  objective: Objective,
): TrainingOptions {
  const { momentum, dropout, normMomentum } = optimiser;
  return { objective, momentum, dropout, normMomentum };
}
