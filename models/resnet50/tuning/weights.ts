/** The weights of stage 5: out of `resnet50.onnx` (models/resnet50/convert.ts), and tuned ones back into it. */
import { readRegularFile } from '../../files/regular-file.ts';
import { ModelProto } from '../../onnx/proto.ts';
import type { Tensor } from '../../files/safetensors.ts';
import { convolutions, stage5Shape, type Convolution } from './stage5.ts';

/** By the names of `stage5Tensors`. */
export type Stage5Weights = ReadonlyMap<string, Tensor>;

interface OnnxTensor {
  name: string;
  dims: (number | { toNumber(): number })[];
  rawData: Uint8Array;
}

interface OnnxModel {
  graph: {
    node: { input: string[]; output: string[] }[];
    initializer: OnnxTensor[];
    output: { name: string }[];
  };
}

/** @throws the parser's error where it is not the graph that convert.ts writes */
async function readGraph(file: string): Promise<OnnxModel> {
  return ModelProto.decode(await readRegularFile(file, { largest: 2 ** 30 })) as unknown as OnnxModel;
}

const bytesOf = (model: OnnxModel): Uint8Array => ModelProto.encode(model).finish();

/** The weights that ResNet50 comes with. */
export async function readStage5(file: string): Promise<Stage5Weights> {
  const { graph } = await readGraph(file);
  const tensors = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  return new Map(
    convolutions(stage5Shape).flatMap((layer): [string, Tensor][] => {
      const { name, taps, inputs, outputs } = layer;
      return [
        [
          `${name}/kernel`,
          { shape: [taps * inputs, outputs], data: fromOnnx(layer, numbers(tensors, `${name}/kernel`)) },
        ],
        [`${name}/bias`, { shape: [outputs], data: numbers(tensors, `${name}/bias`) }],
      ];
    }),
  );
}

function numbers(tensors: ReadonlyMap<string, OnnxTensor>, name: string): Float32Array {
  const found = tensors.get(name);
  if (!found) throw new RangeError(`the ResNet50 graph has no ${name}`);
  return new Float32Array(new Uint8Array(found.rawData).buffer);
}

/** The whole network with these weights in stage 5. @returns the bytes of an .onnx file */
export async function withStage5(file: string, weights: Stage5Weights): Promise<Uint8Array> {
  const model = await readGraph(file);
  const tensors = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor]));
  for (const layer of convolutions(stage5Shape)) {
    for (const part of ['kernel', 'bias'] as const) {
      const name = `${layer.name}/${part}`;
      const found = tensors.get(name);
      if (!found) throw new RangeError(`the ResNet50 graph has no ${name}`);
      const { data } = weights.get(name)!;
      const values = part === 'kernel' ? toOnnx(layer, data) : data;
      found.rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    }
  }
  return bytesOf(model);
}

/** Name of the result of `upToStage4`. */
export const stage4Output = 'stage4';

/** The network without stage 5. Output: `stage4` [n, 1024, 16, 16]. @returns the bytes of an .onnx file */
export async function upToStage4(file: string): Promise<Uint8Array> {
  const model = await readGraph(file);
  const { graph } = model;
  const first = graph.node.findIndex(({ input }) => input[1] === `${convolutions(stage5Shape)[0]!.name}/kernel`);
  if (first < 0) throw new RangeError('the ResNet50 graph has no stage 5');
  const last = graph.node[first]!.input[0]!;
  // The nodes are in topological order, so that none of those that remain reads one that is removed.
  graph.node = graph.node.slice(0, first).map(({ input, output, ...node }) => ({
    ...node,
    input: input.map((name) => (name === last ? stage4Output : name)),
    output: output.map((name) => (name === last ? stage4Output : name)),
  }));
  const used = new Set(graph.node.flatMap(({ input }) => input));
  graph.initializer = graph.initializer.filter(({ name }) => used.has(name));
  const { side, inputs } = stage5Shape;
  const dimensions = [{ dimParam: 'n' }, ...[inputs, 2 * side, 2 * side].map((dimValue) => ({ dimValue }))];
  graph.output = [
    { name: stage4Output, type: { tensorType: { elemType: 1, shape: { dim: dimensions } } } } as { name: string },
  ];
  return bytesOf(model);
}

/** ONNX's [outputs, inputs, 3, 3] → [9 · inputs, outputs], position by position. */
export function fromOnnx({ taps, inputs, outputs }: Convolution, kernel: Float32Array): Float32Array {
  const matrix = new Float32Array(kernel.length);
  for (let o = 0, at = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let tap = 0; tap < taps; tap++, at++) matrix[(tap * inputs + i) * outputs + o] = kernel[at]!;
    }
  }
  return matrix;
}

/** The inverse of `fromOnnx`. */
export function toOnnx({ taps, inputs, outputs }: Convolution, matrix: Float32Array): Float32Array {
  const kernel = new Float32Array(matrix.length);
  for (let o = 0, at = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let tap = 0; tap < taps; tap++, at++) kernel[at] = matrix[(tap * inputs + i) * outputs + o]!;
    }
  }
  return kernel;
}

/** Stage 4's map [n, 1024, 16, 16] → what stage 5 reads of it, [n, 64, 1024]: every second row and column, see stage5.ts. */
export function stage5Inputs(maps: Float32Array, count: number): Float32Array {
  const { side, inputs } = stage5Shape;
  const whole = 2 * side;
  const read = new Float32Array(count * side * side * inputs);
  for (let photo = 0; photo < count; photo++) {
    for (let c = 0; c < inputs; c++) {
      const from = (photo * inputs + c) * whole * whole;
      for (let position = 0; position < side * side; position++) {
        const [row, column] = [Math.floor(position / side), position % side];
        read[(photo * side * side + position) * inputs + c] = maps[from + 2 * row * whole + 2 * column]!;
      }
    }
  }
  return read;
}

/** The maps [n, 64, 1024] mirrored left to right, in place where `chosen` says so. */
export function mirrorMaps(maps: Float32Array, chosen: readonly boolean[]): void {
  const { side, inputs } = stage5Shape;
  const spare = new Float32Array(inputs);
  chosen.forEach((mirrored, photo) => {
    if (!mirrored) return;
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side / 2; column++) {
        const at = (position: number) => (photo * side * side + row * side + position) * inputs;
        const [left, right] = [at(column), at(side - 1 - column)];
        spare.set(maps.subarray(left, left + inputs));
        maps.copyWithin(left, right, right + inputs);
        maps.set(spare, right);
      }
    }
  });
}
