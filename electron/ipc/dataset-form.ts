/** What a folder with photos for training holds, and what it takes to train on it. A part of the contract. */
import { z } from 'zod';

const path = z.string().min(1).max(32_768);

const encodingEffort = {
  /** photos whose features are not cached yet */
  toEncode: z.int(),
  /** null: not known, because nothing was measured */
  secondsToEncode: z.number().nullable(),
  /** of disk */
  estimatedBytes: z.number(),
};

export const datasetReport = z.object({
  path,
  photos: z.int(),
  captions: z.int(),
  missingPhotos: z.int(),
  malformedRows: z.int(),
  /** files without captions; left out */
  photosWithoutCaptions: z.int(),
  /** photos with captions that the split file does not name; left out */
  photosWithoutSplit: z.int(),
  splits: z.object({ train: z.int(), val: z.int(), test: z.int() }),
  /** a file of the user's, Karpathy's file, or, where there is none, chance by the run's seed */
  splitSource: z.union([
    z.object({ kind: z.enum(['file', 'karpathy']), file: z.string() }),
    z.object({ kind: z.literal('seed') }),
  ]),
  ...encodingEffort,
  /** about, by recipe: what comes before the first epoch, and each epoch; `epochs` as the recipe has them */
  trainingTimes: z.record(
    z.string(),
    z.object({
      /** null: not known */
      secondsBefore: z.number().nullable(),
      secondsPerEpoch: z.number(),
      epochs: z.int(),
      /** for recipes that fine-tune: to make what they read of each photo, and the disk space for it until the run ends */
      maps: z.object({ seconds: z.number().nullable(), bytes: z.number() }).exactOptional(),
    }),
  ),
});
export type DatasetReport = z.infer<typeof datasetReport>;

/** A folder of photos without captions. */
export const photoFolderReport = z.object({ path, photos: z.int(), ...encodingEffort });
export type PhotoFolderReport = z.infer<typeof photoFolderReport>;
