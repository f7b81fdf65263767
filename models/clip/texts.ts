/** The text side of an added encoder: sentences → text embeddings of norm 1. */
import type { AddedEncoder } from '../contract/added-encoder.ts';
import type { FoundWeights } from '../contract/weights.ts';
import type { Engine } from '../engine/engine.ts';
import { Retryable } from '../retryable.ts';
import { isCommon, openSide, requireOnnx, tokenInputs, unusedPixels } from './graph.ts';
import { openTokenizer, type SentenceTokens } from './tokenizer.ts';

/** Sentences of one run: more need more memory, and are no faster on a processor. */
const sentencesPerRun = 32;

export interface TextSide {
  /** @returns [sentences, dimensions] @throws DescryError `encoder-invalid`, `engine-unavailable` */
  embed(sentences: readonly string[]): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** One text side for all open models of an encoder. */
export interface SharedTexts {
  /** For one more model; its `dispose` frees the memory when no other one is left. */
  use(): TextSide;
}

/**
 * Graph and tokenizer are loaded with the first sentence: they take up to some hundred megabytes, and a process that only projects
 * features needs neither.
 */
export function sharedTexts(
  added: AddedEncoder,
  files: FoundWeights['files'],
  openEngine: () => Promise<Engine>,
): SharedTexts {
  const opened = new Retryable(async () => {
    const onnx = requireOnnx(await openEngine(), added.title);
    const tokenizer = await openTokenizer(files['tokenizer']!, added);
    return { tokenizer, graph: await openSide(onnx, added, files['text']!, added.tensors.textEmbeddings) };
  });
  const others = isCommon(added) ? unusedPixels(added) : {};
  const embed: TextSide['embed'] = async (sentences) => {
    const { graph, tokenizer } = await opened.get();
    const { dimensions } = added;
    const embeddings = new Float32Array(sentences.length * dimensions);
    const tokens = sentences.map((sentence) => tokenizer.encode(sentence));
    for (const rows of runsOf(tokens)) {
      const some = rows.map((row) => tokens[row]!);
      const found = await graph.embed({ ...others, ...inputsOf(added, some) }, rows.length);
      rows.forEach((row, i) => embeddings.set(found.subarray(i * dimensions, (i + 1) * dimensions), row * dimensions));
    }
    return embeddings;
  };
  const users = new Set<TextSide>();
  return {
    use: () => {
      const side: TextSide = {
        embed,
        dispose: async () => {
          if (!users.delete(side) || users.size > 0) return;
          const loading = opened.current;
          opened.reset();
          const loaded = await loading?.catch(() => undefined);
          await loaded?.graph.dispose();
        },
      };
      users.add(side);
      return side;
    },
  };
}

/**
 * Sentences of equal length, so that none is filled up. Published code fills the shorter ones of a batch (with 49407 or 0, by the
 * file) and takes the embedding at the first end token; that changes nothing in CLIP, whose tokens look back only, but it may in
 * models like it, and costs time. A sentence has thus the same embedding alone and among others.
 *
 * @returns their places
 */
function runsOf(tokens: readonly SentenceTokens[]): number[][] {
  const byLength = Map.groupBy(tokens.keys(), (row) => tokens[row]!.ids.length);
  return [...byLength.values()].flatMap((rows) =>
    Array.from({ length: Math.ceil(rows.length / sentencesPerRun) }, (_, i) =>
      rows.slice(i * sentencesPerRun, (i + 1) * sentencesPerRun),
    ),
  );
}

function inputsOf(added: AddedEncoder, sentences: readonly SentenceTokens[]) {
  const width = sentences[0]!.ids.length;
  const ids = new BigInt64Array(sentences.length * width);
  const read = new BigInt64Array(sentences.length * width);
  sentences.forEach((sentence, row) => {
    sentence.ids.forEach((id, i) => (ids[row * width + i] = BigInt(id)));
    read.fill(1n, row * width, row * width + sentence.length);
  });
  return tokenInputs(added.tensors, ids, read, [sentences.length, width]);
}
