/**
 * ResNet50 v1 (He et al. 2015, table 1) from Keras weights to one ONNX graph.
 *
 * Each batch norm is folded into the convolution before it: w' = w · γ/√(σ²+ε), b' = (b − μ) · γ/√(σ²+ε) + β. The mean
 * pixel is a separate node, because the first convolution pads after the subtraction.
 */
import { GraphBuilder, type Value } from '../onnx/graph.ts';
import { dataTypes } from '../onnx/proto.ts';
import type { KerasTensor } from './keras.ts';
import { meanPixel } from './network.ts';

/** Keras' ResNet50 uses 1.001e-5 today; these weights were trained and saved with 1e-3 (their model.json). */
const epsilon = 1e-3;

/** Bottleneck blocks per stage, 50-layer column of table 1. */
export const stages = [
  { name: '2', blocks: 'abc', stride: 1 },
  { name: '3', blocks: 'abcd', stride: 2 },
  { name: '4', blocks: 'abcdef', stride: 2 },
  { name: '5', blocks: 'abc', stride: 2 },
] as const;

/**
 * Input `pixels`: uint8 [n, height, width, 3], sRGB, rows from the top.
 * Outputs: `map` [n, 2048, height/32, width/32], the last feature map; `features` [n, 4096], its 2048 averages over the
 * positions and then its 2048 standard deviations (of the population), which separate patterns all over the photo from those
 * in one place; `logits` [n, 1000], the ImageNet classes before softmax, from the averages.
 *
 * @param onValue receives the result of each convolution, after its ReLU where it has one, and of each block
 * @returns the bytes of the .onnx file
 */
