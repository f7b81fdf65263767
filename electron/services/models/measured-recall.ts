/** The recall of models without a file, as it was last measured in this library: a trained model's is in its file. */
import { z } from 'zod';
import type { Encoder } from '../../../models/contract/encoder.ts';
import { recalls, setRecalls } from '../../../models/contract/information.ts';
import type { Evaluation } from '../../../models/contract/training.ts';
import type { ModelSummary } from '../../ipc/contract.ts';
import type { Store } from '../../store/store.ts';

const note = z.object({
  /** of the encoder that was measured: another one may get the same id later */
  createdAt: z.number(),
  recall: recalls,
  sets: z.array(setRecalls),
  measuredOn: z.string(),
});
type Note = z.infer<typeof note>;

const key = (id: string) => `recall ${id}`;

/** @param on in words */
export function noteRecall(
  { preferences, readOnly }: Pick<Store, 'preferences' | 'readOnly'>,
  id: string,
  { zeroShot }: Pick<Encoder, 'zeroShot'>,
  { recalls, sets }: Pick<Evaluation, 'recalls' | 'sets'>,
  on: string,
): void {
  if (readOnly !== undefined || !zeroShot) return;
  const { createdAt } = zeroShot;
  preferences.set(key(id), { createdAt, recall: recalls, sets: [...sets], measuredOn: on } satisfies Note);
}

export function notedRecall(
  { preferences }: Pick<Store, 'preferences'>,
  id: string,
  { zeroShot }: Pick<Encoder, 'zeroShot'>,
): Pick<ModelSummary, 'recall' | 'sets'> & { readonly measuredOn: string | null } {
  const found = note.safeParse(preferences.get(key(id))).data;
  if (!found || found.createdAt !== zeroShot?.createdAt) return { recall: null, sets: [], measuredOn: null };
  return { recall: found.recall, sets: found.sets, measuredOn: found.measuredOn };
}
