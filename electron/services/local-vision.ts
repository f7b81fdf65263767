/** Photos are opened in the process of the services themselves: the command line's. */
import { availableParallelism } from 'node:os';
import type { Encoder } from '../../models/contract/encoder.ts';
import type { FoundWeights } from '../../models/contract/weights.ts';
import type { Engine } from '../../models/engine/engine.ts';
import { Retryable } from '../../models/retryable.ts';
import type { Vision } from '../vision/vision.ts';

export interface LocalVisionParts {
  weightsForPhotos(encoder: string): Promise<FoundWeights>;
  engine(): Promise<Engine>;
  readonly encoders: { find(id: string): Encoder };
}

/** Decodes and encodes photos in this process; opened with the first of them. */
export function lazyLocalVision(descry: LocalVisionParts): Vision {
  const local = new Retryable<Vision>(async () => {
    const { LocalVision, openPhotoEncoder } = await import('../vision/local.ts');
    return new LocalVision({
      encoder: async (id, part) => {
        const [{ files }, engine] = await Promise.all([descry.weightsForPhotos(id), descry.engine()]);
        return openPhotoEncoder(descry.encoders.find(id), engine, files, part);
      },
      decoders: availableParallelism(),
      batch: 4,
    });
  });
  return {
    identify: async (...request) => (await local.get()).identify(...request),
    describe: async (...request) => (await local.get()).describe(...request),
    inspect: async (...request) => (await local.get()).inspect(...request),
    thumbnail: async (request) => (await local.get()).thumbnail(request),
    previews: async (thumbnails) => (await local.get()).previews(thumbnails),
    grey: async (...request) => (await local.get()).grey(...request),
    dispose: async () => {
      await (await local.current)?.dispose();
    },
  };
}
