/** The eyes in this process: files → SHA-256, pixels → ResNet50 features. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { errorCode, errorMessage } from '../../models/errors.ts';
import type { PhotoEncoder } from '../../models/resnet50/encoder.ts';
import { decodePhoto, renderThumbnail, type DecodedPhoto } from './decode.ts';
import { limit } from './limit.ts';
import type { Description, Identity, PhotoFailure, ThumbnailRequest, Vision } from './vision.ts';

export interface LocalVisionOptions {
  /** Loads the encoder when the first photo needs it; a run that finds everything cached never does. */
  readonly encoder: () => Promise<PhotoEncoder>;
  /** photos decoded at a time */
  readonly decoders: number;
  /** photos per inference: larger ones gain nothing on a CPU and delay the first result */
  readonly batch: number;
}

export class LocalVision implements Vision {
  readonly #options: LocalVisionOptions;
  readonly #decoding;
  /** One inference at a time: each uses all threads of the engine. */
  readonly #inference = limit(1);
  #encoder: Promise<PhotoEncoder> | undefined;

  constructor(options: LocalVisionOptions) {
    this.#options = options;
    this.#decoding = limit(options.decoders);
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

  async describe(paths: readonly string[]): Promise<Description[]> {
    const encoder = await this.#loadEncoder();
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
            ready.push({ index, photo: await decodePhoto(path, { side: encoder.preprocessing.side }) });
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

  thumbnail({ path, ...options }: ThumbnailRequest): Promise<Uint8Array> {
    return this.#decoding(() => renderThumbnail(path, options));
  }

  async dispose(): Promise<void> {
    await (await this.#encoder)?.dispose();
  }

  async #loadEncoder(): Promise<PhotoEncoder> {
    this.#encoder ??= this.#options.encoder();
    try {
      return await this.#encoder;
    } catch (error) {
      this.#encoder = undefined; // so that it can be tried again, for instance after the weights arrived
      throw error;
    }
  }
}

async function encodeBatch(
  encoder: PhotoEncoder,
  batch: readonly { index: number; photo: DecodedPhoto }[],
  results: Description[],
): Promise<void> {
  const pixels = new Uint8Array(batch.length * encoder.preprocessing.side * encoder.preprocessing.side * 3);
  batch.forEach(({ photo }, i) => pixels.set(photo.pixels, i * photo.pixels.length));
  const features = await encoder.encode(pixels, batch.length);
  batch.forEach(({ index, photo }, i) => {
    const feature = features.slice(i * encoder.featureLength, (i + 1) * encoder.featureLength);
    results[index] = { feature, information: photo.information };
  });
}

function photoFailure(error: unknown): PhotoFailure {
  const code = errorCode(error);
  const reasons: Partial<Record<typeof code, string>> = {
    'not-found': 'The file is gone.',
    'no-permission': 'The file may not be read.',
  };
  return { code: code === 'internal' ? 'photo-unreadable' : code, reason: reasons[code] ?? errorMessage(error) };
}
