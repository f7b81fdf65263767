/** Entry of the vision worker: one child process that opens photos and runs the networks. */
import { workerPort } from '../workers/port.ts';
import { serveWorker } from '../workers/serve.ts';
import { visionHandlers } from './handlers.ts';
import type { VisionMethods } from './protocol.ts';

serveWorker<VisionMethods>(workerPort(), visionHandlers());
