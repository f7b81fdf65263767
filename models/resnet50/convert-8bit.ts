/**
 * ResNet50 with 8-bit kernels and activations, for ONNX Runtime on processors with instructions for them. Its features stand in
 * for those of the float network (docs/model.md says how close they are).
 *
 * The graph names QLinearConv and QLinearAdd directly, so that it does not depend on a runtime's recognising them. The first
 * convolution's input is the centred photo in steps of 275/255 grey levels. The last sum stays in float, from which come map
 * and features.
 */
import { GraphBuilder, type Value } from '../onnx/graph.ts';
import { centredPixels, foldBatchNorm, outputsOf, stages, tensorsOf } from './convert.ts';
import type { KerasTensor } from './keras.ts';
import { meanPixel } from './network.ts';
import { quantiseBias, quantiseKernel, stepsOf, type Range, type Steps } from './quantise.ts';

/** Measured on photos, see calibration.ts. */
export interface Calibration {
  /** by the names of `activations` */
  readonly ranges: ReadonlyMap<string, Range>;
  /** by the names of convolutions: what is added to the bias of each output channel, against the mean error of 8 bits */
  readonly corrections: ReadonlyMap<string, Float32Array>;
}

/** The centred photo: 0 − 123.68 to 255 − 103.939. */
const pixelRange: Range = { low: -Math.max(...meanPixel), high: 255 - Math.min(...meanPixel) };

interface Bytes {
  readonly value: Value;
  readonly steps: Steps;
}

/** @returns the bytes of the .onnx file, with inputs and outputs as resnet50ToOnnx's. @param onValue as there */
export function resnet50To8Bits(
  weights: ReadonlyMap<string, KerasTensor>,
  { ranges, corrections }: Calibration,
  onValue?: (graph: GraphBuilder, name: string, bytes: Bytes) => void,
): Uint8Array {
  const graph = new GraphBuilder('resnet50-8bit');
  const tensor = tensorsOf(weights);
  const stepsNamed = (name: string): Steps => {
    const range = ranges.get(name);
    if (!range) throw new RangeError(`the calibration has no ${name}`);
    return stepsOf(range);
  };
  let constants = 0;
  const stepValues = ({ scale, zero }: Steps) => {
    const n = ++constants;
    return [
      graph.constant(`scale:${n}`, [], Float32Array.of(scale)),
      graph.constant(`zero:${n}`, [], Uint8Array.of(zero)),
    ] as const;
  };
  const toBytes = (value: Value, steps: Steps): Bytes => ({
    value: graph.op('QuantizeLinear', [value, ...stepValues(steps)]),
    steps,
  });
  const toFloat = ({ value, steps }: Bytes) => graph.op('DequantizeLinear', [value, ...stepValues(steps)]);
  const note = (name: string, bytes: Bytes): Bytes => {
    onValue?.(graph, name, bytes);
    return bytes;
  };

  const convolution = (
    x: Bytes,
    conv: string,
    norm: string,
    stride: number,
    pad: number,
    inputOrder?: number[],
  ): Bytes => {
    const { kernel, bias, shape } = foldBatchNorm(tensor, conv, norm, inputOrder);
    const [out, , height, width] = shape;
    const correction = corrections.get(conv);
    const corrected = correction ? bias.map((value, o) => value + correction[o]!) : bias;
    const bytes = quantiseKernel(kernel, out);
    const steps = stepsNamed(conv);
    const value = graph.op(
      'QLinearConv',
      [
        x.value,
        ...stepValues(x.steps),
        graph.constant(`${conv}/kernel`, shape, bytes.data),
        graph.constant(`${conv}/scales`, [out], bytes.scales),
        graph.constant(`${conv}/zeros`, [out], new Int8Array(out)),
        ...stepValues(steps),
        graph.constant(`${conv}/bias`, [out], quantiseBias(corrected, x.steps.scale, bytes)),
      ],
      { kernel_shape: [height, width], strides: [stride, stride], pads: [pad, pad, pad, pad] },
    );
    return note(conv, { value, steps });
  };

  const photo = toBytes(centredPixels(graph), stepsOf(pixelRange));
  // The results of convolutions followed by a ReLU have 0 as their least number.
  let x = convolution(photo, 'conv1', 'bn_conv1', 2, 3, [2, 1, 0]);
  const pooled = graph.op('MaxPool', [x.value], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  x = note('pool1', { value: pooled, steps: x.steps });
  let map: Value | undefined;
  for (const stage of stages) {
    for (const block of stage.blocks) {
      const first = block === 'a';
      const stride = first ? stage.stride : 1;
      const part = (branch: string) =>
        [`res${stage.name}${block}_${branch}`, `bn${stage.name}${block}_${branch}`] as const;
      let y = convolution(x, ...part('branch2a'), stride, 0);
      y = convolution(y, ...part('branch2b'), 1, 1);
      y = convolution(y, ...part('branch2c'), 1, 0);
      const shortcut = first ? convolution(x, ...part('branch1'), stride, 0) : x;
      const name = `res${stage.name}${block}`;
      if (name === 'res5c') {
        map = graph.op('Relu', [graph.op('Add', [toFloat(y), toFloat(shortcut)])]);
      } else {
        const steps = stepsNamed(name);
        const value = graph.op('QLinearAdd', [
          y.value,
          ...stepValues(y.steps),
          shortcut.value,
          ...stepValues(shortcut.steps),
          ...stepValues(steps),
        ]);
        x = note(name, { value, steps });
      }
    }
  }
  outputsOf(graph, map!, tensor);
  return graph.toBytes();
}
