/** Encoders as the window and the command line see them: those that come with Descry, that can be fetched, and that were added. */
import { z } from 'zod';
import { encoderId } from '../../models/contract/added-encoder.ts';
import { errorObject } from './error-form.ts';

/** What a model of an encoder can do. */
export const encoderAbilities = z.object({
  /** small things in a part of a photo are found */
  regions: z.boolean(),
  /** near-duplicates are found */
  duplicates: z.boolean(),
  /** it says how sure a match is, without training */
  relevance: z.boolean(),
  /** two branches can be trained on it */
  training: z.boolean(),
  /** a part of the photo side can be trained, too */
  tuning: z.boolean(),
});

export const encoderSummary = z.object({
  id: encoderId,
  title: z.string(),
  /** of one that is offered in more than one precision: what they are called together, and which it is */
  family: z.object({ title: z.string(), precision: z.enum(['full', 'half', '8-bit']) }).exactOptional(),
  /** `offered`: it can be fetched. `added`: it was fetched, or comes from a folder */
  state: z.enum(['built-in', 'offered', 'fetching', 'checking', 'added']),
  /** `folder`: the user's own; `hub`: a repository at a fixed revision, of the Hugging Face hub */
  source: z.enum(['program', 'hub', 'folder']),
  /** the repository and revision, or the folder; null of the built-in one */
  origin: z.string().nullable(),
  licence: z.string().nullable(),
  /** of one that is offered: what may be expected of it, in words; nothing of it was measured */
  about: z.string().optional(),
  /** of its files: on the disk, or to be fetched */
  bytes: z.int(),
  /** of what was fetched; absent: nothing is being fetched */
  doneBytes: z.int().optional(),
  /** of an earlier try that was not finished: the next one fetches the rest; absent: there is nothing */
  keptBytes: z.int().optional(),
  /** measured on this computer when it was added; null: it was not added, or could not be measured */
  measured: z.object({ photosPerSecond: z.number(), peakBytes: z.int() }).nullable(),
  /** a model of it is in use */
  inUse: z.boolean(),
  /** id of the model that comes with it: one that needs no training, or, of the built-in encoder, Descry's own; null: it has none */
  zeroShot: z.string().nullable(),
  abilities: encoderAbilities,
  /** why the last attempt to add it failed */
  error: errorObject.nullable(),
});
export type EncoderSummary = z.infer<typeof encoderSummary>;

/** What a change to another model needs, before it begins. */
export const switchNeeds = z.object({
  /** of the library */
  photos: z.int(),
  /** photos that must be opened, because the features that the model reads are not stored */
  toEncode: z.int(),
  /** bytes that the database grows by, about */
  bytes: z.int(),
  /** free on the disk of the library; null: the system does not say */
  freeBytes: z.number().nullable(),
  /** seconds, about; null: nothing was measured yet */
  seconds: z.number().nullable(),
});
export type SwitchNeeds = z.infer<typeof switchNeeds>;

/** A change to another model that goes on in the background, while searches use the present one. */
export const switchState = z.object({
  /** id of the model that will be used */
  to: z.string(),
  /** `waiting`: photos are indexed first. `paused`: by the pause of indexing */
  state: z.enum(['running', 'waiting', 'paused', 'failed']),
  donePhotos: z.int(),
  totalPhotos: z.int(),
  secondsLeft: z.number().nullable(),
  error: errorObject.nullable(),
});
export type SwitchState = z.infer<typeof switchState>;
