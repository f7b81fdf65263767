/** A recipe as the fields of the window's advanced form: what recipe-fields.ts turns back into a recipe. */
import type { Recipe } from '../../../models/two-branch/recipe.ts';
import type { ImageBranch, RecipeDefaults } from '../../ipc/contract.ts';
import { imageBranches } from './recipe-fields.ts';

/** What the form holds before anything is typed, for each image branch. */
export function recipeDefaults(): RecipeDefaults {
  return { kernel: fieldsOfRecipe(imageBranches.kernel), layers: fieldsOfRecipe(imageBranches.layers) };
}

export function fieldsOfRecipe({ kernel, objective, optimiser, network }: Recipe): Record<string, string | number> {
  const imageBranch: ImageBranch = kernel ? 'kernel' : 'layers';
  return {
    imageBranch,
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
