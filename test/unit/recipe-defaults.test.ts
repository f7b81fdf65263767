import { expect, it, test } from 'vitest';
import type { ImageBranch } from '../../electron/ipc/contract.ts';
import { recipeFields } from '../../models/two-branch/recipe-fields.ts';
import { fieldsOfRecipe, formDefaults, recipeFromFields, withFields } from '../../models/two-branch/recipe-form.ts';
import { parseRecipe, recipes } from '../../models/two-branch/recipe.ts';
import { training } from '../../models/resnet50-glove/recipe-form.ts';
import {
  askedFields,
  checkField,
  formFields,
  recipeFields as shownFields,
} from '../../renderer/state/recipe-fields.ts';

it.each(['default', 'layers', 'seed'] as const)('the fields of the recipe %s give that recipe again', (name) => {
  const recipe = recipes[name];
  const again = withFields(recipe, fieldsOfRecipe(recipe));
  expect(again).toEqual({ ...recipe, name: again.name, description: again.description });
});

it('the form begins with the best recipe of each image branch', () => {
  const defaults = formDefaults();
  for (const [imageBranch, recipe] of Object.entries({ kernel: recipes.default, layers: recipes.layers })) {
    const again = recipeFromFields(defaults[imageBranch as ImageBranch]);
    expect(again).toEqual({ ...recipe, name: again.name, description: again.description });
    const fields = formFields(defaults, { imageBranch });
    expect(askedFields(fields).map(({ name }) => name)).toEqual(
      expect.arrayContaining(Object.keys(defaults[imageBranch as ImageBranch])),
    );
    for (const field of askedFields(fields)) expect(checkField(field, fields[field.name])).toBeNull();
  }
});

it('the form accepts no value that a recipe would refuse', () => {
  for (const { name, least, most, onlyFor } of shownFields) {
    for (const value of [least, most]) {
      if (value === undefined) continue;
      for (const imageBranch of onlyFor?.imageBranch ? [onlyFor.imageBranch] : ['kernel', 'layers']) {
        const fields = { imageBranch, loss: onlyFor?.loss ?? 'softmax', [name]: value };
        expect(fieldsOfRecipe(recipeFromFields(fields))).toMatchObject(fields);
      }
    }
  }
});

test.each(recipeFields.map((field) => [field.name, field] as const))(
  'the limits of %s are those of a recipe',
  (_, field) => {
    const { name, path, least, most, whole } = field;
    const onlyFor: { readonly imageBranch?: string; readonly loss?: string } = 'onlyFor' in field ? field.onlyFor : {};
    const set = (value: number) => recipeFromFields({ imageBranch: 'layers', ...onlyFor, [name]: value });
    for (const value of [least, most]) expect(fieldsOfRecipe(set(value))).toHaveProperty(name, value);
    const wrong = [least - 1e-9, most + 1e-6, ...(whole ? [least + 0.5] : [])];
    for (const value of wrong) expect(() => set(value)).toThrow(path.join('.'));
  },
);

test('the limits hold for a recipe file, too', () => {
  const { optimiser } = recipes.seed;
  for (const epochs of [0, 1001]) {
    expect(() => parseRecipe({ ...recipes.seed, optimiser: { ...optimiser, epochs } }, 'mine.json')).toThrow(
      /optimiser\.epochs/,
    );
  }
});

it.each([
  ['seed', 126],
  ['layers', 420],
  ['default', 170],
] as const)('the time that is told for %s is what was measured: %i s', (name, seconds) => {
  const { secondsBefore, secondsPerEpoch } = training.time(recipes[name], 6091);
  const total = secondsBefore + recipes[name].optimiser.epochs * secondsPerEpoch;
  expect(Math.abs(total / seconds - 1)).toBeLessThan(0.03);
});
