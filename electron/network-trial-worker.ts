/**
 * Entry of the process that tries modes of an encoder's photo side on this machine: a provider for a graphics processor runs
 * code of the machine's driver, which may crash or hang, and must not do so where the user's work is. See
 * services/photo-modes.ts.
 */
import { findEncoder } from '../models/encoders.ts';
import { openEngine } from '../models/engine/index.ts';
import { tryMode } from '../models/mode-trial.ts';
import type { TrialMethods } from './services/photo-modes.ts';
import { workerPort } from './workers/port.ts';
import { serveWorker } from './workers/serve.ts';

serveWorker<TrialMethods>(workerPort(), {
  async *tryMode({ encoder, files, mode }) {
    yield await tryMode(findEncoder(encoder), await openEngine('onnx'), files, mode);
  },
});
