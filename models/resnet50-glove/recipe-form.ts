/** Recipes of the two branches behind the contract. */
import type { Recipe as OpaqueRecipe, TrainingSupport } from '../contract/training.ts';
import { recipeFields } from '../two-branch/recipe-fields.ts';
import { formDefaults, recipeFromFields } from '../two-branch/recipe-form.ts';
import { parseRecipe, recipes, type Recipe } from '../two-branch/recipe.ts';

/** @throws DescryError `recipe-invalid` */
export const parse = (value: unknown, source: string): Recipe => parseRecipe(value, source);

const recipe = (opaque: OpaqueRecipe): Recipe => parse(opaque, `The recipe ${opaque.name}`);

export const training: TrainingSupport = {
  recipes,
  parse,
  epochs: (of) => recipe(of).optimiser.epochs,
  withEpochs: (of, epochs) => {
    const parsed = recipe(of);
    return { ...parsed, optimiser: { ...parsed.optimiser, epochs } };
  },
  form: { defaults: formDefaults(), fields: recipeFields, recipe: recipeFromFields },
};
