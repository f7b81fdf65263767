/** How model files write the identity of an encoder's features: as one string, `ID+VERSION`; for version 1 only the id. */
import type { EncoderIdentity } from '../contract/information.ts';

export function identityToText({ id, version }: EncoderIdentity): string {
  return version === 1 ? id : `${id}+${version}`;
}

export function identityFromText(text: string): EncoderIdentity {
  const [, id, version] = /^(.+)\+(\d+)$/.exec(text) ?? [];
  return id === undefined ? { id: text, version: 1 } : { id, version: Number(version) };
}
