/**
 * Fine-tuning of stage 5: epochs of steps on cached maps of stage 4, towards the directions of the photos' captions in the space
 * of a text branch that stays as it is.
 *
 * The head before the loss is fitted in closed form to the features as they are, before stage 5 learns: a head of random weights
 * would send random gradients into it, which distorts what it knows (Kumar et al. 2022, "Fine-tuning can distort pretrained
 * features and underperform out-of-distribution"). After the run the head is not needed.
 */
import type { OnnxEngine } from '../../engine/engine.ts';
import { DescryError } from '../../errors.ts';
import { fromHalf, toHalf } from '../../files/half.ts';
import type { EpochStep } from '../../network/training-step.ts';
import type { Tensor } from '../../files/safetensors.ts';
import { seededRandom } from '../../math/random.ts';
import { fitHead, embedWithHead } from './head.ts';
import { stage5Graph, tunedTensors, tuningGraph, tuningNames } from './graphs.ts';
import { stage5Shape, stage5Tensors } from './stage5.ts';
import { mirrorMaps, type Stage5Weights } from './weights.ts';

/** The part of a recipe that says how stage 5 learns. */
export interface TuningRecipe {
  /** of the whole schedule */
  readonly epochs: number;
  /** photos */
  readonly batch: number;
  /** decreases to 0 by a cosine schedule */
  readonly learningRate: number;
  readonly momentum: number;
  readonly temperature: number;
  /** of the head's fit, per photo: λ of the ridge regression is this times the number of photos */
  readonly ridge: number;
  /** the run ends after so many epochs without a better recall on val */
  readonly patience: number;
}

/** Reads maps, [count, mapLength], of photos by their places. */
export type ReadMaps = (places: Int32Array) => Promise<Float32Array>;

export interface TuningRun<Score> {
  readonly engine: OnnxEngine;
  readonly recipe: TuningRecipe;
  readonly initial: Stage5Weights;
  readonly maps: ReadMaps;
  /** the training photos, and for each a direction of norm 1: [photos, embedding] */
  readonly places: Int32Array;
  readonly targets: Float32Array;
  readonly seed: number;
  /**
   * How good embeddings of the val photos are, higher is better; the best epoch is kept. null: the last one is kept.
   */
  readonly val: {
    readonly places: Int32Array;
    measure(embeddings: Float32Array): Promise<{ readonly score: number; readonly detail: Score }>;
  } | null;
  /** the last epoch to run, where it is not the recipe's */
  readonly lastEpoch?: number;
  readonly resume?: TuningCheckpoint;
}

export interface TuningCheckpoint {
  readonly epoch: number;
  readonly randomState: number;
  /** `tunedTensors` and their velocities; empty at epoch 0 */
  readonly state: ReadonlyMap<string, Tensor>;
  /** null before the first epoch */
  readonly best: { readonly epoch: number; readonly score: number; readonly weights: Stage5Weights } | null;
}

export type TuningEvent<Score> =
  | EpochStep
  | {
      readonly kind: 'epoch';
      readonly epoch: number;
      readonly steps: number;
      readonly loss: number;
      /** null without val */
      readonly detail: Score | null;
      readonly best: boolean;
      readonly checkpoint: TuningCheckpoint;
    };

/**
 * @returns the weights of the best epoch, in numbers that half precision keeps, because a model file has them so; the epoch 0
 * is that of the initial weights, and is best where fine-tuning made the recall on val worse from the start
 * @throws DescryError `training-diverged`
 */
