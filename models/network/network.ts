/**
 * The two-branch network (Wang et al. 2018, §3.1): per side FC – ReLU – FC – batch norm – L2 norm, into one space. An image
 * branch may instead be a kernel machine (kernel-ridge.ts), which as layers is FC – FC – softmax – FC – L2 norm.
 *
 * This file contains shapes and initialisation; the engines do the arithmetic.
 */
import type { Random } from '../math/random.ts';

export interface BranchShape {
  readonly inputs: number;
  readonly hidden: number;
  readonly outputs: number;
  /** after the first layer; default ReLU. Softmax is for kernel machines only, which are not trained by gradients. */
  readonly activation?: Activation;
  /** width of a linear layer before the first one, which projects the inputs on principal components */
  readonly components?: number;
  /** number of captions that determine the norm of an embedding, see `popularityTemperature` */
  readonly references?: number;
}

/**
 * Some photos are similar to most sentences and would be in most results (the hubness problem). If an image branch has
 * reference captions r, it shortens an embedding z of norm 1 to z · exp(−b), with b = τ log meanᵣ exp(z·r / τ). This is the
 * inverted softmax of Smith et al. 2017, or query-bank normalisation (Bogolin et al. 2022), written as a norm: +1.2 points of
 * recall@1 and +1.5 of recall@10 on val (docs/experiments.md).
 */
export const popularityTemperature = 0.05;

export type Activation = 'relu' | 'softmax';

/** One branch. Matrices are row-major, [inputs, hidden] and [hidden, outputs]; vectors have the layer's width. */
export interface BranchWeights {
  readonly shape: BranchShape;
  /** [inputs, components], where the shape has components; `hiddenWeight` is then [components, hidden] */
  readonly reduction?: Float32Array;
  /** [references, outputs], rows of norm 1, where the shape has references */
  readonly references?: Float32Array;
  readonly hiddenWeight: Float32Array;
  /**
   * Rows of `hiddenWeight` as they lie in a file, in 8 bits: a sentence uses a hundred of 8,678 inputs, and all of them as floats are
   * 36 MB. Absent: they are only there as floats. @returns [inputs.length, hidden]
   */
  readonly hiddenRows?: (inputs: readonly number[]) => Float32Array;
  readonly hiddenBias: Float32Array;
  readonly outputWeight: Float32Array;
  readonly outputBias: Float32Array;
  readonly normGamma: Float32Array;
  readonly normBeta: Float32Array;
  /** running statistics, which have no gradient */
  readonly normMean: Float32Array;
  readonly normVariance: Float32Array;
}

export interface NetworkWeights {
  readonly image: BranchWeights;
  readonly text: BranchWeights;
}

/** Parameters that are trained by gradients. */
export const trainable = [
  'hiddenWeight',
  'hiddenBias',
  'outputWeight',
  'outputBias',
  'normGamma',
  'normBeta',
] as const satisfies readonly (keyof BranchWeights)[];

export type Trainable = (typeof trainable)[number];

/** Moving averages of a batch norm's statistics, which have no gradient. */
export const runningStatistics = ['normMean', 'normVariance'] as const satisfies readonly (keyof BranchWeights)[];

export type TensorName = Trainable | (typeof runningStatistics)[number];

/** Every tensor that every branch has. */
export const tensorNames: readonly TensorName[] = [...trainable, ...runningStatistics];

/** Batch norm's ε, as in Keras and in the original program. */
export const normEpsilon = 1e-3;

/** Shapes of the tensors that every branch has. */
export function tensorShapes({
  inputs,
  hidden,
  outputs,
  components,
}: BranchShape): Record<TensorName, readonly number[]> {
  return {
    hiddenWeight: [components ?? inputs, hidden],
    hiddenBias: [hidden],
    outputWeight: [hidden, outputs],
    outputBias: [outputs],
    normGamma: [outputs],
    normBeta: [outputs],
    normMean: [outputs],
    normVariance: [outputs],
  };
}

const extent = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

/** The tensors that only some branches have. */
export type Extras = Pick<BranchWeights, 'reduction' | 'references'>;

/** Shapes of the tensors that only branches of this shape have. */
export function extraShapes({ inputs, outputs, components, references }: BranchShape): [keyof Extras, number[]][] {
  return [
    ...(components === undefined ? [] : [['reduction', [inputs, components]] satisfies [keyof Extras, number[]]]),
    ...(references === undefined ? [] : [['references', [references, outputs]] satisfies [keyof Extras, number[]]]),
  ];
}

/**
 * Builds a branch with `fill` for each tensor.
 *
 * @param extras exactly the tensors that `extraShapes` names
 */
