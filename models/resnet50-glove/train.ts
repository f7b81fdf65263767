/** Training a two-branch model: fits the text encoder, trains, calibrates the relevance, and writes the model. */
import { Concepts } from '../concepts/concepts.ts';
import { knowledgeOf } from '../concepts/knowledge.ts';
import type { EncoderIdentity } from '../contract/information.ts';
import type { Split, TrainedModel, TrainingRun, TrainingUpdate } from '../contract/training.ts';
import type { Engine } from '../engine/engine.ts';
import { evaluateEmbedder } from '../evaluate-embedder.ts';
import type { NetworkWeights } from '../network/network.ts';
import { fitSentenceEncoder, SentenceEncoder } from '../text/sentence-encoder.ts';
import type { WordVectors } from '../text/word-vectors.ts';
import { encodeModel, type Model } from '../two-branch/model-file.ts';
import type { Recipe } from '../two-branch/recipe.ts';
import { keepsImageBranch } from '../two-branch/training.ts';
import type { TrainingRun as NetworkRun } from '../two-branch/training-run.ts';
import { beginningsOf, trainNetworks } from '../branch-models/train-networks.ts';
import { trainStage, type Stage } from '../branch-models/train-stage.ts';
import { calibrate } from '../branch-models/calibration.ts';
import { readStage5 } from '../resnet50/tuning/weights.ts';
import { fitToPhotos, readClassifier } from './concepts.ts';
import { guessedPhotos } from './guessed-photos.ts';
import { defaultPartition } from '../two-branch/kernel-ridge.ts';
import { identityToText, tunedIdentity } from './identity.ts';
import { informationOf, trainedCounts } from './open-model.ts';
import { openEmbedder } from '../branch-models/network-embedder.ts';
import { embedRegions, rerankByRegions } from './region-embedder.ts';
import { rowsOfSets } from '../two-branch/evaluation.ts';
import { metadataOf } from '../branch-models/metadata.ts';
import { captionGroups, makeCaptions, makePairs } from '../branch-models/pairs.ts';
import { parse, partSeconds, timesTuned } from './recipe-form.ts';
import { captioned, fingerprint, trainedWords, type Numbering } from '../branch-models/run-parts.ts';
import { sentenceSide } from './sentence-side.ts';
import { tunePhotos, type TunedPhotos } from './tune-photos.ts';

export interface TrainingResources {
  readonly engine: Engine;
  readonly vectors: WordVectors;
  readonly identity: EncoderIdentity;
  /** path of ResNet50's graph, of which fine-tuning reads stage 5 */
  readonly resnet50: string;
  /** Keras' model.json of the image network, with its classifier */
  readonly keras: string;
}

