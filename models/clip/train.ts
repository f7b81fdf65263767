/** Training two branches on an added encoder's photo features and text embeddings (Wang et al. 2018). */
import type { Embedder } from '../contract/embedder.ts';
import type { TrainedModel, TrainingRun, TrainingUpdate } from '../contract/training.ts';
import { evaluateEmbedder } from '../evaluate-embedder.ts';
import { calibrate } from '../branch-models/calibration.ts';
import { informationOf, metadataOf } from '../branch-models/metadata.ts';
import { rowsOfSets } from '../two-branch/evaluation.ts';
import { identityToText } from '../branch-models/identity-text.ts';
import { openEmbedder } from '../branch-models/network-embedder.ts';
import { captionGroups, makeCaptions, makePairs } from '../branch-models/pairs.ts';
import { captioned, fingerprint, trainedWords } from '../branch-models/run-parts.ts';
import { beginningsOf, trainNetworks } from '../branch-models/train-networks.ts';
import type { Stage } from '../branch-models/train-stage.ts';
import type { SentenceSide } from '../two-branch/sentence-side.ts';
import { keepsImageBranch } from '../two-branch/training.ts';
import { encodeClipModel, neededBy, type ClipModel } from './model-file.ts';
import { readCompatible, searcherOf, surpriseOfModel, type ClipSide } from './model.ts';
import { clipTraining, type ClipRecipe } from './recipe.ts';
import { embedAll } from './sentences.ts';

/**
 * @param side is freed at the end
 * @throws DescryError `recipe-invalid`, `training-diverged`; `model-incompatible` where the model that it starts from was trained on
 * another encoder
 */
export async function* trainOnClip(side: ClipSide, run: TrainingRun): AsyncGenerator<TrainingUpdate, TrainedModel> {
  try {
    return yield* train(side, run);
  } finally {
    await side.dispose();
  }
}

async function* train(side: ClipSide, run: TrainingRun): AsyncGenerator<TrainingUpdate, TrainedModel> {
  const { added, identity } = side;
  const { seed } = run;
  const wanted = clipTraining(added).parse(run.recipe, `The recipe ${run.recipe.name}`);
  const init = run.init === null ? undefined : await readCompatible(run.init, run.init, side);
  const recipe = init ? recipeForInit(init, wanted) : wanted;
  const engine = await side.engine();
  const encoder = identityToText(identity);
  const [learnt, val] = [captioned(run.photos, ['train']), captioned(run.photos, ['val'])];
  const groups = recipe.pretraining && !init ? captionGroups(run) : [];
  const sentences = [...groups.flat(), ...[...learnt, ...val].flatMap(({ captions }) => captions)];
  const embeddings = { dimensions: added.dimensions, identity: encoder, embed: side.embed };
  const text = yield* embedAll(run, sentences, embeddings, recipe.image.scale);
  const stage: Stage = {
    run,
    text,
    sets: rowsOfSets(val.map(({ set }) => set)),
    data: fingerprint(run.photos, [encoder, init?.metadata.createdAt ?? 0, groups]),
    numbering: null,
    inputs: { image: added.dimensions, text: added.dimensions },
  };
  const network = {
    engine,
    recipe,
    seed,
    measuresStart: recipe.network.initialisation === 'identity' || init !== undefined,
    ...(groups.length > 0 ? { captions: makeCaptions(groups, text) } : {}),
  };
  // Networks that begin as the encoder are measured before their first epoch anyhow.
  const isMeasured = network.measuresStart && !recipe.kernel;
  if (!isMeasured && val.length > 0) {
    const { recalls, sets } = await evaluateEmbedder(encoderAlone(text), engine, val, null);
    yield { kind: 'start', recalls, sets };
  }
  const begins = yield* beginningsOf(stage, network, init?.network, () => makePairs(learnt, text, recipe.image));
  const measured = yield* trainNetworks(stage, network, begins, { train: learnt, guessed: [], val }, 'measured');
  const trainedOn = run.final ? [...learnt, ...val] : learnt;
  // Where no epoch was better than the beginning, more epochs on more photos would not be either.
  const kept =
    run.final && measured.first.epoch > 0
      ? yield* trainNetworks(stage, network, begins, { train: trainedOn, guessed: [] }, 'final')
      : measured;
  const embedder = await openEmbedder(engine, {
    first: { weights: measured.first.weights, image: recipe.image },
    joined: measured.joined,
    text,
  });
  const words = {
    captionCounts: trainedWords(trainedOn, init?.captionCounts),
    captions: trainedOn.reduce((sum, photo) => sum + photo.captions.length, init?.captions ?? 0),
  };
  const evaluation = val.length > 0 ? await evaluateEmbedder(embedder, engine, val, null) : null;
  const calibration = await calibrate(searcherOf({ engine, embedder, surprise: surpriseOfModel(words) }), val);
  const model: ClipModel = {
    needs: neededBy(added),
    network: kept.first.weights,
    joined: kept.joined,
    ...words,
    metadata: metadataOf({ run, encoder, recipe, evaluation, calibration, kept }),
  };
  await embedder.dispose();
  return {
    information: informationOf(model.metadata, added.id),
    bytes: encodeClipModel(model),
    epoch: kept.first.epoch,
  };
}

/** The encoder's own embeddings: of all photos and sentences they have the same norm, so that only their order counts. */
const encoderAlone = (text: SentenceSide): Embedder => ({
  dimensions: text.dimensions,
  embedFeatures: (features) => Promise.resolve(features),
  embedSentences: (sentences) => Promise.resolve(text.encode(sentences)),
  dispose: () => Promise.resolve(),
});

/** A run that starts from a model keeps that model's inputs and layers, for the branches that it goes on training. */
function recipeForInit({ metadata, network: weights }: ClipModel, recipe: ClipRecipe): ClipRecipe {
  const { hidden: textHidden, outputs: embedding } = weights.text.shape;
  // The scale of the inputs is that of sentences, too, whose branch is kept always.
  const image = { ...recipe.image, ...metadata.recipe.image };
  const imageHidden = keepsImageBranch(weights, recipe) ? weights.image.shape.hidden : recipe.network.imageHidden;
  // What initialisation gives is replaced by the model's branches; one that is not takes random weights.
  const network = { imageHidden, textHidden, embedding, initialisation: 'energy' } as const;
  return { ...recipe, image, network };
}
