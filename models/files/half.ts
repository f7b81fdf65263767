/**
 * Half precision (IEEE 754 binary16): how features, word vectors and weights are kept on disk.
 *
 * Reading goes through a table of all 65,536 values, because that is the direction that runs at every start: 51 million
 * numbers, as 100,000 photos have, take 90 ms, where Float16Array takes 170 ms.
 */
let table: Float32Array | undefined;

function allHalves(): Float32Array {
  table ??= Float32Array.from(new Float16Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer));
  return table;
}

/** @param bits binary16 numbers; @param out receives them, made where absent */
export function fromHalf(bits: Uint16Array, out = new Float32Array(bits.length)): Float32Array<ArrayBuffer> {
  const halves = allHalves();
  for (let i = 0; i < bits.length; i++) out[i] = halves[bits[i]!]!;
  return out;
}

/** Rounds to nearest, ties to even; what is beyond ±65,504 becomes infinite. */
export function toHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  return new Uint16Array(new Float16Array(values).buffer);
}
