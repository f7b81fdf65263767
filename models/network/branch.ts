/** One branch, in training and at inference, in the arithmetic of either engine. */
import type { Arithmetic } from './arithmetic.ts';
import { batchNorm, linear, relu, runningNorm, unitRows, type FirstLayer, type Gradient } from './layers.ts';
import { popularityTemperature, type BranchShape, type Extras, type TensorName, type Trainable } from './network.ts';

/**
 * FC – ReLU – dropout – FC – batch norm – L2 norm, with the batch's own statistics.
 *
 * @param first the first layer, already applied to the inputs [n, inputs]
 * @param dropout mask uint8 [n, hidden] and 1/(1 − rate); absent for no dropout
 */
export function branchInTraining<V>(
  math: Arithmetic<V>,
  parameters: Readonly<Record<Trainable, V>>,
  first: FirstLayer<V>,
  dropout?: { readonly mask: V; readonly scale: number },
) {
  const active = relu(math, first.output, dropout);
  const output = linear(math, active.output, parameters.outputWeight, parameters.outputBias);
  const norm = batchNorm(math, output.output, parameters.normGamma, parameters.normBeta);
  const unit = unitRows(math, norm.output);
  return {
    /** [n, outputs], rows of norm 1 */
    embeddings: unit.output,
    /** of the batch, [outputs] */
    statistics: { normMean: norm.mean, normVariance: norm.variance },
    /** @param d dL/dembeddings */
    backward(d: V): Record<Trainable, Gradient<V>> {
      const normBack = norm.backward(unit.backward(d));
      const outputBack = output.backward(normBack.input);
      const firstBack = first.backward(active.backward(outputBack.input()));
      return {
        hiddenWeight: firstBack.weight,
        hiddenBias: firstBack.bias,
        outputWeight: outputBack.weight,
        outputBias: outputBack.bias,
        normGamma: normBack.gamma,
        normBeta: normBack.beta,
      };
    },
  };
}

/**
 * A branch with its running statistics and without dropout; its optional parts are described in network.ts.
 *
 * @param features [n, inputs]
 * @returns embeddings [n, outputs], rows of norm 1, or shorter where the branch has references
 */
export function branchAtInference<V>(
  math: Arithmetic<V>,
  { activation }: Pick<BranchShape, 'activation'>,
  tensors: Readonly<Record<TensorName, V>> & { readonly [Name in keyof Extras]?: V | undefined },
  features: V,
): V {
  const { reduction, references } = tensors;
  const reduced = reduction === undefined ? features : math.product(features, reduction);
  const hidden = linear(math, reduced, tensors.hiddenWeight, tensors.hiddenBias).output;
  const active = activation === 'softmax' ? math.softmax(hidden) : relu(math, hidden).output;
  const output = linear(math, active, tensors.outputWeight, tensors.outputBias).output;
  const normed = runningNorm(math, output, {
    gamma: tensors.normGamma,
    beta: tensors.normBeta,
    mean: tensors.normMean,
    variance: tensors.normVariance,
  });
  const unit = unitRows(math, normed).output;
  return references === undefined ? unit : math.multiply(unit, popularityLength(math, unit, references));
}

/** exp(−τ log mean exp(z·r / τ)), [n, 1], see `popularityTemperature`. The largest cosine is 1: nothing overflows. */
function popularityLength<V>(math: Arithmetic<V>, unit: V, references: V): V {
  const cosines = math.productWithTransposed(unit, references);
  const mean = math.meanOverColumns(math.exp(math.scale(cosines, 1 / popularityTemperature)));
  return math.exp(math.scale(math.log(mean), -popularityTemperature));
}

/**
 * One update by stochastic gradient descent with momentum, in PyTorch's form of Sutskever et al. 2013, where the learning
 * rate stays outside the momentum: w' = w − learningRate · v'.
 *
 * @param velocity v' = momentum · v + gradient
 */
export function descend<V>(math: Arithmetic<V>, weight: V, velocity: V, learningRate: V): V {
  return math.subtract(weight, math.multiply(velocity, learningRate));
}

/** Running statistics after a batch: momentum · running + (1 − momentum) · batch. */
export function movingAverage<V>(math: Arithmetic<V>, running: V, batch: V, momentum: number): V {
  return math.add(math.scale(running, momentum), math.scale(batch, 1 - momentum));
}
