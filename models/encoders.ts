/** The list of encoders. To add one, add it here (docs/architecture.md describes how). */
import type { Encoder } from './contract/encoder.ts';
import { DescryError } from './errors.ts';
import { resnet50Glove } from './resnet50-glove/index.ts';

/** The first is the one that a new library uses. */
export const encoders: readonly Encoder[] = [resnet50Glove];

/** @throws DescryError `model-incompatible` where there is none of this id */
export function findEncoder(id: string, among: readonly Encoder[] = encoders): Encoder {
  const found = among.find((encoder) => encoder.id === id);
  if (found) return found;
  const known = among.map((encoder) => encoder.id).join(', ');
  throw new DescryError(
    'model-incompatible',
    `This Descry has no encoder ${id} (it has ${known}). Update Descry, or use another model.`,
  );
}
