/**
 * A trained model as one file: the weights of both branches as safetensors, and in its metadata all that is needed to
 * embed a sentence as in training (fitted text encoder), to score (calibration) and to describe the model.
 */
import { z } from 'zod';
import { DescryError, errorCode, errorMessage, reasonOf } from '../errors.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  largestModelBytes,
  readSafetensorsMetadata,
  type SafetensorsFile,
  type Tensor,
} from '../files/safetensors.ts';
import { longestTexts, plainText } from '../files/plain-text.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { decodeConcepts, encodeConcepts } from './concept-tensors.ts';
import type { ConceptWeights } from '../concepts/concepts.ts';
import { wordKnowledge } from '../concepts/word-knowledge.ts';
import { imageSpec } from './image-input.ts';
import type { Joined } from './joined.ts';
import { fittedText, type FittedText } from '../text/fitted-text.ts';
import {
  allFinite,
  extraShapes,
  tensorShapes,
  type BranchShape,
  type BranchWeights,
  type NetworkWeights,
} from '../network/network.ts';
import { calibrationSchema } from '../relevance/relevance.ts';

const recall = z.object({ r1: z.number(), r5: z.number(), r10: z.number(), medianRank: z.number() });
const recalls = z.object({ textToImage: recall, imageToText: recall });
export const branchShape = z.object({
  inputs: z.int().positive(),
  hidden: z.int().positive(),
  outputs: z.int().positive(),
  activation: z.enum(['relu', 'softmax']).exactOptional(),
  components: z.int().positive().exactOptional(),
  references: z.int().positive().exactOptional(),
});

/** networks beside the first one */
const mostJoined = 64;

export const modelMetadata = z.object({
  /** identity of the features that the image branch reads */
  encoder: z.string().max(longestTexts.identity),
  /** Only the fields that a search needs are checked, so that models stay readable when recipes change. */
  recipe: z.looseObject({ name: plainText(longestTexts.name), image: imageSpec }),
  seed: z.int(),
  /** description of the training data */
  data: plainText(longestTexts.data),
  /** on the val split of that data; null where there was no val split */
  recalls: recalls.nullable(),
  /** of each dataset's val photos among themselves; absent: an earlier version wrote the file */
  sets: z
    .array(z.object({ set: plainText(longestTexts.name), photos: z.int(), recalls }))
    .max(longestTexts.sets)
    .exactOptional(),
  /** null where there was no val split to fit it on, or it was fitted by a version with other inputs */
  calibration: calibrationSchema.nullable().catch(null),
  /** the epoch that was kept */
  epoch: z.int(),
  /** ms since the epoch */
  createdAt: z.number(),
  image: branchShape,
  text: branchShape,
  /** of the networks that are joined with the first one */
  joined: z
    .object({
      members: z
        .array(z.object({ input: imageSpec, image: branchShape, text: branchShape }))
        .min(1)
        .max(mostJoined),
      dimensions: z.int().positive(),
    })
    .exactOptional(),
  /** of the fine-tuned stage 5 in the file: the first 12 hexadecimal digits of the SHA-256 of its numbers */
  tuned: z.string().min(1).exactOptional(),
  /** absent: an earlier version wrote the file */
  words: wordKnowledge.exactOptional(),
});
export type ModelMetadata = z.infer<typeof modelMetadata>;

/** What the models of all encoders have. */
export interface Networks {
  readonly metadata: ModelMetadata;
  readonly network: NetworkWeights;
  /** networks that score together with the first one; their shapes are in the metadata */
  readonly joined?: Joined | undefined;
}

/** A model of ResNet50 and GloVe. */
export interface Model extends Networks {
  readonly text: FittedText;
  /**
   * In how many captions of the photos that it was trained on each word is: unlike `text.counts` without captions for
   * pre-training. Absent: an earlier version wrote the file.
   */
  readonly captionCounts?: ReadonlyMap<string, number> | undefined;
  /** stage 5 of ResNet50, fine-tuned, where the metadata says so: tensors in numbers that half precision keeps */
  readonly tuned?: ReadonlyMap<string, Tensor>;
  /** Absent: an embedding has no concept part, as in models of earlier versions. */
  readonly concepts?: ConceptWeights | undefined;
}

const captionCountsSchema = z.array(z.tuple([z.string(), z.int().positive()]));

/** The second is of a model of several parts: joined networks, or concepts. Versions that know one network only refuse it. */
export const formats = { one: 'descry-model-1', parts: 'descry-model-2' } as const;
/** id of the encoder that reads the file, see models/contract/information.ts */
const implementation = 'resnet50-glove';
/** nothing larger is written in 8 or 16 bits */
export const largestHalf = 65_504;
const tunedPrefix = 'tuned.';

/**
 * @returns the bytes of a .safetensors file; matrices, which make up nearly all of it, in 8 bits, and a fine-tuned stage 5 in half
 * precision: the features that the model was trained on were made with exactly these numbers
 */
