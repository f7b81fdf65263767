import { expect, it, test } from 'vitest';
import { recipeForm } from '../../electron/ipc/recipe-form.ts';
import { recipeNumbers } from '../../models/two-branch/recipe-fields.ts';
import { fieldsOfRecipe, recipeFromFields, withFields } from '../../models/two-branch/recipe-form.ts';
import { parseRecipe, recipes } from '../../models/two-branch/recipe.ts';
import { training } from '../../models/resnet50-glove/recipe-form.ts';
import { askedFields, checkField, formFields } from '../../renderer/state/recipe-fields.ts';

const form = recipeForm.parse(training.form);
const asked = (set: Record<string, string>) => {
  const fields = formFields(form, set);
  return askedFields(form, fields).map((field) => ({ field, value: fields[field.name]! }));
};

it.each(['default', 'layers', 'seed'] as const)('the fields of the recipe %s give that recipe again', (name) => {
  const recipe = recipes[name];
  const again = withFields(recipe, fieldsOfRecipe(recipe));
  expect(again).toEqual({ ...recipe, name: again.name, description: again.description });
});

it('the form begins with the best recipe of each image branch', () => {
  for (const [imageBranch, recipe] of Object.entries({ kernel: recipes.default, layers: recipes.layers })) {
    const fields = asked({ imageBranch });
    const again = recipeFromFields(Object.fromEntries(fields.map(({ field, value }) => [field.name, value])));
    expect(again).toEqual({ ...recipe, name: again.name, description: again.description });
    expect(fields.map(({ field }) => field.name).sort()).toEqual(Object.keys(fieldsOfRecipe(recipe)).sort());
    expect(recipes[form.kinds[imageBranch]!.recipe as 'default' | 'layers']).toEqual(recipe);
  }
});

it.each([
  ['kernel', 'softmax'],
  ['kernel', 'ranking'],
  ['layers', 'softmax'],
  ['layers', 'ranking'],
])('what the form begins with for %s and %s is right, and a recipe', (imageBranch, loss) => {
  const fields = asked({ imageBranch, loss });
  for (const { field, value } of fields) expect([field.name, checkField(field, value)]).toEqual([field.name, null]);
  const recipe = recipeFromFields(Object.fromEntries(fields.map(({ field, value }) => [field.name, value])));
  expect(fieldsOfRecipe(recipe)).toMatchObject({ imageBranch, loss });
});

test.each(recipeNumbers.map((field) => [field.name, field] as const))(
  'the limits of %s are those of a recipe',
  (_, field) => {
    const { name, path, least, most, whole, onlyFor } = field;
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
  // the kernel machine 170 s, and the network of `layers`
  ['default', 170 + 420],
] as const)('the time that is told for %s is what was measured: %i s', (name, seconds) => {
  const { secondsBefore, secondsPerEpoch } = training.time(recipes[name], 6091);
  const total = secondsBefore! + recipes[name].optimiser.epochs * secondsPerEpoch;
  expect(Math.abs(total / seconds - 1)).toBeLessThan(0.03);
});

it('a recipe that fine-tunes counts all of its epochs, and those that fine-tune are the ones that can be set', () => {
  const tuned = training.withEpochs(recipes.tuned, 2);
  const model = recipes.tuned.optimiser.epochs;
  expect(training.epochs(tuned)).toBe(model + 2 + model);
  const folds = { ...recipes.tuned, tuning: { ...recipes.tuned.tuning!, epochs: 2, folds: 2 } };
  // On all photos, and on those outside each fold.
  expect(training.epochs(folds)).toBe(model + 3 * 2 + model);
  expect(training.time(folds, 1000).epochs).toBe(2);
  expect(training.time(folds, 1000).secondsBefore).toBeGreaterThan(training.time(tuned, 1000).secondsBefore!);
  expect([training.needsMaps(tuned), training.needsMaps(recipes.default)]).toEqual([true, false]);
});

it('a form can let stage 5 learn, in either kind of recipe', () => {
  const by = (fields: Record<string, string | number>) => training.form!.recipe(fields) as (typeof recipes)['default'];
  expect(by({ imageBranch: 'kernel' }).tuning).toBeNull();
  expect(by({ stage5: 'tuned', tuningEpochs: '7' }).tuning).toEqual({ ...recipes.tuned.tuning, epochs: 7 });
  expect(by({ imageBranch: 'layers', stage5: 'tuned', tuningRate: 0.01 }).tuning!.learningRate).toBe(0.01);
  expect(() => by({ stage5: 'frozen', tuningEpochs: 3 })).toThrow(/no field tuningEpochs/);
  expect(() => by({ stage5: 'melted' })).toThrow(/frozen or tuned/);
});
