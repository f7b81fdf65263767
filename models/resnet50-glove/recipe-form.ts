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
  epochs: (of) => {
    const { tuning, optimiser } = recipe(of);
    return (tuning ?? optimiser).epochs;
  },
  withEpochs: (of, epochs) => {
    const parsed = recipe(of);
    // Of a recipe that fine-tunes, the epochs that take hours.
    if (parsed.tuning) return { ...parsed, tuning: { ...parsed.tuning, epochs } };
    return { ...parsed, optimiser: { ...parsed.optimiser, epochs } };
  },
  time: (of, photos) => time(recipe(of), photos),
  needsMaps: (of) => recipe(of).tuning !== null,
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
  tuning: { epoch: 0.16, features: 0.05 },
} as const;

function time(of: Recipe, photos: number): TrainingTime {
  if (!of.tuning) return timeWithoutTuning(of, photos);
  const { tuning, tuningEpoch, fit } = partSeconds(of, photos);
  // The model is trained before, as the one towards whose texts stage 5 is tuned, and after.
  return { secondsBefore: tuning - of.tuning.epochs * tuningEpoch + 2 * fit, secondsPerEpoch: tuningEpoch };
}

/** Seconds of the parts of a run that fine-tunes: all of the tuning, one epoch of it, and one training of the model. */
export function partSeconds(of: Recipe, photos: number): { tuning: number; tuningEpoch: number; fit: number } {
  const { secondsBefore, secondsPerEpoch } = timeWithoutTuning(of, photos);
  const { epochs, folds } = of.tuning!;
  const tuningEpoch = photos * measured.tuning.epoch;
  // Each fold is tuned on the other photos.
  const times = folds > 1 ? folds : 1;
  return {
    tuning: times * (epochs * tuningEpoch + photos * measured.tuning.features),
    tuningEpoch,
    fit: secondsBefore + of.optimiser.epochs * secondsPerEpoch,
  };
}

function timeWithoutTuning({ kernel, pretraining, objective }: Recipe, photos: number): TrainingTime {
  return {
    secondsBefore: photos * ((kernel ? measured.kernel : 0) + (pretraining ? measured.pretraining : 0)),
    secondsPerEpoch: photos * measured.epoch[kernel ? 'kernel' : objective.kind],
  };
}
