/** Bytes of which small ones, seen as signed, are frequent, in fewer bytes: Huffman's code and a checksum (zlib). */
import { constants, deflateSync, inflateSync } from 'node:zlib';

export function packBytes(bytes: Uint8Array): Uint8Array {
  return deflateSync(bytes, { strategy: constants.Z_HUFFMAN_ONLY, level: 9 });
}

/**
 * @param most a damaged or foreign row must not fill the memory
 * @returns undefined where the bytes are damaged
 */
export function unpackBytes(packed: Uint8Array, most = 2 ** 20): Uint8Array | undefined {
  try {
    return inflateSync(packed, { maxOutputLength: most });
  } catch {
    return undefined;
  }
}
