/** The chosen model of a library where it cannot be used, and what is said of it. */
import type { AddedEncoders } from '../encoders/added.ts';
import { catalogue, type OfferedEncoder } from '../encoders/catalogue.ts';

/** Another one answers in its place. */
export interface LostModel {
  readonly model: string;
  /** id of its encoder */
  readonly encoder: string;
  /** of the encoder: its files are not as they were, or it is not on this computer */
  readonly cause: 'damaged' | 'absent';
  /** the model that answers */
  readonly instead: string;
}

/** What is known of encoders that cannot be used. */
export interface AbsentEncoders {
  /** ids of added ones whose files were found to be damaged */
  readonly damaged?: () => readonly string[];
  /** undefined: not known */
  readonly titleOfAbsent?: (encoder: string) => string | undefined;
}

export const absentEncoders = (
  added: Pick<AddedEncoders, 'damaged'>,
  offered: readonly Pick<OfferedEncoder, 'id' | 'title'>[] = catalogue,
): AbsentEncoders => ({
  damaged: () => added.damaged().map(({ id }) => id),
  titleOfAbsent: (id) => [...added.damaged(), ...offered].find((one) => one.id === id)?.title,
});

/**
 * For the user: what happened, and what ends it.
 * @param titles of the encoder and of the model that answers; absent: their ids, as in commands
 */
export function lostText(
  { model, encoder, cause, instead }: LostModel,
  titles?: { readonly encoder: string; readonly instead: string },
): string {
  const isOne = titles !== undefined && model === encoder;
  const [what, whose, it] = isOne
    ? [titles.encoder, 'it', 'it']
    : [`The model ${model}`, `its encoder ${titles?.encoder ?? encoder}`, 'the encoder'];
  return (
    `${what} is chosen, but is not used now: ${whose} ${cause === 'damaged' ? 'is damaged' : 'is not on this computer'}. Searches use ` +
    `${titles?.instead ?? instead}, until ${it} is added again or you choose another model.`
  );
}
