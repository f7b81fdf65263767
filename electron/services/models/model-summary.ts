/** What the list of models shows of one. */
import type { Encoder } from '../../../models/contract/encoder.ts';
import { modelInformation, type ModelInformation } from '../../../models/contract/information.ts';
import type { ModelSummary } from '../../ipc/contract.ts';
import type { ModelRow } from '../../store/models.ts';

/** @returns undefined if another version of Descry wrote it in another form */
export function informationOf(metadata: string): ModelInformation | undefined {
  try {
    return modelInformation.parse(JSON.parse(metadata));
  } catch {
    return undefined;
  }
}

/** The local date, as 2026-11-26. */
export function dayOf(time: number): string {
  const date = new Date(time);
  const twoDigits = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
}

export function summary(
  id: string,
  { implementation, recipe, data, recalls, sets, createdAt, encoder: trainedOn, words }: ModelInformation,
  /** null: it is not there */
  encoder: Encoder | null,
  bytes: number,
  flags: Pick<ModelSummary, 'builtIn' | 'inUse'>,
): ModelSummary {
  const outdatedFeatures = encoder !== null && trainedOn.version < encoder.version;
  return {
    id,
    encoder: implementation,
    recipe,
    data,
    outdatedFeatures,
    recall: recalls,
    sets,
    createdAt,
    bytes,
    words,
    ...flags,
  };
}

/** Of a model that was trained or imported. */
export function summaryOfRow(row: ModelRow, encoders: readonly Encoder[], inUse: boolean): ModelSummary {
  const flags = { builtIn: false, inUse };
  const information = informationOf(row.metadata);
  if (information) {
    const encoder = encoders.find(({ id }) => id === information.implementation) ?? null;
    return summary(row.id, information, encoder, row.bytes, flags);
  }
  // Written by another version of Descry: it can still be removed, and must not prevent the list of the others.
  const unknown = {
    encoder: null,
    recipe: null,
    data: null,
    outdatedFeatures: false,
    recall: null,
    sets: [],
    words: null,
  };
  return { id: row.id, ...unknown, createdAt: row.created, bytes: row.bytes, ...flags };
}