export function resnet50ToOnnx(
  weights: ReadonlyMap<string, KerasTensor>,
  onValue?: (graph: GraphBuilder, name: string, value: Value) => void,
): Uint8Array {
  const graph = new GraphBuilder('resnet50');
  const tensor = tensorsOf(weights);

  const convolution = (x: Value, conv: string, norm: string, stride: number, pad: number, inputOrder?: number[]) => {
    const { kernel, bias, shape } = foldBatchNorm(tensor, conv, norm, inputOrder);
    const [out, , height, width] = shape;
    return graph.op(
      'Conv',
      [x, graph.constant(`${conv}/kernel`, shape, kernel), graph.constant(`${conv}/bias`, [out], bias)],
      { kernel_shape: [height, width], strides: [stride, stride], pads: [pad, pad, pad, pad] },
    );
  };

  const note = (name: string, value: Value) => {
    onValue?.(graph, name, value);
    return value;
  };

  let x = centredPixels(graph);
  // Keras' kernel expects BGR; its input channels are reordered once, instead of every photo's channels.
  x = note('conv1', graph.op('Relu', [convolution(x, 'conv1', 'bn_conv1', 2, 3, [2, 1, 0])]));
  x = note('pool1', graph.op('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }));

  for (const stage of stages) {
    for (const block of stage.blocks) {
      const first = block === 'a';
      const stride = first ? stage.stride : 1;
      const part = (branch: string) =>
        [`res${stage.name}${block}_${branch}`, `bn${stage.name}${block}_${branch}`] as const;
      const named = (branch: string, value: Value) => note(part(branch)[0], value);
      let y = named('branch2a', graph.op('Relu', [convolution(x, ...part('branch2a'), stride, 0)]));
      y = named('branch2b', graph.op('Relu', [convolution(y, ...part('branch2b'), 1, 1)]));
      y = named('branch2c', convolution(y, ...part('branch2c'), 1, 0));
      const shortcut = first ? named('branch1', convolution(x, ...part('branch1'), stride, 0)) : x;
      x = note(`res${stage.name}${block}`, graph.op('Relu', [graph.op('Add', [y, shortcut])]));
    }
  }

  outputsOf(graph, x, tensor);
  return graph.toBytes();
}

/** @returns a look-up that throws a RangeError where there is no tensor of a name */
export function tensorsOf(weights: ReadonlyMap<string, KerasTensor>): (name: string) => KerasTensor {
  return (name) => {
    const found = weights.get(name);
    if (!found) throw new RangeError(`the ResNet50 weights have no ${name}`);
    return found;
  };
}

/** Declares the input. @returns the photo less ImageNet's mean pixel, [n, 3, height, width] */
export function centredPixels(graph: GraphBuilder): Value {
  const pixels = graph.input('pixels', 'uint8', ['n', 'height', 'width', 3]);
  const centred = graph.op('Sub', [
    graph.op('Cast', [pixels], { to: dataTypes.float32 }),
    graph.constant('mean_pixel', [3], Float32Array.from(meanPixel)),
  ]);
  return graph.op('Transpose', [centred], { perm: [0, 3, 1, 2] });
}

/** Declares the three outputs, computed from the last feature map. */
export function outputsOf(graph: GraphBuilder, x: Value, tensor: (name: string) => KerasTensor): void {
  const average = (map: Value) => graph.op('Flatten', [graph.op('GlobalAveragePool', [map])], { axis: 1 });
  const averages = average(x);
  // √(E[x²] − E[x]²); rounding can make the difference negative if a map is constant.
  const variances = graph.op('Sub', [average(graph.op('Mul', [x, x])), graph.op('Mul', [averages, averages])]);
  const deviations = graph.op('Sqrt', [graph.op('Relu', [variances])]);
  const features = graph.op('Concat', [averages, deviations], { axis: 1 });
  const classifier = tensor('fc1000/kernel');
  const logits = graph.op('Gemm', [
    averages,
    graph.constant('fc1000/kernel', classifier.shape, classifier.data),
    graph.constant('fc1000/bias', [1000], tensor('fc1000/bias').data),
  ]);
  graph.output('map', x, 'float32', ['n', 2048, 'rows', 'columns']);
  graph.output('features', features, 'float32', ['n', 4096]);
  graph.output('logits', logits, 'float32', ['n', 1000]);
}

/** A convolution with its batch norm folded in. */
export interface Folded {
  readonly name: string;
  /** the block or convolution whose result it reads; `pixels` for the first */
  readonly input: string;
  /** of its result, for a photo of 256 × 256 pixels */
  readonly side: number;
  /** [outputs, inputs, size, size] */
  readonly kernel: Float32Array;
  readonly shape: readonly [outputs: number, inputs: number, height: number, width: number];
}

export function* convolutionsOf(weights: ReadonlyMap<string, KerasTensor>): Generator<Folded> {
  const folded = (name: string, norm: string, input: string, side: number, inputOrder?: number[]): Folded => {
    const { kernel, shape } = foldBatchNorm(tensorsOf(weights), name, norm, inputOrder);
    return { name, input, side, kernel, shape };
  };
  yield folded('conv1', 'bn_conv1', 'pixels', 128, [2, 1, 0]);
  let [input, side] = ['pool1', 64];
  for (const stage of stages) {
    side /= stage.stride;
    for (const block of stage.blocks) {
      const [name, norm] = [`res${stage.name}${block}`, `bn${stage.name}${block}`];
      const part = (branch: string, from: string) => folded(`${name}_${branch}`, `${norm}_${branch}`, from, side);
      yield part('branch2a', input);
      yield part('branch2b', `${name}_branch2a`);
      yield part('branch2c', `${name}_branch2b`);
      if (block === 'a') yield part('branch1', input);
      input = name;
    }
  }
}

/** Keras kernel [height, width, in, out] → ONNX kernel [out, in, height, width], with the batch norm folded in. */
export function foldBatchNorm(
  tensor: (name: string) => KerasTensor,
  conv: string,
  norm: string,
  inputOrder?: readonly number[],
) {
  const { shape, data } = tensor(`${conv}/kernel`);
  const [height, width, input, output] = shape as [number, number, number, number];
  const bias = tensor(`${conv}/bias`).data;
  const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(
    (part) => tensor(`${norm}/${part}`).data,
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const kernel = new Float32Array(data.length);
  const folded = new Float32Array(output);
  for (let o = 0; o < output; o++) {
    const scale = gamma[o]! / Math.sqrt(variance[o]! + epsilon);
    folded[o] = (bias[o]! - mean[o]!) * scale + beta[o]!;
    for (let i = 0; i < input; i++) {
      const from = inputOrder?.[i] ?? i;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          kernel[((o * input + i) * height + y) * width + x] =
            data[((y * width + x) * input + from) * output + o]! * scale;
        }
      }
    }
  }
  return { kernel, bias: folded, shape: [output, input, height, width] as const };
}
