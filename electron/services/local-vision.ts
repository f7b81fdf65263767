/** Photos are opened in the process of the services themselves: the command line's. */
import { availableParallelism } from 'node:os';
import type { Encoder, PhotoPart } from '../../models/contract/encoder.ts';
import { photosPerRun, type PhotoMode } from '../../models/engine/modes.ts';
import type { FoundWeights } from '../../models/contract/weights.ts';
import type { Engine } from '../../models/engine/engine.ts';
import { Retryable } from '../../models/retryable.ts';
import type { EncoderSetup } from '../vision/protocol.ts';
import type { Vision } from '../vision/vision.ts';

/** @param setup for each request for features @param onEnded the process that encoded photos with this setup ended */
export type OpenVision = (
  setup: (encoder: string, part?: PhotoPart) => Promise<EncoderSetup>,
  onEnded: (setup: EncoderSetup) => Promise<void>,
) => Vision;

export interface LocalVisionParts {
  weightsForPhotos(encoder: string): Promise<FoundWeights>;
  engine(): Promise<Engine>;
  readonly modes: { choose(encoder: string): Promise<PhotoMode> };
  readonly encoders: { find(id: string): Encoder };
}

/** Decodes and encodes photos in this process; opened with the first of them. */
export function lazyLocalVision(descry: LocalVisionParts): Vision {
  const local = new Retryable<Vision>(async () => {
    const { LocalVision, openPhotoEncoder } = await import('../vision/local.ts');
    return new LocalVision({
      encoder: async (id, part) => {
        const [{ files }, engine] = await Promise.all([descry.weightsForPhotos(id), descry.engine()]);
        const mode = part ? undefined : await descry.modes.choose(id);
        return openPhotoEncoder(descry.encoders.find(id), engine, files, { part, mode });
      },
      decoders: availableParallelism(),
      batch: photosPerRun,
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
