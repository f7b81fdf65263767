/** The list of encoders. To add one, add it here (docs/architecture.md describes how). */
import { clipEncoder } from './clip/index.ts';
import type { DescribeOptions } from './clip/layout.ts';
import type { AddedEncoder } from './contract/added-encoder.ts';
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

/** How another process names an encoder: by its id, with its description where a user added it. */
export interface NamedEncoder {
  readonly encoder: string;
  readonly added?: AddedEncoder | undefined;
}

/** @throws DescryError `model-incompatible` where there is none of this id */
export function encoderOf({ encoder, added }: NamedEncoder): Encoder {
  return added ? openAdded(added) : findEncoder(encoder);
}

export const openAdded = (added: AddedEncoder): Encoder => clipEncoder(added);

export type { DescribeOptions, Precision } from './clip/layout.ts';

/**
 * Describes an encoder in a folder: its files, their hashes, inputs, outputs and sizes. Nothing of it is run.
 * @throws DescryError `encoder-invalid` with the file and what is wrong; `not-found`, `not-a-folder`, `no-permission`, `cancelled`
 */
export async function describeFolder(folder: string, options: DescribeOptions): Promise<AddedEncoder> {
  const { describeFolder: describe } = await import('./clip/layout.ts');
  return describe(folder, options);
}
