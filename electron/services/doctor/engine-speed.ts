/** A short measurement: how many photos a second the network computes here. */
import type { Encoder } from '../../../models/contract/encoder.ts';
import type { FoundWeights } from '../../../models/contract/weights.ts';
import type { Engine } from '../../../models/engine/engine.ts';
import { photosPerRun, type PhotoMode } from '../../../models/engine/modes.ts';

export interface EngineSpeed {
  readonly photosPerSecond: number;
  /** s that were measured */
  readonly seconds: number;
}

/** as in indexing */
const batch = photosPerRun;
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
    const { side, normalisation } = encoder.preprocessing;
    const length = batch * side * side * 3;
    // Zeros would be computed faster by some engines.
    const pixels = normalisation
      ? Float32Array.from({ length }, (_, i) => ((i * 31) % 255) / 255)
      : Uint8Array.from({ length }, (_, i) => (i * 31) % 255);
    const run = () => (photos.encodeRegions ?? photos.encode)(pixels, batch);
    await run();
    const started = performance.now();
    let done = 0;
    let took: number;
    do {
      await run();
      done += batch;
      took = (performance.now() - started) / 1000;
    } while (took < seconds);
    return { photosPerSecond: done / took, seconds: took };
  } finally {
    await photos.dispose();
  }
}
