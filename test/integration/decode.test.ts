import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodePhoto, renderThumbnail } from '../../electron/vision/decode.ts';
import { squashed } from '../fixtures/preprocessing.ts';
import { describeShared } from '../fixtures/shared.ts';
import { loadSharp } from '../../electron/vision/sharp.ts';
import { tiffWithProfile } from '../../electron/vision/tiff.ts';

const sharp = loadSharp();
let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'descry-decode-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Mean absolute difference of two pictures, 0–255. */
function difference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
}

const at = (pixels: Uint8Array, x: number, y: number, side = 224) =>
  Array.from(pixels.subarray((y * side + x) * 3, (y * side + x) * 3 + 3));

const near = (found: readonly number[], wanted: readonly number[], by = 12) =>
  wanted.forEach((value, i) =>
    expect(Math.abs(found[i]! - value), `${String(found)} ≈ ${String(wanted)}`).toBeLessThanOrEqual(by),
  );

/** Four quarters: red, green / blue, grey. */
function picture(width = 400, height = 300) {
  const quarter = (background: string, left: number, top: number) => ({
    input: { create: { width: width / 2, height: height / 2, channels: 3 as const, background } },
    left,
    top,
  });
  return sharp({ create: { width, height, channels: 3, background: '#808080' } })
    .composite([quarter('#ff0000', 0, 0), quarter('#00ff00', width / 2, 0), quarter('#0000ff', 0, height / 2)])
    .removeAlpha()
    .png();
}
const corners = [
  [56, 56],
  [168, 56],
  [56, 168],
  [168, 168],
] as const;
const upright = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [128, 128, 128],
];

describe('every format', () => {
  test.each(['jpeg', 'png', 'webp', 'avif', 'tiff', 'gif'] as const)('%s gives the same picture', async (format) => {
    const bytes = await sharp(await picture().toBuffer())
      .toFormat(format)
      .toBuffer();
    const { pixels, information } = await decodePhoto(bytes, squashed(224));
    expect([information.width, information.height]).toEqual([400, 300]);
    corners.forEach(([x, y], i) => near(at(pixels, x, y), upright[i]!));
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i comes out upright', async (orientation) => {
    // stored turned or mirrored such that the orientation undoes it (Exif 2.32, tag 274)
    const [flipped, angle] = (
      [
        [],
        [false, 0],
        [true, 0],
        [false, 180],
        [true, 180],
        [true, 270],
        [false, 270],
        [true, 90],
        [false, 90],
      ] as const
    )[orientation] as [boolean, number];
    const stored = sharp(
      await sharp(await picture().toBuffer())
        .flop(flipped)
        .toBuffer(),
    ).rotate(angle);
    const bytes = await stored.withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
    const { pixels, information } = await decodePhoto(bytes, squashed(224));
    expect([information.width, information.height]).toEqual([400, 300]);
    corners.forEach(([x, y], i) => near(at(pixels, x, y), upright[i]!));
  });

  test('grey, 16 bit and half transparent pictures become three channels over white', async () => {
    const grey = await picture().toColourspace('b-w').png().toBuffer();
    const deep = await picture().toColourspace('rgb16').png().toBuffer();
    const clear = await sharp(await picture().toBuffer())
      .ensureAlpha(0.5)
      .png()
      .toBuffer();
    near(at((await decodePhoto(grey, squashed(224))).pixels, 168, 168), [128, 128, 128]);
    near(at((await decodePhoto(deep, squashed(224))).pixels, 56, 56), [255, 0, 0]);
    near(at((await decodePhoto(clear, squashed(224))).pixels, 56, 56), [255, 128, 128]);
  });

  test('a colour profile is applied: Display P3 in a file, and around bare pixels', async () => {
    const p3 = await sharp(await picture().toBuffer())
      .withIccProfile('p3')
      .png()
      .toBuffer();
    const { icc } = await sharp(p3).metadata();
    const raw = await sharp(p3, { ignoreIcc: true }).raw().toBuffer();
    const bare = await sharp(raw, { raw: { width: 400, height: 300, channels: 3 } })
      .png()
      .toBuffer();
    const wrapped = tiffWithProfile(raw, 400, 300, icc!);
    const [inFile, around, without] = await Promise.all(
      [p3, wrapped, bare].map((bytes) => decodePhoto(bytes, squashed(224))),
    );
    near(at(inFile!.pixels, 168, 56), [0, 255, 0]);
    near(at(around!.pixels, 168, 56), [0, 255, 0]);
    expect(at(without!.pixels, 168, 56)[0]).toBeGreaterThan(100); // P3's numbers for sRGB's green
  });
});

