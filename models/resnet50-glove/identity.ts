/** What a feature of this encoder is, by version, and how model files write its identity. */
import type { EncoderIdentity } from '../contract/information.ts';

/**
 * Raised with every change of what a feature is. 1 was the 2048 averages of a frame of 224 × 224, 2 is the averages and the
 * standard deviations of one of 256 × 256.
 */
export const featureVersion = 2;

/** Model files write the identity as one string: `ID+VERSION`, of version 1 the id alone. */
export function identityToText({ id, version }: EncoderIdentity): string {
  return version === 1 ? id : `${id}+${version}`;
}

export function identityFromText(text: string): EncoderIdentity {
  const [, id, version] = /^(.+)\+(\d+)$/.exec(text) ?? [];
  return id === undefined ? { id: text, version: 1 } : { id, version: Number(version) };
}