export function encodeModel({
  metadata,
  network,
  text,
  joined,
  captionCounts,
  concepts,
  tuned = new Map(),
}: Model): Uint8Array {
  const halves = new Set(tuned.values());
  const stage5 = [...tuned].map(([name, tensor]) => [`${tunedPrefix}${name}`, tensor] as const);
  const encoded = concepts && encodeConcepts(concepts);
  return encodeSafetensors(
    {
      metadata: {
        format: joined || concepts ? formats.parts : formats.one,
        implementation,
        model: JSON.stringify(metadata),
        text: JSON.stringify(text),
        ...(captionCounts ? { captionCounts: JSON.stringify([...captionCounts]) } : {}),
        ...(encoded ? { concepts: encoded.description } : {}),
      },
      tensors: new Map([...modelTensors({ network, joined }), ...(encoded?.tensors ?? []), ...stage5]),
    },
    // Vectors are small; a matrix with a larger number, or one that is not finite, is written as it is.
    (tensor) =>
      halves.has(tensor) ? 'F16' : tensor.shape.length > 1 && allWithin(tensor.data, largestHalf) ? 'I8' : 'F32',
  );
}

/** The tensors of a model's networks, by their names in the file. */
export function* modelTensors({ network, joined }: Omit<Networks, 'metadata'>): Generator<[string, Tensor]> {
  yield* networkTensors(network);
  if (joined) yield* joinedTensors(joined);
}

function* networkTensors({ image, text }: NetworkWeights, prefix = ''): Generator<[string, Tensor]> {
  yield* branchTensors(`${prefix}image`, image);
  yield* branchTensors(`${prefix}text`, text);
}

function* joinedTensors({ others, basis, dimensions }: Joined): Generator<[string, Tensor]> {
  for (const [i, { weights }] of others.entries()) yield* networkTensors(weights, memberPrefix(i));
  yield [basisName, { shape: [dimensions, basis.length / dimensions], data: basis }];
}

const memberPrefix = (index: number) => `joined.${index + 1}.`;
const basisName = 'joined.basis';

/** @throws RangeError where a tensor is missing or has another shape */
function joinedFromTensors(
  { members, dimensions }: NonNullable<ModelMetadata['joined']>,
  first: NetworkWeights,
  tensors: ReadonlyMap<string, Tensor>,
): Joined {
  const others = members.map(({ input, image, text }, i) => ({
    image: input,
    weights: {
      image: branchFromTensors(`${memberPrefix(i)}image`, image, tensors, true),
      text: branchFromTensors(`${memberPrefix(i)}text`, text, tensors, true),
    },
  }));
  const width = [first, ...others.map(({ weights }) => weights)].reduce((sum, { text }) => sum + text.shape.outputs, 0);
  const basis = tensors.get(basisName);
  if (basis?.shape.join() !== [dimensions, width].join() || !allFinite(basis.data)) {
    throw new RangeError(`the tensor ${basisName} is not [${dimensions}, ${width}] numbers`);
  }
  return { others, basis: basis.data, dimensions };
}

/** How a model's metadata describes what is joined with its first network. */
export const describeJoined = ({ others, dimensions }: Joined): NonNullable<ModelMetadata['joined']> => ({
  members: others.map(({ image, weights }) => ({ input: image, image: weights.image.shape, text: weights.text.shape })),
  dimensions,
});

/** Whether every value is a number nearer to zero than `limit`. A plain loop: `every` is slow for millions of weights. */
export function allWithin(values: Float32Array, limit: number): boolean {
  for (let i = 0; i < values.length; i++) if (!(Math.abs(values[i]!) < limit)) return false;
  return true;
}

/** @throws DescryError `model-invalid` with what is wrong; `not-found`, `no-permission` where there is nothing to read */
export const readModel = (file: string): Promise<Model> => readModelWith(file, decodeTensors);

/** A model of a file's bytes. @param name names it in messages @throws DescryError `model-invalid` */
export const decodeModel = (bytes: Uint8Array, name: string): Model => decodeModelWith(bytes, name, decodeTensors);