/** Compressed, its data is spread evenly over its rows. */
const noise = () =>
  sharp({
    create: {
      width: 600,
      height: 400,
      channels: 3,
      background: 'grey',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  });

describe('what cannot be opened', () => {
  const reason = async (source: string | Uint8Array) =>
    decodePhoto(source, squashed(224)).then(
      () => 'opened',
      (error: unknown) => (error as { code: string }).code,
    );

  test.each(['webp', 'avif', 'tiff'] as const)('half a %s is refused as truncated', async (format) => {
    const bytes = await noise().toFormat(format).toBuffer();
    expect(await reason(bytes)).toBe('opened');
    expect(await reason(bytes.subarray(0, bytes.length >> 1))).toBe('photo-truncated');
    expect(await reason(bytes.subarray(0, bytes.length - 200))).toMatch(/^photo-(truncated|unreadable)$/);
  });

  test('a picture of too many pixels is refused before it is decoded', async () => {
    const forged = async (progressive: boolean, side: number) => {
      const bytes = await picture().jpeg({ progressive }).toBuffer();
      const frame = bytes.indexOf(Buffer.from([0xff, progressive ? 0xc2 : 0xc0]));
      bytes.writeUInt16BE(side, frame + 5);
      bytes.writeUInt16BE(side, frame + 7);
      return bytes;
    };
    expect(await reason(await forged(false, 40_000))).toBe('photo-too-large');
    expect(await reason(await forged(true, 20_000))).toBe('photo-too-large');
  });

  test('an SVG never reaches a decoder, whatever its name', async () => {
    const file = path.join(scratch, 'drawing.jpg');
    writeFileSync(
      file,
      '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>',
    );
    expect(await reason(file)).toBe('photo-unsupported');
    await expect(sharp(readFileSync(file)).metadata()).rejects.toThrow();
  });

  test('no file, no bytes, a folder, a text', async () => {
    const empty = path.join(scratch, 'empty.jpg');
    writeFileSync(empty, '');
    await expect(decodePhoto(path.join(scratch, 'none.jpg'), squashed(224))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await reason(empty)).toBe('photo-empty');
    expect(await reason(scratch)).toBe('photo-unreadable');
    expect(await reason(Buffer.from('a text that is no picture'))).toBe('photo-unreadable');
  });
});

describe('thumbnails', () => {
  test('fit into the side, keep their shape, are never enlarged', async () => {
    const size = async (side: number) => sharp(await renderThumbnail(await picture().toBuffer(), { side })).metadata();
    expect(await size(100)).toMatchObject({ format: 'webp', width: 100, height: 75 });
    expect(await size(1000)).toMatchObject({ width: 400, height: 300 });
  });

  test('show what the network sees', async () => {
    const bytes = await picture().toBuffer();
    const thumbnail = await renderThumbnail(bytes, { side: 400 });
    const [a, b] = await Promise.all([bytes, thumbnail].map((source) => decodePhoto(source, squashed(224))));
    expect(difference(a!.pixels, b!.pixels)).toBeLessThan(4);
  });
});

test('native and WebAssembly sharp give the same pictures', async () => {
  const files: string[] = [];
  for (const format of ['jpeg', 'png', 'webp', 'tiff', 'avif'] as const) {
    const file = path.join(scratch, `picture.${format}`);
    writeFileSync(
      file,
      await sharp(await picture(1600, 1200).toBuffer())
        .toFormat(format)
        .toBuffer(),
    );
    files.push(file);
  }
  const decode = (wasm: string) =>
    JSON.parse(
      execFileSync(process.execPath, [path.resolve(import.meta.dirname, '../fixtures/decode-photos.ts')], {
        input: files.join('\n'),
        env: { ...process.env, DESCRY_SHARP_WASM: wasm },
        maxBuffer: 1 << 28,
      }).toString(),
    ) as Record<string, string>;
  const [native, wasm] = [decode(''), decode('1')];
  expect([native['build'], wasm['build']]).toEqual(['native', 'wasm']);
  for (const file of files) {
    const apart = difference(Buffer.from(native[file]!, 'base64'), Buffer.from(wasm[file]!, 'base64'));
    expect(apart, file).toBeLessThan(0.5);
  }
});

describeShared('a real photo for an encoder', (shared) => {
  const file = path.join(shared, 'photos/formats/orientation_landscape_1.jpg');
  const side = 32;

  test('is cut to the largest square in its middle, or squashed as a whole', async () => {
    const { width, height } = await sharp(file).metadata();
    expect(width).toBeGreaterThan(height * 1.2);
    const left = Math.floor((width - height) / 2);
    const middle = await sharp(file).extract({ left, top: 0, width: height, height }).png().toBuffer();
    const [cropped, squash, expected] = await Promise.all([
      decodePhoto(file, { ...squashed(side), fit: 'crop' }),
      decodePhoto(file, squashed(side)),
      decodePhoto(middle, squashed(side)),
    ]);
    expect(cropped.pixels).toHaveLength(side * side * 3);
    expect(difference(cropped.pixels as Uint8Array, expected.pixels)).toBeLessThan(3);
    expect(difference(squash.pixels, expected.pixels)).toBeGreaterThan(10);
    expect(cropped.information).toEqual(squash.information);
  });

  test('is normalised by the mean and deviation of each channel', async () => {
    const mean = [0.481, 0.458, 0.408] as const;
    const deviation = [0.269, 0.261, 0.276] as const;
    const bytes = (await decodePhoto(file, squashed(side))).pixels;
    const { pixels } = await decodePhoto(file, { ...squashed(side), normalisation: { mean, deviation } });
    expect(pixels).toBeInstanceOf(Float32Array);
    expect(pixels).toHaveLength(bytes.length);
    bytes.forEach((value, i) => expect(pixels[i]).toBeCloseTo((value / 255 - mean[i % 3]!) / deviation[i % 3]!, 5));
    expect(Math.max(...pixels)).toBeLessThan(3);
    expect(Math.min(...pixels)).toBeLessThan(-1);
  });
});
