/** Training a two-branch model: fits the text encoder, trains, calibrates the relevance, and writes the model. */
import { createHash } from 'node:crypto';
import { ClassIndex } from '../concepts/class-names.ts';
import { Concepts } from '../concepts/concepts.ts';
import { knowledgeOf } from '../concepts/knowledge.ts';
import type { EncoderIdentity } from '../contract/information.ts';
import type { Split, TrainedModel, TrainingPhoto, TrainingRun, TrainingUpdate } from '../contract/training.ts';
import type { Engine } from '../engine/engine.ts';
import { evaluateEmbedder } from '../evaluate-embedder.ts';
import { errorMessage } from '../errors.ts';
import type { FittedText } from '../text/fitted-text.ts';
import { captionCounts } from '../relevance/word-report.ts';
import { fitSentenceEncoder, SentenceEncoder } from '../text/sentence-encoder.ts';
import type { WordVectors } from '../text/word-vectors.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../two-branch/checkpoint-file.ts';
import { encodeModel, type Model } from '../two-branch/model-file.ts';
import type { Recipe } from '../two-branch/recipe.ts';
import { keepsImageBranch, trainNetwork } from '../two-branch/training.ts';
import type { BestEpoch, Checkpoint, TrainingRun as NetworkRun } from '../two-branch/training-run.ts';
import { calibrate } from './calibration.ts';
import { fitToPhotos } from './concepts.ts';
import { identityToText } from './identity.ts';
import { informationOf, openEmbedder, trainedCounts } from './open-model.ts';
import { captionGroups, makeCaptions, makePairs } from './pairs.ts';
import { parse } from './recipe-form.ts';

export interface TrainingResources {
  readonly engine: Engine;
  readonly vectors: WordVectors;
  readonly identity: EncoderIdentity;
  /** Keras' model.json of the image network, with its classifier */
  readonly keras: string;
}

/** @param init the model whose weights are the initial ones */
export async function* train(
  { engine, vectors, identity, keras }: TrainingResources,
  run: TrainingRun,
  init: Model | undefined,
): AsyncGenerator<TrainingUpdate, TrainedModel> {
  const { photos, seed } = run;
  const wanted = parse(run.recipe, `The recipe ${run.recipe.name}`);
  const recipe = init ? recipeForInit(init, wanted) : wanted;
  const groups = captionGroups(run);
  const fitted = init?.text ?? fitSentenceEncoder(groups.flat(), vectors, recipe.text);
  const text = new SentenceEncoder(fitted, vectors);
  const captions = makeCaptions(groups, text);
  const chosen = (...splits: Split[]) => photos.filter(({ split }) => splits.includes(split));
  const pairs = (...splits: Split[]) => makePairs(chosen(...splits), text, recipe.image);
  const encoder = identityToText(identity);
  const network = { engine, recipe, captions, seed, ...(init ? { init: init.network } : {}) };
  const stage = { run, text, data: fingerprint(photos, fitted, encoder, init?.metadata.createdAt) };
  const measured = yield* trainStage(stage, { ...network, train: pairs('train'), val: pairs('val') }, 'measured');
  const kept = run.final ? yield* trainStage(stage, { ...network, train: pairs('train', 'val') }, 'final') : measured;
  const trainedOn = chosen(...(run.final ? (['train', 'val'] as const) : (['train'] as const)));
  const captionCounts = trainedWords(trainedOn, init);
  const concepts = recipe.concepts
    ? await fitToPhotos({ engine, vectors, keras, seed }, recipe.concepts, trainedOn)
    : undefined;
  const embedder = await openEmbedder(engine, {
    network: measured.weights,
    text,
    image: recipe.image,
    concepts: concepts && new Concepts(concepts, vectors, engine.similarities, captionCounts),
  });
  const val = chosen('val');
  const model: Model = {
    network: kept.weights,
    text: fitted,
    captionCounts,
    concepts,
    metadata: {
      encoder,
      recipe,
      seed,
      data: describeData(run),
      recalls:
        concepts && val.length > 0 ? (await evaluateEmbedder(embedder, engine, val, null)).recalls : measured.recalls,
      calibration: await calibrate({ engine, embedder, surprise: text.surprise }, val),
      epoch: kept.epoch,
      createdAt: Date.now(),
      image: kept.weights.image.shape,
      text: kept.weights.text.shape,
      words: knowledgeOf(captionCounts, concepts && new ClassIndex(concepts.names), vectors),
    },
  };
  await embedder.dispose();
  return { information: informationOf(model.metadata), bytes: encodeModel(model), epoch: kept.epoch };
}

