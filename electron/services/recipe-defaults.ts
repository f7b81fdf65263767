/** A recipe as the fields of the window's advanced form: what recipe-fields.ts turns back into a recipe. */
import type { Recipe } from '../../models/two-branch/recipe.ts';

export function fieldsOfRecipe({ objective, optimiser, network }: Recipe): Record<string, string | number> {
  return {
    loss: objective.kind,
    ...(objective.kind === 'softmax' ? { temperature: objective.temperature } : { margin: objective.margin }),
    batch: optimiser.batch,
    epochs: optimiser.epochs,
    learningRate: optimiser.learningRate,
    dropout: optimiser.dropout,
    hidden: network.imageHidden,
    embedding: network.embedding,
  };
}
