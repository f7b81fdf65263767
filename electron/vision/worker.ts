/** Entry of the vision worker: one child process that opens photos and runs the networks. */
import { createPipeline } from './pipeline.ts';
import { serveVision } from './serve.ts';
import { workerPort } from './worker-port.ts';

serveVision(workerPort(), createPipeline());
