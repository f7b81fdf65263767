/** The pieces of an answer that holds many pictures (picture-form.ts of the contract). */
import type { PackedPictures } from '../../electron/ipc/contract.ts';

/** @returns each piece, in order, as a view of the answer's bytes; null where there is none */
export function unpacked({ lengths, bytes }: PackedPictures): (Uint8Array<ArrayBuffer> | null)[] {
  let offset = 0;
  return Array.from(lengths, (length) => {
    const begin = offset;
    offset += length;
    return length === 0 ? null : (bytes.subarray(begin, offset) as Uint8Array<ArrayBuffer>);
  });
}
