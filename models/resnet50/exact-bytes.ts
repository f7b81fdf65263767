/**
 * Whether this processor multiplies bytes exactly. Before the instructions VNNI (Intel Ice Lake, AMD Zen 4), x86 adds two products
 * of an unsigned and a signed byte in 16 bits, and larger sums become 32,767 (`vpmaddubsw`; ONNX Runtime's documentation, "Quantize
 * ONNX models", names it as a cause of wrong results). Kernels of 7 bits would avoid it, but cost more recall than 8 (docs/
 * experiments.md), so the 8-bit network is not used on such a processor.
 */
import type { OnnxEngine } from '../engine/engine.ts';
import { GraphBuilder } from '../onnx/graph.ts';

const channels = 64;
const side = 8;

/** A convolution of the largest bytes with the largest weights, positive and negative, whose exact result is known. */
export async function multipliesBytesExactly(engine: OnnxEngine): Promise<boolean> {
  const graph = new GraphBuilder('bytes');
  const x = graph.input('x', 'uint8', ['n', channels, side, side]);
  const scale = (name: string, value: number) => graph.constant(name, [], Float32Array.of(value));
  const zero = (name: string, value: number) => graph.constant(name, [], Uint8Array.of(value));
  const kernel = new Int8Array(channels * channels);
  for (let output = 0; output < channels; output++) {
    kernel.fill(output % 2 === 0 ? 127 : -127, output * channels, (output + 1) * channels);
  }
  const largest = channels * 255 * 127;
  // The results are 228 and 28.
  const step = largest / 100;
  const y = [scale('y_scale', step), zero('y_zero', 128)];
  const sums = graph.op(
    'QLinearConv',
    [
      x,
      scale('x_scale', 1),
      zero('x_zero', 0),
      graph.constant('kernel', [channels, channels, 1, 1], kernel),
      graph.constant('scales', [channels], new Float32Array(channels).fill(1)),
      graph.constant('zeros', [channels], new Int8Array(channels)),
      ...y,
      graph.constant('bias', [channels], new Int32Array(channels)),
    ],
    { kernel_shape: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0] },
  );
  graph.output('sums', graph.op('DequantizeLinear', [sums, ...y]), 'float32', ['n', channels, side, side]);
  const opened = await engine.openGraph(graph.toBytes());
  try {
    const data = new Uint8Array(channels * side * side).fill(255);
    const found = await opened.run({ x: { data, shape: [1, channels, side, side] } }, 'sums');
    const positions = side * side;
    return found.every((sum, i) => Math.round(sum / step) === (Math.floor(i / positions) % 2 === 0 ? 100 : -100));
  } finally {
    await opened.dispose();
  }
}
