/** Opens photos in this process: files → SHA-256, pixels → features. */
import pLimit from 'p-limit';
import type { Encoder, PhotoEncoder, PhotoPart, Preprocessing } from '../../models/contract/encoder.ts';
import type { Regions } from '../../models/contract/regions.ts';
import type { FoundWeights } from '../../models/contract/weights.ts';
import type { Engine } from '../../models/engine/engine.ts';
import { DescryError, errorMessage } from '../../models/errors.ts';
import { Retryable } from '../../models/retryable.ts';
import { decodePhoto, inspectPhoto, renderGrey, renderThumbnail, type DecodedPhoto } from './decode.ts';
import { loadSharp } from './sharp.ts';
import { photoError, photoFailure } from './photo-failure.ts';
import { hashOf, hashPhotoFile, holding, readPhotoFile } from './photo-file.ts';
import type {
  Description,
  GreyPicture,
  Identity,
  Inspection,
  PhotoFailure,
  Roots,
  Thumbnail,
  ThumbnailRequest,
  Vision,
} from './vision.ts';

/** An encoder's photo side, ready for work. */
export interface OpenPhotoEncoder {
  readonly photos: PhotoEncoder;
  readonly preprocessing: Preprocessing;
  readonly featureLength: number;
  readonly regions: Regions | null;
}

/** One that is loaded or being loaded, and the requests that use it. */
interface LoadedEncoder {
  /** of its id and its part */
  readonly key: string;
  readonly opened: Retryable<OpenPhotoEncoder>;
  readonly users: Set<Promise<unknown>>;
}

export async function openPhotoEncoder(
  { title, openPhotos, preprocessing, featureLength, regions, tuning }: Encoder,
  engine: Engine,
  files: FoundWeights['files'],
  part?: PhotoPart,
): Promise<OpenPhotoEncoder> {
  if (!part) return { photos: await openPhotos(engine, files), preprocessing, featureLength, regions };
  if (!tuning) throw new RangeError(`${title} cannot be fine-tuned`);
  return part.kind === 'maps'
    ? { photos: await tuning.openMaps(engine, files), preprocessing, featureLength: tuning.mapLength, regions: null }
    : { photos: await tuning.openTuned(engine, files, part.model), preprocessing, featureLength, regions };
}

export interface LocalVisionOptions {
  /**
   * Loads an encoder when the first photo needs it. One encoder is kept in memory, because photos are indexed for one model at
   * a time.
   */
  readonly encoder: (id: string, part?: PhotoPart) => Promise<OpenPhotoEncoder>;
  /** photos decoded at a time */
  readonly decoders: number;
  /** photos per inference: larger batches are not faster on a CPU and delay the first result */
  readonly batch: number;
}

export class LocalVision implements Vision {
  readonly #options: LocalVisionOptions;
  readonly #decoding;
  /** Pictures for the window, which do not wait for the photos that are indexed. */
  readonly #rendering;
  /** One inference at a time: each uses all threads of the engine. */
  readonly #inference = pLimit(1);
  #encoder: LoadedEncoder | undefined;

  constructor(options: LocalVisionOptions) {
    this.#options = options;
    this.#decoding = pLimit(options.decoders);
    this.#rendering = pLimit(Math.max(2, options.decoders));
  }

