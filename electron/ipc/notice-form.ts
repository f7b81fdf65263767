/** What the window says about the library until the user has read it. */
import { z } from 'zod';

export const libraryNotice = z.discriminatedUnion('kind', [
  /** it was damaged, was moved aside and has been built again */
  z.object({
    kind: z.literal('rebuilt'),
    /** where the damaged file lies */
    movedTo: z.string(),
    /** of the backup that folders, settings and searches came from, ms since the epoch; null: they were read from the file */
    backupAt: z.number().nullable(),
    folders: z.int(),
    /** photos that could be read from the damaged file */
    photos: z.int(),
  }),
  /** it can be searched and not changed */
  z.object({ kind: z.literal('read-only'), reason: z.string() }),
  /** the weights were found to be damaged; what was computed with them is computed anew */
  z.object({
    kind: z.literal('weights'),
    message: z.string(),
    /** ms since the epoch */
    at: z.number(),
    /** id of an added encoder that is not used as long as they are damaged */
    encoder: z.string().exactOptional(),
  }),
  /** a change to another model was given up, because that one cannot be used any more */
  z.object({
    kind: z.literal('model'),
    message: z.string(),
    /** ms since the epoch */
    at: z.number(),
    /** id of that one, where it, or its encoder, was not there */
    absent: z.string().exactOptional(),
  }),
  /** the chosen model cannot be used now, and the one that comes with Descry answers */
  z.object({ kind: z.literal('fallback'), message: z.string() }),
]);
export const noticeKind = z.enum(['rebuilt', 'read-only', 'weights', 'model', 'fallback']);
export type LibraryNotice = z.infer<typeof libraryNotice>;
