/** What goes with an encoder that is removed, for the question before: of the window and of the command line alike. No Node, no page. */
import type { EncoderSummary, ModelSummary } from './contract.ts';

export interface EncoderRemoval {
  /** ids of the models of this library that were trained on it: they are deleted */
  readonly models: readonly string[];
  /** id of the model that photos are being encoded for, where it is one of this encoder: that is ended; null: none */
  readonly change: string | null;
}

/** @param switchingTo the model of a change that was begun; null: none was */
export function removalOf(
  { id, zeroShot }: Pick<EncoderSummary, 'id' | 'zeroShot'>,
  models: readonly Pick<ModelSummary, 'id' | 'encoder'>[],
  switchingTo: string | null,
): EncoderRemoval {
  // The model without a file is the encoder itself, and has its id.
  const trained = models.filter((model) => model.encoder === id && model.id !== zeroShot).map((model) => model.id);
  const ends = switchingTo !== null && [id, ...trained].includes(switchingTo);
  return { models: trained, change: ends ? switchingTo : null };
}
