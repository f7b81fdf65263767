/** Recipes of two branches on an added encoder's photo features and text embeddings, behind the contract. */
import { z } from 'zod';
import type { AddedEncoder } from '../contract/added-encoder.ts';
import type { Recipe as OpaqueRecipe, RecipeForm, TrainingSupport } from '../contract/training.ts';
import { imageSpec } from '../two-branch/image-input.ts';
import { recipeFields, recipeNumber, recipeNumbers, type ImageBranch } from '../two-branch/recipe-fields.ts';
import { RecipeFormOf } from '../two-branch/recipe-form.ts';
import { parseRecipeOf, recipeParts, recipes as resnet50Recipes, type NetworkRecipe } from '../two-branch/recipe.ts';
import { networksTime } from '../branch-models/training-times.ts';

/**
 * As of ResNet50 and GloVe, without what is ResNet50's own (concepts, guessed captions, fine-tuning), and without a text side: that
 * is the encoder's text embedding, with the norm and the scale of `image`.
 */
export type ClipRecipe = NetworkRecipe;

const width = z.int().min(1).max(16_384);

/** @param dimensions of the encoder's embeddings */
function schemaOf(dimensions: number) {
  return z
    .strictObject({
      ...recipeParts,
      // A feature is one embedding: it has no averages and deviations.
      image: imageSpec.extend({ pooling: z.literal('whole').default('whole') }),
      network: z.strictObject({
        imageHidden: width,
        textHidden: width,
        embedding: width,
        initialisation: z.enum(['glorot', 'energy', 'identity']),
      }),
    })
    .superRefine(({ network, standardise, joined }, context) => {
      const problem = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
      if (joined.some(({ image }) => image.pooling !== 'whole')) {
        problem(['joined'], 'the features of this encoder have no averages and deviations: write "pooling": "whole"');
      }
      if (network.initialisation !== 'identity') return;
      if (network.embedding !== dimensions) {
        problem(['network', 'embedding'], `a branch that begins as the identity has ${dimensions} outputs`);
      }
      if (Math.min(network.textHidden, network.imageHidden, ...joined.map((own) => own.imageHidden)) < 2 * dimensions) {
        problem(['network'], `a branch that begins as the identity has at least ${2 * dimensions} hidden units`);
      }
      if (
        standardise.image !== 'none' ||
        standardise.text !== 'none' ||
        joined.some((own) => own.standardiseImage !== 'none')
      ) {
        problem(['standardise'], 'a branch that begins as the identity needs inputs that are not standardised');
      }
    });
}

/**
 * The recipes, with widths that fit embeddings of this length. None was measured with published weights: they were chosen by how they
 * behave on vectors that were drawn for that (docs/encoders.md).
 */
export function recipesOf(dimensions: number): Readonly<Record<'default' | 'kernel' | 'layers' | 'seed', ClipRecipe>> {
  const hidden = 2 * dimensions;
  // So that an input number has about variance 1, for which layers are initialised and batch norm's ε is small.
  const image = { pooling: 'whole', norm: 'l2', scale: Number(Math.sqrt(dimensions).toPrecision(4)) } as const;
  const standardise = { image: 'none', text: 'none' } as const;
  const identity = {
    imageHidden: hidden,
    textHidden: hidden,
    embedding: dimensions,
    initialisation: 'identity',
  } as const;
  const { layers, seed, default: best } = resnet50Recipes;
  const own: ClipRecipe = {
    name: 'default',
    description:
      'Two branches that begin as the encoder itself and learn from there. Where no epoch finds more on the photos that are set ' +
      'aside, the encoder stays as it is.',
    image,
    standardise,
    network: identity,
    kernel: null,
    pretraining: null,
    // CLIP's own: its learned scale is limited to 100 (Radford et al. 2021, §2.5).
    objective: { kind: 'softmax', temperature: 0.01 },
    optimiser: {
      epochs: 12,
      batch: 1000,
      captionsPerPhoto: 2,
      learningRate: 0.03,
      schedule: 'cosine',
      decay: 1,
      momentum: 0.9,
      dropout: 0,
      normMomentum: 0.9,
    },
    joined: [],
  };
  return {
    default: own,
    kernel: {
      ...own,
      name: 'kernel',
      description:
        'A kernel machine for photos and a text branch that begins as the encoder itself, joined with the two branches of `default`.',
      kernel: { ...best.kernel!, components: Math.min(best.kernel!.components, 4096) },
      objective: best.objective,
      optimiser: { ...best.optimiser, learningRate: 0.05, dropout: 0 },
      joined: [
        {
          image: own.image,
          standardiseImage: 'none',
          imageHidden: own.network.imageHidden,
          objective: own.objective,
          optimiser: own.optimiser,
        },
      ],
    },
    layers: {
      ...own,
      name: 'layers',
      description:
        'Two trained branches with random initial weights, pre-trained on captions only, and the softmax loss.',
      network: { ...identity, initialisation: 'energy' },
      pretraining: layers.pretraining,
      objective: layers.objective,
      optimiser: layers.optimiser,
    },
    seed: {
      ...own,
      name: 'seed',
      description:
        'As the original program: two branches with random initial weights, and the bidirectional ranking loss of Wang et al. 2018.',
      network: { ...identity, initialisation: 'glorot' },
      objective: seed.objective,
      optimiser: seed.optimiser,
    },
  };
}

