/**
 * Describes the files of an encoder in transformers.js' layout: a graph for photos and one for sentences, or one for both, with
 * tokenizer.json and preprocessor_config.json. Nothing of them is run: graphs are read as data (models/onnx/inspect.ts).
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { addedEncoder, type AddedEncoder, type AddedFile } from '../contract/added-encoder.ts';
import { DescryError, errorCode, errorMessage, reasonOf } from '../errors.ts';
import { FileRefused, openRegularFile, readRegularFile } from '../files/regular-file.ts';
import { NoGraph, requireGraphSize } from '../onnx/inspect.ts';
import { findGraphs, type FoundGraphs, type Precision } from './files.ts';
import { limitsOfGraphs, type GraphLimits } from './graph-limits.ts';
import { adviceAbove, adviceBelow } from './other-folder.ts';
import { preprocessingOf } from './preprocessor.ts';
import { limitsOf, openTokenizer, readTokenizer } from './tokenizer.ts';

export type { Precision } from './files.ts';

export interface DescribeOptions {
  readonly id: string;
  /** what the user reads */
  readonly title: string;
  readonly source: AddedEncoder['source'];
  /** ms since the epoch */
  readonly addedAt: number;
  /** the only one that is wanted; absent: the most exact one that is there */
  readonly precision?: Precision;
  /** what is known without the folder, of an encoder that is fetched without the files that say it */
  readonly known?: Partial<Pick<AddedEncoder, 'preprocessing' | 'dimensions' | 'contextLength'>>;
  readonly signal?: AbortSignal;
}

const tokenizerName = 'tokenizer.json';
const preprocessorName = 'preprocessor_config.json';
/** CLIP's, where no file says another */
const usualLength = 77;
const mostTokens = 512;
const largestSettings = 1 << 20;

/**
 * @param folder the user's, or one that was fetched
 * @returns the description, without what is measured; its paths are inside `folder`
 * @throws DescryError `encoder-invalid` with the file and what is wrong; `not-found`, `not-a-folder`, `no-permission` where there is
 *   nothing to read; `cancelled`
 */
export async function describeFolder(folder: string, options: DescribeOptions): Promise<AddedEncoder> {
  const { id, title, source, addedAt, signal, known = {} } = options;
  const graphs = await graphsIn(folder, options.precision ?? null);
  const preprocessing = known.preprocessing ?? (await preprocessingIn(folder));
  const limits = await limitsOfGraphs(folder, graphs, preprocessing.side);
  const settings = await settingsOf(folder, 'config.json', modelSettings);
  const dimensions = limits.dimensions ?? known.dimensions ?? settings.projection_dim;
  if (dimensions === undefined) {
    throw invalid(folder, graphs.vision, 'neither it nor config.json says how many numbers an embedding has');
  }
  const ofModel = known.contextLength ?? settings.text_config?.max_position_embeddings;
  const sentences = await sentencesIn(folder, limits, ofModel);
  const vision = await fileOf(folder, graphs.vision, signal);
  const text = graphs.text === graphs.vision ? vision : await fileOf(folder, graphs.text, signal);
  const tokenizer = await fileOf(folder, tokenizerName, signal);
  return addedEncoder.parse({
    format: 1,
    id,
    title,
    kind: 'clip',
    files: { vision, text, tokenizer },
    dimensions,
    tensors: limits.tensors,
    ...sentences,
    preprocessing,
    source,
    measured: null,
    addedAt,
  } satisfies AddedEncoder);
}

async function graphsIn(folder: string, precision: Precision | null): Promise<FoundGraphs> {
  const found = await findGraphs(folder, precision).catch((error: unknown) => {
    throw new DescryError(errorCode(error), `${folder} cannot be read: ${reasonOf(error)}.`, {
      cause: error,
      parameters: { folder },
    });
  });
  const [first] = found.sets;
  if (!first) {
    const there = found.names.length === 0 ? 'no graphs' : `only ${found.names.slice(0, 12).join(', ')}`;
    const advice = (await adviceBelow(folder)) ?? 'Choose the folder that has the folder onnx in it.';
    const wanted = precision === null ? '' : ` of the precision that was chosen (${precision})`;
    throw new DescryError(
      'encoder-invalid',
      `${folder} has ${there}. Descry looks for onnx/vision_model.onnx and onnx/text_model.onnx, or for ` +
        `onnx/model.onnx with both sides${wanted}. ${advice}`,
      { parameters: { folder } },
    );
  }
  for (const graph of new Set([first.vision, first.text])) {
    const beside = found.outside.find((name) => name.startsWith(graph));
    if (beside !== undefined) {
      throw invalid(
        folder,
        graph,
        `its weights lie in another file, ${beside}, and Descry opens graphs of one file only`,
      );
    }
  }
  return first;
}

const adviceFor = (folder: string, name: string) =>
  adviceAbove(folder, name) ?? 'Get it from where the model comes from.';

