/**
 * The eyes in another process: what `LocalVision` does, done by the vision worker.
 *
 * When the worker dies, every file that was under way is under suspicion. Each is given to it again, all alone: the one
 * that kills it a second time is the culprit and fails with `photo-crashed` or `photo-timeout`; the others are served.
 */
import { DescryError } from '../../models/errors.ts';
import type { VisionHost } from '../workers/host.ts';
import { VisionDied } from '../workers/host.ts';
import type { EncoderSetup } from './protocol.ts';
import { Turnstile } from './turnstile.ts';
import type { Description, Identity, PhotoFailure, ThumbnailRequest, Vision } from './vision.ts';

export class RemoteVision implements Vision {
  readonly #host: VisionHost;
  readonly #setup: (encoder: string) => Promise<EncoderSetup>;
  readonly #turnstile = new Turnstile();

  /** @param setup asked for with every request for features, so that new weights count at once */
  constructor(host: VisionHost, setup: (encoder: string) => Promise<EncoderSetup>) {
    this.#host = host;
    this.#setup = setup;
  }

  identify(paths: readonly string[]): Promise<Identity[]> {
    return this.#each<Identity>(paths, async (some, keep) => {
      for await (const { index, identity } of this.#host.run('identify', { paths: some })) keep(index, identity);
    });
  }

  async describe(paths: readonly string[], encoder: string): Promise<Description[]> {
    const setup = await this.#setup(encoder);
    return this.#each<Description>(paths, async (some, keep) => {
      for await (const { index, description } of this.#host.run('describe', { paths: some, encoder: setup })) {
        keep(index, description);
      }
    });
  }

  async thumbnail(request: ThumbnailRequest): Promise<Uint8Array> {
    const ask = async () => {
      for await (const bytes of this.#host.run('thumbnail', request)) return bytes;
      throw new DescryError('internal', `No thumbnail came back for ${request.path}.`);
    };
    try {
      return await this.#turnstile.together(ask);
    } catch (error) {
      if (!(error instanceof VisionDied)) throw error;
      return this.#turnstile.alone(ask);
    }
  }

  /** The host belongs to whoever made it; there is nothing of its own to give back. */
  dispose(): Promise<void> {
    return Promise.resolve();
  }

  async #each<Result extends { failure: PhotoFailure } | object>(
    paths: readonly string[],
    ask: (paths: readonly string[], keep: (index: number, result: Result) => void) => Promise<void>,
  ): Promise<Result[]> {
    const results = new Array<Result | undefined>(paths.length);
    try {
      await this.#turnstile.together(() => ask(paths, (index, result) => (results[index] = result)));
    } catch (error) {
      if (!(error instanceof VisionDied)) throw error;
    }
    for (const [index, path] of paths.entries()) {
      if (results[index] !== undefined) continue;
      try {
        await this.#turnstile.alone(() => ask([path], (_, result) => (results[index] = result)));
      } catch (error) {
        if (!(error instanceof VisionDied)) throw error;
        const failure: PhotoFailure = { code: error.code, reason: reasons[error.code] ?? error.message };
        results[index] = { failure } as Result;
      }
      if (results[index] === undefined) throw new DescryError('internal', `No answer came back for ${path}.`);
    }
    return results as Result[];
  }
}

const reasons: Partial<Record<DescryError['code'], string>> = {
  'photo-crashed': 'Opening it ended the process that opens photos, twice.',
  'photo-timeout': 'Opening it takes too long.',
};
