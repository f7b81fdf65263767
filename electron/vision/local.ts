/** Opens photos in this process: files → SHA-256, pixels → features. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import { errorCode, errorMessage } from '../../models/errors.ts';
import type { Encoder, PhotoEncoder, PhotoPart, Preprocessing } from '../../models/contract/encoder.ts';
import type { Regions } from '../../models/contract/regions.ts';
import type { FoundWeights } from '../../models/contract/weights.ts';
import type { Engine } from '../../models/engine/engine.ts';
import { Retryable } from '../../models/retryable.ts';
import { decodePhoto, inspectPhoto, renderGrey, renderThumbnail, type DecodedPhoto } from './decode.ts';
import type {
  Description,
  GreyPicture,
  Identity,
  Inspection,
  PhotoFailure,
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
  /** One inference at a time: each uses all threads of the engine. */
  readonly #inference = pLimit(1);
  #encoder: LoadedEncoder | undefined;

  constructor(options: LocalVisionOptions) {
    this.#options = options;
    this.#decoding = pLimit(options.decoders);
  }

  identify(paths: readonly string[]): Promise<Identity[]> {
    return Promise.all(
      paths.map((path) =>
        this.#decoding(async () => {
          try {
            return {
              hash: new Uint8Array(
                createHash('sha256')
                  .update(await readFile(path))
                  .digest(),
              ),
            };
          } catch (error) {
            return { failure: photoFailure(error) };
          }
        }),
      ),
    );
  }

  async describe(paths: readonly string[], encoder: string, part?: PhotoPart): Promise<Description[]> {
    const { opened, users } = this.#loadEncoder(encoder, part);
    const described = opened.get().then((photoEncoder) => this.#describe(paths, photoEncoder));
    users.add(described);
    return described.finally(() => users.delete(described));
  }

  async #describe(paths: readonly string[], encoder: OpenPhotoEncoder): Promise<Description[]> {
    const results = new Array<Description>(paths.length);
    const ready: { index: number; photo: DecodedPhoto }[] = [];
    const encodings: Promise<void>[] = [];
    const encodeReady = (count: number) => {
      const batch = ready.splice(0, count);
      if (batch.length > 0) encodings.push(this.#inference(() => encodeBatch(encoder, batch, results)));
    };
    await Promise.all(
      paths.map((path, index) =>
        this.#decoding(async () => {
          try {
            ready.push({ index, photo: await decodePhoto(path, encoder.preprocessing) });
          } catch (error) {
            results[index] = { failure: photoFailure(error) };
          }
          if (ready.length >= this.#options.batch) encodeReady(this.#options.batch);
        }),
      ),
    );
    while (ready.length > 0) encodeReady(this.#options.batch);
    await Promise.all(encodings);
    return results;
  }

  inspect(paths: readonly string[]): Promise<Inspection[]> {
    return Promise.all(
      paths.map((path) =>
        this.#decoding(async () => {
          try {
            return { information: await inspectPhoto(path) };
          } catch (error) {
            return { failure: photoFailure(error) };
          }
        }),
      ),
    );
  }

  grey(paths: readonly string[], side: number): Promise<GreyPicture[]> {
    return Promise.all(
      paths.map((path) =>
        this.#decoding(async () => {
          try {
            return { grey: await renderGrey(path, side) };
          } catch (error) {
            return { failure: photoFailure(error) };
          }
        }),
      ),
    );
  }

  thumbnail({ path, ...options }: ThumbnailRequest): Promise<Uint8Array> {
    return this.#decoding(() => renderThumbnail(path, options));
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

/** Disposes of it when the requests that use it have ended. */
async function close({ opened, users }: LoadedEncoder): Promise<void> {
  await Promise.allSettled(users);
  const encoder = await opened.current?.catch(() => undefined);
  await encoder?.photos.dispose();
}

async function encodeBatch(
  encoder: OpenPhotoEncoder,
  batch: readonly { index: number; photo: DecodedPhoto }[],
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
  batch.forEach(({ index, photo }, i) => {
    results[index] = {
      feature: features.slice(i * featureLength, (i + 1) * featureLength),
      regions: known &&
        regions && { version: known.version, data: regions.slice(i * known.bytes, (i + 1) * known.bytes) },
      information: photo.information,
    };
  });
}

function photoFailure(error: unknown): PhotoFailure {
  const code = errorCode(error);
  const reasons: Partial<Record<typeof code, string>> = {
    'not-found': 'The file does not exist any more.',
    'no-permission': 'The file may not be read.',
  };
  return { code: code === 'internal' ? 'photo-unreadable' : code, reason: reasons[code] ?? errorMessage(error) };
}
