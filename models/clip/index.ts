/** CLIP (Radford et al. 2021) and models like it, from ONNX graphs that the user added. */
import type { AddedEncoder } from '../contract/added-encoder.ts';
import type { Encoder } from '../contract/encoder.ts';
import { DescryError } from '../errors.ts';

export function clipEncoder(added: AddedEncoder): Encoder {
  throw new DescryError('internal', `${added.title} cannot be opened yet.`);
}
