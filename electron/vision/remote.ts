/**
 * `Vision` by requests to the vision worker.
 *
 * When the worker ends, any file of the pending requests may be the cause, or none: the system may have ended it. Each file
 * without an answer is tried again alone, while no other request is pending. Only a file during which the worker ends again
 * and again then fails with `photo-crashed` or `photo-timeout`; the others succeed.
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
  PicturesWanted,
  Roots,
  Thumbnail,
  ThumbnailRequest,
  Vision,
} from './vision.ts';

/** So often in a row the worker has to end while a file is alone in it. */
const deathsAlone = 2;
/** Where it was ended by a signal: a user or the system may have sent it, whatever file was open. */
const deathsBySignal = 3;

export class RemoteVision implements Vision {
  readonly #host: VisionHost;
  readonly #setup: (encoder: string, part?: PhotoPart) => Promise<EncoderSetup>;
  readonly #onEnded: (setup: EncoderSetup) => Promise<void>;
  readonly #lock = new SharedLock();

  /**
   * @param setup called for every request for features, so that new weights are used at once
   * @param onEnded the worker ended while it encoded photos; what `setup` answers next is used for them
   */
  constructor(
    host: VisionHost,
    setup: (encoder: string, part?: PhotoPart) => Promise<EncoderSetup>,
    onEnded: (setup: EncoderSetup) => Promise<void> = () => Promise.resolve(),
  ) {
    this.#host = host;
    this.#setup = setup;
    this.#onEnded = onEnded;
  }

  identify(paths: readonly string[], roots: Roots, options?: { readonly keep?: boolean }): Promise<Identity[]> {
    return this.#each<Identity>(paths, async (some, keep) => {
      const request = { paths: some, roots, keep: options?.keep };
      for await (const { index, identity } of this.#host.run('identify', request)) keep(index, identity);
    });
  }

  async describe(
    paths: readonly string[],
    encoder: string,
    part: PhotoPart | undefined,
    roots: Roots,
    pictures?: PicturesWanted,
  ): Promise<Description[]> {
    return this.#each<Description>(paths, async (some, keep) => {
      const setup = await this.#setup(encoder, part);
      const request = { paths: some, roots, encoder: setup, pictures };
      try {
        for await (const item of this.#host.run('describe', request)) {
          if ('description' in item) keep(item.index, item.description);
        }
      } catch (error) {
        if (error instanceof WorkerDied) await this.#onEnded(setup);
        throw error;
      }
    });
  }

  inspect(paths: readonly string[], roots: Roots): Promise<Inspection[]> {
    return this.#each<Inspection>(paths, async (some, keep) => {
      for await (const { index, inspection } of this.#host.run('inspect', { paths: some, roots })) {
        keep(index, inspection);
      }
    });
  }

  grey(paths: readonly string[], side: number, roots: Roots): Promise<GreyPicture[]> {
    return this.#each<GreyPicture>(paths, async (some, keep) => {
      for await (const { index, picture } of this.#host.run('grey', { paths: some, side, roots })) keep(index, picture);
    });
  }

  async thumbnail(request: ThumbnailRequest): Promise<Thumbnail> {
    const [picture] = await this.#each<Thumbnail | { failure: PhotoFailure }>([request.path], async (_, keep) => {
      for await (const thumbnail of this.#host.run('thumbnail', request)) keep(0, thumbnail);
    });
    if (picture && 'bytes' in picture) return picture;
    const { code, reason } = picture!.failure;
    throw new DescryError(code, reason);
  }

  async previews(thumbnails: readonly Uint8Array[]): Promise<(Uint8Array | null)[]> {
    type Found = { preview: Uint8Array | null } | { failure: PhotoFailure };
    const found = await this.#each<Found, Uint8Array>(thumbnails, async (some, keep) => {
      for await (const { index, preview } of this.#host.run('previews', { thumbnails: some })) keep(index, { preview });
    });
    return found.map((one) => ('preview' in one ? one.preview : null));
  }

  /** The caller owns the host; there is nothing else to free. */
  dispose(): Promise<void> {
    return Promise.resolve();
  }

  /** @param inputs paths of photos, or thumbnails */
  async #each<Result extends { failure: PhotoFailure } | object, Input extends string | Uint8Array = string>(
    inputs: readonly Input[],
    ask: (inputs: readonly Input[], keep: (index: number, result: Result) => void) => Promise<void>,
  ): Promise<Result[]> {
    const results = new Array<Result | undefined>(inputs.length);
    const died = await deathDuring(() =>
      this.#lock.shared(() => ask(inputs, (index, result) => (results[index] = result))),
    );
    const deaths = inputs.map((): WorkerDied[] => []);
    // Round by round, so that the attempts at one file lie apart where others wait: whatever ends the worker may pass.
    while (died && results.includes(undefined)) {
      for (const [index, input] of inputs.entries()) {
        if (results[index] !== undefined) continue;
        const death = await deathDuring(() =>
          this.#lock.exclusive(() => ask([input], (_, result) => (results[index] = result))),
        );
        if (death) deaths[index]!.push(death);
        else if (results[index] === undefined) throw noAnswer(input);
        if (isBlamed(deaths[index]!)) results[index] = { failure: failureOf(deaths[index]!.at(-1)!) } as Result;
      }
    }
    const unanswered = results.indexOf(undefined);
    if (unanswered >= 0) throw noAnswer(inputs[unanswered]!);
    return results as Result[];
  }
}

/** @returns how the worker ended during a request; undefined where it answered. @throws the worker's error */
async function deathDuring(request: () => Promise<void>): Promise<WorkerDied | undefined> {
  try {
    await request();
    return undefined;
  } catch (error) {
    if (error instanceof WorkerDied) return error;
    throw error;
  }
}

/** @param deaths while one file was alone in the worker */
function isBlamed(deaths: readonly WorkerDied[]): boolean {
  return deaths.length >= (deaths.some(({ bySignal }) => bySignal) ? deathsBySignal : deathsAlone);
}

function failureOf({ stalled }: WorkerDied): PhotoFailure {
  return stalled
    ? { code: 'photo-timeout', reason: 'Opening it takes too long.' }
    : { code: 'photo-crashed', reason: 'The process that opens photos ended each time this one was opened alone.' };
}

const noAnswer = (input: string | Uint8Array) =>
  new DescryError('internal', `No answer came back for ${typeof input === 'string' ? input : 'a thumbnail'}.`);
