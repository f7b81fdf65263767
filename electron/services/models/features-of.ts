/** Which cached features an encoder made, as far as its models tell; its weights are not needed for it. */
import type { Encoder } from '../../../models/contract/encoder.ts';
import type { Store } from '../../store/store.ts';
import type { Models } from './models.ts';

type Known = Pick<Models, 'has' | 'encoderOf'>;

/** @returns keys of features, in all versions, that models of the encoder read or have read */
export function featuresOf({ encoders }: Pick<Store, 'encoders'>, models: Known, encoder: string): string[] {
  return keysWhere(encoders, models, ({ id }) => id === encoder);
}

/** The same of all encoders but one. */
export function featuresOfOthers({ encoders }: Pick<Store, 'encoders'>, models: Known, encoder: string): string[] {
  return keysWhere(encoders, models, ({ id }) => id !== encoder);
}

function keysWhere(
  encoders: Pick<Store['encoders'], 'all' | 'readers'>,
  models: Known,
  isWanted: (encoder: Encoder) => boolean,
): string[] {
  const ids = new Set<string>();
  for (const { model, encoder } of encoders.readers()) {
    const made = models.has(model) ? encoderOf(models, model) : undefined;
    if (made && isWanted(made)) ids.add(encoder);
  }
  return encoders.all().flatMap(({ id, key }) => (ids.has(id) ? key : []));
}

function encoderOf(models: Known, model: string): Encoder | undefined {
  try {
    return models.encoderOf(model);
  } catch {
    return undefined; // a model of an encoder that this program does not have
  }
}
