/** Entry of the process that reads the captions of one dataset; see services/training/dataset-reader.ts. */
import { readFlickr30k } from '../models/datasets/flickr30k.ts';
import type { DatasetMethods } from './services/training/dataset-reader.ts';
import { workerPort } from './workers/port.ts';
import { serveWorker } from './workers/serve.ts';

serveWorker<DatasetMethods>(workerPort(), {
  async *read({ folder, ...options }, signal) {
    yield await readFlickr30k(folder, { ...options, signal });
  },
});
