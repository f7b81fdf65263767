/** Implements the contract's `OpenModel` by a two-branch model. */
import type { OpenModel } from '../contract/encoder.ts';
import type { EncoderIdentity, ModelInformation } from '../contract/information.ts';
import type { Embedder } from '../contract/embedder.ts';
import type { Engine } from '../engine/engine.ts';
import { DescryError } from '../errors.ts';
import { evaluateEmbedder } from '../evaluate-embedder.ts';
import type { NetworkWeights } from '../network/network.ts';
import { Relevance } from '../relevance/relevance.ts';
import { SentenceEncoder } from '../text/sentence-encoder.ts';
import type { WordVectors } from '../text/word-vectors.ts';
import { imageInputLength, imageInputs, type ImageSpec } from '../two-branch/image-input.ts';
import type { Model, ModelMetadata } from '../two-branch/model-file.ts';
import { measureRelevance } from './calibration.ts';
import { identityFromText, identityToText } from './identity.ts';
import { makePairs } from './pairs.ts';
import { featureLength } from './photos.ts';

export function informationOf({
  encoder,
  recipe,
  data,
  recalls,
  sets,
  seed,
  createdAt,
}: ModelMetadata): ModelInformation {
  return {
    implementation: 'resnet50-glove',
    encoder: identityFromText(encoder),
    recipe: recipe.name,
    data,
    recalls,
    sets: sets ?? [],
    seed,
    createdAt,
  };
}

/**
 * A model that was trained on features of an earlier version, made with the same weights, still works if it reads only the
 * averages: its embeddings of features at 256 × 256 pixels are close to those at 224 × 224 (median cosine 0.98 over 200
 * photos).
 *
 * @throws DescryError `model-incompatible` where the model cannot read the features that `present` makes
 */
export function requireReadable(name: string, { metadata, network }: Model, present: EncoderIdentity): void {
  const { image } = metadata.recipe;
  const trainedOn = identityFromText(metadata.encoder);
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
  const embedder = await openEmbedder(engine, network, text, recipe.image);
  const trainedOn = trainedCounts(model);
  return {
    ...embedder,
    information: informationOf(metadata),
    analyse: (sentence) => text.analyse(sentence),
    requireKnown: (sentence) => text.requireKnown(sentence),
    judge: relevance && ((sentence, scores, searched, negated) => relevance.judge(sentence, scores, searched, negated)),
    evaluate: async (photos, options) => {
      const measured = await evaluateEmbedder(embedder, engine, photos, (word) => trainedOn.get(word) ?? 0);
      if (!options?.relevance) return { ...measured, relevance: null };
      const pairs = makePairs(photos, text, recipe.image);
      const captionsOf = photos.map(({ captions }) => captions);
      return { ...measured, relevance: await measureRelevance(engine, network, text, { pairs, captionsOf }) };
    },
  };
}

/**
 * How many captions of the photos that a model was trained on have each word. Of a file of an earlier version it is known only
 * how often all its captions have it, those for pre-training, too.
 */
export function trainedCounts({ captionCounts, text }: Model): ReadonlyMap<string, number> {
  return captionCounts ?? new Map(text.words.map((word, i) => [word, text.counts[i] ?? 0]));
}

export async function openEmbedder(
  engine: Engine,
  network: NetworkWeights,
  text: SentenceEncoder,
  image: ImageSpec,
): Promise<Embedder> {
  const images = await engine.projection(network.image);
  const sentences = await engine.projection(network.text);
  return {
    dimensions: images.outputs,
    embedFeatures: (features, count) => images.project(imageInputs(features, count, image), count),
    embedSentences: (texts) => sentences.project(text.encode(texts), texts.length),
    dispose: async () => {
      await Promise.all([images.dispose(), sentences.dispose()]);
    },
  };
}
