/** Training a two-branch model: fits the text encoder, trains, calibrates the relevance, and writes the model. */
import { createHash } from 'node:crypto';
import type { EncoderIdentity, SetRecalls } from '../contract/information.ts';
import type { Split, TrainedModel, TrainingPhoto, TrainingRun, TrainingUpdate } from '../contract/training.ts';
import type { Engine } from '../engine/engine.ts';
import { errorMessage } from '../errors.ts';
import type { FittedText } from '../text/fitted-text.ts';
import { captionCounts } from '../relevance/word-report.ts';
import { fitSentenceEncoder, SentenceEncoder } from '../text/sentence-encoder.ts';
import type { WordVectors } from '../text/word-vectors.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../two-branch/checkpoint-file.ts';
import { encodeModel, type Model } from '../two-branch/model-file.ts';
import { rowsOfSets, type Recalls } from '../two-branch/evaluation.ts';
import type { Recipe } from '../two-branch/recipe.ts';
import { keepsImageBranch, trainNetwork } from '../two-branch/training.ts';
import type { BestEpoch, Checkpoint, TrainingRun as NetworkRun } from '../two-branch/training-run.ts';
import { calibrate } from './calibration.ts';
import { identityToText } from './identity.ts';
import { informationOf, openEmbedder, trainedCounts } from './open-model.ts';
import { describeData } from './describe-data.ts';
import { captionGroups, makeCaptions, makePairs } from './pairs.ts';
import { parse } from './recipe-form.ts';

export interface TrainingResources {
  readonly engine: Engine;
  readonly vectors: WordVectors;
  readonly identity: EncoderIdentity;
}

/** @param init the model whose weights are the initial ones */
export async function* train(
  { engine, vectors, identity }: TrainingResources,
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
  // Photos without captions are not learnt from yet.
  const captioned = photos.filter(({ captions }) => captions.length > 0);
  const chosen = (...splits: Split[]) => captioned.filter(({ split }) => splits.includes(split));
  const pairs = (...splits: Split[]) => makePairs(chosen(...splits), text, recipe.image);
  const encoder = identityToText(identity);
  const val = pairs('val');
  const network = { engine, recipe, captions, seed, ...(init ? { init: init.network } : {}) };
  const rows = rowsOfSets(chosen('val').map(({ set }) => set));
  const sets = [...rows].map(([set, own]) => ({ set, photos: own.length }));
  const stage = { run, sets, text, data: fingerprint(photos, fitted, encoder, init?.metadata.createdAt) };
  const measured = yield* trainStage(
    stage,
    { ...network, train: pairs('train'), val, valSets: [...rows.values()] },
    'measured',
  );
  const kept = run.final ? yield* trainStage(stage, { ...network, train: pairs('train', 'val') }, 'final') : measured;
  const captionsOf = chosen('val').map((photo) => photo.captions);
  const model: Model = {
    network: kept.weights,
    text: fitted,
    captionCounts: trainedWords(chosen(...(run.final ? (['train', 'val'] as const) : (['train'] as const))), init),
    metadata: {
      encoder,
      recipe,
      seed,
      data: describeData(run),
      recalls: measured.recalls,
      sets: ofSets(sets, measured.setRecalls),
      calibration: await calibrate(engine, measured.weights, text, { pairs: val, captionsOf }),
      epoch: kept.epoch,
      createdAt: Date.now(),
      image: kept.weights.image.shape,
      text: kept.weights.text.shape,
    },
  };
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
  /** the sets that have val photos */
  readonly sets: readonly Pick<SetRecalls, 'set' | 'photos'>[];
  readonly text: SentenceEncoder;
  /** identifies the data: a checkpoint of other data is not used */
  readonly data: string;
}

async function* trainStage(
  { run, sets, text, data }: Stage,
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
          const { checkpoint: take, weights, setRecalls, ...epoch } = event;
          yield await checkpoint(take);
          yield {
            ...epoch,
            epochs,
            sets: ofSets(sets, setRecalls),
            candidate: () => openEmbedder(network.engine, weights, text, network.recipe.image),
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
  // Without the name of the first set: that is what versions wrote that knew one dataset only, and their runs go on.
  const first = photos[0]?.set;
  for (const { set, name, split, captions } of photos)
    hash.update(JSON.stringify([name, split, captions, ...(set === first ? [] : [set])]));
  return hash.digest('hex');
}

/** @param recalls of each of the sets; empty where nothing was measured */
function ofSets(sets: Stage['sets'], recalls: readonly Recalls[]): SetRecalls[] {
  return recalls.map((own, i) => ({ ...sets[i]!, recalls: own }));
}
