/** Recipes of the two branches behind the contract. */
import type { Recipe as OpaqueRecipe, RecipeForm, TrainingSupport, TrainingTime } from '../contract/training.ts';
import { imageBranches, recipeFields, recipeNumber } from '../two-branch/recipe-fields.ts';
import { formDefaults, formRecipes, recipeFromFields } from '../two-branch/recipe-form.ts';
import { parseRecipe, recipes, type Recipe } from '../two-branch/recipe.ts';

/** @throws DescryError `recipe-invalid` */
export const parse = (value: unknown, source: string): Recipe => parseRecipe(value, source);

const recipe = (opaque: OpaqueRecipe): Recipe => parse(opaque, `The recipe ${opaque.name}`);

const form: RecipeForm = {
  fields: recipeFields,
  kindField: 'imageBranch',
  kinds: Object.fromEntries(
    imageBranches.map((branch) => [branch, { recipe: formRecipes[branch], defaults: formDefaults(branch) }]),
  ),
  recipe: recipeFromFields,
};

const { least, most } = recipeNumber('epochs');

export const training: TrainingSupport = {
  recipes,
  parse,
  epochLimits: { least, most },
  epochs: (of) => recipe(of).optimiser.epochs,
  withEpochs: (of, epochs) => {
    const parsed = recipe(of);
    return { ...parsed, optimiser: { ...parsed.optimiser, epochs } };
  },
  time: (of, photos) => time(recipe(of), photos),
  form,
};

/**
 * Seconds for each photo of the train split, measured on two cores with 6,091 photos of five captions each
 * (docs/model.md): an epoch took 22.6 s with the kernel machine, 4.2 s with `seed` and 16 s with `layers` (the last on a busy
 * machine); fitting the kernel machine 20 s, pre-training on the photos' captions 37 s. A run shows its real rate as soon as
 * it is measured.
 */
const measured = {
  epoch: { kernel: 0.0037, ranking: 0.0007, softmax: 0.0026 },
  kernel: 0.0033,
  pretraining: 0.006,
} as const;

function time({ kernel, pretraining, objective }: Recipe, photos: number): TrainingTime {
  return {
    secondsBefore: photos * ((kernel ? measured.kernel : 0) + (pretraining ? measured.pretraining : 0)),
    secondsPerEpoch: photos * measured.epoch[kernel ? 'kernel' : objective.kind],
  };
}
