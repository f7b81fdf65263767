/** Converts a recipe to the fields of a form (recipe-fields.ts), and back. */
import { DescryError } from '../errors.ts';
import {
  imageBranches,
  losses,
  recipeNumbers,
  stage5Choices,
  type ImageBranch,
  type RecipeNumber,
  type Stage5Choice,
} from './recipe-fields.ts';
import { parseRecipe, recipes, tuningAlone, type Recipe, type RecipeName } from './recipe.ts';

/** The fields of a form, by name; numbers may be text, as they were typed. */
export type FormFields = Readonly<Record<string, string | number | boolean>>;

/** Names of the recipes that a form begins with, for each image branch. */
export const formRecipes = { kernel: 'default', layers: 'layers' } as const satisfies Record<ImageBranch, RecipeName>;

/** Parameters of a loss that the initial recipe does not have: from Wang et al., and from `default`. */
const otherObjectives = {
  ranking: recipes.seed.objective,
  softmax: recipes.default.objective,
} as const;

/** What a form holds before anything is typed: the recipe of `formRecipes`, and what the loss that it has not would begin with. */
export function formDefaults(imageBranch: ImageBranch): Record<string, string | number> {
  const recipe = recipes[formRecipes[imageBranch]];
  const other = losses.find((loss) => loss !== recipe.objective.kind)!;
  const others = { objective: otherObjectives[other], tuning: recipes.tuned.tuning };
  return { ...fieldsOfRecipe({ ...recipe, ...others }), ...fieldsOfRecipe(recipe) };
}

/** A recipe as the fields of a form, from which `withFields` makes the same recipe. */
export function fieldsOfRecipe(recipe: Recipe): Record<string, string | number> {
  const choices = choicesOf(recipe);
  const numbers = recipeNumbers
    .filter((field) => applies(field, choices))
    .map(({ name, path: [group, key] }) => [name, (recipe as unknown as Groups)[group]![key] as number] as const);
  return { ...choices, ...Object.fromEntries(numbers) };
}

/**
 * @param fields that were set; others have the values of the image branch's recipe in `formRecipes`
 * @throws DescryError `recipe-invalid` that names every field that is wrong
 */
export function recipeFromFields(fields: FormFields): Recipe {
  const branch = fields['imageBranch'] ?? 'kernel';
  const known = imageBranches.find((name) => name === branch);
  if (!known) {
    throw new DescryError('recipe-invalid', `An image branch is ${imageBranches.join(' or ')}, not ${String(branch)}.`);
  }
  return withFields(recipes[formRecipes[known]], fields);
}

/** The recipe with these fields replaced. @throws DescryError `recipe-invalid` */
export function withFields(base: Recipe, fields: FormFields): Recipe {
  const loss = fields['loss'] ?? base.objective.kind;
  const kind = losses.find((name) => name === loss);
  if (!kind) throw new DescryError('recipe-invalid', `A loss is ${losses.join(' or ')}, not ${String(loss)}.`);
  const objective = base.objective.kind === kind ? base.objective : otherObjectives[kind];
  const stage5 = fields['stage5'] ?? choicesOf(base).stage5;
  const chosen = stage5Choices.find((name) => name === stage5);
  if (!chosen) {
    throw new DescryError('recipe-invalid', `Stage 5 is ${stage5Choices.join(' or ')}, not ${String(stage5)}.`);
  }
  const tuning = chosen === 'tuned' ? (base.tuning ?? recipes.tuned.tuning) : null;
  const choices = { ...choicesOf(base), loss: kind, stage5: chosen };
  const present = recipeNumbers.filter((field) => applies(field, choices));
  const names = new Set<string>([...Object.keys(choices), ...present.map(({ name }) => name)]);
  const unknown = Object.keys(fields).filter((name) => !names.has(name));
  if (unknown.length > 0) {
    throw new DescryError('recipe-invalid', `A recipe with these choices has no field ${unknown.join(', ')}.`);
  }
  const recipe = structuredClone({
    ...base,
    name: 'advanced',
    description: 'Set by hand in the training panel.',
    objective,
    tuning,
    ...(tuning ? tuningAlone : {}),
  }) as unknown as Groups;
  for (const {
    name,
    path: [group, key],
  } of present) {
    const field = fields[name];
    if (field === undefined) continue;
    // An empty field must not become 0, but an error of the schema.
    recipe[group]![key] = typeof field === 'string' && field.trim() !== '' ? Number(field) : field;
  }
  const network = recipe['network']!;
  if (fields['hidden'] !== undefined && base.kernel === null) network['imageHidden'] = network['textHidden'];
  return parseRecipe(recipe, 'What the fields describe');
}

/** A recipe whose values are not checked yet: groups of fields. */
type Groups = Record<string, Record<string, unknown>>;

interface Choices {
  readonly imageBranch: ImageBranch;
  readonly loss: Recipe['objective']['kind'];
  readonly stage5: Stage5Choice;
}

function choicesOf({ kernel, objective, tuning }: Recipe): Choices {
  return { imageBranch: kernel ? 'kernel' : 'layers', loss: objective.kind, stage5: tuning ? 'tuned' : 'frozen' };
}

function applies({ onlyFor = {} }: RecipeNumber, choices: Choices): boolean {
  return (['imageBranch', 'loss', 'stage5'] as const).every(
    (name) => (onlyFor[name] ?? choices[name]) === choices[name],
  );
}
