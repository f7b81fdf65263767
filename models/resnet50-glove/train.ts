/** Training a two-branch model: fits the text encoder, trains, calibrates the relevance, and writes the model. */
import { createHash } from 'node:crypto';
import { ClassIndex } from '../concepts/class-names.ts';
import { Concepts } from '../concepts/concepts.ts';
import { knowledgeOf } from '../concepts/knowledge.ts';
import type { EncoderIdentity, SetRecalls } from '../contract/information.ts';
import type {
  CaptionedPhoto,
  Split,
  TrainedModel,
  TrainingPhoto,
  TrainingRun,
  TrainingUpdate,
} from '../contract/training.ts';
import type { Engine } from '../engine/engine.ts';
import { evaluateEmbedder, type Rerank } from '../evaluate-embedder.ts';
import { seededRandom } from '../math/random.ts';
import { add } from '../math/rows.ts';
import type { BranchWeights } from '../network/network.ts';
import { embedTexts, scoresOf } from '../two-branch/embedding.ts';
import { errorMessage } from '../errors.ts';
import type { FittedText } from '../text/fitted-text.ts';
import { captionCounts } from '../relevance/word-report.ts';
import { fitSentenceEncoder, SentenceEncoder } from '../text/sentence-encoder.ts';
import type { WordVectors } from '../text/word-vectors.ts';
import { decodeBranch, decodeCheckpoint, encodeBranch, encodeCheckpoint } from '../two-branch/checkpoint-file.ts';
import type { ImageSpec } from '../two-branch/image-input.ts';
import { captionsOfBasis, fitBasis, type Joined, type Member } from '../two-branch/joined.ts';
import { describeJoined, encodeModel, type Model } from '../two-branch/model-file.ts';
import { memberRecipe, type Recipe } from '../two-branch/recipe.ts';
import { keepsImageBranch, pretrainBranch, trainNetwork } from '../two-branch/training.ts';
import { sampleCaptions } from '../two-branch/training-methods.ts';
import type { BestEpoch, Checkpoint, TrainingRun as NetworkRun } from '../two-branch/training-run.ts';
import { calibrate } from './calibration.ts';
import { readStage5 } from '../resnet50/tuning/weights.ts';
import { fitToPhotos } from './concepts.ts';
import { identityToText, tunedIdentity } from './identity.ts';
import { informationOf, trainedCounts } from './open-model.ts';
import { openEmbedder } from './network-embedder.ts';
import { embedRegions, rerankByRegions } from './region-embedder.ts';
import { rowsOfSets, type Recalls } from '../two-branch/evaluation.ts';
import { describeData } from './describe-data.ts';
import { captionGroups, makeCaptions, makePairs } from './pairs.ts';
import { fitSeconds, parse, partSeconds, timesTuned } from './recipe-form.ts';
import { tunePhotos, type Numbering, type TunedPhotos } from './tune-photos.ts';

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
  const fitted = init?.text ?? fitSentenceEncoder(groups.flat(), vectors, recipe.text);
  const text = new SentenceEncoder(fitted, vectors);
  const captions = makeCaptions(groups, text);
  const network = { engine, recipe, captions, seed, ...(init ? { init: init.network } : {}) };
  const data = fingerprint(run.photos, fitted, identityToText(identity), init?.metadata.createdAt);
  const sets = rowsOfSets(
    run.photos.filter(({ split, captions }) => split === 'val' && captions.length > 0).map(({ set }) => set),
  );
  const stage = { run, sets, text, data, numbering: numberingOf(recipe, run, init !== undefined).fit };
  const tuned = recipe.tuning ? yield* fineTune(resources, stage, network, recipe.tuning) : null;
  const photos = tuned?.photos ?? run.photos;
  // Photos without captions are not learnt from yet.
  const captioned = photos.filter(({ captions }) => captions.length > 0);
  const chosen = (...splits: Split[]) => captioned.filter(({ split }) => splits.includes(split));
  const pairs = (...splits: Split[]) => makePairs(chosen(...splits), text, recipe.image);
  const encoder = identityToText(tuned ? tunedIdentity(identity, tuned.digits) : identity);
  const last = { ...stage, data: tuned ? `${data} ${tuned.digits}` : data, tuned: tuned !== null };
  const pretrained = init
    ? [recipe, ...recipe.joined].map(() => init.network.text)
    : yield* pretrainEach(last, { ...network, train: pairs('train') });
  const measured = yield* trainNetworks(
    last,
    network,
    pretrained,
    { train: chosen('train'), val: chosen('val') },
    'measured',
  );
  const kept = run.final
    ? yield* trainNetworks(last, network, pretrained, { train: chosen('train', 'val') }, 'final')
    : measured;
  const trainedOn = chosen(...(run.final ? (['train', 'val'] as const) : (['train'] as const)));
  const captionCounts = trainedWords(trainedOn, init);
  const { keras } = resources;
  const concepts = recipe.concepts
    ? await fitToPhotos({ engine, vectors, keras, seed }, recipe.concepts, trainedOn)
    : undefined;
  const embedder = await openEmbedder(engine, {
    first: { weights: measured.first.weights, image: recipe.image },
    joined: measured.joined,
    text,
    concepts: concepts && new Concepts(concepts, vectors, engine.similarities, captionCounts),
  });
  const regions = embedRegions(engine, embedder);
  const rerank =
    (of: readonly CaptionedPhoto[]): Rerank =>
    (texts, scores) =>
      rerankByRegions(engine, regions, of, texts, scores);
  const val = chosen('val');
  const evaluation = val.length > 0 ? await evaluateEmbedder(embedder, engine, val, null, rerank(val)) : null;
  const model: Model = {
    network: kept.first.weights,
    text: fitted,
    joined: kept.joined,
    captionCounts,
    concepts,
    ...(tuned ? { tuned: tuned.weights } : {}),
    metadata: {
      encoder,
      recipe,
      seed,
      data: describeData(run),
      recalls: evaluation?.recalls ?? null,
      sets: evaluation?.sets ? [...evaluation.sets] : [],
      calibration: await calibrate({ engine, embedder, surprise: text.surprise, rerank }, val),
      epoch: kept.first.epoch,
      createdAt: Date.now(),
      image: kept.first.weights.image.shape,
      text: kept.first.weights.text.shape,
      ...(kept.joined ? { joined: describeJoined(kept.joined) } : {}),
      words: knowledgeOf(captionCounts, concepts && new ClassIndex(concepts.names), vectors),
      ...(tuned ? { tuned: tuned.digits } : {}),
    },
  };
  await embedder.dispose();
  return { information: informationOf(model.metadata), bytes: encodeModel(model), epoch: kept.first.epoch };
}

