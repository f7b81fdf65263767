/** The pixels that an encoder like CLIP is given, compared with its makers' arithmetic. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePhoto } from '../../electron/vision/decode.ts';
import { decodeWithPictures } from '../../electron/vision/one-decode.ts';
import type { Preprocessing } from '../../models/contract/encoder.ts';
import { seededRandom } from '../../models/math/random.ts';
import { clipNormalisation } from '../fixtures/clip-graphs.ts';
import { clipPixels, type Picture } from '../fixtures/clip-pixels.ts';

const preprocessing: Preprocessing = { side: 32, fit: 'crop', resample: 'cubic', normalisation: null };

/** Coarse noise with fine noise on it: neither flat nor without structure. */
async function drawn(width: number, height: number): Promise<Picture> {
  const { uniform } = seededRandom(width * 1000 + height);
  const noise = (w: number, h: number) => Uint8Array.from({ length: w * h * 3 }, () => Math.floor(uniform() * 256));
  const coarse = await sharp(noise(9, 7), { raw: { width: 9, height: 7, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer();
  const fine = noise(width, height);
  return { data: Uint8Array.from(coarse, (value, i) => Math.round(0.75 * value + 0.25 * fine[i]!)), width, height };
}

const png = ({ data, width, height }: Picture) =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();

/** Mean and greatest absolute difference. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): { mean: number; most: number } {
  expect(a.length).toBe(b.length);
  let [sum, most] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const by = Math.abs(a[i]! - b[i]!);
    sum += by;
    most = Math.max(most, by);
  }
  return { mean: sum / a.length, most };
}

/** Of a whole decoding as indexing does it, and of the pixels alone. */
const both = async (bytes: Buffer, how: Preprocessing) => [
  (await decodeWithPictures(bytes, how, { thumbnail: false })).pixels,
  (await decodePhoto(bytes, how)).pixels,
];

describe('pixels for CLIP', () => {
  it.each([
    ['wide', 96, 64],
    ['high', 64, 96],
    ['square', 80, 80],
    ['of an odd shape', 97, 61],
    ['hardly larger', 40, 33],
    ['a panorama', 700, 50],
  ])('of a photo that is %s are those of its makers', async (_, width, height) => {
    const picture = await drawn(width, height);
    for (const resample of ['cubic', 'linear', 'lanczos3'] as const) {
      const wanted = clipPixels(picture, 32, resample);
      for (const found of await both(await png(picture), { ...preprocessing, resample })) {
        const { mean, most } = difference(found, wanted);
        expect(mean, resample).toBeLessThan(0.4);
        expect(most, resample).toBeLessThanOrEqual(4);
      }
    }
  });

  it('of another kernel, or of the whole frame, differ clearly more', async () => {
    const picture = await drawn(96, 64);
    const wanted = clipPixels(picture, 32, 'cubic');
    for (const how of [
      { ...preprocessing, resample: 'lanczos3' as const },
      { ...preprocessing, resample: 'linear' as const },
      { ...preprocessing, fit: 'squash' as const },
    ]) {
      for (const found of await both(await png(picture), how)) {
        expect(difference(found, wanted).mean, JSON.stringify(how)).toBeGreaterThan(0.8);
      }
    }
  });

  it('of a photo as cameras make them are close to those of its makers, though it is decoded to a smaller picture first', async () => {
    const picture = await drawn(1400, 1050);
    const jpeg = await sharp(await png(picture))
      .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
      .toBuffer();
    const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
    const wanted = clipPixels({ data, width: info.width, height: info.height }, 224, 'cubic');
    for (const found of await both(jpeg, { ...preprocessing, side: 224 })) {
      const { mean, most } = difference(found, wanted);
      expect(mean).toBeLessThan(1.2);
      expect(most).toBeLessThanOrEqual(8);
    }
  });

  it('are normalised as the makers say', async () => {
    const [r, g, b] = [200, 100, 50];
    const photo = await sharp({ create: { width: 60, height: 50, channels: 3, background: { r, g, b } } })
      .png()
      .toBuffer();
    for (const pixels of await both(photo, { ...preprocessing, normalisation: clipNormalisation })) {
      // by hand: (200 / 255 − 0.48145466) / 0.26862954, …
      expect(pixels[0]).toBeCloseTo(1.12742, 4);
      expect(pixels[1]).toBeCloseTo(-0.25132, 4);
      expect(pixels[2]).toBeCloseTo(-0.76922, 4);
      expect(pixels).toHaveLength(32 * 32 * 3);
    }
  });
});
