/** Answers the window's requests about encoders. */
import { DescryError } from '../models/errors.ts';
import type { Handlers } from './ipc/contract.ts';
import type { Descry } from './services/descry.ts';

type EncoderRequest =
  'encoders.list' | 'encoders.add' | 'encoders.addFolder' | 'encoders.stopAdding' | 'encoders.remove';

export function encoderHandlers(descry: Descry): Pick<Handlers, EncoderRequest> {
  const notYet = () => {
    throw new DescryError('internal', `${descry.encoders.all.length} encoders`);
  };
  return {
    'encoders.list': () => [],
    'encoders.add': notYet,
    'encoders.addFolder': notYet,
    'encoders.stopAdding': () => undefined,
    'encoders.remove': notYet,
  };
}
