/** What is said of a chosen model that cannot be used, because its encoder is damaged or not on this computer. */
import type { AddedEncoders } from '../encoders/added.ts';
import { catalogue, type OfferedEncoder } from '../encoders/catalogue.ts';
import type { Store } from '../../store/store.ts';
import { informationOf } from './model-summary.ts';

/** What is known of encoders that are not used. */
export interface AbsentEncoders {
  /** undefined: not known */
  readonly titleOfAbsent?: (encoder: string) => string | undefined;
  /** whether it is on this machine, with files that are not as they were when it was added */
  readonly isDamaged?: (encoder: string) => boolean;
}

export interface LostModel {
  readonly id: string;
  readonly message: string;
}

export const absentEncoders = (
  added: Pick<AddedEncoders, 'damaged'>,
  offered: readonly Pick<OfferedEncoder, 'id' | 'title'>[] = catalogue,
): AbsentEncoders => ({
  titleOfAbsent: (id) => [...added.damaged(), ...offered].find((one) => one.id === id)?.title,
  isDamaged: (id) => added.damaged().some((one) => one.id === id),
});

export function lostModel(
  id: string,
  { store, titleOfAbsent, isDamaged }: AbsentEncoders & { readonly store: Pick<Store, 'models'> },
): LostModel {
  const row = store.models.get(id);
  // A model without a file is called as its encoder is.
  const encoder = (row && informationOf(row.metadata)?.implementation) ?? id;
  const title = titleOfAbsent?.(encoder) ?? encoder;
  const [what, whose] = row ? [`The model ${id}`, `its encoder, ${title},`] : [title, 'it'];
  const why = isDamaged?.(encoder) === true ? 'is damaged' : 'is not on this computer any more';
  const message =
    `${what} is not used now: ${whose} ${why}. Searches use the model that comes with Descry, until ` +
    `${row ? title : 'it'} is added again or you choose another model.`;
  return { id, message };
}
