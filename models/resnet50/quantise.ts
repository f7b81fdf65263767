/**
 * Numbers in 8 bits (Jacob et al. 2018, equation 1): real = scale · (stored − zero). Activations are uint8 with one scale for a
 * tensor; kernels are int8, symmetric, with a scale for each output channel (Krishnamoorthi 2018, sections 2.2 and 3.1.1).
 */

/** The least and the greatest number of a tensor that 8 bits can hold; others become the nearer of the two. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export interface Steps {
  readonly scale: number;
  /** the stored number that means 0, which is exact, because convolutions pad with it */
  readonly zero: number;
}

/** @throws RangeError where the range is empty or not finite */
export function stepsOf({ low, high }: Range): Steps {
  const [from, to] = [Math.min(0, low), Math.max(0, high)];
  const scale = (to - from) / 255;
  if (!(scale > 0 && Number.isFinite(scale))) throw new RangeError(`no 8-bit steps between ${low} and ${high}`);
  return { scale, zero: Math.round(Math.abs(from) / scale) };
}

export interface ByteKernel {
  readonly data: Int8Array;
  /** of each output channel */
  readonly scales: Float32Array;
}

/** @param kernel [outputs, …] @param largest integer in use, 127, or 63 where sums of two products must fit in 16 bits */
export function quantiseKernel(kernel: Float32Array, outputs: number, largest = 127): ByteKernel {
  const each = kernel.length / outputs;
  const data = new Int8Array(kernel.length);
  const scales = new Float32Array(outputs);
  for (let o = 0; o < outputs; o++) {
    const row = kernel.subarray(o * each, (o + 1) * each);
    let most = 0;
    for (const value of row) most = Math.max(most, Math.abs(value));
    // A channel of zeros needs some scale.
    const scale = Math.fround(most > 0 ? most / largest : 1);
    scales[o] = scale;
    for (let i = 0; i < each; i++)
      data[o * each + i] = Math.max(-largest, Math.min(largest, Math.round(row[i]! / scale)));
  }
  return { data, scales };
}

/** In units of the products that are summed: the scale of the input times that of the kernel. */
export function quantiseBias(bias: Float32Array, inputScale: number, { scales }: ByteKernel): Int32Array {
  return Int32Array.from(bias, (value, o) => {
    const steps = Math.round(value / (inputScale * scales[o]!));
    return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, steps));
  });
}
