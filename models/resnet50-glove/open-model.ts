/** Implements the contract's `OpenModel` by a two-branch model. */
import type { HardlyKnownWord, OpenModel, SentenceAnalysis } from '../contract/encoder.ts';
import type { EncoderIdentity, ModelInformation } from '../contract/information.ts';
import type { Engine } from '../engine/engine.ts';
import { DescryError } from '../errors.ts';
import { evaluateEmbedder } from '../evaluate-embedder.ts';
import { Concepts } from '../concepts/concepts.ts';
import { learntFrom } from '../concepts/knowledge.ts';
import { Relevance } from '../relevance/relevance.ts';
import { functionWords } from '../text/function-words.ts';
import { SentenceEncoder } from '../text/sentence-encoder.ts';
import type { WordVectors } from '../text/word-vectors.ts';
import { imageInputLength } from '../two-branch/image-input.ts';
import type { Model, ModelMetadata } from '../two-branch/model-file.ts';
import { measureRelevance } from '../branch-models/calibration.ts';
import { informationOf as describe } from '../branch-models/metadata.ts';
import { openEmbedder } from '../branch-models/network-embedder.ts';
import { encoderOfModel, id, identityToText } from './identity.ts';
import { featureLength } from './photos.ts';
import { embedRegions, rerankByRegions } from './region-embedder.ts';
import { sentenceSide } from './sentence-side.ts';

export const informationOf = (metadata: ModelMetadata): ModelInformation => describe(metadata, id);

/**
 * A model that was trained on features of an earlier version, made with the same weights, still works if it reads only the
 * averages: its embeddings of features at 256 × 256 pixels are close to those at 224 × 224 (median cosine 0.98 over 200
 * photos).
 *
 * @throws DescryError `model-incompatible` where the model cannot read the features that `present` makes
 */
export function requireReadable(name: string, { metadata, network }: Model, present: EncoderIdentity): void {
  const { image } = metadata.recipe;
  const trainedOn = encoderOfModel(metadata);
  const same = trainedOn.id === present.id && trainedOn.version === present.version;
  const older = trainedOn.id === present.id && trainedOn.version < present.version;
  if (!same && !(older && image.pooling === 'average')) {
    throw new DescryError(
      'model-incompatible',
      `The model ${name} needs the features of ${metadata.encoder}; this machine has ${identityToText(present)}. ` +
        'Use the image weights that it was trained with, or train again.',
    );
  }
  const inputs = imageInputLength(featureLength, image);
  if (network.image.shape.inputs !== inputs) {
    throw new DescryError(
      'model-incompatible',
      `The model ${name} needs ${network.image.shape.inputs} numbers of a photo, but features have ${inputs} for it. ` +
        'Use another model, or train again.',
    );
  }
}

/**
 * A run cannot start from a model whose ResNet50 was fine-tuned: the training photos have the features of the one that Descry
 * comes with.
 *
 * @throws DescryError `model-incompatible`
 */
export function requireFrozen(name: string, { metadata }: Model): void {
  if (metadata.tuned === undefined) return;
  throw new DescryError(
    'model-incompatible',
    `The model ${name} has a fine-tuned ResNet50 of its own, from which no other run can start. Start from another model, or from nothing.`,
  );
}

/** @throws DescryError `model-incompatible` where the model was trained with other word vectors */
export async function openModel(name: string, model: Model, engine: Engine, vectors: WordVectors): Promise<OpenModel> {
  const { metadata, network } = model;
  const text = new SentenceEncoder(model.text, vectors);
  if (text.dimensions !== metadata.text.inputs) {
    throw new DescryError(
      'model-incompatible',
      `The model ${name} needs sentences of ${metadata.text.inputs} numbers, but these word vectors give ${text.dimensions}. ` +
        'Use the word vectors that it was trained with, or train again.',
    );
  }
  const { calibration, recipe } = metadata;
  const relevance = calibration && new Relevance(calibration, text.surprise);
  const trainedOn = trainedCounts(model);
  const concepts = model.concepts && new Concepts(model.concepts, vectors, engine.similarities, trainedOn);
  const first = { weights: network, image: recipe.image };
  const embedder = await openEmbedder(engine, { first, joined: model.joined, text: sentenceSide(text), concepts });
  const regions = embedRegions(engine, embedder);
  const rerank = rerankByRegions(engine, regions);
  const searcher = { engine, embedder, surprise: text.surprise, rerank };
  const withHardlyKnown = (analysis: Omit<SentenceAnalysis, 'hardlyKnown'>): SentenceAnalysis => ({
    ...analysis,
    hardlyKnown: hardlyKnown(analysis.known, trainedOn, concepts),
  });
  return {
    ...embedder,
    regions,
    information: informationOf(metadata),
    analyse: (sentence) => withHardlyKnown(text.analyse(sentence)),
    requireKnown: (sentence) => withHardlyKnown(text.requireKnown(sentence)),
    judge: relevance && ((sentence, scores, searched, negated) => relevance.judge(sentence, scores, searched, negated)),
    evaluate: async (photos, options) => ({
      ...(await evaluateEmbedder(embedder, engine, photos, (word) => trainedOn.get(word) ?? 0, rerank(photos))),
      relevance: options?.relevance ? await measureRelevance(searcher, photos) : null,
    }),
  };
}

function hardlyKnown(
  known: readonly string[],
  trainedOn: ReadonlyMap<string, number>,
  concepts: Concepts | undefined,
): HardlyKnownWord[] {
  // "fire engine" is one name, and its words are not told apart.
  const words = concepts?.wordsOf(known.join(' ')) ?? known.map((word) => ({ word, namesClasses: false }));
  const isLearnt = (word: string) =>
    word.split(' ').every((part) => functionWords.has(part) || (trainedOn.get(part) ?? 0) >= learntFrom);
  const hardly = words.filter(({ word }) => !isLearnt(word));
  return [...new Map(hardly.map(({ word, namesClasses }) => [word, namesClasses]))].map(([word, namesClasses]) => ({
    word,
    by: namesClasses ? 'classes' : 'similar',
  }));
}

/**
 * How many captions of the photos that a model was trained on have each word. Of a file of an earlier version it is known only
 * how often all its captions have it, those for pre-training, too.
 */
export function trainedCounts({ captionCounts, text }: Model): ReadonlyMap<string, number> {
  return captionCounts ?? new Map(text.words.map((word, i) => [word, text.counts[i] ?? 0]));
}
