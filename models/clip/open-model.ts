/** The model without a file: photos and sentences are compared by their embeddings as they come from the encoder. */
import type { AddedEncoder } from '../contract/added-encoder.ts';
import type { Embedder } from '../contract/embedder.ts';
import type { OpenModel, SentenceAnalysis } from '../contract/encoder.ts';
import type { EncoderIdentity, ModelInformation } from '../contract/information.ts';
import type { Engine } from '../engine/engine.ts';
import { DescryError } from '../errors.ts';
import { evaluateEmbedder } from '../evaluate-embedder.ts';
import { checkMatrix, toUnit } from '../math/rows.ts';
import { tokenize } from '../text/tokenizer.ts';
import type { TextSide } from './texts.ts';

/** What the user reads about a model that was not trained here. */
export function zeroShotData({ source }: AddedEncoder): string {
  const place = source.kind === 'hub' ? `${source.repository}, revision ${source.revision}` : source.folder;
  return `as it was published (${place}), not trained by Descry`;
}

export function zeroShotInformation(added: AddedEncoder, encoder: EncoderIdentity): ModelInformation {
  return {
    implementation: added.id,
    encoder,
    recipe: 'none',
    data: zeroShotData(added),
    recalls: null,
    sets: [],
    seed: 0,
    createdAt: added.addedAt,
    words: null,
  };
}

/** Pictures and signs that are no words to `tokenize`, but that CLIP reads. */
const signs = /\p{Extended_Pictographic}/gu;

/** Every word is read, in parts where it is rare. */
export function analyse(sentence: string): SentenceAnalysis {
  const words = tokenize(sentence);
  const tokens = words.length > 0 ? words : [...sentence.matchAll(signs)].map(([sign]) => sign);
  return { tokens, known: tokens, unknown: [], hardlyKnown: [] };
}

/** @throws DescryError `query-empty` without a word */
export function requireWords(sentence: string): SentenceAnalysis {
  const analysis = analyse(sentence);
  if (analysis.tokens.length > 0) return analysis;
  throw new DescryError('query-empty', 'Describe the photo in a few words.');
}

/** Sentences go to the encoder as they are: the published recall was measured with captions without a prompt around them. */
export function openZeroShot(
  added: AddedEncoder,
  identity: EncoderIdentity,
  engine: Engine,
  texts: TextSide,
): OpenModel {
  const { dimensions } = added;
  const embedder: Embedder = {
    dimensions,
    embedFeatures: async (features, count) => {
      checkMatrix('features', features, count, dimensions);
      const rows = features.slice();
      // Stored features have norm 1 but for their rounding. Zeros, which a probe may have, stay zeros.
      for (let row = 0; row < count; row++) toUnit(rows.subarray(row * dimensions, (row + 1) * dimensions));
      return rows;
    },
    embedSentences: (sentences) => texts.embed(sentences),
    dispose: () => texts.dispose(),
  };
  return {
    ...embedder,
    information: zeroShotInformation(added, identity),
    analyse,
    requireKnown: requireWords,
    judge: null,
    regions: null,
    evaluate: async (photos) => ({ ...(await evaluateEmbedder(embedder, engine, photos, null)), relevance: null }),
  };
}
