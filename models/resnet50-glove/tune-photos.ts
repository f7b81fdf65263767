/**
 * The part of a training run that fine-tunes stage 5 of ResNet50, and the features that the tuned stage makes of the training
 * photos.
 */
import { createHash } from 'node:crypto';
import type { TrainingPhoto, TrainingRun, TrainingUpdate } from '../contract/training.ts';
import type { Engine, OnnxEngine } from '../engine/engine.ts';
import { DescryError } from '../errors.ts';
import { fromHalf, toHalf } from '../files/half.ts';
import { seededRandom } from '../math/random.ts';
import { gatherRows } from '../math/rows.ts';
import type { BranchWeights } from '../network/network.ts';
import { decodeTuning, encodeTuning } from '../resnet50/tuning/checkpoint.ts';
import { stage5Shape } from '../resnet50/tuning/stage5.ts';
import { tunedFeatures, tuneStage5, type TuningRecipe } from '../resnet50/tuning/tune.ts';
import type { Stage5Weights } from '../resnet50/tuning/weights.ts';
import { embedTexts } from '../two-branch/embedding.ts';
import { recallAtK, recallSum, type Recalls } from '../two-branch/evaluation.ts';
import { meanDirections } from '../two-branch/kernel-images.ts';
import { makeCaptions } from '../branch-models/pairs.ts';
import { kept, type Numbering } from '../branch-models/run-parts.ts';
import type { SentenceSide } from '../two-branch/sentence-side.ts';

export interface PhotoTuningRun {
  readonly engine: Engine;
  readonly run: TrainingRun;
  readonly recipe: TuningRecipe & { readonly folds: number };
  /** the weights that ResNet50 comes with */
  readonly initial: Stage5Weights;
  /** the text branch towards which stage 5 is tuned */
  readonly teacher: { readonly text: SentenceSide; readonly branch: BranchWeights };
  /** identifies the data: a checkpoint of other data is not used */
  readonly data: string;
  /** the place of the epochs within the whole run */
  readonly numbering: Numbering;
}

export interface TunedPhotos {
  /** of stage 5, and the digits that identify them (`ModelMetadata.tuned`) */
  readonly weights: Stage5Weights;
  readonly digits: string;
  /** the captioned ones of the train and the val split, with the features of the tuned stage */
  readonly photos: TrainingPhoto[];
}

/** @returns null where no epoch was better on val than ResNet50 as it comes @throws DescryError `engine-unavailable` */
export async function* tunePhotos(tuning: PhotoTuningRun): AsyncGenerator<TrainingUpdate, TunedPhotos | null> {
  const { run, recipe, teacher } = tuning;
  const engine = requireOnnx(tuning.engine);
  const { maps } = run;
  if (!maps) throw new RangeError('a run that fine-tunes needs the maps of the photos');
  const places = (split: TrainingPhoto['split']) =>
    Int32Array.from(
      [...run.photos.keys()].filter((i) => run.photos[i]!.split === split && run.photos[i]!.captions.length > 0),
    );
  const train = places('train');
  const embedding = teacher.branch.shape.outputs;
  const { texts, photoOf } = await embedCaptions(engine, run, train, teacher);
  const targets = meanDirections(texts, photoOf, train.length);
  const common = {
    engine,
    initial: tuning.initial,
    recipe,
    maps: (some: Int32Array) => maps.read(some),
    seed: run.seed,
  };
  const whole = yield* followed(tuning, 'tuning', 0, {
    ...{ ...common, places: train, targets },
    val: await valMeasure(engine, run, places('val'), teacher),
  });
  if (whole.epoch === 0) return null;

  const width = 2 * stage5Shape.outputs;
  const halves = new Uint16Array(run.photos.length * width);
  const keep = async (weights: Stage5Weights, some: Int32Array) => {
    for await (const { from, features } of tunedFeatures(engine, weights, common.maps, some)) {
      for (let row = 0; row * width < features.length; row++) {
        halves.set(toHalf(features.subarray(row * width, (row + 1) * width)), some[from + row]! * width);
      }
    }
  };
  const parts = divided(train.length, recipe.folds, run.seed);
  for (const [part, members] of parts.entries()) {
    const others = Int32Array.from(parts.filter((_, i) => i !== part).flatMap((rows) => [...rows]));
    const fold = yield* followed(tuning, `tuning-${part + 1}`, recipe.epochs * (part + 1), {
      ...{ ...common, places: others.map((row) => train[row]!), targets: gatherRows(targets, others, embedding) },
      ...{ val: null, lastEpoch: whole.epoch },
    });
    await keep(
      fold.weights,
      members.map((row) => train[row]!),
    );
  }
  const tuned = run.photos.flatMap(({ split, captions }, i) =>
    captions.length > 0 && (split === 'val' || (split === 'train' && parts.length === 0)) ? [i] : [],
  );
  await keep(whole.weights, Int32Array.from(tuned));
  return {
    weights: whole.weights,
    digits: digitsOf(whole.weights),
    photos: run.photos.flatMap((photo, i) =>
      photo.split === 'test' || photo.captions.length === 0
        ? []
        : [{ ...photo, feature: () => fromHalf(halves.subarray(i * width, (i + 1) * width)) }],
    ),
  };
}

