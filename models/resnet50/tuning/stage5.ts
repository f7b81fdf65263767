/**
 * Stage 5 of ResNet50, the part that fine-tuning trains: three bottleneck blocks (He et al. 2015, table 1) as nodes of an ONNX
 * graph, with their gradients.
 *
 * Positions are rows and channels columns, [n · positions, channels], so that a 1 × 1 convolution is one matrix product, and a
 * 3 × 3 one is one after the nine neighbours of each position were placed side by side ("im2col"). The first 1 × 1
 * convolutions of the stage have a stride of 2, as in He et al.'s original and in Keras: of the 16 × 16 map of stage 4 they read
 * only every second row and column, 8 × 8 positions, and only these are inputs here.
 *
 * The batch norms stay folded into the convolutions with the running statistics of ImageNet, and the folded kernels and biases
 * learn. To keep the statistics is the common practice where batches are small (He et al. 2015 and Ren et al. 2015 when they
 * fine-tune for detection; `FrozenBatchNorm2d` in torchvision).
 */
import { linear, relu, type Gradient } from '../../network/layers.ts';
import type { OnnxArithmetic } from '../../network/onnx-arithmetic.ts';
import type { Value } from '../../onnx/graph.ts';

export interface Stage5Shape {
  /** channels of the stage's input, of the inner layers of its blocks, and of its output */
  readonly inputs: number;
  readonly inner: number;
  readonly outputs: number;
  /** rows and columns of the map */
  readonly side: number;
}

export const stage5Shape: Stage5Shape = { inputs: 1024, inner: 512, outputs: 2048, side: 8 };

/** Numbers of a photo's input: [positions, channels]. */
export const mapLength = ({ inputs, side }: Stage5Shape): number => side * side * inputs;

export interface Convolution {
  /** Keras' name of the layer */
  readonly name: string;
  /** positions that it reads: 1, or 9 for 3 × 3 */
  readonly taps: 1 | 9;
  readonly inputs: number;
  readonly outputs: number;
}

const blockNames = ['a', 'b', 'c'] as const;

interface Block {
  readonly reduce: Convolution;
  readonly spatial: Convolution;
  readonly expand: Convolution;
  /** null: the block's input is added as it is */
  readonly shortcut: Convolution | null;
}

function blocksOf({ inputs, inner, outputs }: Stage5Shape): Block[] {
  return blockNames.map((name, i) => {
    const from = i === 0 ? inputs : outputs;
    const layer = (branch: string, taps: 1 | 9, into: number, out: number): Convolution => ({
      ...{ name: `res5${name}_${branch}`, taps, inputs: into, outputs: out },
    });
    return {
      reduce: layer('branch2a', 1, from, inner),
      spatial: layer('branch2b', 9, inner, inner),
      expand: layer('branch2c', 1, inner, outputs),
      shortcut: i === 0 ? layer('branch1', 1, from, outputs) : null,
    };
  });
}

/** All of its convolutions. */
export function convolutions(shape: Stage5Shape): Convolution[] {
  return blocksOf(shape).flatMap(({ reduce, spatial, expand, shortcut }) => [
    ...[reduce, spatial, expand],
    ...(shortcut ? [shortcut] : []),
  ]);
}

/** The tensors that learn, with their shapes: a kernel is a matrix [taps · inputs, outputs], position by position. */
export function stage5Tensors(shape: Stage5Shape): [string, readonly number[]][] {
  return convolutions(shape).flatMap(({ name, taps, inputs, outputs }): [string, readonly number[]][] => [
    [`${name}/kernel`, [taps * inputs, outputs]],
    [`${name}/bias`, [outputs]],
  ]);
}

export type Gradients = Map<string, Gradient<Value>>;

/**
 * @param input [n · positions, inputs]
 * @param weight the values of `stage5Tensors`
 * @returns the last map [n · positions, outputs]; `backward` takes dL/dmap and returns the gradient of each tensor
 */
export function stage5(
  math: OnnxArithmetic,
  shape: Stage5Shape,
  input: Value,
  weight: (name: string) => Value,
): { readonly map: Value; backward(d: Value): Gradients } {
  const backwards: ((d: Value, gradients: Gradients) => Value | undefined)[] = [];
  let map = input;
  for (const block of blocksOf(shape)) {
    const layers = bottleneck(math, shape, block, map, weight);
    map = layers.output;
    backwards.unshift((d, gradients) => layers.backward(d, gradients));
  }
  return {
    map,
    backward(d) {
      const gradients: Gradients = new Map();
      let present: Value | undefined = d;
      // Nothing before the first block learns, so that it returns no gradient.
      for (const back of backwards) present = back(present!, gradients);
      return gradients;
    },
  };
}

