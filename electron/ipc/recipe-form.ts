/** The form for an advanced recipe, as data; a part of the contract. */
import { z } from 'zod';

const fieldOfForm = z.object({
  name: z.string(),
  /** asked for with these choices only, by the names of their fields */
  onlyFor: z.record(z.string(), z.string()).readonly().exactOptional(),
});
const recipeField = z.union([
  fieldOfForm.extend({
    choices: z.array(z.string()).readonly(),
    timedAs: z
      .record(z.string(), z.object({ recipe: z.string(), epochs: z.string() }))
      .readonly()
      .exactOptional(),
  }),
  /** `whole`: a whole number */
  fieldOfForm.extend({ least: z.number(), most: z.number(), whole: z.boolean() }),
]);
export type RecipeField = z.infer<typeof recipeField>;

/** the advanced form of the encoder: models/contract/training.ts says what its parts are */
export const recipeForm = z.object({
  fields: z.array(recipeField).readonly(),
  kindField: z.string(),
  kinds: z.record(
    z.string(),
    z.object({
      recipe: z.string(),
      defaults: z.record(z.string(), z.union([z.string(), z.number()])).readonly(),
    }),
  ),
});
export type RecipeForm = z.infer<typeof recipeForm>;
