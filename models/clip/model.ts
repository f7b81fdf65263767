/** Models that were trained on an added encoder, as the contract's `OpenModel`. */
import type { AddedEncoder } from '../contract/added-encoder.ts';
import type { OpenModel } from '../contract/encoder.ts';
import type { EncoderIdentity, ModelInformation } from '../contract/information.ts';
import type { Engine } from '../engine/engine.ts';
import { DescryError } from '../errors.ts';
import { evaluateEmbedder } from '../evaluate-embedder.ts';
import { measureRelevance, type Searcher } from '../branch-models/calibration.ts';
import { Relevance } from '../relevance/relevance.ts';
import { surpriseOf, type Surprise } from '../text/surprise.ts';
import { identityFromText, identityToText } from '../branch-models/identity-text.ts';
import { readModelMetadata } from '../two-branch/model-file.ts';
import { informationOf } from '../branch-models/metadata.ts';
import { openEmbedder } from '../branch-models/network-embedder.ts';
import { decodeClipModel, readClipModel, type ClipModel } from './model-file.ts';
import { isSameFiles } from './weights-id.ts';
import { sentencesOf, type EmbedSentences } from './sentences.ts';

/** What trained models need of the encoder that they were trained on. */
export interface ClipSide {
  readonly added: AddedEncoder;
  readonly identity: EncoderIdentity;
  readonly engine: () => Promise<Engine>;
  /** text embeddings of norm 1 [sentences, dimensions] */
  readonly embed: EmbedSentences;
  /** frees what reads sentences, where no other model needs it */
  dispose(): Promise<void>;
  /** as of the model without a file: the encoder reads the words, whatever was trained */
  readonly analysis: Pick<OpenModel, 'analyse' | 'requireKnown'>;
}

/** @throws DescryError `model-invalid`; `not-found`, … where there is nothing to read */
export const readClipInformation = async (file: string, { id }: AddedEncoder): Promise<ModelInformation> =>
  informationOf(await readModelMetadata(file), id);

/** How rare a sentence's words are among the captions that a model was trained on. */
export const surpriseOfModel = ({ captionCounts, captions }: Pick<ClipModel, 'captionCounts' | 'captions'>): Surprise =>
  surpriseOf({ words: [...captionCounts.keys()], counts: [...captionCounts.values()], captions });

/** A model is ranked by whole photos: an added encoder has no regions. */
export const searcherOf = (of: Omit<Searcher, 'rerank'>): Searcher => ({
  ...of,
  rerank: () => () => Promise.resolve(),
});

/**
 * @param name of the model, for messages
 * @param source path of its file, or its bytes
 * @throws DescryError `model-invalid`; `model-incompatible` where it was trained on another encoder
 */
export async function readCompatible(
  name: string,
  source: string | Uint8Array,
  { added, identity }: Pick<ClipSide, 'added' | 'identity'>,
): Promise<ClipModel> {
  const model = typeof source === 'string' ? await readClipModel(source) : decodeClipModel(source, name);
  const { metadata, needs, network } = model;
  const wanted = identityFromText(metadata.encoder);
  const isOther = wanted.id !== identity.id && !isSameFiles(wanted.id, identity.id);
  if (isOther || wanted.version !== identity.version) {
    const origin = needs.origin === null ? 'a folder' : needs.origin;
    throw new DescryError(
      'model-incompatible',
      `The model ${name} needs ${needs.title} (${metadata.encoder}, from ${origin}), but ${added.title} here is ` +
        `${identityToText(identity)}. Add the encoder that it was trained on, or train again.`,
      { parameters: { model: name } },
    );
  }
  const first = { weights: network, image: metadata.recipe.image };
  for (const { weights, image: spec } of [first, ...(model.joined?.others ?? [])]) {
    const { image, text } = weights;
    const reads = image.shape.inputs === added.dimensions && text.shape.inputs === added.dimensions;
    if (reads && spec.pooling === 'whole') continue;
    throw new DescryError(
      'model-invalid',
      `The model ${name} does not read what ${added.title} gives: ${added.dimensions} numbers of a photo and of a sentence. Its ` +
        `branches read ${image.shape.inputs} and ${text.shape.inputs}. Import the model again, or use another one.`,
      { parameters: { model: name } },
    );
  }
  return model;
}

/** @param side is freed with the model, or where it cannot be opened @throws as `readCompatible` does */
export async function openTrained(name: string, source: string | Uint8Array, side: ClipSide): Promise<OpenModel> {
  try {
    return await open(name, source, side);
  } catch (error) {
    await side.dispose();
    throw error;
  }
}

async function open(name: string, source: string | Uint8Array, side: ClipSide): Promise<OpenModel> {
  const model = await readCompatible(name, source, side);
  const engine = await side.engine();
  const { metadata, network, joined, captionCounts } = model;
  const { image } = metadata.recipe;
  const text = sentencesOf({ dimensions: side.added.dimensions, embed: side.embed }, image.scale);
  const embedder = await openEmbedder(engine, { first: { weights: network, image }, joined, text });
  const surprise = surpriseOfModel(model);
  const relevance = metadata.calibration && new Relevance(metadata.calibration, surprise);
  return {
    ...embedder,
    ...side.analysis,
    // The same files may have another id here than where it was trained.
    information: { ...informationOf(metadata, side.added.id), encoder: side.identity },
    judge: relevance && ((sentence, scores, searched, negated) => relevance.judge(sentence, scores, searched, negated)),
    dispose: async () => {
      await embedder.dispose();
      await side.dispose();
    },
    regions: null,
    evaluate: async (photos, options) => ({
      ...(await evaluateEmbedder(embedder, engine, photos, (word) => captionCounts.get(word) ?? 0)),
      relevance: options?.relevance ? await measureRelevance(searcherOf({ engine, embedder, surprise }), photos) : null,
    }),
  };
}