/** In how many captions each word is, of the photos of this run and of those of the model that it started from. */
function trainedWords(photos: readonly TrainingPhoto[], init: Model | undefined): Map<string, number> {
  const counts = captionCounts(photos.flatMap(({ captions }) => captions));
  if (init) for (const [word, count] of trainedCounts(init)) counts.set(word, (counts.get(word) ?? 0) + count);
  return counts;
}

/**
 * Pre-trains the text branches of the networks that a recipe joins, once for the stages `measured` and `final`. Each network has its
 * own: with one for all of them they are more alike, and score less well together (docs/experiments.md).
 *
 * @returns one for each network; empty where there is one network, which pre-trains its own, or no pre-training
 */
async function* pretrainEach(
  { run, data }: Stage,
  network: Omit<NetworkRun, 'val'>,
): AsyncGenerator<TrainingUpdate, BranchWeights[]> {
  const { pretraining, joined } = network.recipe;
  if (!pretraining || joined.length === 0) return [];
  const branches: BranchWeights[] = [];
  for (let i = 0; i <= joined.length; i++) {
    const stage = `pretrained-${i + 1}`;
    const found = readKept(await run.checkpoint(stage), data, (bytes) => {
      const { branch, note } = decodeBranch(bytes);
      return { kept: branch, note };
    });
    if (typeof found === 'string') yield { kind: 'not-resumed', stage, reason: found };
    if (typeof found === 'object') branches.push(found);
    else {
      const branch = yield* pretrainBranch({ ...network, seed: network.seed + i }, pretraining);
      yield { kind: 'checkpoint', stage, bytes: encodeBranch(branch, data) };
      branches.push(branch);
    }
  }
  return branches;
}

interface TrainedNetworks {
  readonly first: BestEpoch;
  readonly joined: Joined | undefined;
}

/** Trains the networks of a recipe one after the other, and joins them. @param name the stages of the further ones are numbered */
async function* trainNetworks(
  stage: Stage,
  network: Omit<NetworkRun, 'train' | 'val'>,
  pretrained: readonly BranchWeights[],
  photos: { readonly train: readonly TrainingPhoto[]; readonly val?: readonly TrainingPhoto[] },
  name: 'measured' | 'final',
): AsyncGenerator<TrainingUpdate, TrainedNetworks> {
  const { engine, recipe, seed } = network;
  const pairsFor = (image: ImageSpec) => ({
    train: makePairs(photos.train, stage.text, image),
    ...(photos.val ? { val: makePairs(photos.val, stage.text, image), valSets: [...stage.sets.values()] } : {}),
  });
  const pairs = pairsFor(recipe.image);
  const numberings = recipe.joined.length > 0 ? numberingOfNetworks(recipe, photos.train.length) : [stage.numbering];
  const first = yield* trainStage(
    { ...stage, numbering: numberings[0]! },
    { ...network, ...pairs, ...(pretrained[0] ? { pretrained: pretrained[0] } : {}) },
    name,
  );
  if (recipe.joined.length === 0) return { first, joined: undefined };
  const others: Member[] = [];
  const otherScores = pairs.val && (await scoresOf(engine, first.weights, pairs.val));
  for (const [i, own] of recipe.joined.entries()) {
    const member = memberRecipe(recipe, own);
    const run: NetworkRun = {
      ...network,
      ...pairsFor(member.image),
      recipe: member,
      seed: seed + i + 1,
      ...(pretrained[i + 1] ? { pretrained: pretrained[i + 1]! } : {}),
      ...(otherScores ? { otherScores } : {}),
    };
    // Of a model that the run starts from only the text branch is taken.
    delete (run as { init?: unknown }).init;
    const numbering = numberings[i + 1]!;
    const trained = yield* trainStage({ ...stage, numbering }, run, `${name}-${i + 2}`);
    others.push({ weights: trained.weights, image: member.image });
    if (otherScores) add(otherScores, await scoresOf(engine, trained.weights, run.val!));
  }
  const random = seededRandom(seed);
  const captions = sampleCaptions(pairs.train, captionsOfBasis, random);
  const texts: Float32Array[] = [];
  for (const { text } of [first.weights, ...others.map(({ weights }) => weights)]) {
    texts.push(await embedTexts(engine, text, captions));
  }
  const count = captions.photoOf.length;
  const basis = await fitBasis(engine.similarities, texts, count, recipe.network.embedding, random);
  return { first, joined: { others, ...basis } };
}

