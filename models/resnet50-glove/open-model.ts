/** Implements the contract's `OpenModel` by a two-branch model. */
import type { HardlyKnownWord, OpenModel, SentenceAnalysis } from '../contract/encoder.ts';
import type { EncoderIdentity, ModelInformation } from '../contract/information.ts';
import type { Embedder } from '../contract/embedder.ts';
import type { Engine } from '../engine/engine.ts';
import { DescryError } from '../errors.ts';
import { evaluateEmbedder } from '../evaluate-embedder.ts';
import { Concepts, longestPhotoPart } from '../concepts/concepts.ts';
import type { NetworkWeights } from '../network/network.ts';
import { learntFrom } from '../concepts/knowledge.ts';
import { Relevance } from '../relevance/relevance.ts';
import { functionWords } from '../text/function-words.ts';
import { SentenceEncoder } from '../text/sentence-encoder.ts';
import type { WordVectors } from '../text/word-vectors.ts';
import { imageInputLength, imageInputs, type ImageSpec } from '../two-branch/image-input.ts';
import type { Model, ModelMetadata } from '../two-branch/model-file.ts';
import { measureRelevance } from './calibration.ts';
import { identityFromText, identityToText } from './identity.ts';
import { featureLength } from './photos.ts';

export function informationOf({
  encoder,
  recipe,
  data,
  recalls,
  seed,
  createdAt,
  words,
}: ModelMetadata): ModelInformation {
  return {
    implementation: 'resnet50-glove',
    encoder: identityFromText(encoder),
    recipe: recipe.name,
    data,
    recalls,
    seed,
    createdAt,
    words: words ?? null,
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
  const trainedOn = trainedCounts(model);
  const concepts = model.concepts && new Concepts(model.concepts, vectors, engine.similarities, trainedOn);
  const embedder = await openEmbedder(engine, { network, text, image: recipe.image, concepts });
  const searcher = { engine, embedder, surprise: text.surprise };
  const withHardlyKnown = (analysis: Omit<SentenceAnalysis, 'hardlyKnown'>): SentenceAnalysis => ({
    ...analysis,
    hardlyKnown: hardlyKnown(analysis.known, trainedOn, concepts),
  });
  return {
    ...embedder,
    information: informationOf(metadata),
    analyse: (sentence) => withHardlyKnown(text.analyse(sentence)),
    requireKnown: (sentence) => withHardlyKnown(text.requireKnown(sentence)),
    judge: relevance && ((sentence, scores, searched, negated) => relevance.judge(sentence, scores, searched, negated)),
    evaluate: async (photos, options) => ({
      ...(await evaluateEmbedder(embedder, engine, photos, (word) => trainedOn.get(word) ?? 0)),
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

/** What makes the embeddings of a model. */
export interface EmbedderParts {
  readonly network: NetworkWeights;
  readonly text: SentenceEncoder;
  readonly image: ImageSpec;
  /** undefined: embeddings are the network's alone */
  readonly concepts: Concepts | undefined;
}

/**
 * An embedding is the network's and, after it, the concepts' (models/concepts), so that one inner product is the sum of both
 * scores. Both sides are divided by a constant or their norm, which changes no order, so that no embedding is longer than 1.
 */
export async function openEmbedder(
  engine: Engine,
  { network, text, image, concepts }: EmbedderParts,
): Promise<Embedder> {
  const images = await engine.projection(network.image);
  const sentences = await engine.projection(network.text);
  const ofFeatures: Embedder['embedFeatures'] = (features, count) =>
    images.project(imageInputs(features, count, image), count);
  const ofSentences: Embedder['embedSentences'] = (texts) => sentences.project(text.encode(texts), texts.length);
  const dispose = async () => {
    await Promise.all([images.dispose(), sentences.dispose()]);
  };
  if (!concepts) return { dimensions: images.outputs, embedFeatures: ofFeatures, embedSentences: ofSentences, dispose };
  const widths = [images.outputs, concepts.dimensions] as const;
  const photoScale = 1 / Math.hypot(1, longestPhotoPart);
  return {
    dimensions: widths[0] + widths[1],
    embedFeatures: async (features, count) => {
      const rows = [await ofFeatures(features, count), await concepts.ofPhotos(features, count)] as const;
      return sideBySide(rows, widths, () => photoScale);
    },
    embedSentences: async (texts) => {
      const parts = new Float32Array(texts.length * concepts.dimensions);
      texts.forEach((sentence, row) => parts.set(concepts.ofSentence(sentence), row * concepts.dimensions));
      return sideBySide([await ofSentences(texts), parts], widths, (row) => 1 / Math.hypot(...row));
    },
    dispose,
  };
}

/** @param scale of a row of both */
function sideBySide(
  [first, second]: readonly [Float32Array, Float32Array],
  [left, right]: readonly [number, number],
  scale: (row: Float32Array) => number,
): Float32Array {
  const width = left + right;
  const count = first.length / left;
  const out = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    const both = out.subarray(row * width, (row + 1) * width);
    both.set(first.subarray(row * left, (row + 1) * left));
    both.set(second.subarray(row * right, (row + 1) * right), left);
    const factor = scale(both);
    for (let i = 0; i < width; i++) both[i]! *= factor;
  }
  return out;
}
