/** Entry of the process that reads a whole database to find damage, which takes seconds: no search waits for it. */
import { problemsOf } from './services/library-file/check.ts';
import type { CheckMethods } from './services/library-file/care.ts';
import { serveWorker } from './workers/serve.ts';
import { workerPort } from './workers/port.ts';

serveWorker<CheckMethods>(workerPort(), {
   
  async *problems(file) {
    yield problemsOf(file);
  },
});