function bottleneck(
  math: OnnxArithmetic,
  shape: Stage5Shape,
  { reduce, spatial, expand, shortcut }: Block,
  input: Value,
  weight: (name: string) => Value,
) {
  const layer = (of: Convolution, from: Value) => convolution(math, shape.side, of, from, weight);
  const first = layer(reduce, input);
  const firstActive = relu(math, first.output);
  const second = layer(spatial, firstActive.output);
  const secondActive = relu(math, second.output);
  const third = layer(expand, secondActive.output);
  const across = shortcut && layer(shortcut, input);
  const sum = relu(math, math.add(third.output, across ? across.output : input));
  return {
    output: sum.output,
    backward(d: Value, gradients: Gradients): Value | undefined {
      const keep = (of: Convolution, { kernel, bias }: ReturnType<typeof first.backward>) => {
        gradients.set(`${of.name}/kernel`, kernel).set(`${of.name}/bias`, bias);
      };
      const dSum = sum.backward(d);
      const thirdBack = third.backward(dSum);
      keep(expand, thirdBack);
      const secondBack = second.backward(secondActive.backward(thirdBack.input()));
      keep(spatial, secondBack);
      const firstBack = first.backward(firstActive.backward(secondBack.input()));
      keep(reduce, firstBack);
      if (across) {
        keep(shortcut, across.backward(dSum));
        return undefined;
      }
      return math.add(firstBack.input(), dSum);
    },
  };
}

function convolution(
  math: OnnxArithmetic,
  side: number,
  { name, taps, inputs }: Convolution,
  input: Value,
  weight: (name: string) => Value,
) {
  const read = taps === 1 ? { output: input, backward: (d: Value) => d } : neighbours(math, side, inputs, input);
  const layer = linear(math, read.output, weight(`${name}/kernel`), weight(`${name}/bias`));
  return {
    output: layer.output,
    backward(d: Value) {
      const back = layer.backward(d);
      return { kernel: back.weight, bias: back.bias, input: () => read.backward(back.input()) };
    },
  };
}

/** The nine neighbours of each position side by side, zeros outside the map: [n · positions, c] → [n · positions, 9 · c]. */
function neighbours({ graph }: OnnxArithmetic, side: number, channels: number, input: Value) {
  const positions = side * side;
  const { read, readBy } = neighbourTables(side);
  /** of each photo's `count` rows those that `table` names; the row after the last is zero */
  const gather = (rows: Value, count: number, table: readonly number[]) => {
    const photos = graph.op('Reshape', [rows, graph.integers(-1, count, channels)]);
    const padded = graph.op('Pad', [photos, graph.integers(0, 0, 0, 0, 1, 0)]);
    return graph.op('Gather', [padded, graph.integers(...table)], { axis: 1 });
  };
  return {
    output: graph.op('Reshape', [gather(input, positions, read), graph.integers(-1, 9 * channels)]),
    backward(d: Value): Value {
      const parts = gather(d, 9 * positions, readBy);
      const grouped = graph.op('Reshape', [parts, graph.integers(-1, 9, channels)]);
      return graph.op('ReduceSum', [grouped, graph.integers(1)], { keepdims: 0 });
    },
  };
}

/**
 * `read`: for each position its nine neighbours, row by row, or the number of positions where there is none. `readBy`: for
 * each position the nine places in `read` that name it, or the length of `read` where there are fewer.
 */
function neighbourTables(side: number): { read: number[]; readBy: number[] } {
  const read: number[] = [];
  const readBy: number[] = [];
  const within = (row: number, column: number) => row >= 0 && row < side && column >= 0 && column < side;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      for (let tap = 0; tap < 9; tap++) {
        const [down, right] = [Math.floor(tap / 3) - 1, (tap % 3) - 1];
        read.push(within(row + down, column + right) ? (row + down) * side + column + right : side * side);
        const reader = (row - down) * side + column - right;
        readBy.push(within(row - down, column - right) ? reader * 9 + tap : side * side * 9);
      }
    }
  }
  return { read, readBy };
}
