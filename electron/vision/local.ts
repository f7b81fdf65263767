/** Opens photos in this process: files → SHA-256, pixels → features. */
import pLimit from 'p-limit';
import type { Encoder, PhotoPart, Preprocessing } from '../../models/contract/encoder.ts';
import type { PhotoMode } from '../../models/engine/modes.ts';
import type { FoundWeights } from '../../models/contract/weights.ts';
import type { Engine } from '../../models/engine/engine.ts';
import { DescryError, errorMessage } from '../../models/errors.ts';
import { Retryable } from '../../models/retryable.ts';
import { Batches, type OpenPhotoEncoder } from './batches.ts';
import { decodePhoto, inspectPhoto, renderGrey, renderThumbnail, type DecodedPhoto } from './decode.ts';
import { HeldFiles, largestHeld } from './held-files.ts';
import { decodeWithPictures, renderPictures, renderPreview } from './one-decode.ts';
import { photoError, photoFailure } from './photo-failure.ts';
import { hashOf, hashPhotoFile, holding, readPhotoFile } from './photo-file.ts';
import { loadSharp } from './sharp.ts';
import type {
  Description,
  GreyPicture,
  Identity,
  Inspection,
  MadePictures,
  PhotoFailure,
  PicturesWanted,
  Roots,
  Thumbnail,
  ThumbnailRequest,
  Vision,
} from './vision.ts';

/** One that is loaded or being loaded, and the requests that use it. */
interface LoadedEncoder {
  /** of its id and its part */
  readonly key: string;
  readonly opened: Retryable<OpenPhotoEncoder>;
  readonly users: Set<Promise<unknown>>;
  /** as soon as it is loaded */
  batches?: Batches;
}

interface FilesToDescribe {
  readonly paths: readonly string[];
  readonly roots: Roots;
  readonly pictures: PicturesWanted | undefined;
}

export async function openPhotoEncoder(
  { title, openPhotos, preprocessing, featureLength, regions, tuning }: Encoder,
  engine: Engine,
  files: FoundWeights['files'],
  { part, mode }: { readonly part?: PhotoPart | undefined; readonly mode?: PhotoMode | undefined } = {},
): Promise<OpenPhotoEncoder> {
  if (!part) return { photos: await openPhotos(engine, files, mode), preprocessing, featureLength, regions };
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
  /** photos per inference */
  readonly batch: number;
  /** absent: its own */
  readonly held?: HeldFiles;
}

export class LocalVision implements Vision {
  readonly #options: LocalVisionOptions;
  readonly #decoding;
  /** Pictures for the window, which do not wait for the photos that are indexed. */
  readonly #rendering;
  /** One inference at a time: each uses all threads of the engine. */
  readonly #inference = pLimit(1);
  readonly #held;
  #encoder: LoadedEncoder | undefined;

  constructor(options: LocalVisionOptions) {
    this.#options = options;
    this.#held = options.held ?? new HeldFiles();
    this.#decoding = pLimit(options.decoders);
    this.#rendering = pLimit(Math.max(2, options.decoders));
  }

  identify(
    paths: readonly string[],
    roots: Roots,
    { keep = false }: { readonly keep?: boolean } = {},
  ): Promise<Identity[]> {
    return Promise.all(
      paths.map((path) =>
        this.#decoding(async () => {
          try {
            return { hash: keep ? await this.#hashAndKeep(path, roots) : await hashPhotoFile(path, roots) };
          } catch (error) {
            return { failure: photoFailure(error) };
          }
        }),
      ),
    );
  }

  async #hashAndKeep(path: string, roots: Roots): Promise<Uint8Array> {
    const bytes = await readPhotoFile(path, roots, largestHeld);
    if (!bytes) return hashPhotoFile(path, roots);
    const hash = await hashOf(bytes);
    this.#held.keep(path, roots, { bytes, hash });
    return hash;
  }

  async describe(
    paths: readonly string[],
    encoder: string,
    part: PhotoPart | undefined,
    roots: Roots,
    pictures?: PicturesWanted,
    onDecoded: () => void = () => undefined,
  ): Promise<Description[]> {
    const loaded = this.#loadEncoder(encoder, part);
    const described = loaded.opened.get().then((photoEncoder) => {
      loaded.batches ??= new Batches(photoEncoder, this.#inference, this.#options.batch);
      const files = { paths, roots, pictures };
      return this.#describe(files, photoEncoder.preprocessing, loaded.batches, onDecoded);
    });
    loaded.users.add(described);
    return described.finally(() => loaded.users.delete(described));
  }

  async #describe(
    { paths, roots, pictures }: FilesToDescribe,
    preprocessing: Preprocessing,
    batches: Batches,
    onDecoded: () => void,
  ): Promise<Description[]> {
    requireDecoder();
    const decode = (bytes: Uint8Array): Promise<DecodedPhoto & Partial<MadePictures>> =>
      pictures
        ? decodeWithPictures(bytes, preprocessing, { thumbnail: pictures.thumbnails === true })
        : decodePhoto(bytes, preprocessing);
    return Promise.all(
      paths.map(async (path): Promise<Description> => {
        // A function, so that the file's bytes are not kept while its pixels wait for the network.
        const decoded = await this.#decoding(async () => {
          try {
            await batches.room();
            return await this.#decode(path, roots, decode);
          } catch (error) {
            return { failure: photoFailure(error) };
          }
        });
        onDecoded();
        if ('failure' in decoded) return decoded;
        const { hash, made } = decoded;
        if ('failure' in made) return { failure: made.failure, hash };
        const { pixels, information, preview, thumbnail } = made.value;
        return {
          hash,
          ...(await batches.encode(pixels)),
          information,
          ...(preview && { pictures: { preview, ...(thumbnail && { thumbnail }) } }),
        };
      }),
    );
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

  async thumbnail({ path, roots, side, format }: ThumbnailRequest): Promise<Thumbnail> {
    requireDecoder();
    return this.#rendering(async () => {
      try {
        const photo = await readPhotoFile(path, roots);
        const hashing = hashOf(photo);
        if (side === 'cache') {
          const [hash, { thumbnail, preview }] = await Promise.all([hashing, renderPictures(photo)]);
          return { bytes: thumbnail, preview, hash };
        }
        const [hash, bytes] = await Promise.all([hashing, renderThumbnail(photo, { side, ...(format && { format }) })]);
        return { bytes, hash };
      } catch (error) {
        throw photoError(error);
      }
    });
  }

  async previews(thumbnails: readonly Uint8Array[]): Promise<(Uint8Array | null)[]> {
    requireDecoder();
    return Promise.all(
      thumbnails.map((thumbnail) => this.#rendering(() => renderPreview(thumbnail).catch(() => null))),
    );
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
    const held = this.#held.take(path, roots);
    const bytes = held?.bytes ?? (await readPhotoFile(path, roots));
    // The hash takes its copy of the bytes first: a decoder may pass them on to a thread of its own.
    const hashing = held?.hash ?? hashOf(bytes);
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
