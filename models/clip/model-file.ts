/** The file of a model that was trained on an added encoder: as those of ResNet50 and GloVe, and which encoder it needs. */
import { z } from 'zod';
import type { AddedEncoder } from '../contract/added-encoder.ts';
import { identityFromText } from '../branch-models/identity-text.ts';
import { longestTexts, plainText } from '../files/plain-text.ts';
import { encodeSafetensors, type SafetensorsFile } from '../files/safetensors.ts';
import {
  allWithin,
  decodeModelWith,
  decodeNetworks,
  formats,
  largestHalf,
  modelTensors,
  readModelWith,
  type Networks,
} from '../two-branch/model-file.ts';

/** What a user needs to know to get the encoder of a model. */
const needsSchema = z.object({
  id: plainText(longestTexts.name),
  title: plainText(longestTexts.name),
  /** repository and revision; null: it came from a folder */
  origin: plainText(longestTexts.name).nullable(),
});
export type NeededEncoder = z.infer<typeof needsSchema>;

/** What a model file says of the encoder that it needs; undefined where it says nothing. @param metadata of the file */
export function neededEncoder(metadata: SafetensorsFile['metadata']): NeededEncoder | undefined {
  try {
    return needsSchema.parse(JSON.parse(metadata['needs'] ?? 'null'));
  } catch {
    return undefined;
  }
}

/** What names the files that a model was trained on (weights-id.ts); undefined where its file does not say it. @param metadata of the file */
export function neededWeights(metadata: SafetensorsFile['metadata']): string | undefined {
  try {
    return identityFromText(trainedOn.parse(JSON.parse(metadata['model'] ?? 'null')).encoder).id;
  } catch {
    return undefined;
  }
}

const trainedOn = z.looseObject({ encoder: z.string().max(longestTexts.identity) });

export interface ClipModel extends Networks {
  readonly needs: NeededEncoder;
  /** in how many captions of the photos that it was trained on each word is */
  readonly captionCounts: ReadonlyMap<string, number>;
  /** how many captions these are */
  readonly captions: number;
}

const countsSchema = z.array(z.tuple([z.string(), z.int().positive()]));

/** Without the folder that an encoder came from: it says where a user's files lie. */
export const neededBy = ({ id, title, source }: AddedEncoder): NeededEncoder => ({
  id,
  title,
  origin: source.kind === 'hub' ? `${source.repository}@${source.revision}` : null,
});

/**
 * @returns the bytes of a .safetensors file. Matrices are in half precision: 8 bits would round away what training changed in a
 * branch that began as the identity, whose numbers are 1 and 0.
 */
export function encodeClipModel({ metadata, network, joined, needs, captionCounts, captions }: ClipModel): Uint8Array {
  return encodeSafetensors(
    {
      metadata: {
        format: joined ? formats.parts : formats.one,
        implementation: needs.id,
        needs: JSON.stringify(needs),
        model: JSON.stringify(metadata),
        captionCounts: JSON.stringify([...captionCounts]),
        captions: JSON.stringify(captions),
      },
      tensors: new Map(modelTensors({ network, joined })),
    },
    (tensor) => (tensor.shape.length > 1 && allWithin(tensor.data, largestHalf) ? 'F16' : 'F32'),
  );
}

function decode(contents: SafetensorsFile): ClipModel {
  const { metadata: header } = contents;
  return {
    ...decodeNetworks(contents),
    needs: needsSchema.parse(JSON.parse(header['needs'] ?? 'null')),
    captionCounts: new Map(countsSchema.parse(JSON.parse(header['captionCounts'] ?? 'null'))),
    captions: z
      .int()
      .min(0)
      .parse(JSON.parse(header['captions'] ?? 'null')),
  };
}

/** @throws DescryError `model-invalid`; `not-found`, … where there is nothing to read */
export const readClipModel = (file: string): Promise<ClipModel> => readModelWith(file, decode);

/** @param name of the model, for messages @throws DescryError `model-invalid` */
export const decodeClipModel = (bytes: Uint8Array, name: string): ClipModel => decodeModelWith(bytes, name, decode);