export function makeBranch(
  shape: BranchShape,
  fill: (name: TensorName, length: number) => Float32Array,
  { reduction, references }: Extras = {},
): BranchWeights {
  const shapes = tensorShapes(shape);
  const tensor = (name: TensorName) => fill(name, extent(shapes[name]));
  const given = { ...(reduction ? { reduction } : {}), ...(references ? { references } : {}) };
  const wanted = extraShapes(shape);
  if (
    wanted.length !== Object.keys(given).length ||
    wanted.some(([name, extents]) => given[name]?.length !== extent(extents))
  ) {
    throw new RangeError(
      `a branch of ${JSON.stringify(shape)} does not fit the tensors it was given (${Object.keys(given).join(', ') || 'none'})`,
    );
  }
  return {
    shape,
    ...given,
    hiddenWeight: tensor('hiddenWeight'),
    hiddenBias: tensor('hiddenBias'),
    outputWeight: tensor('outputWeight'),
    outputBias: tensor('outputBias'),
    normGamma: tensor('normGamma'),
    normBeta: tensor('normBeta'),
    normMean: tensor('normMean'),
    normVariance: tensor('normVariance'),
  };
}

/** A minimal branch in place of an image branch that is not used in training. */
export function placeholderBranch(outputs: number, inputs = 1): BranchWeights {
  return makeBranch({ inputs, hidden: 1, outputs }, (name, length) =>
    new Float32Array(length).fill(name === 'normGamma' || name === 'normVariance' ? 1 : 0),
  );
}

/**
 * Glorot & Bengio 2010 (eq. 16) for the matrices, as Keras initialises a Dense layer; zeros and ones elsewhere.
 *
 * @param inputEnergy mean squared norm of an input. Glorot's rule assumes that it equals the number of inputs. For a bag of
 * words that is wrong by a factor of a hundred: nearly all inputs are zero, and the first layer would start with activations
 * near zero. With `inputEnergy`, the hidden units start with variance 1.
 */
export function initialBranch(shape: BranchShape, random: Random, inputEnergy?: number): BranchWeights {
  const shapes = tensorShapes(shape);
  return makeBranch(shape, (name, length) => {
    const data = new Float32Array(length);
    if (name === 'normGamma' || name === 'normVariance') return data.fill(1);
    const [fanIn, fanOut] = shapes[name];
    if (fanOut === undefined) return data;
    const byEnergy = name === 'hiddenWeight' && inputEnergy !== undefined;
    // A uniform variable within ±l has variance l² / 3.
    const limit = byEnergy ? Math.sqrt(3 / inputEnergy) : Math.sqrt(6 / (fanIn! + fanOut));
    for (let i = 0; i < length; i++) data[i] = (2 * random.uniform() - 1) * limit;
    return data;
  });
}

/** Means and variances of a branch's inputs, over the training photos or captions. */
export interface InputMoments {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/**
 * A branch whose embedding of an input is the input itself, divided by its norm: relu(x) − relu(−x) = x, and a batch norm whose
 * scale and shift undo its division and subtraction. Training begins at a given function and not at a random one (Net2Net, Chen et
 * al. 2016, §2.2). Hidden units beyond these two for each input have random weights, and none to the outputs yet.
 *
 * @param moments of the inputs, so that the batch norm of a batch changes little, too
 * @throws RangeError where the shape has other outputs than inputs, or too few hidden units
 */
export function identityBranch(shape: BranchShape, random: Random, { mean, variance }: InputMoments): BranchWeights {
  const { inputs, hidden, outputs } = shape;
  if (inputs !== outputs || hidden < 2 * inputs) {
    throw new RangeError(
      `a branch of ${inputs} inputs, ${hidden} hidden units and ${outputs} outputs cannot be the identity`,
    );
  }
  const energy = mean.reduce((sum, value, i) => sum + value * value + variance[i]!, 0);
  const further = Math.sqrt(3 / Math.max(energy, 1e-12));
  return makeBranch(shape, (name, length) => {
    const data = new Float32Array(length);
    switch (name) {
      case 'hiddenWeight':
        for (let input = 0, at = 0; input < inputs; input++) {
          for (let unit = 0; unit < hidden; unit++, at++) {
            if (unit >= 2 * inputs) data[at] = (2 * random.uniform() - 1) * further;
            else if (unit % inputs === input) data[at] = unit < inputs ? 1 : -1;
          }
        }
        return data;
      case 'outputWeight':
        for (let output = 0; output < outputs; output++) {
          data[output * outputs + output] = 1;
          data[(inputs + output) * outputs + output] = -1;
        }
        return data;
      case 'normGamma':
        return data.map((_, i) => Math.sqrt(variance[i]! + normEpsilon));
      case 'normBeta':
      case 'normMean':
        return Float32Array.from(mean);
      case 'normVariance':
        return Float32Array.from(variance);
      default:
        return data;
    }
  });
}

/** Whether every value is finite. A plain loop: `every` takes ten times as long for millions of weights. */
export function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0; // 0 · ∞ and 0 · NaN are NaN
  return sum === 0;
}

/** mean + (next − mean) · share, tensor by tensor: a running average of a branch and its running statistics. */
export function averageBranch(mean: BranchWeights, next: BranchWeights, share: number): BranchWeights {
  const average = (name: TensorName) => mean[name].map((value, i) => value + (next[name][i]! - value) * share);
  return makeBranch(mean.shape, average, mean);
}
