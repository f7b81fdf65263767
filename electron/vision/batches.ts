/**
 * Photos on their way from the decoders to the network: as soon as it is free, it takes those that wait, a few at a time, of whatever
 * request they are. So decoding and inference overlap, and the count of decoded photos in memory is bounded.
 *
 * Larger batches are no faster: ResNet50 took 118 ms of a processor a photo at batch 1, 119 at 4, 148 at 16, where the process had 440,
 * 526 and 674 MB (ONNX Runtime, float, two cores).
 */
import type { LimitFunction } from 'p-limit';
import type { PhotoEncoder, Preprocessing } from '../../models/contract/encoder.ts';
import type { Regions } from '../../models/contract/regions.ts';
import type { DecodedPhoto } from './decode.ts';

/** When so many batches wait, decoding pauses. */
const mostWaiting = 4;

/** An encoder's photo side, ready for work. */
export interface OpenPhotoEncoder {
  readonly photos: PhotoEncoder;
  readonly preprocessing: Preprocessing;
  readonly featureLength: number;
  readonly regions: Regions | null;
}

export interface EncodedPhoto {
  readonly feature: Float32Array;
  readonly regions: { readonly version: number; readonly data: Uint8Array } | null;
}

interface Waiting extends PromiseWithResolvers<EncodedPhoto> {
  readonly pixels: DecodedPhoto['pixels'];
}

export class Batches {
  readonly #encoder: OpenPhotoEncoder;
  readonly #inference: LimitFunction;
  readonly #size: number;
  #waiting: Waiting[] = [];
  #room = Promise.withResolvers<void>();
  #running = false;

  /**
   * @param inference one at a time, of all encoders: each uses all threads of the engine
   * @param size photos of a batch
   */
  constructor(encoder: OpenPhotoEncoder, inference: LimitFunction, size: number) {
    this.#encoder = encoder;
    this.#inference = inference;
    this.#size = size;
  }

  /** Waits until another decoded photo may be kept in memory. */
  async room(): Promise<void> {
    while (this.#waiting.length >= mostWaiting * this.#size) await this.#room.promise;
  }

  encode(pixels: DecodedPhoto['pixels']): Promise<EncodedPhoto> {
    const waiting = { pixels, ...Promise.withResolvers<EncodedPhoto>() };
    this.#waiting.push(waiting);
    void this.#run();
    return waiting.promise;
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (this.#waiting.length > 0) {
      await this.#inference(async () => {
        const photos = this.#waiting.splice(0, this.#size);
        this.#room.resolve();
        this.#room = Promise.withResolvers();
        try {
          const encoded = await encodeBatch(this.#encoder, photos);
          photos.forEach(({ resolve }, i) => resolve(encoded[i]!));
        } catch (error) {
          for (const { reject } of photos) reject(error);
        }
      });
    }
    this.#running = false;
  }
}

async function encodeBatch(encoder: OpenPhotoEncoder, batch: readonly Waiting[]): Promise<EncodedPhoto[]> {
  const { featureLength, photos, preprocessing, regions: known } = encoder;
  const numbers = batch.length * preprocessing.side ** 2 * 3;
  const pixels = preprocessing.normalisation ? new Float32Array(numbers) : new Uint8Array(numbers);
  batch.forEach((photo, i) => pixels.set(photo.pixels, i * photo.pixels.length));
  const { features, regions } =
    known && photos.encodeRegions
      ? await photos.encodeRegions(pixels, batch.length)
      : { features: await photos.encode(pixels, batch.length), regions: null };
  return batch.map((_, i) => ({
    feature: features.slice(i * featureLength, (i + 1) * featureLength),
    regions: known &&
      regions && { version: known.version, data: regions.slice(i * known.bytes, (i + 1) * known.bytes) },
  }));
}
