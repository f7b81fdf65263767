/**
 * An encoder that a user added, as plain data: it lies beside the weights, and goes to the workers with each request. Nothing of it
 * is run: the files are ONNX graphs and the tables of a tokenizer.
 */
import { z } from 'zod';
import { longestTexts, plainText } from '../files/plain-text.ts';

/** On the command line, in model files and in names of folders. */
export const encoderId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,47}$/);

/** A name of a tensor in a graph. */
const tensor = z.string().min(1).max(256);

export const addedFile = z.object({
  /** inside the encoder's folder, with forward slashes */
  path: z.string().regex(/^(?!.*\.\.)[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/),
  bytes: z.int().positive(),
  /** SHA-256, hexadecimal */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type AddedFile = Readonly<z.infer<typeof addedFile>>;

const channels = z.tuple([z.number(), z.number(), z.number()]);

export const addedEncoder = z.object({
  /** of this description */
  format: z.literal(1),
  id: encoderId,
  title: plainText(longestTexts.name),
  /** the implementation that runs it (models/encoders.ts) */
  kind: z.literal('clip'),
  /**
   * Which file is what. `vision` and `text` may be one graph with all inputs; `tokenizer` is a tokenizer.json of Hugging Face.
   */
  files: z.object({ vision: addedFile, text: addedFile, tokenizer: addedFile }),
  /** numbers of an embedding */
  dimensions: z.int().min(1).max(8192),
  /** tensors of the graphs; `mask` is null where the text graph has none */
  tensors: z.object({
    pixels: tensor,
    tokens: tensor,
    mask: tensor.nullable(),
    imageEmbeddings: tensor,
    textEmbeddings: tensor,
  }),
  /** tokens of a sentence with those at its start and end; longer ones are cut */
  contextLength: z.int().min(3).max(512),
  /** token that fills all sentences up to `contextLength`; null: the graph takes sentences of any length, one length at a time */
  padding: z.int().min(0).nullable(),
  preprocessing: z.object({
    side: z.int().min(16).max(1024),
    fit: z.enum(['squash', 'crop']),
    resample: z.enum(['linear', 'cubic', 'lanczos3']),
    normalisation: z.object({ mean: channels, deviation: channels }),
  }),
  /** where it comes from: a repository at a fixed revision, or the user's folder */
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('hub'), repository: z.string().max(200), revision: z.string().max(64) }),
    z.object({ kind: z.literal('folder'), folder: z.string().max(4096) }),
  ]),
  /** what was measured when it was added; null: it could not be */
  measured: z.object({ photosPerSecond: z.number().positive(), peakBytes: z.int().positive() }).nullable(),
  /** ms since the epoch */
  addedAt: z.number(),
});
export type AddedEncoder = Readonly<z.infer<typeof addedEncoder>>;
