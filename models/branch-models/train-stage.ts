/** One network of a training run: its updates, its checkpoints, and its place in the whole run. */
import type { SetRecalls } from '../contract/information.ts';
import type { NetworkOfRun, TrainingRun, TrainingUpdate } from '../contract/training.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../two-branch/checkpoint-file.ts';
import type { Recalls } from '../two-branch/evaluation.ts';
import { trainNetwork } from '../two-branch/training.ts';
import type { BestEpoch, Checkpoint, TrainingRun as NetworkRun } from '../two-branch/training-run.ts';
import { openEmbedder } from './network-embedder.ts';
import { kept, type Numbering } from './run-parts.ts';
import type { SentenceSide } from '../two-branch/sentence-side.ts';
import type { InputLengths } from './training-times.ts';

/** Input of all stages of a run. */
export interface Stage {
  readonly run: TrainingRun;
  /** rows of the val photos of each set that has some */
  readonly sets: ReadonlyMap<string, Int32Array>;
  readonly text: SentenceSide;
  /** identifies the data: a checkpoint of other data is not used */
  readonly data: string;
  /** null: the stage is the whole run */
  readonly numbering: Numbering | null;
  /** the photos have features of a fine-tuned stage 5, which the library's photos do not have yet */
  readonly tuned?: boolean;
  /** see `networksTime` */
  readonly inputs?: InputLengths;
}

export async function* trainStage(
  { run, sets, text, data, numbering, tuned }: Stage,
  network: NetworkRun,
  stage: string,
): AsyncGenerator<TrainingUpdate, BestEpoch> {
  const own = network.recipe.optimiser.epochs;
  const epochs = numbering?.all ?? own;
  const before = numbering?.before ?? 0;
  const resume = (yield* kept(run, stage, data, decodeCheckpoint))?.checkpoint;
  const joined = (epoch: number): { joined?: NetworkOfRun } => {
    const { number, of } = numbering?.network ?? {};
    return number === undefined || of === undefined
      ? {}
      : { joined: { network: number, networks: of, epoch, epochs: own } };
  };
  if (resume) yield { kind: 'resumed', epoch: before + resume.epoch, ...joined(resume.epoch) };
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
        case 'start':
          // Of a network that is joined with others they are measured together.
          if (before > 0) break;
          yield { kind: 'start', recalls: event.recalls, sets: ofSets(sets, event.setRecalls) };
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
            ...joined(event.epoch),
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
            ...joined(epoch.epoch),
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

function ofSets(sets: Stage['sets'], recalls: readonly Recalls[]): SetRecalls[] {
  const names = [...sets];
  return recalls.map((own, i) => ({ set: names[i]![0], photos: names[i]![1].length, recalls: own }));
}