  identify(paths: readonly string[], roots: Roots): Promise<Identity[]> {
    return Promise.all(
      paths.map((path) =>
        this.#decoding(async () => {
          try {
            return { hash: await hashPhotoFile(path, roots) };
          } catch (error) {
            return { failure: photoFailure(error) };
          }
        }),
      ),
    );
  }

  async describe(
    paths: readonly string[],
    encoder: string,
    part: PhotoPart | undefined,
    roots: Roots,
    onDecoded: () => void = () => undefined,
  ): Promise<Description[]> {
    const { opened, users } = this.#loadEncoder(encoder, part);
    const described = opened.get().then((photoEncoder) => this.#describe(paths, roots, photoEncoder, onDecoded));
    users.add(described);
    return described.finally(() => users.delete(described));
  }

  async #describe(
    paths: readonly string[],
    roots: Roots,
    encoder: OpenPhotoEncoder,
    onDecoded: () => void,
  ): Promise<Description[]> {
    requireDecoder();
    const results = new Array<Description>(paths.length);
    const ready: HashedPhoto[] = [];
    const encodings: Promise<void>[] = [];
    const encodeReady = (count: number) => {
      const batch = ready.splice(0, count);
      if (batch.length > 0) encodings.push(this.#inference(() => encodeBatch(encoder, batch, results)));
    };
    await Promise.all(
      paths.map((path, index) =>
        this.#decoding(async () => {
          try {
            const { hash, made } = await this.#decode(path, roots, (bytes) =>
              decodePhoto(bytes, encoder.preprocessing),
            );
            if ('failure' in made) results[index] = { failure: made.failure, hash };
            else ready.push({ index, hash, photo: made.value });
          } catch (error) {
            results[index] = { failure: photoFailure(error) };
          }
          onDecoded();
          if (ready.length >= this.#options.batch) encodeReady(this.#options.batch);
        }),
      ),
    );
    while (ready.length > 0) encodeReady(this.#options.batch);
    await Promise.all(encodings);
    return results;
  }

  async inspect(paths: readonly string[], roots: Roots): Promise<Inspection[]> {
    requireDecoder();
    return Promise.all(
      paths.map((path) =>
        this.#decoding(async () => {
          try {
            return { information: await holding(path, roots, () => inspectPhoto(path)) };
          } catch (error) {
            return { failure: photoFailure(error) };
          }
        }),
      ),
    );
  }

  async grey(paths: readonly string[], side: number, roots: Roots): Promise<GreyPicture[]> {
    requireDecoder();
    return Promise.all(
      paths.map((path) =>
        this.#decoding(async (): Promise<GreyPicture> => {
          try {
            const { hash, made } = await this.#decode(path, roots, (bytes) => renderGrey(bytes, side));
            return 'failure' in made ? made : { grey: made.value, hash };
          } catch (error) {
            return { failure: photoFailure(error) };
          }
        }),
      ),
    );
  }

  async thumbnail({ path, roots, ...options }: ThumbnailRequest): Promise<Thumbnail> {
    requireDecoder();
    return this.#rendering(async () => {
      try {
        const photo = await readPhotoFile(path, roots);
        const [hash, bytes] = await Promise.all([hashOf(photo), renderThumbnail(photo, options)]);
        return { bytes, hash };
      } catch (error) {
        throw photoError(error);
      }
    });
  }

  /**
   * Hash and result of the same bytes.
   * @throws what reading the file throws
   */
  async #decode<T>(
    path: string,
    roots: Roots,
    decode: (bytes: Uint8Array) => Promise<T>,
  ): Promise<{ hash: Uint8Array; made: { value: T } | { failure: PhotoFailure } }> {
    const bytes = await readPhotoFile(path, roots);
    // The hash takes its copy of the bytes first: a decoder may pass them on to a thread of its own.
    const hashing = hashOf(bytes);
    const decoding = decode(bytes).then(
      (value) => ({ value }),
      (error: unknown) => ({ failure: photoFailure(error) }),
    );
    const [hash, made] = await Promise.all([hashing, decoding]);
    return { hash, made };
  }

  async dispose(): Promise<void> {
    if (this.#encoder) await close(this.#encoder);
  }

  #loadEncoder(id: string, part: PhotoPart | undefined): LoadedEncoder {
    const key = JSON.stringify([id, part]);
    if (this.#encoder?.key === key) return this.#encoder;
    if (this.#encoder) void close(this.#encoder);
    this.#encoder = { key, opened: new Retryable(() => this.#options.encoder(id, part)), users: new Set() };
    return this.#encoder;
  }
}

/** @throws DescryError `engine-unavailable`: without the decoder no photo can be opened, and none is at fault */
function requireDecoder(): void {
  try {
    loadSharp();
  } catch (error) {
    const [reason] = errorMessage(error).split('\n');
    throw new DescryError('engine-unavailable', `The decoder of photos (sharp) cannot be loaded: ${reason}`, {
      cause: error,
    });
  }
}

/** Disposes of it when the requests that use it have ended. */
async function close({ opened, users }: LoadedEncoder): Promise<void> {
  await Promise.allSettled(users);
  const encoder = await opened.current?.catch(() => undefined);
  await encoder?.photos.dispose();
}

interface HashedPhoto {
  /** place in the request */
  readonly index: number;
  readonly hash: Uint8Array;
  readonly photo: DecodedPhoto;
}

async function encodeBatch(
  encoder: OpenPhotoEncoder,
  batch: readonly HashedPhoto[],
  results: Description[],
): Promise<void> {
  const { featureLength, photos, preprocessing, regions: known } = encoder;
  const numbers = batch.length * preprocessing.side ** 2 * 3;
  const pixels = preprocessing.normalisation ? new Float32Array(numbers) : new Uint8Array(numbers);
  batch.forEach(({ photo }, i) => pixels.set(photo.pixels, i * photo.pixels.length));
  const encoded =
    known && photos.encodeRegions
      ? await photos.encodeRegions(pixels, batch.length)
      : { features: await photos.encode(pixels, batch.length), regions: null };
  const { features, regions } = encoded;
  batch.forEach(({ index, hash, photo }, i) => {
    results[index] = {
      hash,
      feature: features.slice(i * featureLength, (i + 1) * featureLength),
      regions: known &&
        regions && { version: known.version, data: regions.slice(i * known.bytes, (i + 1) * known.bytes) },
      information: photo.information,
    };
  });
}
