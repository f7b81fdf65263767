/** The form for an advanced recipe, as data; a part of the contract. */
import { z } from 'zod';
import { encoderId } from '../../models/contract/added-encoder.ts';
import { longestTexts } from '../../models/files/plain-text.ts';

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

/** An encoder on whose features and sentences models can be trained. */
export const trainableEncoder = z.object({
  id: encoderId,
  title: z.string().max(longestTexts.name),
  /** false: it comes with Descry */
  added: z.boolean(),
  /** a model of it is in use */
  inUse: z.boolean(),
  /** photos without captions are of use, too */
  learnsWithoutCaptions: z.boolean(),
  /** names of its recipes, the default first */
  recipes: z.array(z.string()),
  /** null: recipes cannot be set by hand */
  form: recipeForm.nullable(),
});
export type TrainableEncoder = z.infer<typeof trainableEncoder>;

/** The encoder that is trained on; absent: the one that Descry comes with. */
export const trainedOn = z.object({ encoder: encoderId.exactOptional() });