export async function* tuneStage5<Score>(
  run: TuningRun<Score>,
): AsyncGenerator<TuningEvent<Score>, { readonly epoch: number; readonly weights: Stage5Weights }> {
  const { engine, recipe, places, targets, val, resume } = run;
  const embedding = targets.length / places.length;
  const shape = { ...stage5Shape, embedding };
  const random = seededRandom(resume?.randomState ?? run.seed);
  let best = resume?.best ?? null;
  let state = resume?.state;
  if (!state) {
    const averages = await unitAverages(engine, run.initial, run.maps, places);
    const head = await fitHead(engine, averages, targets, places.length, recipe.ridge);
    state = new Map<string, Tensor>([...run.initial, ...head]);
    if (val) {
      const { score } = await measured(run, val, state);
      best = { epoch: 0, score, weights: run.initial };
    }
  }
  const tensors = tunedTensors(shape);
  const first = new Map<string, Tensor>();
  for (const [name, extents] of tensors) {
    const velocity = tuningNames.velocity(name);
    const length = state.get(name)!.data.length;
    first.set(name, { shape: extents, data: state.get(name)!.data });
    first.set(velocity, state.get(velocity) ?? { shape: extents, data: new Float32Array(length) });
  }
  const graph = await engine.openStatefulGraph(tuningGraph(shape, recipe), first);
  first.clear();
  try {
    for (let epoch = (resume?.epoch ?? 0) + 1; epoch <= (run.lastEpoch ?? recipe.epochs); epoch++) {
      if (best && val && epoch - 1 - best.epoch >= recipe.patience) break;
      const order = random.shuffle(Int32Array.from(places.keys()));
      // An incomplete last batch is left out, unless it is the only one.
      const steps = Math.max(1, Math.floor(order.length / recipe.batch));
      let sum = 0;
      for (let step = 1; step <= steps; step++) {
        const own = order.subarray((step - 1) * recipe.batch, step * recipe.batch);
        const maps = await run.maps(own.map((row) => places[row]!));
        mirrorMaps(
          maps,
          Array.from(own, () => random.uniform() < 0.5),
        );
        const passed = (epoch - 1 + (step - 1) / steps) / recipe.epochs;
        const rate = (recipe.learningRate * (1 + Math.cos(Math.PI * passed))) / 2;
        const [loss] = await graph.run(
          {
            [tuningNames.maps]: { data: maps, shape: [maps.length / shape.inputs, shape.inputs] },
            [tuningNames.targets]: { data: targets, shape: [places.length, embedding] },
            [tuningNames.own]: { data: own.slice(), shape: [own.length] },
            [tuningNames.learningRate]: { data: Float32Array.of(rate), shape: [] },
          },
          tuningNames.loss,
        );
        if (!Number.isFinite(loss)) throw diverged(epoch, step, rate);
        sum += loss!;
        yield { kind: 'step', epoch, step, steps, loss: loss! };
      }
      const present = await graph.state();
      const now = new Map(
        [...present].map(([name, data]): [string, Tensor] => [name, { data, shape: shapeOf(name, tensors) }]),
      );
      const result = val && (await measured(run, val, now));
      const isBest = !result || !best || result.score > best.score;
      if (isBest) best = { epoch, score: result?.score ?? 0, weights: inHalfPrecision(now) };
      const checkpoint = { epoch, randomState: random.state(), state: now, best };
      yield {
        kind: 'epoch',
        epoch,
        steps,
        loss: sum / steps,
        detail: result?.detail ?? null,
        best: isBest,
        checkpoint,
      };
    }
  } finally {
    await graph.dispose();
  }
  return best ?? { epoch: 0, weights: run.initial };
}

/** @param weights of stage 5 @returns features [photos, 4096] of all photos, in chunks with their first photo */
export async function* tunedFeatures(
  engine: OnnxEngine,
  weights: Stage5Weights,
  maps: ReadMaps,
  places: Int32Array,
): AsyncGenerator<{ readonly from: number; readonly features: Float32Array }> {
  const graph = await engine.openGraph(stage5Graph(stage5Shape));
  const tensors = Object.fromEntries(stage5Tensors(stage5Shape).map(([name]) => [name, weights.get(name)!]));
  try {
    for (let from = 0; from < places.length; from += chunk) {
      const data = await maps(places.subarray(from, from + chunk));
      const shape = [data.length / stage5Shape.inputs, stage5Shape.inputs];
      yield {
        from,
        features: await graph.run({ ...tensors, [tuningNames.maps]: { data, shape } }, tuningNames.features),
      };
    }
  } finally {
    await graph.dispose();
  }
}

/** Photos in memory at once. */
const chunk = 32;

async function unitAverages(engine: OnnxEngine, weights: Stage5Weights, maps: ReadMaps, places: Int32Array) {
  const { outputs } = stage5Shape;
  const averages = new Float32Array(places.length * outputs);
  for await (const { from, features } of tunedFeatures(engine, weights, maps, places)) {
    for (let row = 0; row * 2 * outputs < features.length; row++) {
      const values = features.subarray(row * 2 * outputs, row * 2 * outputs + outputs);
      const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 1e-12));
      averages.set(
        values.map((value) => value / norm),
        (from + row) * outputs,
      );
    }
  }
  return averages;
}

async function measured<Score>(
  { engine, maps }: TuningRun<Score>,
  val: NonNullable<TuningRun<Score>['val']>,
  state: ReadonlyMap<string, Tensor>,
) {
  const averages = await unitAverages(engine, state, maps, val.places);
  return val.measure(await embedWithHead(engine, averages, val.places.length, state));
}

function inHalfPrecision(state: ReadonlyMap<string, Tensor>): Stage5Weights {
  return new Map(
    stage5Tensors(stage5Shape).map(([name, shape]) => [name, { shape, data: fromHalf(toHalf(state.get(name)!.data)) }]),
  );
}

function shapeOf(name: string, tensors: readonly [string, readonly number[]][]): readonly number[] {
  return tensors.find(([tensor]) => name === tensor || name === tuningNames.velocity(tensor))![1];
}

function diverged(epoch: number, step: number, rate: number): DescryError {
  return new DescryError(
    'training-diverged',
    `The loss of the fine-tuning became infinite or undefined in epoch ${epoch}, step ${step}: its learning rate ` +
      `(${rate.toPrecision(3)}) is too high. Set a lower one.`,
  );
}