function requireOnnx(engine: Engine): OnnxEngine {
  if (engine.name === 'onnx') return engine;
  throw new DescryError(
    'engine-unavailable',
    'Fine-tuning ResNet50 needs ONNX Runtime, which is not in use here. Choose a recipe that leaves ResNet50 as it is.',
  );
}

type Tuning = Parameters<typeof tuneStage5<Recalls>>[0];

/** One run of fine-tuning, with its checkpoints. */
async function* followed(
  { run, recipe, data, numbering }: PhotoTuningRun,
  stage: string,
  earlier: number,
  tuning: Tuning,
): AsyncGenerator<TrainingUpdate, { epoch: number; weights: Stage5Weights }> {
  const before = numbering.before + earlier;
  const resume = (yield* kept(run, stage, data, decodeTuning))?.checkpoint;
  if (resume) yield { kind: 'resumed', epoch: before + resume.epoch };
  const steps = tuneStage5(resume ? { ...tuning, resume } : tuning);
  const epochs = numbering.all;
  const last = tuning.lastEpoch ?? recipe.epochs;
  try {
    for (;;) {
      const next = await steps.next();
      if (next.done) return next.value;
      const event = next.value;
      const epoch = before + event.epoch;
      const done = event.kind === 'step' ? event.epoch - 1 + event.step / event.steps : event.epoch;
      const after =
        (recipe.folds > 1 ? recipe.folds * recipe.epochs - earlier : 0) +
        numbering.secondsAfter / numbering.secondsPerEpoch;
      const part = { name: stage, stepsLeft: (last - done + after) * event.steps };
      if (event.kind === 'step') yield { ...event, epoch, epochs, part };
      else {
        const { steps: all, loss, detail: recalls, best } = event;
        yield { kind: 'checkpoint', stage, bytes: encodeTuning(event.checkpoint, data) };
        yield { kind: 'epoch', epoch, epochs, steps: all, loss, recalls, sets: [], best, candidate: null, part };
      }
    }
  } finally {
    await steps.return(undefined as never);
  }
}

async function embedCaptions(
  engine: Engine,
  { photos }: TrainingRun,
  places: Int32Array,
  { text, branch }: PhotoTuningRun['teacher'],
) {
  const captions = makeCaptions(
    Array.from(places, (i) => photos[i]!.captions),
    text,
  );
  return { texts: await embedTexts(engine, branch, captions), photoOf: captions.photoOf };
}

/** Recall of embeddings of the val photos with their captions. */
async function valMeasure(
  engine: Engine,
  run: TrainingRun,
  places: Int32Array,
  teacher: PhotoTuningRun['teacher'],
): Promise<NonNullable<Tuning['val']> | null> {
  if (places.length === 0) return null;
  const { texts, photoOf } = await embedCaptions(engine, run, places, teacher);
  return {
    places,
    measure: async (embeddings) => {
      const width = teacher.branch.shape.outputs;
      const detail = recallAtK(await engine.similarities(texts, embeddings, width), places.length, photoOf);
      return { score: recallSum(detail), detail };
    },
  };
}

/** @returns the rows 0 … count − 1 in random parts of nearly equal size; none for one part */
function divided(count: number, parts: number, seed: number): Int32Array[] {
  if (parts < 2) return [];
  const order = seededRandom(seed).shuffle(Int32Array.from({ length: count }, (_, i) => i));
  return Array.from({ length: parts }, (_, part) => order.filter((_, i) => i % parts === part));
}

function digitsOf(weights: Stage5Weights): string {
  const hash = createHash('sha256');
  for (const { data } of weights.values()) hash.update(new Uint8Array(toHalf(data).buffer));
  return hash.digest('hex').slice(0, 12);
}
