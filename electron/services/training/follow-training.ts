/** What a training run reports: the updates of the encoder, with times and sample searches. */
import type { Embedder } from '../../../models/contract/embedder.ts';
import type { TrainedModel, TrainingUpdate as EncoderUpdate } from '../../../models/contract/training.ts';
import type { SampleQuery, SamplesLack } from '../../ipc/contract.ts';
import type { Log } from '../shared/log.ts';
import { Rate } from '../shared/rate.ts';
import { writeAtomically } from '../shared/write-file.ts';
import { checkpointFile } from './run-folder.ts';
import { Stage } from './step-rate.ts';
import type { EncodingProgress } from './training-data.ts';
import type { TrainingRequest } from './training-request.ts';
import type { TrainingSamples } from './training-samples.ts';

/** Times of a run, added to the encoder's updates. */
interface Times {
  readonly seconds: number;
  /** null where it is not known */
  readonly secondsLeft: number | null;
}
type Of<Kind extends EncoderUpdate['kind']> = Extract<EncoderUpdate, { kind: Kind }>;

export type TrainingUpdate =
  | ({ readonly kind: 'encoding' } & EncodingProgress)
  | Of<'resumed'>
  /** before the first step: there will be no sample searches */
  | { readonly kind: 'no-samples'; readonly lack: SamplesLack }
  | Of<'start'>
  | (Of<'pretraining'> & Pick<Times, 'seconds'>)
  | (Of<'step'> & Times)
  | (Omit<Of<'epoch'>, 'candidate'> &
      Times & {
        /** results of sample sentences in the library, with the present and the new model; null without a library */
        readonly samples: SampleQuery[] | null;
      });

export interface Clock {
  /** of `performance.now()` */
  readonly started: number;
  readonly signal: AbortSignal | undefined;
}

export interface FollowOptions extends Clock {
  readonly request: TrainingRequest;
  /** of all runs */
  readonly folder: string;
  readonly log: Log;
  /** what is missing for them; undefined: nobody asked for them */
  readonly samples: TrainingSamples | SamplesLack | undefined;
}

/** Passes on the updates of an encoder's training, with times and sample searches, and stores its checkpoints. */
export async function* followTraining(
  training: AsyncGenerator<EncoderUpdate, TrainedModel>,
  { request, folder, log, samples, started, signal }: FollowOptions,
): AsyncGenerator<TrainingUpdate, TrainedModel> {
  let stage = new Stage();
  if (typeof samples === 'string') yield { kind: 'no-samples', lack: samples };
  const searched = typeof samples === 'string' ? undefined : samples;
  let captions: { readonly rate: Rate; done: number } | undefined;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = await training.next();
      if (next.done) return next.value;
      const update = next.value;
      const seconds = (performance.now() - started) / 1000;
      switch (update.kind) {
        case 'checkpoint':
          stage.enter(update.stage);
          await writeAtomically(checkpointFile(folder, request, update.stage), update.bytes);
          break;
        case 'not-resumed':
          log.warn(`${checkpointFile(folder, request, update.stage)} is not used: ${update.reason}`);
          break;
        case 'resumed':
        case 'start':
          yield update;
          break;
        case 'sentences': {
          const { done, total } = update;
          // Those before the first update may have been kept from an interrupted run.
          captions ??= { rate: new Rate(), done };
          captions.rate.add(done - captions.done);
          captions.done = done;
          stage = new Stage(); // the rate of the steps begins after them
          yield { kind: 'encoding', done, total, photosPerSecond: captions.rate.perSecond(), captions: true };
          break;
        }
        case 'pretraining':
          stage.begin(); // the rate of the pre-training steps does not apply to the epochs
          yield { ...update, seconds };
          break;
        case 'step':
          yield { ...update, seconds, secondsLeft: stage.secondsLeft(update, update.step, 1) };
          break;
        case 'epoch': {
          const { candidate, ...epoch } = update;
          const times = { seconds, secondsLeft: stage.secondsLeft(update, update.steps, 0) };
          yield { ...epoch, ...times, samples: searched && candidate ? await compared(searched, candidate) : null };
        }
      }
    }
  } finally {
    // Frees the training's memory, also after an error and when the caller stops the run.
    await training.return(undefined as never);
  }
}

async function compared(samples: TrainingSamples, open: () => Promise<Embedder>): Promise<SampleQuery[]> {
  const candidate = await open();
  try {
    return await samples.compare(candidate);
  } finally {
    await candidate.dispose();
  }
}
