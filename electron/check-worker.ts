/** Entry of the process that reads a whole database to find damage, which takes seconds: no search waits for it. */
import { checkHandlers, type CheckMethods } from './services/library-file/care.ts';
import { serveWorker } from './workers/serve.ts';
import { workerPort } from './workers/port.ts';

serveWorker<CheckMethods>(workerPort(), checkHandlers);
