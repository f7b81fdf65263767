/** Converts a recipe to the fields of a form (recipe-fields.ts), and back. */
import { DescryError } from '../errors.ts';
import {
  imageBranches,
  losses,
  recipeNumbers,
  stage5Choices,
  type ImageBranch,
  type Loss,
  type RecipeNumber,
  type Stage5Choice,
} from './recipe-fields.ts';
import { parseRecipe, recipes, tuningAlone, type NetworkRecipe, type Recipe, type RecipeName } from './recipe.ts';

/** The fields of a form, by name; numbers may be text, as they were typed. */
export type FormFields = Readonly<Record<string, string | number | boolean>>;

/** What the form of an encoder begins with. */
export interface FormOf<Of extends NetworkRecipe> {
  /** the recipe of each image branch */
  readonly recipes: Readonly<Record<ImageBranch, Of>>;
  /** the image branch without a choice */
  readonly first: ImageBranch;
  /** parameters of a loss that the recipe does not have */
  readonly objectives: Readonly<Record<Loss, NetworkRecipe['objective']>>;
  /** fine-tuning of stage 5, and what a recipe with it goes without; null: the encoder has none */
  readonly tuning: { readonly fields: object; readonly without: object } | null;
  readonly numbers: readonly RecipeNumber[];
  /** @throws DescryError `recipe-invalid` */
  parse(value: unknown, source: string): Of;
}

export class RecipeFormOf<Of extends NetworkRecipe> {
  readonly #of: FormOf<Of>;

  constructor(of: FormOf<Of>) {
    this.#of = of;
  }

  /** What a form holds before anything is typed: the recipe of its kind, and what the loss that it has not would begin with. */
  defaults(imageBranch: ImageBranch): Record<string, string | number> {
    const { recipes, objectives, tuning } = this.#of;
    const recipe = recipes[imageBranch];
    const other = losses.find((loss) => loss !== recipe.objective.kind)!;
    const others = { objective: objectives[other], ...(tuning ? { tuning: tuning.fields } : {}) };
    return { ...this.fields({ ...recipe, ...others }), ...this.fields(recipe) };
  }

  /** A recipe as the fields of a form, from which `withFields` makes the same recipe. */
  fields(recipe: Of): Record<string, string | number> {
    const choices = this.#choices(recipe);
    const numbers = this.#of.numbers
      .filter((field) => applies(field, choices))
      .map(({ name, path: [group, key] }) => [name, (recipe as unknown as Groups)[group]![key] as number] as const);
    return { ...choices, ...Object.fromEntries(numbers) };
  }

  /**
   * @param fields that were set; others have the values of the image branch's recipe
   * @throws DescryError `recipe-invalid` that names every field that is wrong
   */
  recipe(fields: FormFields): Of {
    const branch = fields['imageBranch'] ?? this.#of.first;
    const known = imageBranches.find((name) => name === branch);
    if (!known) {
      const problem = `An image branch is ${imageBranches.join(' or ')}, not ${String(branch)}.`;
      throw new DescryError('recipe-invalid', problem);
    }
    return this.withFields(this.#of.recipes[known], fields);
  }

  /** The recipe with these fields replaced. @throws DescryError `recipe-invalid` */
  withFields(base: Of, fields: FormFields): Of {
    const { objectives, tuning: available, numbers, parse } = this.#of;
    const before = this.#choices(base);
    const loss = fields['loss'] ?? before.loss;
    const kind = losses.find((name) => name === loss);
    if (!kind) throw new DescryError('recipe-invalid', `A loss is ${losses.join(' or ')}, not ${String(loss)}.`);
    const objective = base.objective.kind === kind ? base.objective : objectives[kind];
    const choices = { ...before, loss: kind, ...(available ? { stage5: stage5Of(fields, before) } : {}) };
    const tuning = choices.stage5 === 'tuned' ? (tuningOf(base) ?? available!.fields) : null;
    const present = numbers.filter((field) => applies(field, choices));
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
      ...(available ? { tuning } : {}),
      ...(tuning ? available!.without : {}),
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
    return parse(recipe, 'What the fields describe');
  }

  #choices(recipe: Of): Choices {
    const { kernel, objective } = recipe;
    return {
      imageBranch: kernel ? 'kernel' : 'layers',
      loss: objective.kind,
      ...(this.#of.tuning ? { stage5: tuningOf(recipe) ? 'tuned' : 'frozen' } : {}),
    };
  }
}

/** A recipe whose values are not checked yet: groups of fields. */
type Groups = Record<string, Record<string, unknown>>;

interface Choices {
  readonly imageBranch: ImageBranch;
  readonly loss: Loss;
  /** absent: the encoder has no stage 5 */
  readonly stage5?: Stage5Choice;
}

const tuningOf = (recipe: NetworkRecipe & { readonly tuning?: Recipe['tuning'] }) => recipe.tuning ?? null;

function stage5Of(fields: FormFields, { stage5 }: Choices): Stage5Choice {
  const wanted = fields['stage5'] ?? stage5;
  const chosen = stage5Choices.find((name) => name === wanted);
  if (chosen) return chosen;
  throw new DescryError('recipe-invalid', `Stage 5 is ${stage5Choices.join(' or ')}, not ${String(wanted)}.`);
}

function applies({ onlyFor = {} }: RecipeNumber, choices: Choices): boolean {
  return (['imageBranch', 'loss', 'stage5'] as const).every(
    (name) => (onlyFor[name] ?? choices[name]) === choices[name],
  );
}

/** Names of the recipes that a form begins with, for each image branch. */
export const formRecipes = { kernel: 'default', layers: 'layers' } as const satisfies Record<ImageBranch, RecipeName>;

const form = new RecipeFormOf<Recipe>({
  recipes: { kernel: recipes[formRecipes.kernel], layers: recipes[formRecipes.layers] },
  first: 'kernel',
  // from Wang et al., and from `default`
  objectives: { ranking: recipes.seed.objective, softmax: recipes.default.objective },
  tuning: { fields: recipes.tuned.tuning!, without: tuningAlone },
  numbers: recipeNumbers,
  parse: parseRecipe,
});

export const formDefaults = (imageBranch: ImageBranch): Record<string, string | number> => form.defaults(imageBranch);
export const fieldsOfRecipe = (recipe: Recipe): Record<string, string | number> => form.fields(recipe);
/** @throws DescryError `recipe-invalid` that names every field that is wrong */
export const recipeFromFields = (fields: FormFields): Recipe => form.recipe(fields);
/** @throws DescryError `recipe-invalid` */
export const withFields = (base: Recipe, fields: FormFields): Recipe => form.withFields(base, fields);
