import { expect, it } from 'vitest';
import { fieldsOfRecipe } from '../../electron/services/recipe-defaults.ts';
import { changed, recipeFromFields } from '../../electron/services/recipe-fields.ts';
import { parseRecipe, recipes } from '../../models/two-branch/recipe.ts';
import { recipeFields } from '../../renderer/training/recipe-fields.ts';

it.each(['default', 'layers', 'seed'] as const)('the fields of the recipe %s give that recipe again', (name) => {
  const recipe = recipes[name];
  const again = parseRecipe(changed(recipe, fieldsOfRecipe(recipe)), 'the form');
  expect(again).toEqual({ ...recipe, name: again.name, description: again.description });
});

it('the form asks for every field, and accepts no value that a recipe would refuse', () => {
  for (const { name, least, most } of recipeFields) {
    const loss = name === 'margin' ? 'ranking' : 'softmax';
    for (const value of [least, most]) {
      if (value === undefined) continue;
      expect(() => parseRecipe(recipeFromFields({ loss, [name]: value }), name)).not.toThrow();
    }
  }
  const asked = recipeFields.map(({ name }) => name);
  expect(asked).toEqual(expect.arrayContaining(Object.keys(fieldsOfRecipe(recipes.default))));
});