async function preprocessingIn(folder: string): Promise<AddedEncoder['preprocessing']> {
  const content = await jsonOf(folder, preprocessorName);
  if (content === undefined) {
    throw new DescryError(
      'encoder-invalid',
      `${folder} has no ${preprocessorName}, which says how a photo becomes pixels. ${adviceFor(folder, preprocessorName)}`,
      { parameters: { folder } },
    );
  }
  try {
    return preprocessingOf(content);
  } catch (error) {
    throw invalid(folder, preprocessorName, errorMessage(error), error);
  }
}

/** Of tokenizer_config.json and config.json only these entries are read. */
const tokenizerSettings = z.looseObject({
  model_max_length: z.number().positive().optional().catch(undefined),
  pad_token: z
    .union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)])
    .optional()
    .catch(undefined),
});
const modelSettings = z.looseObject({
  projection_dim: z.int().positive().optional().catch(undefined),
  text_config: z
    .looseObject({ max_position_embeddings: z.number().positive().optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

type Sentences = Pick<AddedEncoder, 'contextLength' | 'padding'>;

async function sentencesIn(
  folder: string,
  { fixedLength }: GraphLimits,
  ofModel: number | undefined,
): Promise<Sentences> {
  const file = path.join(folder, tokenizerName);
  const content = await readTokenizer(file).catch((error: unknown) => {
    if (errorCode(error) !== 'not-found') throw error;
    throw new DescryError(
      'encoder-invalid',
      `${folder} has no ${tokenizerName}, without which sentences cannot be read. ${adviceFor(folder, tokenizerName)}`,
      { cause: error, parameters: { folder } },
    );
  });
  const said = limitsOf(content);
  const ofTokenizer = await settingsOf(folder, 'tokenizer_config.json', tokenizerSettings);
  const fixed = fixedLength ?? said.fixedLength;
  const longest = [said.longest, ofTokenizer.model_max_length, ofModel];
  const known = longest.filter((length): length is number => typeof length === 'number' && Number.isInteger(length));
  const contextLength = fixed ?? Math.min(...(known.length > 0 ? known : [usualLength]), mostTokens);
  if (contextLength < 3 || contextLength > mostTokens) {
    throw invalid(
      folder,
      tokenizerName,
      `a sentence has ${contextLength} tokens there, and Descry can use 3 to ${mostTokens}`,
    );
  }
  const idOf = (token: string | undefined) => content.added_tokens.find((one) => one.content === token)?.id;
  const tokenizer = await openTokenizer(file, { contextLength, padding: null });
  const end = tokenizer.encode('').ids.at(-1)!;
  return {
    contextLength,
    // Where a sentence may have any length, none is filled: see models/clip/texts.ts.
    padding: fixed === null ? null : (said.paddingId ?? idOf(ofTokenizer.pad_token) ?? end),
  };
}

/** Of a file that may be missing, and whose entries may be. */
async function settingsOf<Settings>(folder: string, name: string, schema: z.ZodType<Settings>): Promise<Settings> {
  const { data, success } = schema.safeParse((await jsonOf(folder, name)) ?? {});
  if (success) return data;
  throw invalid(folder, name, 'it is not a JSON object with settings');
}

/** @returns undefined where the file is not there */
async function jsonOf(folder: string, name: string): Promise<unknown> {
  try {
    const bytes = await readRegularFile(path.join(folder, name), { largest: largestSettings });
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    if (errorCode(error) === 'not-found') return undefined;
    if (error instanceof SyntaxError || error instanceof FileRefused) {
      throw invalid(folder, name, error instanceof SyntaxError ? 'it is no JSON' : error.message, error);
    }
    throw unreadable(folder, name, error);
  }
}

async function fileOf(folder: string, name: string, signal: AbortSignal | undefined): Promise<AddedFile> {
  try {
    const { handle, found } = await openRegularFile(path.join(folder, name));
    try {
      requireGraphSize(found.size); // it may be another file by now
      return { path: name, ...(await hashOf(handle, signal)) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof FileRefused || error instanceof NoGraph) throw invalid(folder, name, error.message, error);
    if (error instanceof DescryError) throw error;
    throw unreadable(folder, name, error);
  }
}

async function hashOf(handle: FileHandle, signal: AbortSignal | undefined): Promise<Omit<AddedFile, 'path'>> {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(1 << 20);
  for (let bytes = 0; ;) {
    if (signal?.aborted) throw new DescryError('cancelled', 'Cancelled.');
    const { bytesRead } = await handle.read(piece, 0, piece.length, null);
    if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
    hash.update(piece.subarray(0, bytesRead));
    bytes += bytesRead;
  }
}

const unreadable = (folder: string, name: string, error: unknown) =>
  new DescryError(errorCode(error), `${path.join(folder, name)} cannot be read: ${reasonOf(error)}.`, {
    cause: error,
    parameters: { file: path.join(folder, name) },
  });

const invalid = (folder: string, name: string, reason: string, cause?: unknown) =>
  new DescryError(
    'encoder-invalid',
    `Descry cannot use ${path.join(folder, name)}: ${reason}. Choose another encoder.`,
    {
      cause,
      parameters: { file: path.join(folder, name) },
    },
  );
