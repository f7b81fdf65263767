/**
 * Half precision (IEEE 754 binary16), in which features, word vectors and weights are stored.
 *
 * Reading uses a table of all 65,536 values, because it runs at every start: for 51 million numbers (the embeddings of
 * 100,000 photos) the table takes 90 ms, Float16Array 170 ms.
 */
let table: Float32Array | undefined;

function allHalves(): Float32Array {
  table ??= Float32Array.from(new Float16Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer));
  return table;
}

/** @param bits binary16 numbers; @param out receives the result; absent: a new array */
export function fromHalf(bits: Uint16Array): Float32Array<ArrayBuffer>;
export function fromHalf<Out extends Float32Array>(bits: Uint16Array, out: Out): Out;
export function fromHalf(bits: Uint16Array, out = new Float32Array(bits.length)): Float32Array {
  const halves = allHalves();
  for (let i = 0; i < bits.length; i++) out[i] = halves[bits[i]!]!;
  return out;
}

/**
 * Stored bytes as binary16 numbers: a view of them, or of a copy where they do not begin at an even address.
 * @returns undefined where their count is odd
 */
export function halvesOf(bytes: Uint8Array): Uint16Array | undefined {
  if (bytes.length % 2 !== 0) return undefined;
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : Uint8Array.from(bytes);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, bytes.length / 2);
}

/** Rounds to nearest, ties to even; numbers beyond ±65,504 become infinite. */
export function toHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  return new Uint16Array(new Float16Array(values).buffer);
}
