/**
 * A recipe: everything that decides a training run besides the data and the seed. Recipes are data; `seed` reproduces
 * the original program, `default` is the best that we measured (docs/model.md has the ablation).
 */
import { z } from 'zod';
import { DescryError } from '../errors.ts';
import { textSpec } from '../text/text-encoder.ts';
import { imageSpec } from './image-input.ts';

const rankingObjective = z.strictObject({
  kind: z.literal('ranking'),
  margin: z.number().positive().max(2),
  imageToTextWeight: z.number().min(0).max(100),
  hardest: z.int().positive().max(1000),
  neighbourhoodWeight: z.number().min(0).max(100),
});
const softmaxObjective = z.strictObject({
  kind: z.literal('softmax'),
  temperature: z.number().positive().max(1),
});

const pretraining = z.strictObject({
  epochs: z.int().min(1).max(1000),
  /** photos whose captions make a batch */
  photos: z.int().min(2).max(4096),
  captionsPerPhoto: z.int().min(2).max(100),
  /** falls to nothing along a cosine */
  learningRate: z.number().positive().max(10),
  temperature: z.number().positive().max(1),
});

export const recipeSchema = z.strictObject({
  name: z.string().min(1).max(64),
  description: z.string().max(500),
  image: imageSpec,
  text: textSpec,
  /** shifting and scaling of the inputs while training, see standardise.ts */
  standardise: z.strictObject({
    image: z.enum(['none', 'shared']),
    /** `vectors`: the parts before the bag of words, each number by its own deviation */
    text: z.enum(['none', 'vectors']),
  }),
  network: z.strictObject({
    imageHidden: z.int().min(8).max(8192),
    textHidden: z.int().min(8).max(8192),
    /** length of an embedding */
    embedding: z.int().min(8).max(2048),
    /** of the first layers: by their width (Glorot), or by the energy of what they read */
    initialisation: z.enum(['glorot', 'energy']),
  }),
  /** of the text branch, on captions alone; null for none */
  pretraining: pretraining.nullable(),
  objective: z.discriminatedUnion('kind', [rankingObjective, softmaxObjective]),
  optimiser: z.strictObject({
    epochs: z.int().min(1).max(1000),
    /** pairs */
    batch: z.int().min(2).max(8192),
    /** captions that each photo contributes to an epoch, drawn anew each time */
    captionsPerPhoto: z.int().min(1).max(100),
    learningRate: z.number().positive().max(10),
    /** `exponential`: times `decay` after each epoch; `cosine`: to nothing at the last step */
    schedule: z.enum(['exponential', 'cosine']),
    decay: z.number().positive().max(1),
    momentum: z.number().min(0).max(0.999),
    weightDecay: z.number().min(0).max(1),
    dropout: z.number().min(0).max(0.95),
    /** batch norm's running statistics keep this share per step */
    normMomentum: z.number().min(0).max(0.9999),
    /** the weights at the ends of so many last epochs are averaged; 1 averages nothing */
    averagedEpochs: z.int().min(1).max(100),
  }),
});
export type Recipe = z.infer<typeof recipeSchema>;

/**
 * The original's: SIF alone, the ranking loss, SGD. What its code left at library defaults is written out.
 * (s-wheels/image_text_similarity after Wang et al. 2018, §4.2)
 */
const seed: Recipe = {
  name: 'seed',
  description: 'The original program: SIF sentence vectors and the bidirectional ranking loss of Wang et al. 2018.',
  image: { pooling: 'average', norm: 'none', scale: 1 },
  text: { parts: [{ kind: 'sif', a: 1e-3, norm: 'none', scale: 1 }] },
  standardise: { image: 'none', text: 'none' },
  network: { imageHidden: 2048, textHidden: 2048, embedding: 512, initialisation: 'glorot' },
  pretraining: null,
  objective: { kind: 'ranking', margin: 0.05, imageToTextWeight: 1.5, hardest: 10, neighbourhoodWeight: 0 },
  optimiser: {
    epochs: 30,
    batch: 500,
    captionsPerPhoto: 2,
    learningRate: 0.1,
    schedule: 'exponential',
    decay: 0.9,
    momentum: 0.9,
    weightDecay: 0,
    dropout: 0.5,
    normMomentum: 0.9,
    averagedEpochs: 1,
  },
};

/** What each of these gave is in docs/model.md. */
const best: Recipe = {
  name: 'default',
  description:
    'The best that we measured: a learnt bag of words beside SIF, pre-trained on captions alone, and softmax cross-entropy.',
  image: { pooling: 'average', norm: 'l2', scale: 1 },
  text: {
    parts: [
      { kind: 'sif', a: 1e-3, norm: 'none', scale: 1 },
      { kind: 'bag-of-words', minCount: 4, maxWords: 10_000, weighting: 'binary', norm: 'l2', scale: 9 },
    ],
  },
  standardise: { image: 'shared', text: 'vectors' },
  network: { imageHidden: 1024, textHidden: 1024, embedding: 512, initialisation: 'energy' },
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
    weightDecay: 0,
    dropout: 0.5,
    normMomentum: 0.9,
    averagedEpochs: 1,
  },
};

export const recipes: Readonly<Record<'default' | 'seed', Recipe>> = { default: best, seed };

/** @throws DescryError `recipe-invalid` that names every field that is wrong */
export function parseRecipe(value: unknown, source: string): Recipe {
  const parsed = recipeSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the recipe'}: ${message}`);
  throw new DescryError('recipe-invalid', `${source} is no recipe that can be trained: ${problems.join('; ')}.`);
}
