/** Entry of the vision worker: one child process that opens photos and runs the networks. */
import { createPipeline } from './pipeline.ts';
import { serveWorker } from '../workers/serve.ts';
import { workerPort } from '../workers/worker-port.ts';

serveWorker(workerPort(), createPipeline());
