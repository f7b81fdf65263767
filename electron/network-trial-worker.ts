/**
 * Entry of the process that tries modes of an encoder's photo side on this machine, and encoders that are being added: a provider
 * for a graphics processor runs code of the machine's driver, and graphs are anyone's. Both may crash, hang or take all memory, and
 * must not do so where the user's work is. See services/photo-modes.ts and services/encoders/proof.ts.
 */
import { encoderOf } from '../models/encoders.ts';
import { openEngine } from '../models/engine/index.ts';
import { tryMode } from '../models/mode-trial.ts';
import { checkInProcess } from './services/encoders/check-in-process.ts';
import type { TrialMethods } from './services/photo-modes.ts';
import { workerPort } from './workers/port.ts';
import { serveWorker } from './workers/serve.ts';

serveWorker<TrialMethods>(workerPort(), {
  async *tryMode({ files, mode, ...encoder }) {
    yield await tryMode(encoderOf(encoder), await openEngine('onnx'), files, mode);
  },
  async *checkEncoder(input) {
    yield await checkInProcess(input);
  },
});
