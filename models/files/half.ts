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
 * Rows of numbers, [rows, width], into rows that are longer, [rows, stride]; the rest of each is 0. `bits` may be the end of the
 * buffer of `out`: what is written never passes what is read.
 *
 * @returns the squared L2 norm of each row; not finite where one of its numbers is not
 */
export function rowsFromHalf(bits: Uint16Array, width: number, out: Float32Array, stride: number): Float32Array {
  const halves = allHalves();
  const squares = new Float32Array(width > 0 ? bits.length / width : 0);
  const paired = width - (width % 2);
  for (let from = 0, row = 0, at = 0; from < bits.length; from += width, row++, at += stride) {
    // Two sums, so that an addition does not wait for the one before it.
    let [even, odd] = [0, 0];
    for (let i = 0; i < paired; i += 2) {
      const one = halves[bits[from + i]!]!;
      const other = halves[bits[from + i + 1]!]!;
      out[at + i] = one;
      out[at + i + 1] = other;
      even += one * one;
      odd += other * other;
    }
    if (paired < width) {
      const last = halves[bits[from + paired]!]!;
      out[at + paired] = last;
      even += last * last;
    }
    for (let i = width; i < stride; i++) out[at + i] = 0;
    squares[row] = even + odd;
  }
  return squares;
}

/** Rounds to nearest, ties to even; numbers beyond ±65,504 become infinite. */
export function toHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  return new Uint16Array(new Float16Array(values).buffer);
}
