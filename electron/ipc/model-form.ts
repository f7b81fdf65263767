/** Models as the window and the command line see them. */
import { z } from 'zod';
import { recalls, setRecalls, wordKnowledge } from '../../models/contract/information.ts';

export const modelId = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/);

export const modelSummary = z.object({
  id: modelId,
  /** id of its encoder, which may not be there; null: nothing is known of it, because another version of Descry made it */
  encoder: z.string().nullable(),
  /** null: it was not trained by a recipe, or nothing is known of it */
  recipe: z.string().nullable(),
  /** what it was trained on, as its file says; null: nothing is known of it, because another version of Descry made it */
  data: z.string().nullable(),
  /** it was trained on photo features of an earlier version of its encoder */
  outdatedFeatures: z.boolean(),
  recall: recalls.nullable(),
  /** of each dataset that it was trained on; empty where that is not known */
  sets: z.array(setRecalls),
  createdAt: z.number(),
  bytes: z.number(),
  /** which words it knows, and from what; null: its file does not say */
  words: wordKnowledge.nullable(),
  /** what the recall of a model without a file was measured on here; null: it was not; absent: the model's file says it in `data` */
  measuredOn: z.string().nullable().exactOptional(),
  builtIn: z.boolean(),
  inUse: z.boolean(),
});
export type ModelSummary = z.infer<typeof modelSummary>;
