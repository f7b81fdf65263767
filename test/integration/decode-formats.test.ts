/** Every file of ../shared/photos/formats, with what must come of it. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodePhoto, isPhoto, renderThumbnail, type DecodedPhoto } from '../../electron/vision/decode.ts';
import { squashed } from '../fixtures/preprocessing.ts';
import { errorCode } from '../../models/errors.ts';
import { describeShared } from '../fixtures/shared.ts';

interface Expected {
  readonly size?: readonly [width: number, height: number];
  readonly camera?: string;
  /** [year, month, day, hour, minute, second] */
  readonly taken?: readonly [number, number, number, number, number, number];
  /** latitude, longitude */
  readonly place?: readonly [number, number];
  readonly code?: string;
  readonly damage?: string;
  /** shows the same as this file, up to a mean absolute difference (of 255) */
  readonly like?: readonly [file: string, difference: number];
  /** mean colour */
  readonly mean?: readonly [number, number, number];
}

// of its last change: EXIF has no other date
const changed = [2020, 1, 29, 0, 22, 31] as const;
const fox = { size: [1204, 800], taken: changed, like: ['plain_fox.jpg', 0] } as const;
// the number in the middle of the picture is another in each file, and each is compressed anew
const landscape = { size: [1800, 1200], like: ['orientation_landscape_1.jpg', 3] } as const;

const expected: Record<string, Expected> = {
  "-leading-dash & quote's.JPG": fox,
  'Ünïcødé 雪 Ferien – é #1 100%.jpg': fox,
  'jpeg_named_png.png': fox,
  'trailing_garbage_fox.jpg': fox,
  'plain_fox.jpg': { size: [1204, 800], taken: changed, mean: [51, 56, 58] },
  'avif_orientation6_iphone_gps.avif': {
    size: [3024, 4032],
    camera: 'Apple iPhone XS',
    taken: [2020, 3, 5, 11, 28, 10],
    place: [50.43975, 30.50207],
  },
  'bmp_24bpp.bmp': { size: [10, 10], mean: [255, 255, 255] },
  'bomb_65536_square.png': { code: 'photo-too-large' },
  'cmyk_no_profile.jpg': { size: [500, 333] },
  'cmyk_with_profile.jpg': {
    size: [500, 333],
    camera: 'Canon EOS 300D DIGITAL',
    taken: [2004, 3, 20, 14, 54, 55],
    like: ['cmyk_no_profile.jpg', 15],
  },
  // ends within its EXIF
  'corrupt_header.jpg': { code: 'photo-truncated' },
  'exif_broken1_canon30d.jpg': { size: [600, 900], camera: 'Canon EOS 30D', taken: [2007, 8, 15, 10, 13, 13] },
  // by IPTC
  'exif_offset_outside_bounds.jpg': { size: [100, 63], taken: [2020, 7, 23, 11, 32, 20] },
  'giant_image.jpg': { size: [20000, 14000], mean: [192, 192, 192] },
  'gif_animated.gif': { size: [80, 80] },
  'gps_iphone5_orientation3.jpg': {
    size: [3264, 2448],
    camera: 'Apple iPhone 5',
    taken: [2012, 9, 29, 16, 11, 25],
    place: [47.62717, -122.33733],
  },
  'gps_nikon_DSCN0010.jpg': {
    size: [640, 480],
    camera: 'NIKON COOLPIX P6000',
    taken: [2008, 10, 22, 16, 28, 39],
    place: [43.46745, 11.88513],
  },
  'gps_pixel_12MP.jpg': {
    size: [4048, 3036],
    camera: 'Google Pixel',
    taken: [2018, 7, 25, 16, 34, 23],
    place: [50.2996, 14.82029],
  },
  'gray_gamma.jpg': { size: [258, 222] },
  'heic_image1.heic': { size: [3992, 2992] },
  'heic_iphone_IMG_5195.HEIC': {
    size: [2566, 3313],
    camera: 'Apple iPhone 11 Pro Max',
    taken: [2021, 4, 11, 15, 47, 53],
    place: [39.05134, -94.28877],
  },
  'heic_libheif_example.heic': { size: [1280, 854] },
  'jpeg2000.jp2': { size: [320, 240], mean: [65, 87, 76] },
  'mpo_sugarshack.mpo': { size: [640, 480], camera: 'Nintendo 3DS', taken: [2014, 3, 2, 14, 17, 39] },
  ...Object.fromEntries(
    Array.from({ length: 9 }, (_, orientation) => [`orientation_landscape_${orientation}.jpg`, landscape]),
  ),
  'png_16bit_rgb.png': { size: [900, 600] },
  'png_fully_transparent.png': { size: [300, 300], mean: [255, 255, 255] },
  'png_palette.png': { size: [68, 68] },
  'png_with_exif_gps.png': {
    size: [1, 1],
    camera: 'Canon PowerShot S40',
    taken: [2003, 12, 14, 12, 1, 44],
    place: [50.2996, 14.82029],
  },
  'text_renamed.jpg': { code: 'photo-unreadable' },
  'tiff_cmyk_fogra.tif': { size: [1000, 1000], mean: [227, 7, 20] },
  'tiff_uncompressed.tiff': { size: [246, 345] },
  // less than a twentieth of it can be read
  'truncated.jpg': { code: 'photo-truncated' },
  'truncated.png': { size: [294, 240], damage: 'cut-off' },
  // progressive: like the whole one
  'truncated_half_fox.jpg': { ...fox, like: ['plain_fox.jpg', 6], damage: 'coarse' },
  'ultrahdr_gain_map.jpg': { size: [3840, 2160] },
  'webp_alpha_lossless.webp': { size: [400, 301] },
  'webp_photo_lossy.webp': { size: [1024, 772] },
  'zero_bytes.jpg': { code: 'photo-empty' },
};

