/**
 * `Vision` by requests to the vision worker.
 *
 * When the worker crashes, any file of the pending requests may be the cause. Each is tried again while no other request is
 * pending: a file that crashes the worker a second time fails with `photo-crashed` or `photo-timeout`; the others succeed.
 */
import type { PhotoPart } from '../../models/contract/encoder.ts';
import { DescryError } from '../../models/errors.ts';
import { WorkerDied } from '../workers/host.ts';
import { SharedLock } from '../workers/shared-lock.ts';
import type { EncoderSetup, VisionHost } from './protocol.ts';
import type {
  Description,
  GreyPicture,
  Identity,
  Inspection,
  PhotoFailure,
  ThumbnailRequest,
  Vision,
} from './vision.ts';

export class RemoteVision implements Vision {
  readonly #host: VisionHost;
  readonly #setup: (encoder: string, part?: PhotoPart) => Promise<EncoderSetup>;
  readonly #lock = new SharedLock();

  /** @param setup called for every request for features, so that new weights are used at once */
  constructor(host: VisionHost, setup: (encoder: string, part?: PhotoPart) => Promise<EncoderSetup>) {
    this.#host = host;
    this.#setup = setup;
  }

  identify(paths: readonly string[]): Promise<Identity[]> {
    return this.#each<Identity>(paths, async (some, keep) => {
      for await (const { index, identity } of this.#host.run('identify', { paths: some })) keep(index, identity);
    });
  }

  async describe(paths: readonly string[], encoder: string, part?: PhotoPart): Promise<Description[]> {
    const setup = await this.#setup(encoder, part);
    return this.#each<Description>(paths, async (some, keep) => {
      for await (const { index, description } of this.#host.run('describe', { paths: some, encoder: setup })) {
        keep(index, description);
      }
    });
  }

  inspect(paths: readonly string[]): Promise<Inspection[]> {
    return this.#each<Inspection>(paths, async (some, keep) => {
      for await (const { index, inspection } of this.#host.run('inspect', { paths: some })) keep(index, inspection);
    });
  }

  grey(paths: readonly string[], side: number): Promise<GreyPicture[]> {
    return this.#each<GreyPicture>(paths, async (some, keep) => {
      for await (const { index, picture } of this.#host.run('grey', { paths: some, side })) keep(index, picture);
    });
  }

  async thumbnail(request: ThumbnailRequest): Promise<Uint8Array> {
    const requestOnce = async () => {
      for await (const bytes of this.#host.run('thumbnail', request)) return bytes;
      throw new DescryError('internal', `No thumbnail came back for ${request.path}.`);
    };
    try {
      return await this.#lock.shared(requestOnce);
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
    }
    try {
      return await this.#lock.exclusive(requestOnce);
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
      const { code, reason } = failureOf(error);
      throw new DescryError(code, `${request.path}: ${reason}`, { cause: error });
    }
  }

  /** The caller owns the host; there is nothing else to free. */
  dispose(): Promise<void> {
    return Promise.resolve();
  }

  async #each<Result extends { failure: PhotoFailure } | object>(
    paths: readonly string[],
    ask: (paths: readonly string[], keep: (index: number, result: Result) => void) => Promise<void>,
  ): Promise<Result[]> {
    const results = new Array<Result | undefined>(paths.length);
    try {
      await this.#lock.shared(() => ask(paths, (index, result) => (results[index] = result)));
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
    }
    for (const [index, path] of paths.entries()) {
      if (results[index] !== undefined) continue;
      try {
        await this.#lock.exclusive(() => ask([path], (_, result) => (results[index] = result)));
      } catch (error) {
        if (!(error instanceof WorkerDied)) throw error;
        results[index] = { failure: failureOf(error) } as Result;
      }
      if (results[index] === undefined) throw new DescryError('internal', `No answer came back for ${path}.`);
    }
    return results as Result[];
  }
}

/** Of a photo that ended the worker while no other was open. */
function failureOf({ stalled }: WorkerDied): PhotoFailure {
  return stalled
    ? { code: 'photo-timeout', reason: 'Opening it takes too long.' }
    : { code: 'photo-crashed', reason: 'Opening it ended the process that opens photos, twice.' };
}
