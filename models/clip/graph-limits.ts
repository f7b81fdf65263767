/** What the graphs of an encoder take and give, and whether Descry can use them. */
import path from 'node:path';
import type { AddedEncoder } from '../contract/added-encoder.ts';
import { DescryError, errorCode, errorMessage, reasonOf } from '../errors.ts';
import { FileRefused } from '../files/regular-file.ts';
import { inspectGraph, NoGraph, type GraphDescription, type TensorDescription } from '../onnx/inspect.ts';
import type { DataType } from '../onnx/proto.ts';
import type { FoundGraphs } from './files.ts';

export interface GraphLimits {
  readonly tensors: AddedEncoder['tensors'];
  /** numbers of an embedding; null: the graphs do not say */
  readonly dimensions: number | null;
  /** tokens that each sentence must have; null: as many as it has */
  readonly fixedLength: number | null;
}

/** As Hugging Face's exporter names them. */
const names = {
  pixels: 'pixel_values',
  tokens: 'input_ids',
  mask: 'attention_mask',
  imageEmbeddings: 'image_embeds',
  textEmbeddings: 'text_embeds',
} as const;

/** ONNX's own operators, and those that ONNX Runtime adds to them, as for weights of 8 bits. */
const knownDomains = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft']);
const mostDimensions = 8192;

/**
 * @param side of the pictures, in pixels
 * @throws DescryError `encoder-invalid` with the file and what is wrong; system errors with the file's name
 */
export async function limitsOfGraphs(
  folder: string,
  { vision, text }: FoundGraphs,
  side: number,
): Promise<GraphLimits> {
  const both = vision === text;
  const photos = new CheckedGraph(path.join(folder, vision), await inspect(path.join(folder, vision)));
  const sentences = both ? photos : new CheckedGraph(path.join(folder, text), await inspect(path.join(folder, text)));
  photos.requireShape(photos.input(names.pixels, ['float32', 'float16']), 'photos', [null, 3, side, side]);
  const tokens = sentences.input(names.tokens, ['int64']);
  sentences.requireShape(tokens, 'sentences', [null, null]);
  const mask = sentences.optionalInput(names.mask);
  photos.requireNoOthers(both ? [names.pixels, names.tokens, names.mask] : [names.pixels]);
  sentences.requireNoOthers(both ? [names.pixels, names.tokens, names.mask] : [names.tokens, names.mask]);
  const dimensions = photos.width(names.imageEmbeddings);
  const ofText = sentences.width(names.textEmbeddings);
  if (dimensions !== null && ofText !== null && dimensions !== ofText) {
    throw sentences.invalid(
      `its ${names.textEmbeddings} have ${ofText} numbers, and the ${names.imageEmbeddings} ${dimensions}, so that they cannot be compared`,
    );
  }
  return {
    tensors: { ...names, mask: mask ? names.mask : null },
    dimensions: dimensions ?? ofText,
    fixedLength: tokens.shape?.[1] ?? null,
  };
}

async function inspect(file: string): Promise<GraphDescription> {
  try {
    return await inspectGraph(file);
  } catch (error) {
    if (error instanceof NoGraph || error instanceof FileRefused) throw invalid(file, errorMessage(error), error);
    throw new DescryError(errorCode(error), `${file} cannot be read: ${reasonOf(error)}.`, {
      cause: error,
      parameters: { file },
    });
  }
}

class CheckedGraph {
  readonly #file: string;
  readonly #graph: GraphDescription;

  constructor(file: string, graph: GraphDescription) {
    this.#file = file;
    this.#graph = graph;
    const [outside] = graph.externalFiles;
    if (outside !== undefined) {
      throw this.invalid(`its weights lie in another file (${outside}), and Descry opens graphs of one file only`);
    }
    const unknown = graph.domains.find((domain) => !knownDomains.has(domain));
    if (unknown !== undefined) throw this.invalid(`it has operators of ${unknown}, which ONNX Runtime does not have`);
  }

  input(name: string, types: readonly DataType[]): TensorDescription {
    const found = this.optionalInput(name);
    if (!found) throw this.invalid(`it has no input ${name} (it has ${listed(this.#graph.inputs)})`);
    if (found.type === null || !types.includes(found.type)) {
      throw this.invalid(
        `its input ${name} is ${found.type ?? 'of an unknown type'} in place of ${types.join(' or ')}`,
      );
    }
    return found;
  }

  optionalInput(name: string): TensorDescription | undefined {
    return this.#graph.inputs.find((input) => input.name === name);
  }

  /** @param shape null: any size, so that several can be computed at a time */
  requireShape({ name, shape: found }: TensorDescription, what: string, shape: readonly (number | null)[]): void {
    if (!found) return;
    if (found.length !== shape.length) {
      throw this.invalid(`its input ${name} has ${found.length} dimensions in place of ${shape.length}`);
    }
    if (found[0] !== null) throw this.invalid(`it takes just ${found[0]} ${what} at a time`);
    found.forEach((size, i) => {
      const wanted = shape[i];
      if (size !== null && wanted !== null && size !== wanted) {
        throw this.invalid(
          `its input ${name} has size ${size} in place of ${wanted}, which preprocessor_config.json says`,
        );
      }
    });
  }

  requireNoOthers(known: readonly string[]): void {
    const other = this.#graph.inputs.find(({ name }) => !known.includes(name));
    if (other) throw this.invalid(`it needs an input ${other.name}, which Descry does not have`);
    const mask = this.optionalInput(names.mask);
    if (mask && mask.type !== 'int64') throw this.invalid(`its input ${mask.name} is ${mask.type} in place of int64`);
  }

  /** Numbers of an embedding; null: some exporters leave them open. */
  width(name: string): number | null {
    const found = this.#graph.outputs.find((output) => output.name === name);
    if (!found) throw this.invalid(`it has no output ${name} (it has ${listed(this.#graph.outputs)})`);
    if (found.type !== 'float32' && found.type !== 'float16') {
      throw this.invalid(`its output ${name} is ${found.type ?? 'of an unknown type'} in place of float32 or float16`);
    }
    if (found.shape === null) return null;
    if (found.shape.length !== 2) {
      throw this.invalid(`its output ${name} has ${found.shape.length} dimensions in place of 2`);
    }
    const width = found.shape[1]!;
    if (width === null || (width >= 1 && width <= mostDimensions)) return width;
    throw this.invalid(`its output ${name} has ${width} numbers, and Descry can use ${mostDimensions} at most`);
  }

  invalid(reason: string): DescryError {
    return invalid(this.#file, reason);
  }
}

const listed = (tensors: readonly TensorDescription[]) =>
  tensors
    .slice(0, 12)
    .map(({ name }) => name)
    .join(', ') || 'none';

const invalid = (file: string, reason: string, cause?: unknown) =>
  new DescryError('encoder-invalid', `Descry cannot use ${file}: ${reason}. Choose another encoder.`, {
    cause,
    parameters: { file },
  });