/** @param decode of the encoder's models; what it throws means that the file is no model @throws as `readModel` does */
export async function readModelWith<Decoded>(
  file: string,
  decode: (contents: SafetensorsFile) => Decoded,
): Promise<Decoded> {
  try {
    return decode(decodeSafetensors(await readRegularFile(file, { largest: largestModelBytes })));
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** @throws as `decodeModel` does */
export function decodeModelWith<Decoded>(
  bytes: Uint8Array,
  name: string,
  decode: (contents: SafetensorsFile) => Decoded,
): Decoded {
  try {
    return decode(decodeSafetensors(bytes));
  } catch (error) {
    throw unreadable(name, error);
  }
}

/** A model file's metadata, without reading its weights. @throws as `readModel` does */
export async function readModelMetadata(file: string): Promise<ModelMetadata> {
  try {
    return decodeMetadata(await readSafetensorsMetadata(file));
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): DescryError {
  const code = errorCode(error);
  if (code === 'not-found') {
    return new DescryError(code, `There is no model file ${file}. Check the name, or use another model.`, {
      cause: error,
      parameters: { file },
    });
  }
  if (code !== 'internal') {
    return new DescryError(
      code,
      `The model file ${file} cannot be read: ${reasonOf(error)}. Mend that, or choose another file.`,
      { cause: error, parameters: { file } },
    );
  }
  const reason = error instanceof z.ZodError ? z.prettifyError(error).replaceAll(/\s+/g, ' ') : errorMessage(error);
  return new DescryError(
    'model-invalid',
    `${file} is no Descry model: ${reason}. Choose a file that Descry exported.`,
    { cause: error, parameters: { file } },
  );
}

function decodeMetadata(header: SafetensorsFile['metadata']): ModelMetadata {
  if (!Object.values<string | undefined>(formats).includes(header['format'])) {
    throw new RangeError(
      `its format is ${header['format'] ?? 'not given'}, not ${Object.values(formats).join(' or ')}`,
    );
  }
  return modelMetadata.parse(JSON.parse(header['model'] ?? 'null'));
}

/** @throws RangeError, ZodError where the file is no model */
export function decodeNetworks({ metadata: header, tensors }: SafetensorsFile): Networks {
  const metadata = decodeMetadata(header);
  const network = {
    image: branchFromTensors('image', metadata.image, tensors, true),
    text: branchFromTensors('text', metadata.text, tensors, true),
  };
  for (const { image, text: sentence } of [metadata, ...(metadata.joined?.members ?? [])]) {
    if (image.outputs !== sentence.outputs) {
      throw new RangeError(`its branches end in ${image.outputs} and ${sentence.outputs} dimensions`);
    }
  }
  return { metadata, network, joined: metadata.joined && joinedFromTensors(metadata.joined, network, tensors) };
}

function decodeTensors(contents: SafetensorsFile): Model {
  const { metadata: header, tensors } = contents;
  const { metadata, network, joined } = decodeNetworks(contents);
  const text = fittedText.parse(JSON.parse(header['text'] ?? 'null'));
  const counts = header['captionCounts'];
  const captionCounts = counts === undefined ? undefined : new Map(captionCountsSchema.parse(JSON.parse(counts)));
  const concepts = header['concepts'] === undefined ? undefined : decodeConcepts(header['concepts'], tensors);
  const model = { metadata, network, text, joined, captionCounts, concepts };
  if (metadata.tuned === undefined) return model;
  const tuned = [...tensors].filter(([name]) => name.startsWith(tunedPrefix));
  for (const [name, { data }] of tuned) {
    if (!allFinite(data)) throw new RangeError(`the tensor ${name} holds what is no number`);
  }
  return { ...model, tuned: new Map(tuned.map(([name, of]) => [name.slice(tunedPrefix.length), of])) };
}

/** The tensors of a branch under `prefix.name`, in the order of the schema. */
export function* branchTensors(prefix: string, branch: BranchWeights): Generator<[string, Tensor]> {
  for (const [name, shape] of Object.entries(tensorShapes(branch.shape))) {
    yield [`${prefix}.${name}`, { shape, data: branch[name as keyof ReturnType<typeof tensorShapes>] }];
  }
  for (const [name, shape] of extraShapes(branch.shape)) yield [`${prefix}.${name}`, { shape, data: branch[name]! }];
}

/**
 * @param later the numbers of its matrices are made when they are asked for: a search needs few rows of those of sentences, and
 *   those of photos are 100 MB in the built-in model
 * @throws RangeError when a tensor is missing or has other dimensions, or holds what is no number
 */
export function branchFromTensors(
  prefix: string,
  shape: BranchShape,
  tensors: ReadonlyMap<string, Tensor>,
  later = false,
): BranchWeights {
  const checked = (name: string, wanted: readonly number[]) => {
    const tensor = tensors.get(`${prefix}.${name}`);
    if (!tensor) throw new RangeError(`the tensor ${prefix}.${name} is missing`);
    if (tensor.shape.join() !== wanted.join()) {
      throw new RangeError(`the tensor ${prefix}.${name} is [${tensor.shape.join(', ')}], not [${wanted.join(', ')}]`);
    }
    if (!(tensor.isFinite ?? allFinite(tensor.data))) {
      throw new RangeError(`the tensor ${prefix}.${name} holds what is no number`);
    }
    return tensor;
  };
  const wanted: [string, readonly number[]][] = [...Object.entries(tensorShapes(shape)), ...extraShapes(shape)];
  const branch = { shape };
  for (const [name, extents] of wanted) {
    const tensor = checked(name, extents);
    const value = later ? { get: () => tensor.data } : { value: tensor.data };
    Object.defineProperty(branch, name, { enumerable: true, ...value });
  }
  // Not enumerable: in a copy with other weights they would be wrong.
  const first = tensors.get(`${prefix}.hiddenWeight`)!;
  if (later && first.rows && shape.components === undefined) {
    Object.defineProperty(branch, 'hiddenRows', { value: (inputs: readonly number[]) => first.rows!(inputs) });
  }
  return branch as BranchWeights;
}
