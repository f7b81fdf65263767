/** The part of a training run that trains one network after the other and joins them (models/two-branch/joined.ts). */
import type { TrainingPhoto, TrainingUpdate } from '../contract/training.ts';
import { seededRandom } from '../math/random.ts';
import { add } from '../math/rows.ts';
import type { BranchWeights, NetworkWeights } from '../network/network.ts';
import { decodeBranch, encodeBranch } from '../two-branch/checkpoint-file.ts';
import { embedTexts, scoresOf } from '../two-branch/embedding.ts';
import type { ImageSpec } from '../two-branch/image-input.ts';
import { captionsOfBasis, fitBasis, type Joined, type Member } from '../two-branch/joined.ts';
import { memberRecipe, type NetworkRecipe } from '../two-branch/recipe.ts';
import { pretrainBranch } from '../two-branch/training.ts';
import { sampleCaptions } from '../two-branch/training-methods.ts';
import type { Pairs } from '../two-branch/batches.ts';
import type { BestEpoch, TrainingRun as NetworkRun } from '../two-branch/training-run.ts';
import { makePairs } from './pairs.ts';
import { kept, type Numbering } from './run-parts.ts';
import { trainStage, type Stage } from './train-stage.ts';
import { fitSeconds, type InputLengths } from './training-times.ts';

/** What a network begins with; neither: random weights, or a pre-training of its own. */
export type Beginning = Pick<NetworkRun, 'init' | 'pretrained'>;

/**
 * What the networks of a recipe begin with. Of a model that the run starts from, the further ones take the text branch only.
 *
 * @param init the networks of that model
 * @param train makes the pairs for a pre-training
 * @returns one for each network; shorter where the others begin with neither
 */
export async function* beginningsOf(
  stage: Stage,
  network: Omit<NetworkRun, 'train' | 'val'>,
  init: NetworkWeights | undefined,
  train: () => Pairs,
): AsyncGenerator<TrainingUpdate, Beginning[]> {
  if (init) return [{ init }, ...network.recipe.joined.map(() => ({ pretrained: init.text }))];
  return (yield* pretrainEach(stage, network, train)).map((pretrained) => ({ pretrained }));
}

/**
 * Pre-trains the text branches of the networks that a recipe joins, once for the stages `measured` and `final`. Each network has its
 * own: with one for all of them they are more alike, and score less well together (docs/experiments.md).
 *
 * @param train makes the pairs, which are not needed where all branches are kept
 * @returns one for each network; empty where there is one network, which pre-trains its own, or no pre-training
 */
async function* pretrainEach(
  { run, data }: Stage,
  network: Omit<NetworkRun, 'train' | 'val'>,
  train: () => Pairs,
): AsyncGenerator<TrainingUpdate, BranchWeights[]> {
  const { pretraining, joined } = network.recipe;
  if (!pretraining || joined.length === 0) return [];
  const branches: BranchWeights[] = [];
  for (let i = 0; i <= joined.length; i++) {
    const stage = `pretrained-${i + 1}`;
    const found = yield* kept(run, stage, data, decodeBranch);
    if (found) branches.push(found.branch);
    else {
      const branch = yield* pretrainBranch({ ...network, train: train(), seed: network.seed + i }, pretraining);
      yield { kind: 'checkpoint', stage, bytes: encodeBranch(branch, data) };
      branches.push(branch);
    }
  }
  return branches;
}

export interface TrainedNetworks {
  readonly first: BestEpoch;
  readonly joined: Joined | undefined;
}

/**
 * Trains the networks of a recipe one after the other, and joins them.
 *
 * @param begins of each network; shorter where the others begin with neither
 * @param name the stages of the further networks are numbered
 */
export async function* trainNetworks(
  stage: Stage,
  network: Omit<NetworkRun, 'train' | 'val' | 'init'>,
  begins: readonly Beginning[],
  photos: {
    readonly train: readonly TrainingPhoto[];
    /** with guessed captions, which weigh less */
    readonly guessed: readonly (TrainingPhoto & { readonly isGuessed: true })[];
    readonly val?: readonly TrainingPhoto[];
  },
  name: 'measured' | 'final',
): AsyncGenerator<TrainingUpdate, TrainedNetworks> {
  const { engine, recipe, seed } = network;
  const pairsFor = (image: ImageSpec, guessed: typeof photos.guessed = []) => ({
    train: makePairs([...photos.train, ...guessed], stage.text, image),
    ...(photos.val ? { val: makePairs(photos.val, stage.text, image), valSets: [...stage.sets.values()] } : {}),
  });
  const pairs = pairsFor(recipe.image, photos.guessed);
  const numberings =
    recipe.joined.length > 0 ? numberingOfNetworks(recipe, photos.train.length, stage.inputs) : [stage.numbering];
  const first = yield* trainStage(
    { ...stage, numbering: numberings[0]! },
    { ...network, ...pairs, ...begins[0] },
    name,
  );
  if (recipe.joined.length === 0) return { first, joined: undefined };
  const others: Member[] = [];
  const otherScores = pairs.val && (await scoresOf(engine, first.weights, pairs.val));
  for (const [i, own] of recipe.joined.entries()) {
    const member = memberRecipe(recipe, own);
    const run = {
      ...network,
      ...begins[i + 1],
      ...pairsFor(member.image),
      recipe: member,
      seed: seed + i + 1,
      ...(otherScores ? { otherScores } : {}),
    };
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

/** The networks that are joined: their epochs are counted on. */
function numberingOfNetworks(recipe: NetworkRecipe, photos: number, inputs?: InputLengths): Numbering[] {
  const members = [recipe, ...recipe.joined.map((own) => memberRecipe(recipe, own))];
  const all = members.reduce((sum, { optimiser }) => sum + optimiser.epochs, 0);
  const seconds = members.map((member) => fitSeconds(member, photos, inputs));
  return members.map((_, i) => ({
    before: members.slice(0, i).reduce((sum, { optimiser }) => sum + optimiser.epochs, 0),
    all,
    secondsAfter: seconds.slice(i + 1).reduce((sum, { whole }) => sum + whole, 0),
    secondsPerEpoch: seconds[i]!.epoch,
    network: { number: i + 1, of: members.length },
  }));
}
