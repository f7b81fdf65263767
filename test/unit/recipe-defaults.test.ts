import { expect, it } from 'vitest';
import type { ImageBranch } from '../../electron/ipc/contract.ts';
import { fieldsOfRecipe, recipeDefaults } from '../../electron/services/training/recipe-defaults.ts';
import { changed, recipeFromFields } from '../../electron/services/training/recipe-fields.ts';
import { parseRecipe, recipes } from '../../models/two-branch/recipe.ts';
import { askedFields, checkField, formFields, recipeFields } from '../../renderer/state/recipe-fields.ts';

it.each(['default', 'layers', 'seed'] as const)('the fields of the recipe %s give that recipe again', (name) => {
  const recipe = recipes[name];
  const again = parseRecipe(changed(recipe, fieldsOfRecipe(recipe)), 'the form');
  expect(again).toEqual({ ...recipe, name: again.name, description: again.description });
});

it('the form begins with the best recipe of each image branch', () => {
  const defaults = recipeDefaults();
  for (const [imageBranch, recipe] of Object.entries({ kernel: recipes.default, layers: recipes.layers })) {
    const again = parseRecipe(recipeFromFields(defaults[imageBranch as ImageBranch]), 'the form');
    expect(again).toEqual({ ...recipe, name: again.name, description: again.description });
    const fields = formFields(defaults, { imageBranch });
    expect(askedFields(fields).map(({ name }) => name)).toEqual(
      expect.arrayContaining(Object.keys(defaults[imageBranch as ImageBranch])),
    );
    for (const field of askedFields(fields)) expect(checkField(field, fields[field.name])).toBeNull();
  }
});

it('the form accepts no value that a recipe would refuse', () => {
  for (const { name, least, most, onlyFor } of recipeFields) {
    for (const value of [least, most]) {
      if (value === undefined) continue;
      for (const imageBranch of onlyFor?.imageBranch ? [onlyFor.imageBranch] : ['kernel', 'layers']) {
        const fields = { imageBranch, loss: onlyFor?.loss ?? 'softmax', [name]: value };
        expect(fieldsOfRecipe(parseRecipe(recipeFromFields(fields), name))).toMatchObject(fields);
      }
    }
  }
});
