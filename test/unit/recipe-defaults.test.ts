import { expect, it } from 'vitest';
import type { ImageBranch } from '../../electron/ipc/contract.ts';
import { recipeDefaults } from '../../electron/ipc/contract.ts';
import { changed, fieldsOfRecipe, recipeFromFields, training } from '../../models/resnet50-glove/recipe-form.ts';
import { parseRecipe, recipes } from '../../models/two-branch/recipe.ts';
import { askedFields, checkField, formFields, recipeFields } from '../../renderer/state/recipe-fields.ts';

it.each(['default', 'layers', 'seed'] as const)('the fields of the recipe %s give that recipe again', (name) => {
  const recipe = recipes[name];
  const again = parseRecipe(changed(recipe, fieldsOfRecipe(recipe)), 'the form');
  expect(again).toEqual({ ...recipe, name: again.name, description: again.description });
});

it('the form begins with the best recipe of each image branch', () => {
  const defaults = recipeDefaults.parse(training.form!.defaults);
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

it('the limits of the form are those of the recipe', () => {
  const { limits } = training.form!;
  const numbers = Object.values(training.form!.defaults).flatMap((fields) =>
    Object.entries(fields).flatMap(([name, value]) => (typeof value === 'number' ? [name] : [])),
  );
  expect(Object.keys(limits)).toEqual(expect.arrayContaining(numbers));
  for (const [name, { least, most, whole }] of Object.entries(limits)) {
    const imageBranch = ['kernelWidth', 'ridge', 'components'].includes(name) ? 'kernel' : 'layers';
    const loss = name === 'margin' ? 'ranking' : 'softmax';
    const accepts = (value: number) => {
      try {
        return training.form!.recipe({ imageBranch, loss, [name]: value }) !== undefined;
      } catch {
        return false;
      }
    };
    expect(accepts(most), `${name} ${most}`).toBe(true);
    expect(accepts(most + 1), `${name} ${most + 1}`).toBe(false);
    expect(accepts(least > 0 ? least : (least + most) / 1e6), name).toBe(!whole || least > 0);
    expect(accepts(least - 1), name).toBe(false);
    if (whole) expect(accepts(least + 0.5), name).toBe(false);
  }
});

it('what the window and the schema say of a field agrees', () => {
  const { limits } = training.form!;
  for (const { name, least, most } of recipeFields) {
    if (!limits[name] || least === undefined || most === undefined) continue;
    expect(least, name).toBeGreaterThanOrEqual(limits[name].least);
    expect(most, name).toBeLessThanOrEqual(limits[name].most);
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
