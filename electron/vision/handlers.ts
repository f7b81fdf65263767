/** The requests of the vision worker, handled by decoder and engine, which are loaded when first needed. */
import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { photosPerRun } from '../../models/engine/modes.ts';
import type { Engine, EngineName } from '../../models/engine/engine.ts';
import { Retryable } from '../../models/retryable.ts';
import { HeldFiles } from './held-files.ts';
import { LocalVision, openPhotoEncoder } from './local.ts';
import type { EncoderSetup, VisionHandlers, VisionMethods } from './protocol.ts';

export function visionHandlers(): VisionHandlers {
  const engines = new Map<EngineName | undefined, Retryable<Engine>>();
  const held = new HeldFiles();
  let engineName: string | null = null;
  let current: { setup: EncoderSetup | undefined; vision: LocalVision; users: Set<Promise<unknown>> } | undefined;

  async function openEngine(setup: EncoderSetup): Promise<Engine> {
    const load = async () => (await import('../../models/engine/index.ts')).openEngine(setup.engine);
    const engine = engines.get(setup.engine) ?? new Retryable(load);
    engines.set(setup.engine, engine);
    const opened = await engine.get();
    engineName = opened.description;
    return opened;
  }

  /** @param setup absent for what needs no network: hashes, metadata and thumbnails */
  async function withVision<T>(setup: EncoderSetup | undefined, work: (vision: LocalVision) => Promise<T>): Promise<T> {
    if (!current || (setup !== undefined && !isDeepStrictEqual(setup, current.setup))) {
      const previous = current;
      current = { setup, vision: openVision(setup), users: new Set() };
      // Requests in progress still use the previous one.
      if (previous) void Promise.allSettled(previous.users).then(() => previous.vision.dispose());
    }
    const { users, vision } = current;
    const result = work(vision);
    users.add(result);
    return result.finally(() => users.delete(result));
  }

  function openVision(setup: EncoderSetup | undefined): LocalVision {
    return new LocalVision({
      encoder: async () => {
        if (!setup) throw new Error('no encoder was named');
        const { encoderOf } = await import('../../models/encoders.ts');
        return openPhotoEncoder(encoderOf(setup), await openEngine(setup), setup.files, setup);
      },
      decoders: availableParallelism(),
      batch: photosPerRun,
      held,
    });
  }

  return {
    async *about() {
      yield { pid: process.pid, node: process.versions.node, engine: engineName };
    },
    async *identify({ paths, roots, keep }) {
      const options = { keep: keep === true };
      const each = asReady(paths, (path) => withVision(undefined, (vision) => vision.identify([path], roots, options)));
      for await (const [index, [identity]] of each) yield { index, identity: identity! };
    },
    async *describe({ paths, roots, encoder, pictures }) {
      yield* new ReadableStream<VisionMethods['describe']['item']>({
        async start(items) {
          let decoded = 0;
          const onDecoded = () => items.enqueue({ decoded: ++decoded });
          const descriptions = await withVision(encoder, (vision) =>
            vision.describe(paths, encoder.encoder, encoder.part, roots, pictures, onDecoded),
          );
          for (const [index, description] of descriptions.entries()) items.enqueue({ index, description });
          items.close();
        },
      });
    },
    async *inspect({ paths, roots }) {
      const each = asReady(paths, (path) => withVision(undefined, (vision) => vision.inspect([path], roots)));
      for await (const [index, [inspection]] of each) yield { index, inspection: inspection! };
    },
    async *grey({ paths, side, roots }) {
      const each = asReady(paths, (path) => withVision(undefined, (vision) => vision.grey([path], side, roots)));
      for await (const [index, [picture]] of each) yield { index, picture: picture! };
    },
    async *thumbnail(request) {
      yield await withVision(undefined, (vision) => vision.thumbnail(request));
    },
    async *previews({ thumbnails }) {
      const made = await withVision(undefined, (vision) => vision.previews(thumbnails));
      for (const [index, preview] of made.entries()) yield { index, preview };
    },
    async *convert({ encoder, job }) {
      const { findEncoder } = await import('../../models/encoders.ts');
      const { convert } = findEncoder(encoder);
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

/**
 * Each path's result as soon as it is there: a request that gives nothing for two minutes counts as hanging, and a batch of photos of
 * 200 megapixels takes longer.
 */
function asReady<T>(
  paths: readonly string[],
  work: (path: string) => Promise<T>,
): ReadableStream<readonly [number, T]> {
  return new ReadableStream({
    async start(items) {
      await Promise.all(paths.map(async (path, index) => items.enqueue([index, await work(path)])));
      items.close();
    },
  });
}
