/** The text embeddings of all sentences that a training run reads. They are computed once, and kept as checkpoints meanwhile. */
import { createHash } from 'node:crypto';
import type { TrainingRun, TrainingUpdate } from '../contract/training.ts';
import { decodeSafetensors, encodeSafetensors } from '../files/safetensors.ts';
import { kept } from '../branch-models/run-parts.ts';
import type { SentenceSide } from '../two-branch/sentence-side.ts';

/** Sentences → embeddings of norm 1 [sentences, dimensions]. */
export type EmbedSentences = (sentences: readonly string[]) => Promise<Float32Array>;

export interface TextEmbeddings {
  readonly dimensions: number;
  /** of the features and sentences, as text */
  readonly identity: string;
  readonly embed: EmbedSentences;
}

/** Sentences in one checkpoint (8 MB at 512 numbers), and in one call. */
const part = 4096;
const atOnce = 256;

/**
 * @param sentences may have repetitions
 * @param scale factor of the embeddings as the text branch reads them
 */
export async function* embedAll(
  run: Pick<TrainingRun, 'checkpoint'>,
  sentences: readonly string[],
  { dimensions, identity, embed }: TextEmbeddings,
  scale: number,
): AsyncGenerator<TrainingUpdate, SentenceSide> {
  const distinct = [...new Set(sentences)];
  const rows = new Float32Array(distinct.length * dimensions);
  for (let from = 0; from < distinct.length; from += part) {
    const own = distinct.slice(from, from + part);
    const stage = `sentences-${from / part + 1}`;
    const note = createHash('sha256')
      .update(JSON.stringify([identity, own]))
      .digest('hex');
    const found = yield* kept(run, stage, note, (bytes) => decodeEmbeddings(bytes, own.length * dimensions));
    if (found) {
      rows.set(found.embeddings, from * dimensions);
      continue;
    }
    for (let at = 0; at < own.length; at += atOnce) {
      const some = own.slice(at, at + atOnce);
      rows.set(await embed(some), (from + at) * dimensions);
      if (at + some.length === own.length) {
        const embeddings = rows.subarray(from * dimensions, (from + own.length) * dimensions);
        yield { kind: 'checkpoint', stage, bytes: encodeEmbeddings(embeddings, dimensions, note) };
      }
      yield { kind: 'sentences', done: from + at + some.length, total: distinct.length };
    }
  }
  rows.forEach((value, i) => (rows[i] = value * scale));
  return embeddedSentences(
    new Map(distinct.map((sentence, row) => [sentence, row])),
    rows,
    { dimensions, embed },
    scale,
  );
}

/** The sentence side of a model in a search: every sentence is embedded when it is asked for. */
export const sentencesOf = (embeddings: Pick<TextEmbeddings, 'dimensions' | 'embed'>, scale: number): SentenceSide =>
  embeddedSentences(new Map(), new Float32Array(), embeddings, scale);

/** @param rowOf row of each sentence that is known in `rows` [sentences, dimensions], which are scaled */
function embeddedSentences(
  rowOf: ReadonlyMap<string, number>,
  rows: Float32Array,
  { dimensions, embed }: Pick<TextEmbeddings, 'dimensions' | 'embed'>,
  scale: number,
): SentenceSide {
  const row = (at: number) => rows.subarray(at * dimensions, (at + 1) * dimensions);
  return {
    dimensions,
    vectorDimensions: dimensions,
    // Only the rows' numbers: the embeddings of all captions are in memory once.
    prepare: (sentences) => {
      const places = Int32Array.from(sentences, (sentence) => rowOf.get(sentence) ?? -1);
      if (places.includes(-1)) throw new RangeError('a sentence was not embedded before the training');
      return (chosen, out) => chosen.forEach((sentence, i) => out.set(row(places[sentence]!), i * dimensions));
    },
    encode: async (sentences) => {
      const out = new Float32Array(sentences.length * dimensions);
      const others = sentences.flatMap((sentence, i) => (rowOf.has(sentence) ? [] : [i]));
      const embedded = others.length > 0 ? await embed(others.map((i) => sentences[i]!)) : new Float32Array();
      sentences.forEach((sentence, i) => {
        const known = rowOf.get(sentence);
        if (known !== undefined) out.set(row(known), i * dimensions);
      });
      others.forEach((i, at) => {
        for (let d = 0; d < dimensions; d++) out[i * dimensions + d] = embedded[at * dimensions + d]! * scale;
      });
      return out;
    },
  };
}

function encodeEmbeddings(embeddings: Float32Array, dimensions: number, note: string): Uint8Array {
  const shape = [embeddings.length / dimensions, dimensions];
  return encodeSafetensors(
    { metadata: { note }, tensors: new Map([['embeddings', { shape, data: embeddings }]]) },
    'F32',
  );
}

/** @throws RangeError where there are not `length` numbers */
function decodeEmbeddings(bytes: Uint8Array, length: number): { embeddings: Float32Array; note: unknown } {
  const { metadata, tensors } = decodeSafetensors(bytes);
  const embeddings = tensors.get('embeddings')?.data;
  if (embeddings?.length !== length) throw new RangeError('it has other sentences');
  return { embeddings, note: metadata['note'] };
}
