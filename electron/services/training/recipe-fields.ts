/** The fields of the window's advanced form → a recipe. The recipe's own schema checks the values. */
import { DescryError } from '../../../models/errors.ts';
import { recipes, type Recipe } from '../../../models/two-branch/recipe.ts';
import type { ImageBranch } from '../../ipc/contract.ts';

type Field = string | number | boolean;

/** The image branches that can be asked for, and the recipe that each starts from. */
export const imageBranches = {
  kernel: recipes.default,
  layers: recipes.layers,
} as const satisfies Record<ImageBranch, Recipe>;

/** @returns what `parseRecipe` should be given */
export function recipeFromFields(fields: Readonly<Record<string, Field>>): unknown {
  const branch = fields['imageBranch'] ?? 'kernel';
  if (branch !== 'kernel' && branch !== 'layers') {
    throw new DescryError('recipe-invalid', `An image branch is a kernel or layers, not ${branch}.`);
  }
  return changed(imageBranches[branch], fields);
}

/** The recipe with the fields that are given in place of its own. */
export function changed(base: Recipe, fields: Readonly<Record<string, Field>>): unknown {
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
      batch: number('batch', optimiser.batch),
      learningRate: number('learningRate', optimiser.learningRate),
      dropout: number('dropout', optimiser.dropout),
    },
  };
}

function objective(
  { objective }: Recipe,
  fields: Readonly<Record<string, Field>>,
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
  const { imageToTextWeight, hardest } =
    objective.kind === 'ranking' ? objective : { imageToTextWeight: 1.5, hardest: 10 };
  return { kind, margin, imageToTextWeight, hardest };
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
