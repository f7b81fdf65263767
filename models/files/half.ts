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
export function fromHalf(bits: Uint16Array, out = new Float32Array(bits.length)): Float32Array<ArrayBuffer> {
  const halves = allHalves();
  for (let i = 0; i < bits.length; i++) out[i] = halves[bits[i]!]!;
  return out;
}

/**
 * Rows of numbers, [rows, width], into rows that are longer, [rows, stride]; the rest of each is 0. `bits` may be the end of the
 * buffer of `out`: what is written never passes what is read.
 */
export function rowsFromHalf(bits: Uint16Array, width: number, out: Float32Array, stride: number): void {
  const halves = allHalves();
  for (let from = 0, row = 0; from < bits.length; from += width, row += stride) {
    for (let i = 0; i < width; i++) out[row + i] = halves[bits[from + i]!]!;
    for (let i = width; i < stride; i++) out[row + i] = 0;
  }
}

/** Rounds to nearest, ties to even; numbers beyond ±65,504 become infinite. */
export function toHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  return new Uint16Array(new Float16Array(values).buffer);
}