/** @param init the model whose weights are the initial ones */
export async function* train(
  resources: TrainingResources,
  run: TrainingRun,
  init: Model | undefined,
): AsyncGenerator<TrainingUpdate, TrainedModel> {
  const { engine, vectors, identity } = resources;
  const { seed } = run;
  const wanted = parse(run.recipe, `The recipe ${run.recipe.name}`);
  const recipe = init ? recipeForInit(init, wanted) : wanted;
  const groups = captionGroups(run);
  const uncaptioned = run.photos.filter(({ captions }) => captions.length === 0);
  const learnt: readonly Split[] = run.final ? ['train', 'val'] : ['train'];
  const guesses = recipe.guessedCaptions && uncaptioned.length > 0;
  const classifier = recipe.concepts || guesses ? await readClassifier(resources.keras) : null;
  // As many as one kernel machine has room for besides the captioned photos.
  const room = Math.max(0, defaultPartition - captioned(run.photos, learnt).length);
  const guessed = guesses ? await guessedPhotos(engine.similarities, classifier!, uncaptioned, room) : [];
  const sentences = [...groups.flat(), ...guessed.flatMap((photo) => photo.captions)];
  const fitted = init?.text ?? fitSentenceEncoder(sentences, vectors, recipe.text);
  const sentenceEncoder = new SentenceEncoder(fitted, vectors);
  const text = sentenceSide(sentenceEncoder);
  const captions = makeCaptions(groups, text);
  const network = { engine, recipe, captions, seed };
  const data = fingerprint(run.photos, [identityToText(identity), init?.metadata.createdAt ?? 0, fitted]);
  const sets = rowsOfSets(captioned(run.photos, ['val']).map(({ set }) => set));
  const stage = { run, sets, text, data, numbering: numberingOf(recipe, run, init !== undefined).fit };
  const tuned = recipe.tuning ? yield* fineTune(resources, stage, network, recipe.tuning, init?.network) : null;
  const photos = tuned?.photos ?? run.photos;
  const [train, val] = [captioned(photos, ['train']), captioned(photos, ['val'])];
  const encoder = identityToText(tuned ? tunedIdentity(identity, tuned.digits) : identity);
  const last = { ...stage, data: tuned ? `${data} ${tuned.digits}` : data, tuned: tuned !== null };
  const begins = yield* beginningsOf(last, network, init?.network, () => makePairs(train, text, recipe.image));
  const measured = yield* trainNetworks(last, network, begins, { train, guessed, val }, 'measured');
  const trainedOn = captioned(photos, learnt);
  const kept = run.final
    ? yield* trainNetworks(last, network, begins, { train: trainedOn, guessed }, 'final')
    : measured;
  const captionCounts = trainedWords(trainedOn, init && trainedCounts(init));
  const fittedConcepts = recipe.concepts
    ? await fitToPhotos({ engine, vectors, classifier: classifier!, seed }, recipe.concepts, [
        ...trainedOn,
        ...uncaptioned,
      ])
    : undefined;
  const concepts = fittedConcepts && new Concepts(fittedConcepts, vectors, engine.similarities, captionCounts);
  const embedder = await openEmbedder(engine, {
    first: { weights: measured.first.weights, image: recipe.image },
    joined: measured.joined,
    text,
    concepts,
  });
  const rerank = rerankByRegions(engine, embedRegions(engine, embedder));
  const evaluation = val.length > 0 ? await evaluateEmbedder(embedder, engine, val, null, rerank(val)) : null;
  const calibration = await calibrate({ engine, embedder, surprise: sentenceEncoder.surprise, rerank }, val);
  const model: Model = {
    network: kept.first.weights,
    text: fitted,
    joined: kept.joined,
    captionCounts,
    concepts: fittedConcepts,
    ...(tuned ? { tuned: tuned.weights } : {}),
    metadata: {
      ...metadataOf({ run, encoder, recipe, evaluation, calibration, kept }),
      words: knowledgeOf(captionCounts, concepts?.names, vectors),
      ...(tuned ? { tuned: tuned.digits } : {}),
    },
  };
  await embedder.dispose();
  return { information: informationOf(model.metadata), bytes: encodeModel(model), epoch: kept.first.epoch };
}

/** The stages of a run that fine-tunes. */
function numberingOf(recipe: Recipe, { photos }: TrainingRun, fromModel: boolean) {
  if (!recipe.tuning) return { teacher: null, tuning: null, fit: null };
  const seconds = partSeconds(recipe, captioned(photos, ['train']).length);
  const { epochs } = recipe.optimiser;
  const tuning = recipe.tuning.epochs * timesTuned(recipe.tuning);
  const before = fromModel ? 0 : epochs;
  const all = before + tuning + epochs;
  const secondsPerEpoch = seconds.fit / epochs;
  return {
    teacher: { before: 0, all, secondsAfter: seconds.tuning + seconds.fit, secondsPerEpoch },
    tuning: { before, all, secondsAfter: seconds.fit, secondsPerEpoch: seconds.tuningEpoch },
    fit: { before: before + tuning, all, secondsAfter: 0, secondsPerEpoch },
  } satisfies Record<string, Numbering>;
}

/** Trains the text branch towards which stage 5 is tuned, unless the run starts from a model, and tunes stage 5. */
async function* fineTune(
  { engine, resnet50 }: TrainingResources,
  stage: Stage,
  network: Omit<NetworkRun, 'train' | 'val' | 'init'> & { readonly recipe: Recipe },
  tuning: NonNullable<Recipe['tuning']>,
  init: NetworkWeights | undefined,
): AsyncGenerator<TrainingUpdate, TunedPhotos | null> {
  const { run, text, data } = stage;
  const numbering = numberingOf(network.recipe, run, init !== undefined);
  const pairs = (split: Split) => makePairs(captioned(run.photos, [split]), text, network.recipe.image);
  const teacher = init
    ? init.text
    : (yield* trainStage(
        { ...stage, numbering: numbering.teacher },
        { ...network, train: pairs('train'), val: pairs('val') },
        'teacher',
      )).weights.text;
  const initial = await readStage5(resnet50);
  return yield* tunePhotos({
    ...{ engine, run, recipe: tuning, initial, data, numbering: numbering.tuning! },
    teacher: { text, branch: teacher },
  });
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
