/** A short measurement: how many photos a second the network computes here. */
import { networkPixels, type Encoder } from '../../../models/contract/encoder.ts';
import type { FoundWeights } from '../../../models/contract/weights.ts';
import type { Engine } from '../../../models/engine/engine.ts';
import { photosPerRun, type PhotoMode } from '../../../models/engine/modes.ts';
import { drawnPictures } from '../../../models/mode-trial.ts';

export interface EngineSpeed {
  readonly photosPerSecond: number;
  /** s that were measured */
  readonly seconds: number;
}

/** The first runs are slower: memory is taken, and processors raise their clock. */
const leastSeconds = 2;

/** The network alone, without opening photos: indexing is slower by that. @param files as for `Encoder.openPhotos` */
export async function measureSpeed(
  encoder: Pick<Encoder, 'openPhotos' | 'preprocessing'>,
  engine: Engine,
  files: FoundWeights['files'],
  mode: PhotoMode = 'float',
  seconds = leastSeconds,
): Promise<EngineSpeed> {
  const photos = await encoder.openPhotos(engine, files, mode);
  try {
    // Zeros would be computed faster by some engines.
    const pixels = networkPixels(drawnPictures(encoder.preprocessing.side, photosPerRun), encoder.preprocessing);
    const run = () => (photos.encodeRegions ?? photos.encode)(pixels, photosPerRun);
    await run();
    const started = performance.now();
    let done = 0;
    let took: number;
    do {
      await run();
      done += photosPerRun;
      took = (performance.now() - started) / 1000;
    } while (took < seconds);
    return { photosPerSecond: done / took, seconds: took };
  } finally {
    await photos.dispose();
  }
}
