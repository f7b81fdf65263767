/**
 * CLIP (Radford et al. 2021) and models like it, from ONNX graphs that the user added: one network for photos and one for sentences,
 * trained together, so that both embeddings are comparable without further training.
 */
import type { AddedEncoder } from '../contract/added-encoder.ts';
import type { Encoder, OpenEncoder } from '../contract/encoder.ts';
import type { FoundWeights } from '../contract/weights.ts';
import type { Engine } from '../engine/engine.ts';
import { requireOnnx } from './graph.ts';
import { openTrained, readClipInformation, type ClipSide } from './model.ts';
import { analyse, openZeroShot, requireWords, zeroShotData } from './open-model.ts';
import { modes, openPhotos } from './photos.ts';
import { clipTraining } from './recipe.ts';
import { sharedTexts } from './texts.ts';
import { trainOnClip } from './train.ts';

/** Raised when features of the same graph change, as by another way of making pixels. */
const featureVersion = 1;

export function clipEncoder(added: AddedEncoder): Encoder {
  const { id, title } = added;
  const identity: Encoder['identity'] = (ids) => ({ id: ids['clip']!, version: featureVersion });
  return {
    id,
    title,
    added,
    version: featureVersion,
    weights: [],
    convert: () => Promise.reject(new RangeError(`${title} has nothing to convert`)),
    identity,
    preprocessing: added.preprocessing,
    featureLength: added.dimensions,
    regions: null,
    modes,
    openPhotos: (engine, files, mode) => openPhotos(added, engine, files, mode),
    open: (weights, engine) => open(added, identity(weights.ids), weights, engine),
    readInformation: (file) => readClipInformation(file, added),
    zeroShot: { data: zeroShotData(added), createdAt: added.addedAt },
    // Its features share a large common part, which must be taken off before a cosine says anything (contract/encoder.ts), and by
    // how much near-duplicates differ was not measured: both need the published weights.
    nearDuplicates: null,
    training: clipTraining(added),
    tuning: null,
  };
}

function open(
  added: AddedEncoder,
  identity: ReturnType<Encoder['identity']>,
  { files }: FoundWeights,
  engine: () => Promise<Engine>,
): OpenEncoder {
  const texts = sharedTexts(added, files, engine);
  const side = (): ClipSide => {
    const { embed, dispose } = texts.use();
    return { added, identity, engine, embed, dispose, analysis: { analyse, requireKnown: requireWords } };
  };
  return {
    identity,
    openModel: async (name, source) => {
      if (source !== null) return openTrained(name, source, side());
      // Projecting features needs no graph, but a model that cannot read a sentence is of no use.
      return openZeroShot(added, identity, requireOnnx(await engine(), added.title), texts.use());
    },
    train: (run) => trainOnClip(side(), run),
  };
}
