/** Answers the window's requests about encoders. */
import { DescryError } from '../models/errors.ts';
import type { Handlers } from './ipc/contract.ts';
import type { Descry } from './services/descry.ts';
import type { TrainingJob } from './services/training/training-job.ts';

type EncoderRequest =
  'encoders.list' | 'encoders.add' | 'encoders.addFolder' | 'encoders.stopAdding' | 'encoders.remove';

export interface EncoderRequestParts {
  readonly job: Pick<TrainingJob, 'state'>;
  /** the models that come with encoders are others now */
  readonly onModels: () => void;
}

export function encoderHandlers(
  { machineEncoders }: Descry,
  { job, onModels }: EncoderRequestParts,
): Pick<Handlers, EncoderRequest> {
  const added = (id: string) => {
    onModels();
    return machineEncoders.summary(id);
  };
  return {
    'encoders.list': () => machineEncoders.list(),
    'encoders.add': async ({ id }) => added((await machineEncoders.adding.add(id)).id),
    'encoders.addFolder': async ({ path }) => added((await machineEncoders.adding.addFolder(path)).id),
    'encoders.stopAdding': () => machineEncoders.adding.stop(),
    'encoders.remove': async ({ id }) => {
      const { state, settings } = job.state();
      if (['encoding', 'training', 'paused'].includes(state) && settings?.encoder === id) {
        throw new DescryError(
          'model-in-use',
          'A model is being trained on this encoder. Wait until that is done, or cancel it.',
        );
      }
      await machineEncoders.remove(id);
      onModels();
    },
  };
}
