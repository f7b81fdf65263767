/** The concept part of a model (models/concepts) in its file. */
import { z } from 'zod';
import { parseClassNames } from '../concepts/class-names.ts';
import type { ConceptWeights } from '../concepts/concepts.ts';
import { conceptSpec } from '../concepts/spec.ts';
import type { Tensor } from '../files/safetensors.ts';
import { allFinite } from '../network/network.ts';

const described = z.object({ spec: conceptSpec, names: z.unknown() });

/** @returns `description` for the header, and the tensors */
export function encodeConcepts({ spec, names, classifier, shared, photo, photoOffset, word }: ConceptWeights): {
  readonly description: string;
  readonly tensors: [string, Tensor][];
} {
  const classes = classifier.bias.length;
  const width = shared.mean.length;
  const tensors: [string, Tensor][] = [
    ['classifier', { shape: [classes, classifier.inputs], data: classifier.weights }],
    ['classifierBias', { shape: [classes], data: classifier.bias }],
    ['photo', { shape: [classes, spec.dimensions], data: photo }],
    ['photoOffset', { shape: [spec.dimensions], data: photoOffset }],
    ['word', { shape: [classes, spec.dimensions], data: word }],
    ['sharedMean', { shape: [width], data: shared.mean }],
    ['sharedComponents', { shape: [shared.components.length / width, width], data: shared.components }],
  ];
  return {
    description: JSON.stringify({ spec, names }),
    tensors: tensors.map(([name, tensor]) => [`concepts.${name}`, tensor]),
  };
}

/** @throws RangeError or a parse error when something is missing or has other dimensions */
export function decodeConcepts(description: string, tensors: ReadonlyMap<string, Tensor>): ConceptWeights {
  const { spec, names: given } = described.parse(JSON.parse(description));
  const names = parseClassNames(given);
  const classes = names.classes.length;
  /** @param wanted null: any length */
  const read = (name: string, wanted: readonly (number | null)[]) => {
    const tensor = tensors.get(`concepts.${name}`);
    if (!tensor) throw new RangeError(`the tensor concepts.${name} is missing`);
    const { shape, data } = tensor;
    if (shape.length !== wanted.length || shape.some((extent, i) => extent !== (wanted[i] ?? extent)))
      throw new RangeError(`the tensor concepts.${name} is [${shape.join(', ')}]`);
    if (!allFinite(data)) throw new RangeError(`the tensor concepts.${name} holds what is no number`);
    return tensor;
  };
  const classifier = read('classifier', [classes, null]);
  const mean = read('sharedMean', [null]).data;
  return {
    spec,
    names,
    classifier: {
      inputs: classifier.shape[1]!,
      weights: classifier.data,
      bias: read('classifierBias', [classes]).data,
    },
    shared: { mean, components: read('sharedComponents', [null, mean.length]).data },
    photo: read('photo', [classes, spec.dimensions]).data,
    photoOffset: read('photoOffset', [spec.dimensions]).data,
    word: read('word', [classes, spec.dimensions]).data,
  };
}
