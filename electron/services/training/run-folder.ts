/** The folder of a training run: its checkpoints, and maps where the recipe fine-tunes. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { errorMessage, systemCode } from '../../../models/errors.ts';
import { readRegularFile } from '../../../models/files/regular-file.ts';
import type { Log } from '../shared/log.ts';
import type { TrainingRequest } from './training-request.ts';

/** @param folder of all runs */
export function runFolder(folder: string, request: TrainingRequest): string {
  const { datasets, photos, recipe, seed, name, init, final, captions, encoder } = request;
  // As earlier versions wrote a request of one dataset, so that their runs go on.
  const folders = datasets.length === 1 && photos.length === 0 ? { dataset: datasets[0] } : { datasets, photos };
  const written = JSON.stringify({ ...folders, recipe, seed, name, init, final, captions, encoder });
  const key = createHash('sha256').update(written).digest('hex').slice(0, 16);
  return path.join(folder, key);
}

export const checkpointFile = (folder: string, request: TrainingRequest, stage: string): string =>
  path.join(runFolder(folder, request), `${stage}.safetensors`);

/** @returns undefined where there is none, or it cannot be read: then a note is in the log */
export async function readCheckpoint(file: string, log: Log): Promise<Uint8Array | undefined> {
  try {
    return await readRegularFile(file, { largest: 2 ** 31 });
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') {
      log.warn(`${file} is not used: ${errorMessage(error)}`);
    }
    return undefined;
  }
}
