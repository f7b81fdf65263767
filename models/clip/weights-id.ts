/** Names the files of an added encoder, and tells whether two names are of the same files. */
import { createHash } from 'node:crypto';
import type { AddedEncoder } from '../contract/added-encoder.ts';

/**
 * Names what makes features and embeddings: the id, and the SHA-256 over the hashes of the files and how photos are prepared, in
 * short. It is the source in the manifest, too.
 */
export function weightsId({ id, files, preprocessing, tensors, contextLength, padding }: AddedEncoder): string {
  const { vision, text, tokenizer } = files;
  const made = [vision.sha256, text.sha256, tokenizer.sha256, preprocessing, tensors, contextLength, padding];
  return `${id}@${createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 12)}`;
}

/** Whether two such names are of the same files, which people may have added under different ids. */
export function isSameFiles(one: string, other: string): boolean {
  const hash = hashIn(one);
  return hash !== undefined && hash === hashIn(other);
}

const hashIn = (weights: string): string | undefined => /@([0-9a-f]{12})$/.exec(weights)?.[1];
