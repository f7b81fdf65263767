/**
 * Entry of the training worker. It opens the library for itself and trains with the services that the command line uses;
 * only updates go back. The photos have been encoded before (RemoteTraining); this process opens none.
 */
import { errorMessage } from '../models/errors.ts';
import type { SamplesLack } from './ipc/contract.ts';
import { Descry } from './services/descry.ts';
import type { LibraryPlace, TrainingMethods } from './services/training/training-host.ts';
import { TrainingSamples } from './services/training/training-samples.ts';
import { serveWorker } from './workers/serve.ts';
import { refusedVision } from './vision/refused.ts';
import { workerPort } from './workers/port.ts';

const log = {
  info: (message: string) => process.stdout.write(`${message}\n`),
  warn: (message: string) => process.stdout.write(`${message}\n`),
  error: (message: string) => process.stderr.write(`${message}\n`),
};

async function* inLibrary<Item>(place: LibraryPlace, work: (descry: Descry) => AsyncGenerator<Item>) {
  const descry = new Descry({ ...place, vision: () => refusedVision, log });
  try {
    yield* work(descry);
  } finally {
    await descry.close();
  }
}

/** The present model is in memory only until it was asked: training needs the room. */
async function samplesOf({ models, store }: Descry, features: string): Promise<TrainingSamples | SamplesLack> {
  try {
    const present = await models.load(models.inUse());
    try {
      return await TrainingSamples.open(store, present, features);
    } finally {
      await present.dispose();
    }
  } catch (error) {
    // Nothing of the training depends on them.
    log.warn(`no sample searches: ${errorMessage(error)}`);
    return 'present-failed';
  }
}

serveWorker<TrainingMethods>(workerPort(), {
  train: ({ library, request }, signal) =>
    inLibrary(library, async function* (descry) {
      descry.training.compareOn((features) => samplesOf(descry, features));
      const result = yield* descry.training.run(request, signal);
      yield { kind: 'finished', ...result };
    }),
  evaluate: ({ library, datasets, split, model, seed }) =>
    inLibrary(library, async function* (descry) {
      const { recalls, sets } = yield* descry.training.evaluate(datasets, split, model, { seed });
      yield { kind: 'measured', recalls, sets };
    }),
});