/** Choices and numbers of a recipe that a form for an added encoder has: widths follow from the encoder. */
const fieldsOfForm = recipeFields.filter(
  ({ name }) => !['stage5', 'tuningEpochs', 'tuningRate', 'hidden', 'embedding'].includes(name),
);

/** Captions of a photo, as Flickr30K has them. */
const usualCaptions = 5;

export interface ClipTraining extends TrainingSupport {
  parse(value: unknown, source: string): ClipRecipe & OpaqueRecipe;
}

export function clipTraining({ dimensions, measured }: Pick<AddedEncoder, 'dimensions' | 'measured'>): ClipTraining {
  const schema = schemaOf(dimensions);
  const recipes = recipesOf(dimensions);
  const parse = (value: unknown, source: string): ClipRecipe => parseRecipeOf(schema, value, source);
  const recipe = (opaque: OpaqueRecipe) => parse(opaque, `The recipe ${opaque.name}`);
  const kinds = { layers: 'default', kernel: 'kernel' } as const satisfies Record<ImageBranch, keyof typeof recipes>;
  const fields = new RecipeFormOf<ClipRecipe>({
    recipes: { layers: recipes[kinds.layers], kernel: recipes[kinds.kernel] },
    first: 'layers',
    objectives: { ranking: recipes.seed.objective, softmax: recipes.default.objective },
    tuning: null,
    numbers: recipeNumbers.filter(({ name }) => fieldsOfForm.some((field) => field.name === name)),
    parse,
  });
  const kindOf = (branch: ImageBranch) => ({ recipe: kinds[branch], defaults: fields.defaults(branch) });
  const form: RecipeForm = {
    fields: fieldsOfForm,
    kindField: 'imageBranch',
    kinds: { layers: kindOf('layers'), kernel: kindOf('kernel') },
    recipe: (set) => fields.recipe(set),
  };
  const { least, most } = recipeNumber('epochs');
  return {
    recipes,
    parse,
    epochLimits: { least, most },
    epochs: (of) => recipe(of).optimiser.epochs,
    withEpochs: (of, epochs) => {
      const parsed = recipe(of);
      return { ...parsed, optimiser: { ...parsed.optimiser, epochs } };
    },
    time: (of, photos) => {
      const inputs = { image: dimensions, text: dimensions };
      const { secondsBefore, secondsPerEpoch } = networksTime(recipe(of), photos, inputs);
      // Captions are read once, before the first epoch; one counts as long as a photo.
      const captions = measured ? (usualCaptions * photos) / measured.photosPerSecond : null;
      return { secondsBefore: captions === null ? null : secondsBefore + captions, secondsPerEpoch };
    },
    learnsWithoutCaptions: false,
    needsMaps: () => false,
    form,
  };
}
