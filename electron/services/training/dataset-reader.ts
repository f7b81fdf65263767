/**
 * Reads datasets in a process of their own: their text files come from outside, and parsing one must neither hold up the process
 * that answers searches nor end it. The process lives for one dataset, so that cancelling ends it at once, whatever it does.
 */
import { DescryError } from '../../../models/errors.ts';
import type { FlickrDataset, ReadOptions } from '../../../models/datasets/flickr30k.ts';
import { WorkerDied, type WorkerHost } from '../../workers/host.ts';

/** As `readFlickr30k`. */
export type ReadDataset = (folder: string, options?: ReadOptions) => Promise<FlickrDataset>;

export interface DatasetMethods {
  read: { input: { folder: string; seed?: number }; item: FlickrDataset };
}

/** Half a gigabyte of captions takes less than a minute; a disk or a share may have to wake up first. */
const stallMs = 10 * 60_000;

/** @param start a process that answers `DatasetMethods` */
export function readInProcess(start: () => WorkerHost<DatasetMethods>): ReadDataset {
  return async (folder, { signal, ...options } = {}) => {
    const host = start();
    try {
      for await (const dataset of host.run('read', { folder, ...options }, { signal, stallMs })) return dataset;
      throw new DescryError('internal', `Reading the captions of ${folder} ended without an answer.`);
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
      const why = error.stalled ? 'it took too long' : 'the process that reads them ended';
      throw new DescryError(
        'dataset-invalid',
        `The captions of ${folder} were not read: ${why}. Try again, or choose a folder with smaller files of captions.`,
        { cause: error, parameters: { folder } },
      );
    } finally {
      await host.close();
    }
  };
}