/** In how many captions each word is, of the photos of this run and of those of the model that it started from. */
function trainedWords(photos: readonly TrainingPhoto[], init: Model | undefined): Map<string, number> {
  const counts = captionCounts(photos.flatMap(({ captions }) => captions));
  if (init) for (const [word, count] of trainedCounts(init)) counts.set(word, (counts.get(word) ?? 0) + count);
  return counts;
}

/** Input of both stages of a run. */
interface Stage {
  readonly run: TrainingRun;
  readonly text: SentenceEncoder;
  /** identifies the data: a checkpoint of other data is not used */
  readonly data: string;
}

async function* trainStage(
  { run, text, data }: Stage,
  network: NetworkRun,
  stage: 'measured' | 'final',
): AsyncGenerator<TrainingUpdate, BestEpoch> {
  const { epochs } = network.recipe.optimiser;
  const found = readCheckpoint(await run.checkpoint(stage), data);
  if (typeof found === 'string') yield { kind: 'not-resumed', stage, reason: found };
  const resume = typeof found === 'string' ? undefined : found;
  if (resume) yield { kind: 'resumed', epoch: resume.epoch };
  const training = trainNetwork(resume ? { ...network, resume } : network);
  const checkpoint = async (take: () => Promise<Checkpoint>) =>
    ({ kind: 'checkpoint', stage, bytes: encodeCheckpoint(await take(), data) }) as const;
  try {
    for (;;) {
      const next = await training.next();
      if (next.done) return next.value;
      const event = next.value;
      switch (event.kind) {
        case 'pretraining':
          yield event;
          break;
        case 'pretrained':
          yield await checkpoint(event.checkpoint);
          break;
        case 'step':
          yield { ...event, epochs };
          break;
        case 'epoch': {
          const { checkpoint: take, weights, ...epoch } = event;
          yield await checkpoint(take);
          yield {
            ...epoch,
            epochs,
            candidate: () =>
              openEmbedder(network.engine, {
                network: weights,
                text,
                image: network.recipe.image,
                concepts: undefined,
              }),
          };
        }
      }
    }
  } finally {
    // Frees the engine's memory, also after an error and when the caller stops the run.
    await training.return(undefined as never);
  }
}

/**
 * A checkpoint that cannot be read (an older version's, or one that was not written completely) or was made with other data
 * is not used.
 *
 * @returns undefined where there is none; a string with the reason where it is not used
 */
function readCheckpoint(bytes: Uint8Array | undefined, data: string): Checkpoint | string | undefined {
  if (bytes === undefined) return undefined;
  try {
    const { checkpoint, note } = decodeCheckpoint(bytes);
    return note === data ? checkpoint : 'the dataset has changed since';
  } catch (error) {
    return errorMessage(error);
  }
}

/** A run that starts from a model keeps that model's inputs and layers, for the branches that it goes on training. */
function recipeForInit({ metadata, text, network: weights }: Model, recipe: Recipe): Recipe {
  const network = {
    ...recipe.network,
    textHidden: weights.text.shape.hidden,
    embedding: weights.text.shape.outputs,
  };
  const started = { ...recipe, text: text.spec, network };
  if (!keepsImageBranch(weights, recipe)) return started;
  return {
    ...started,
    image: metadata.recipe.image,
    network: { ...network, imageHidden: weights.image.shape.hidden },
  };
}

function fingerprint(photos: readonly TrainingPhoto[], text: FittedText, encoder: string, init = 0): string {
  const hash = createHash('sha256').update(JSON.stringify([encoder, init, text]));
  for (const { name, split, captions } of photos) hash.update(JSON.stringify([name, split, captions]));
  return hash.digest('hex');
}

function describeData({ dataset, photos, final }: TrainingRun): string {
  const count = (split: Split) => photos.filter((photo) => photo.split === split).length;
  const trained = final ? `${count('train') + count('val')} photos (train + val)` : `${count('train')} photos (train)`;
  return `${dataset}, ${trained}; recall on ${count('val')} photos (val)`;
}