const zone = process.env['TZ'];
beforeAll(() => {
  process.env['TZ'] = 'Asia/Kolkata'; // no camera of these was there: the wall clock must come through unchanged
});
afterAll(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

describeShared('photos of every condition', (shared) => {
  const folder = path.join(shared, 'photos', 'formats');

  test('each has an expectation and is taken for a photo', () => {
    const names = readdirSync(folder).map((name) => name.normalize('NFC'));
    expect(names.sort()).toEqual(Object.keys(expected).sort());
    for (const name of names) expect(isPhoto(path.join(folder, name)), name).toBe(true);
  });

  test.each(Object.entries(expected))('%s', async (name, { code, damage, size, camera, taken, place, like, mean }) => {
    const file = path.join(folder, name);
    let photo: DecodedPhoto & { readonly pixels: Uint8Array };
    try {
      photo = await decodePhoto(file, squashed(224));
    } catch (error) {
      expect(errorCode(error)).toBe(code);
      expect((error as Error).message).toMatch(/^[A-Z].*\.$/);
      expect((error as Error).message).not.toMatch(/vips|undefined/i);
      return;
    }
    expect(code).toBeUndefined();
    const { pixels, information } = photo;
    expect(pixels).toHaveLength(224 * 224 * 3);
    expect([information.width, information.height]).toEqual(size);
    expect(information.damage).toBe(damage ?? null);
    expect(information.camera).toBe(camera ?? null);
    const clock = taken && Date.UTC(taken[0], taken[1] - 1, taken[2], taken[3], taken[4], taken[5]);
    expect(information.taken).toBe(clock ?? null);
    expect(information.latitude?.toFixed(4)).toBe(place?.[0].toFixed(4));
    expect(information.longitude?.toFixed(4)).toBe(place?.[1].toFixed(4));
    if (mean) means(pixels).forEach((value, i) => expect(Math.abs(value - mean[i]!)).toBeLessThan(6));
    if (like) {
      const other = (await decodePhoto(path.join(folder, like[0]), squashed(224))).pixels;
      expect(difference(pixels, other)).toBeLessThanOrEqual(like[1]);
    }
    expect((await renderThumbnail(file, { side: 96 })).length).toBeGreaterThan(20);
  });

  test('a picture that is turned or mirrored wrongly would be noticed', async () => {
    const { pixels } = await decodePhoto(path.join(folder, 'orientation_landscape_1.jpg'), squashed(224));
    const turned = new Uint8Array(pixels.length);
    for (let at = 0; at < pixels.length; at += 3) turned.set(pixels.subarray(at, at + 3), pixels.length - 3 - at);
    expect(difference(pixels, turned)).toBeGreaterThan(30);
  });

  test('several HEIC photos at once come out as they do alone', async () => {
    const file = path.join(folder, 'heic_libheif_example.heic');
    const alone = (await decodePhoto(file, squashed(64))).pixels;
    const together = await Promise.all(Array.from({ length: 5 }, () => decodePhoto(file, squashed(64))));
    for (const { pixels } of together) expect(pixels).toEqual(alone);
  });
});

const means = (pixels: Uint8Array) =>
  [0, 1, 2].map(
    (channel) => pixels.reduce((sum, value, at) => (at % 3 === channel ? sum + value : sum), 0) / (pixels.length / 3),
  );

const difference = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((sum, value, at) => sum + Math.abs(value - b[at]!), 0) / a.length;
