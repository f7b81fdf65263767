/**
 * Half precision (IEEE 754 binary16): how features, word vectors and weights are kept on disk.
 *
 * Reading goes through a table of all 65,536 values, because it happens at every start: ten million numbers take
 * 15 ms. Float16Array itself is younger than the oldest Electron that we run on.
 */
import { Float16Array } from '@petamoriken/float16';

let table: Float32Array | undefined;

function allHalves(): Float32Array {
  if (!table) {
    const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    table = Float32Array.from(new Float16Array(bits.buffer));
  }
  return table;
}

/** @param bits binary16 numbers; @param out receives them, made where absent */
export function fromHalf(bits: Uint16Array, out = new Float32Array(bits.length)): Float32Array<ArrayBuffer> {
  const halves = allHalves();
  for (let i = 0; i < bits.length; i++) out[i] = halves[bits[i]!]!;
  return out;
}

const word = new Uint32Array(1);
const number = new Float32Array(word.buffer);

/** Rounds to nearest, ties to even; what is beyond ±65,504 becomes infinite. */
export function toHalf(values: Float32Array, out = new Uint16Array(values.length)): Uint16Array {
  for (let i = 0; i < values.length; i++) {
    number[0] = values[i]!;
    const bits = word[0]!;
    const sign = (bits >>> 16) & 0x8000;
    const magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      out[i] = sign | 0x7e00; // not a number
    } else if (magnitude >= 0x477ff000) {
      out[i] = sign | 0x7c00; // rounds beyond the largest half
    } else if (magnitude >= 0x38800000) {
      const rebiased = magnitude - 0x38000000;
      out[i] = sign | ((rebiased + 0x0fff + ((rebiased >>> 13) & 1)) >>> 13);
    } else {
      // subnormal: adding 0.5 makes the floating-point unit align and round the mantissa
      number[0] = Math.abs(values[i]!) + 0.5;
      out[i] = sign | (word[0]! - 0x3f000000);
    }
  }
  return out;
}
