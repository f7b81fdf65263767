/** Opens the graphs of an added encoder, and checks what comes out of them. */
import type { AddedEncoder } from '../contract/added-encoder.ts';
import { GraphFault } from '../contract/graph-fault.ts';
import type { Engine, Graph, GraphInputs, GraphOptions, OnnxEngine } from '../engine/engine.ts';
import { DescryError, errorMessage } from '../errors.ts';

/** @throws DescryError `engine-unavailable`: the other engine has no reader of ONNX files */
export function requireOnnx(engine: Engine, title: string): OnnxEngine {
  if (engine.name === 'onnx') return engine;
  throw new DescryError(
    'engine-unavailable',
    `${title} needs ONNX Runtime, which is not in use here. Choose ONNX Runtime as the engine, or another encoder.`,
    { parameters: { otherEngine: 'onnx' } },
  );
}

/** A graph of one side, or of both. */
export interface SideGraph {
  /**
   * Embeddings of norm 1.
   * @param count of photos or sentences
   * @returns [count, dimensions]
   * @throws DescryError `encoder-invalid`
   */
  embed(inputs: GraphInputs, count: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/**
 * @param file path of the graph
 * @param output name of the result, [count, dimensions]
 * @param options with a provider other than the processor, errors are those of the runtime: it may be absent or broken, whatever the file
 * @throws DescryError `encoder-invalid` where the runtime cannot load it
 */
export async function openSide(
  engine: OnnxEngine,
  { title, dimensions }: AddedEncoder,
  file: string,
  output: string,
  options: GraphOptions = {},
): Promise<SideGraph> {
  const graphics = options.provider !== undefined && options.provider !== 'cpu';
  const failed = (what: string) => (error: unknown) => {
    if (graphics) throw error;
    const message = errorMessage(error).trim();
    const isMemory = /failed to allocate memory|bad_alloc/i.test(message);
    const reason = isMemory ? `${what}: the system has no memory left for it` : `${what} (${message})`;
    throw new GraphFault(title, file, reason, { cause: error, isMemory, advice: isMemory ? smaller : addAgain });
  };
  const graph: Graph = await engine.openGraph(file, options).catch(failed('cannot be loaded'));
  return {
    embed: async (inputs, count) => {
      const rows = await graph.run(inputs, output).catch(failed('cannot be computed'));
      const problem = normalise(rows, count, dimensions);
      if (problem === null) return rows;
      throw new GraphFault(title, file, `gives ${problem}`, { advice: addAgain });
    },
    dispose: () => graph.dispose(),
  };
}

const addAgain = 'Remove this encoder and add it again; if that does not help, use another one.';
const smaller = 'Close other programs, or use a smaller encoder.';

/**
 * Divides rows by their L2 norms, in place.
 * @returns what is wrong with a row, as the end of a sentence; null: nothing. Such a row stays as it is
 */
export function normalise(rows: Float32Array, count: number, width: number): string | null {
  if (rows.length !== count * width) return `${rows.length / count} numbers in place of ${width}`;
  let problem: string | null = null;
  for (let from = 0; from < rows.length; from += width) {
    let squares = 0;
    for (let i = from; i < from + width; i++) squares += rows[i]! ** 2;
    if (squares > 0 && Number.isFinite(squares)) {
      const norm = Math.sqrt(squares);
      for (let i = from; i < from + width; i++) rows[i]! /= norm;
    } else problem ??= squares === 0 ? 'only zeros' : 'numbers that are not finite';
  }
  return problem;
}

/** Whether one graph has both sides. It must then be given the inputs of both. */
export const isCommon = ({ files }: AddedEncoder): boolean => files.vision.path === files.text.path;

/** For a graph of both sides: the inputs of the one that is not wanted, as small as they can be. */
export function unusedPixels({ tensors, preprocessing: { side } }: AddedEncoder): GraphInputs {
  return { [tensors.pixels]: { data: new Float32Array(3 * side * side), shape: [1, 3, side, side] } };
}

export function unusedTokens({ tensors, padding, contextLength }: AddedEncoder): GraphInputs {
  const length = padding === null ? 2 : contextLength;
  return tokenInputs(tensors, new BigInt64Array(length), new BigInt64Array(length).fill(1n), [1, length]);
}

/** @param shape [sentences, tokens] */
export function tokenInputs(
  { tokens, mask }: AddedEncoder['tensors'],
  ids: BigInt64Array,
  read: BigInt64Array,
  shape: readonly number[],
): GraphInputs {
  return { [tokens]: { data: ids, shape }, ...(mask === null ? {} : { [mask]: { data: read, shape } }) };
}
