/** Recipes of the two branches behind the contract. */
import type { Recipe as OpaqueRecipe, RecipeForm, TrainingSupport, TrainingTime } from '../contract/training.ts';
import { imageBranches, recipeFields, recipeNumber } from '../two-branch/recipe-fields.ts';
import { formDefaults, formRecipes, recipeFromFields } from '../two-branch/recipe-form.ts';
import { parseRecipe, recipes, type Recipe } from '../two-branch/recipe.ts';
import { networksTime } from '../branch-models/training-times.ts';

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
  epochs: (of) => {
    const { tuning, optimiser } = recipe(of);
    // The model is trained before and after stage 5 is tuned, on all photos and on all but each fold.
    return tuning ? 2 * optimiser.epochs + tuning.epochs * timesTuned(tuning) : optimiser.epochs;
  },
  withEpochs: (of, epochs) => {
    const parsed = recipe(of);
    // Of a recipe that fine-tunes, the epochs that take hours.
    if (parsed.tuning) return { ...parsed, tuning: { ...parsed.tuning, epochs } };
    return { ...parsed, optimiser: { ...parsed.optimiser, epochs } };
  },
  time: (of, photos) => time(recipe(of), photos),
  learnsWithoutCaptions: true,
  needsMaps: (of) => recipe(of).tuning !== null,
  form,
};

/**
 * Seconds of fine-tuning for each photo of the train split: an epoch was measured with 1,200 photos (docs/experiments.md).
 */
const measured = { epoch: 0.1, features: 0.03 } as const;

function time(of: Recipe, photos: number): TrainingTime & { readonly secondsBefore: number } {
  if (!of.tuning) return networksTime(of, photos);
  const { tuning, tuningEpoch, fit } = partSeconds(of, photos);
  // The model is trained before, as the one towards whose texts stage 5 is tuned, and after.
  const { epochs } = of.tuning;
  return {
    secondsBefore: tuning - epochs * tuningEpoch + 2 * fit,
    secondsPerEpoch: tuningEpoch,
    epochs,
  };
}

/** How often stage 5 is tuned. */
export const timesTuned = ({ folds }: NonNullable<Recipe['tuning']>): number => (folds > 1 ? folds + 1 : 1);

/** Seconds of the parts of a run that fine-tunes: all of the tuning, one epoch of it, and one training of the model. */
export function partSeconds(of: Recipe, photos: number): { tuning: number; tuningEpoch: number; fit: number } {
  const { secondsBefore, secondsPerEpoch } = networksTime(of, photos);
  const { epochs, folds } = of.tuning!;
  const tuningEpoch = photos * measured.epoch;
  // For each fold stage 5 is tuned on the other photos: folds − 1 times all of them.
  const times = folds > 1 ? folds : 1;
  return {
    tuning: times * (epochs * tuningEpoch + photos * measured.features),
    tuningEpoch,
    fit: secondsBefore + of.optimiser.epochs * secondsPerEpoch,
  };
}
