/** The list of encoders. To add one, add it here (docs/architecture.md describes how). */
import { clipEncoder } from './clip/index.ts';
import { neededEncoder, neededWeights } from './clip/model-file.ts';
import { isSameFiles, weightsId } from './clip/weights-id.ts';
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
    `This Descry has no encoder ${id} (it has ${known}). Add it in the settings under Model or by "descry encoders add", update ` +
      'Descry, or use another model.',
    { parameters: { encoder: id } },
  );
}

/**
 * The encoder that a model file needs: one with the files that it was trained on, under whatever id these were added here; else the
 * one of the id that it names. Files of the first versions name none, and are of the first encoder.
 *
 * @param file its path, for the message
 * @param metadata of the file; undefined where it has none
 * @throws DescryError `model-incompatible` with the encoder's name and how to get it
 */
export function encoderOfModel(
  file: string,
  metadata: Readonly<Record<string, string>> | undefined,
  among: readonly Encoder[],
): Encoder {
  const id = metadata?.['implementation'] ?? among[0]!.id;
  const needed = metadata && neededEncoder(metadata);
  const weights = needed && neededWeights(metadata);
  const same = weights ? among.filter(({ added }) => added && isSameFiles(weightsId(added), weights)) : [];
  const found = same.find((encoder) => encoder.id === id) ?? same[0];
  if (found) return found;
  if (!needed || among.some((encoder) => encoder.id === id)) return findEncoder(id, among);
  const how =
    needed.origin === null
      ? 'It came from a folder: add that in the settings under Model, or by "descry encoders add FOLDER"'
      : `Add it in the settings under Model, or by "descry encoders add ${needed.id}" (${needed.origin})`;
  throw new DescryError(
    'model-incompatible',
    `The model ${file} needs the encoder ${needed.title} (${needed.id}), which is not there. ${how}, and import the model again.`,
    { parameters: { file, encoder: needed.id } },
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

export { weightsId };

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
