/** The chosen model of a library where it cannot be used: another one answers in its place. */
export interface LostModel {
  readonly model: string;
  /** id of its encoder */
  readonly encoder: string;
  /** of the encoder: its files are not as they were, or it is not on this computer */
  readonly cause: 'damaged' | 'absent';
  /** the model that answers */
  readonly instead: string;
}

/** For the user: what happened, and what ends it. */
export function lostText({ model, encoder, cause, instead }: LostModel): string {
  const what = cause === 'damaged' ? 'is damaged' : 'is not on this computer';
  return (
    `The model ${model} is chosen, but is not used now: its encoder ${encoder} ${what}. Searches use ${instead}, until the encoder is ` +
    'added again or you choose another model.'
  );
}
