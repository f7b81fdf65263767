/** What the parts of a training run share: their place in the whole, and what was kept of an interrupted one. */
import { createHash } from 'node:crypto';
import type { Split, TrainingPhoto, TrainingRun, TrainingUpdate } from '../contract/training.ts';
import { errorMessage } from '../errors.ts';
import { captionCounts } from '../relevance/word-report.ts';

/** How the epochs of one part of a run are counted in the whole. */
export interface Numbering {
  /** epochs of the parts before it */
  readonly before: number;
  /** epochs of the whole run */
  readonly all: number;
  /** seconds, about, of the parts after it, and of one epoch of this part: they weigh the time that is left */
  readonly secondsAfter: number;
  readonly secondsPerEpoch: number;
  /** of networks that are joined: which it is, from 1, and how many there are */
  readonly network?: { readonly number: number; readonly of: number };
}

/**
 * What was kept of a stage. What cannot be read (an older version's, or what was not written completely) or was made with other
 * data is not used, and the update says why.
 *
 * @param data identifies the data: the note with which it was written
 * @returns undefined where there is nothing to go on from
 */
export async function* kept<Kept extends { readonly note: unknown }>(
  run: Pick<TrainingRun, 'checkpoint'>,
  stage: string,
  data: string,
  decode: (bytes: Uint8Array) => Kept,
): AsyncGenerator<TrainingUpdate, Kept | undefined> {
  const bytes = await run.checkpoint(stage);
  if (bytes === undefined) return undefined;
  let reason = 'the dataset has changed since';
  try {
    const found = decode(bytes);
    if (found.note === data) return found;
  } catch (error) {
    reason = errorMessage(error);
  }
  yield { kind: 'not-resumed', stage, reason };
  return undefined;
}

/** The photos of these splits that have captions. */
export const captioned = <Photo extends TrainingPhoto>(photos: readonly Photo[], splits: readonly Split[]): Photo[] =>
  photos.filter(({ split, captions }) => captions.length > 0 && splits.includes(split));

/**
 * In how many captions each word is, of the photos of this run and of those of the model that it started from.
 * @param before of that model
 */
export function trainedWords(
  photos: readonly TrainingPhoto[],
  before: ReadonlyMap<string, number> = new Map(),
): Map<string, number> {
  const counts = captionCounts(photos.flatMap(({ captions }) => captions));
  for (const [word, count] of before) counts.set(word, (counts.get(word) ?? 0) + count);
  return counts;
}

/** Identifies the data of a run, for its checkpoints. @param about what else they depend on, as JSON */
export function fingerprint(photos: readonly TrainingPhoto[], about: readonly unknown[]): string {
  const hash = createHash('sha256').update(JSON.stringify(about));
  // Without the name of the first set: that is what versions wrote that knew one dataset only, and their runs go on.
  const first = photos[0]?.set;
  for (const { set, name, split, captions } of photos)
    hash.update(JSON.stringify([name, split, captions, ...(set === first ? [] : [set])]));
  return hash.digest('hex');
}
