/** Recipes of the two branches behind the contract, and the form in which a user may set one by hand. */
import type { z } from 'zod';
import type {
  FieldLimits,
  Recipe as OpaqueRecipe,
  RecipeFields,
  TrainingSupport,
  TrainingTime,
} from '../contract/training.ts';
import { DescryError } from '../errors.ts';
import { parseRecipe, recipeSchema, recipes, type Recipe } from '../two-branch/recipe.ts';

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
  time: (of, photos) => time(recipe(of), photos),
  form: {
    get defaults() {
      return { kernel: fieldsOfRecipe(imageBranches.kernel), layers: fieldsOfRecipe(imageBranches.layers) };
    },
    get limits() {
      return limits();
    },
    recipe: (fields) => parse(recipeFromFields(fields), 'What the fields describe'),
  },
};

/**
 * Seconds for each photo of the train split, measured on two cores with 6,091 photos of five captions each (docs/model.md): an
 * epoch took 22.6 s towards the kernel machine, 4.2 s of `seed` and 16 s of `layers` (the last on a busy machine); fitting the
 * machine 20 s, pre-training on the photos' own captions 37 s. The real rate is shown as soon as a run knows it.
 */
const measured = {
  epoch: { kernel: 0.0037, ranking: 0.0007, softmax: 0.0026 },
  kernel: 0.0033,
  pretraining: 0.006,
} as const;

function time({ kernel, pretraining, objective }: Recipe, photos: number): TrainingTime {
  return {
    secondsBefore: photos * ((kernel ? measured.kernel : 0) + (pretraining ? measured.pretraining : 0)),
    secondsPerEpoch: photos * measured.epoch[kernel ? 'kernel' : objective.kind],
  };
}

/** The image branches that can be asked for, and the recipe that each starts from. */
const imageBranches: Readonly<Record<'kernel' | 'layers', Recipe>> = {
  kernel: recipes.default,
  layers: recipes.layers,
};

/** A recipe as the fields of the form: what `changed` turns back into it. */
export function fieldsOfRecipe({ kernel, objective, optimiser, network }: Recipe): Record<string, string | number> {
  return {
    imageBranch: kernel ? 'kernel' : 'layers',
    ...(kernel && { kernelWidth: kernel.width, ridge: kernel.ridge, components: kernel.components }),
    loss: objective.kind,
    ...(objective.kind === 'softmax' ? { temperature: objective.temperature } : { margin: objective.margin }),
    batch: optimiser.batch,
    epochs: optimiser.epochs,
    learningRate: optimiser.learningRate,
    dropout: optimiser.dropout,
    hidden: network.textHidden,
    embedding: network.embedding,
  };
}

/** From the recipe's own schema, so that a form need not repeat them. A number that must be positive has the least 0. */
function limits(): Record<string, FieldLimits> {
  const { optimiser, network, kernel, objective } = recipeSchema.shape;
  const machine = kernel.unwrap().shape;
  const [ranking, softmax] = objective.options;
  const numbers: Record<string, z.ZodNumber> = {
    kernelWidth: machine.width,
    ridge: machine.ridge,
    components: machine.components,
    temperature: softmax.shape.temperature,
    margin: ranking.shape.margin,
    batch: optimiser.shape.batch,
    epochs: optimiser.shape.epochs,
    learningRate: optimiser.shape.learningRate,
    dropout: optimiser.shape.dropout,
    hidden: network.shape.textHidden,
    embedding: network.shape.embedding,
  };
  return Object.fromEntries(
    Object.entries(numbers).map(([name, { minValue, maxValue, isInt }]) => [
      name,
      { least: minValue ?? -Infinity, most: maxValue ?? Infinity, whole: isInt },
    ]),
  );
}

/** @returns what `parseRecipe` should be given */
export function recipeFromFields(fields: RecipeFields): unknown {
  const branch = fields['imageBranch'] ?? 'kernel';
  if (branch !== 'kernel' && branch !== 'layers') {
    throw new DescryError('recipe-invalid', `An image branch is a kernel or layers, not ${branch}.`);
  }
  return changed(imageBranches[branch], fields);
}

/** The recipe with the fields that are given in place of its own. */
export function changed(base: Recipe, fields: RecipeFields): unknown {
  const recipe = { ...base, name: 'advanced', description: 'Set by hand in the training panel.' };
  const number = (name: string, present: number): unknown => {
    const field = fields[name];
    if (field === undefined) return present;
    // An empty field is no zero: the schema shall name it.
    return typeof field === 'string' && field.trim() !== '' ? Number(field) : field;
  };
  const { optimiser, network, kernel } = recipe;
  const known = (name: string) => names.has(name) || (kernel !== null && kernelNames.has(name));
  const unknown = Object.keys(fields).filter((name) => !known(name));
  if (unknown.length > 0) throw new DescryError('recipe-invalid', `A recipe has no field ${unknown.join(', ')}.`);
  const epochs = number('epochs', optimiser.epochs);
  return {
    ...recipe,
    network: {
      ...network,
      // A kernel machine has as many hidden units as there are photos.
      imageHidden: kernel ? network.imageHidden : number('hidden', network.imageHidden),
      textHidden: number('hidden', network.textHidden),
      embedding: number('embedding', network.embedding),
    },
    kernel: kernel && {
      ...kernel,
      width: number('kernelWidth', kernel.width),
      ridge: number('ridge', kernel.ridge),
      components: number('components', kernel.components),
    },
    objective: objective(base, fields, number),
    optimiser: {
      ...optimiser,
      epochs,
      averagedEpochs: Math.min(optimiser.averagedEpochs, Number(epochs)),
      batch: number('batch', optimiser.batch),
      learningRate: number('learningRate', optimiser.learningRate),
      dropout: number('dropout', optimiser.dropout),
    },
  };
}

function objective(
  { objective }: Recipe,
  fields: RecipeFields,
  number: (name: string, present: number) => unknown,
): unknown {
  const kind = fields['loss'] ?? objective.kind;
  if (kind === 'softmax') {
    return {
      kind: 'softmax',
      temperature: number('temperature', objective.kind === 'softmax' ? objective.temperature : 0.05),
    };
  }
  const margin = number('margin', objective.kind === 'ranking' ? objective.margin : 0.05);
  const { imageToTextWeight, hardest, neighbourhoodWeight } =
    objective.kind === 'ranking' ? objective : { imageToTextWeight: 1.5, hardest: 10, neighbourhoodWeight: 0 };
  return { kind, margin, imageToTextWeight, hardest, neighbourhoodWeight };
}

const names: ReadonlySet<string> = new Set([
  'imageBranch',
  'loss',
  'margin',
  'temperature',
  'batch',
  'epochs',
  'learningRate',
  'dropout',
  'hidden',
  'embedding',
]);
const kernelNames: ReadonlySet<string> = new Set(['kernelWidth', 'ridge', 'components']);