/** Input of all stages of a run. */
interface Stage {
  readonly run: TrainingRun;
  /** rows of the val photos of each set that has some */
  readonly sets: ReadonlyMap<string, Int32Array>;
  readonly text: SentenceEncoder;
  /** identifies the data: a checkpoint of other data is not used */
  readonly data: string;
  /** null: the stage is the whole run */
  readonly numbering: Numbering | null;
  /** the photos have features of a fine-tuned stage 5, which the library's photos do not have yet */
  readonly tuned?: boolean;
}

/** The networks that are joined: their epochs are counted on. */
function numberingOfNetworks(recipe: Recipe, photos: number): Numbering[] {
  const members = [recipe, ...recipe.joined.map((own) => memberRecipe(recipe, own))];
  const all = members.reduce((sum, { optimiser }) => sum + optimiser.epochs, 0);
  const seconds = members.map((member) => fitSeconds(member, photos));
  return members.map((_, i) => ({
    before: members.slice(0, i).reduce((sum, { optimiser }) => sum + optimiser.epochs, 0),
    all,
    secondsAfter: seconds.slice(i + 1).reduce((sum, { whole }) => sum + whole, 0),
    secondsPerEpoch: seconds[i]!.epoch,
  }));
}

/** The stages of a run that fine-tunes. */
function numberingOf(recipe: Recipe, { photos }: TrainingRun, fromModel: boolean) {
  if (!recipe.tuning) return { teacher: null, tuning: null, fit: null };
  const seconds = partSeconds(recipe, photos.filter(({ split }) => split === 'train').length);
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
  network: Omit<NetworkRun, 'train'>,
  tuning: NonNullable<Recipe['tuning']>,
): AsyncGenerator<TrainingUpdate, TunedPhotos | null> {
  const { run, text, data } = stage;
  const numbering = numberingOf(network.recipe, run, network.init !== undefined);
  const pairs = (split: Split) =>
    makePairs(
      run.photos.filter((photo) => photo.split === split),
      text,
      network.recipe.image,
    );
  const teacher = network.init
    ? network.init.text
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

async function* trainStage(
  { run, sets, text, data, numbering, tuned }: Stage,
  network: NetworkRun,
  stage: string,
): AsyncGenerator<TrainingUpdate, BestEpoch> {
  const own = network.recipe.optimiser.epochs;
  const epochs = numbering?.all ?? own;
  const before = numbering?.before ?? 0;
  const found = readKept(await run.checkpoint(stage), data, (bytes) => {
    const { checkpoint, note } = decodeCheckpoint(bytes);
    return { kept: checkpoint, note };
  });
  if (typeof found === 'string') yield { kind: 'not-resumed', stage, reason: found };
  const resume = typeof found === 'string' ? undefined : found;
  if (resume) yield { kind: 'resumed', epoch: before + resume.epoch };
  const training = trainNetwork(resume ? { ...network, resume } : network);
  const partOf = (done: number, steps: number) =>
    numbering
      ? { part: { name: stage, stepsLeft: (own - done + numbering.secondsAfter / numbering.secondsPerEpoch) * steps } }
      : {};
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
          yield {
            ...event,
            epoch: before + event.epoch,
            epochs,
            ...partOf(event.epoch - 1 + event.step / event.steps, event.steps),
          };
          break;
        case 'epoch': {
          const { checkpoint: take, weights, setRecalls, ...epoch } = event;
          yield await checkpoint(take);
          yield {
            ...epoch,
            epoch: before + epoch.epoch,
            epochs,
            sets: ofSets(sets, setRecalls),
            ...partOf(epoch.epoch, epoch.steps),
            candidate: tuned
              ? null
              : () => openEmbedder(network.engine, { first: { weights, image: network.recipe.image }, text }),
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
function readKept<T>(
  bytes: Uint8Array | undefined,
  data: string,
  decode: (bytes: Uint8Array) => { kept: T; note: unknown },
): T | string | undefined {
  if (bytes === undefined) return undefined;
  try {
    const { kept, note } = decode(bytes);
    return note === data ? kept : 'the dataset has changed since';
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
  const names = [...sets];
  return recalls.map((own, i) => ({ set: names[i]![0], photos: names[i]![1].length, recalls: own }));
}
