/** What the vision worker does, put together from the decoder and the engine; each part is loaded when first needed. */
import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import type { Engine } from '../../models/engine/engine.ts';
import { LocalVision } from './local.ts';
import type { EncoderSetup, VisionMethods, VisionPipeline } from './protocol.ts';
import type { Vision } from './vision.ts';

/** Photos per inference: 16 keep two cores as busy as more do, and answer sooner. */
const batch = 16;

export function createPipeline(): VisionPipeline {
  let engine: Promise<Engine> | undefined;
  let engineKey = '';
  let engineName: string | null = null;
  let eyes: { setup: EncoderSetup | undefined; vision: Vision; users: Set<Promise<unknown>> } | undefined;

  async function openEngine(setup: EncoderSetup): Promise<Engine> {
    const key = JSON.stringify([setup.engine, setup.threads]);
    if (!engine || key !== engineKey) {
      engineKey = key;
      engine = import('../../models/engine/index.ts').then((module) =>
        module.openEngine(setup.engine, setup.threads === undefined ? {} : { threads: setup.threads }),
      );
      // A failed start may be tried again with the next request.
      engine.catch(() => (engine = undefined));
    }
    const opened = await engine;
    engineName = opened.description;
    return opened;
  }

  /** @param setup absent for what needs no network: hashes and thumbnails */
  async function look<T>(setup: EncoderSetup | undefined, work: (vision: Vision) => Promise<T>): Promise<T> {
    if (!eyes || (setup !== undefined && !isDeepStrictEqual(setup, eyes.setup))) {
      const previous = eyes;
      eyes = { setup, vision: openVision(setup), users: new Set() };
      // Requests under way still use the one before.
      if (previous) void Promise.allSettled(previous.users).then(() => previous.vision.dispose());
    }
    const { users, vision } = eyes;
    const result = work(vision);
    users.add(result);
    return result.finally(() => users.delete(result));
  }

  function openVision(setup: EncoderSetup | undefined): Vision {
    return new LocalVision({
      encoder: async () => {
        if (!setup) throw new Error('no encoder was named');
        const { openResnet50 } = await import('../../models/resnet50/encoder.ts');
        return openResnet50(await openEngine(setup), setup.files);
      },
      decoders: availableParallelism(),
      batch,
    });
  }

  return {
    async *about() {
      yield { pid: process.pid, node: process.versions.node, engine: engineName };
    },
    async *identify({ paths }) {
      const identities = await look(undefined, (vision) => vision.identify(paths));
      for (const [index, identity] of identities.entries()) yield { index, identity };
    },
    async *describe({ paths, encoder }) {
      const descriptions = await look(encoder, (vision) => vision.describe(paths));
      for (const [index, description] of descriptions.entries()) yield { index, description };
    },
    async *thumbnail(request) {
      yield await look(undefined, (vision) => vision.thumbnail(request));
    },
    async *convert(job) {
      const { convert } = await import('../../models/weights/conversion.ts');
      yield* new ReadableStream<VisionMethods['convert']['item']>({
        async start(items) {
          const warnings = await convert(job, (doneBytes, totalBytes) => items.enqueue({ doneBytes, totalBytes }));
          items.enqueue({ warnings });
          items.close();
        },
      });
    },
  };
}
