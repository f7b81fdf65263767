/**
 * A trained model as one file: the weights of both branches as safetensors, and in its metadata all that is needed to
 * embed a sentence the way training did (fitted text encoder), to score (calibration) and to tell what the model is.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { DescryError, errorMessage } from '../errors.ts';
import { decodeSafetensors, encodeSafetensors, type SafetensorsFile, type Tensor } from '../safetensors.ts';
import { fittedText, type FittedText } from '../text/text-encoder.ts';
import { makeBranch, tensorShapes, type BranchShape, type BranchWeights, type NetworkWeights } from './network.ts';
import { recipeSchema } from './recipe.ts';
import { calibrationSchema } from './relevance.ts';

const recall = z.object({ r1: z.number(), r5: z.number(), r10: z.number(), medianRank: z.number() });
const shape = z.object({ inputs: z.int().positive(), hidden: z.int().positive(), outputs: z.int().positive() });

export const modelMetadata = z.object({
  /** the image encoder whose features the image branch reads */
  encoder: z.string(),
  recipe: recipeSchema,
  seed: z.int(),
  /** what it was trained on, in words */
  data: z.string(),
  /** on the val split of that data; null where everything was trained on */
  recalls: z.object({ textToImage: recall, imageToText: recall }).nullable(),
  /** null where there was no val split to fit it on */
  calibration: calibrationSchema.nullable(),
  /** the epoch that was kept */
  epoch: z.int(),
  /** ms since the epoch */
  createdAt: z.number(),
  image: shape,
  text: shape,
});
export type ModelMetadata = z.infer<typeof modelMetadata>;

export interface Model {
  readonly metadata: ModelMetadata;
  readonly network: NetworkWeights;
  readonly text: FittedText;
  /** embeddings of the reference photos of relevance.ts, [photos, embedding length] */
  readonly reference: Float32Array;
}

const format = 'descry-model-1';

/** @returns the bytes of a .safetensors file */
export function encodeModel({ metadata, network, text, reference }: Model): Uint8Array {
  return encodeSafetensors(
    {
      metadata: { format, model: JSON.stringify(metadata), text: JSON.stringify(text) },
      tensors: new Map([
        ...branchTensors('image', network.image),
        ...branchTensors('text', network.text),
        ['reference', { shape: [reference.length / metadata.image.outputs, metadata.image.outputs], data: reference }],
      ]),
    },
    'F16',
  );
}

/** @throws DescryError `model-invalid` with what is wrong */
export async function readModel(file: string): Promise<Model> {
  const bytes = await readFile(file);
  try {
    return decodeModel(decodeSafetensors(bytes));
  } catch (error) {
    throw new DescryError(
      'model-invalid',
      `${file} is no Descry model: ${error instanceof z.ZodError ? z.prettifyError(error) : errorMessage(error)}. ` +
        'Choose a file that `descry models export` wrote.',
      { cause: error },
    );
  }
}

function decodeModel({ metadata: header, tensors }: SafetensorsFile): Model {
  if (header['format'] !== format)
    throw new RangeError(`its format is ${header['format'] ?? 'not given'}, not ${format}`);
  const metadata = modelMetadata.parse(JSON.parse(header['model'] ?? 'null'));
  const text = fittedText.parse(JSON.parse(header['text'] ?? 'null'));
  const network = {
    image: branchFromTensors('image', metadata.image, tensors),
    text: branchFromTensors('text', metadata.text, tensors),
  };
  if (metadata.image.outputs !== metadata.text.outputs) {
    throw new RangeError(`its branches end in ${metadata.image.outputs} and ${metadata.text.outputs} dimensions`);
  }
  const reference = tensors.get('reference')?.data ?? new Float32Array();
  if (reference.length % metadata.image.outputs !== 0)
    throw new RangeError('its reference embeddings have another length');
  return { metadata, network, text, reference };
}

/** The tensors of a branch under `prefix.name`, in the order of the schema. */
export function* branchTensors(prefix: string, branch: BranchWeights): Generator<[string, Tensor]> {
  for (const [name, shape] of Object.entries(tensorShapes(branch.shape))) {
    yield [`${prefix}.${name}`, { shape, data: branch[name as keyof ReturnType<typeof tensorShapes>] }];
  }
}

/** @throws RangeError when a tensor is missing or has other dimensions, or holds what is no number */
export function branchFromTensors(
  prefix: string,
  shape: BranchShape,
  tensors: ReadonlyMap<string, Tensor>,
): BranchWeights {
  return makeBranch(shape, (name, length) => {
    const tensor = tensors.get(`${prefix}.${name}`);
    if (!tensor) throw new RangeError(`the tensor ${prefix}.${name} is missing`);
    const wanted = tensorShapes(shape)[name];
    if (tensor.data.length !== length || tensor.shape.join() !== wanted.join()) {
      throw new RangeError(`the tensor ${prefix}.${name} is [${tensor.shape.join(', ')}], not [${wanted.join(', ')}]`);
    }
    if (!tensor.data.every(Number.isFinite))
      throw new RangeError(`the tensor ${prefix}.${name} holds what is no number`);
    return tensor.data;
  });
}
